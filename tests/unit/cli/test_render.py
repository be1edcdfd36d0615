"""`timonier render`."""

from __future__ import annotations

import io
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from timonier.values import _standard_input

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.engine.program import ProgramEngine

    Run = Callable[..., tuple[int, str, str]]

TEMPLATES = {
    "templates/config.yaml": (
        "# why\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\n"
        "data: {size: '{{ .Values.size }}', text: {{ .Values.text | toJson }}, up: '{{ .Release.IsUpgrade }}'}\n"
    ),
    "templates/more/service.yaml": "kind: Service\nmetadata: {name: a}\n---\nkind: Service\nmetadata: {name: b}\n",
    "ci/big-values.yaml": "# For many.\nsize: 9\n",
}
VALUES = "size: 1\ntext: ''\n"


@pytest.fixture
def chart(make_chart: Callable[..., Path]) -> Path:
    """A chart with a case and two templates."""
    return make_chart(TEMPLATES, values=VALUES)


def data_of(out: str) -> dict[str, str]:
    """Return the ConfigMap's data from JSON output."""
    data: dict[str, str] = next(i for i in json.loads(out)["items"] if i["kind"] == "ConfigMap")["data"]
    return data


def test_yaml_is_the_templates_text(run: Run, chart: Path) -> None:
    """In install order, each behind its source."""
    code, out, err = run("render", chart)
    assert (code, err) == (0, "")
    assert out.startswith("---\n# Source: shop/templates/config.yaml\n# why\nkind: ConfigMap\n")
    assert out.count("---\n# Source: shop/templates/more/service.yaml\nkind: Service\n") == 2


def test_the_release_is_what_is_asked_for(run: Run, chart: Path) -> None:
    """The chart's name in `default` when nothing is."""
    assert "{name: shop, namespace: default}" in run("render", chart)[1]
    out = run("render", chart, "--release-name", "other", "-n", "there", "--is-upgrade")[1]
    assert "{name: other, namespace: there}" in out
    assert "up: 'true'" in out


def test_values_come_over_the_case(run: Run, chart: Path, tmp_path: Path) -> None:
    """Defaults, then the case, then files, then settings."""
    (tmp_path / "v.yaml").write_text("size: 3\n")
    (tmp_path / "t").write_text("hello\n")
    assert data_of(run("render", chart, "-o", "json")[1])["size"] == "1"
    assert data_of(run("render", chart, "-o", "json", "--case", "big")[1])["size"] == "9"
    assert data_of(run("render", chart, "-o", "json", "--case", "big", "-f", tmp_path / "v.yaml")[1])["size"] == "3"
    assert data_of(run("render", chart, "-o", "json", "-f", tmp_path / "v.yaml", "--set", "size=4")[1])["size"] == "4"
    assert data_of(run("render", chart, "-o", "json", "--set-string", "size=05")[1])["size"] == "05"
    assert data_of(run("render", chart, "-o", "json", "--set-json", "size=6")[1])["size"] == "6"
    assert data_of(run("render", chart, "-o", "json", "--set-file", f"text={tmp_path / 't'}")[1])["text"] == "hello\n"


def test_every_case_at_once(run: Run, chart: Path) -> None:
    """As a table, as YAML under a heading each, and as JSON."""
    assert "For many." in run("render", chart, "--all-cases", "-o", "summary")[1]
    out = run("render", chart, "--all-cases")[1]
    assert "# shop 0.1.0, case big: For many.\n---\n" in out
    written = json.loads(run("render", chart, "--all-cases", "-o", "json")[1])
    assert [rendering["case"] for rendering in written] == ["defaults", "big"]


def test_only_some_templates(run: Run, chart: Path) -> None:
    """By glob, as seen from the chart; one that matches nothing is a mistake."""
    out = run("render", chart, "-s", "templates/more/*.yaml")[1]
    assert "ConfigMap" not in out
    assert out.count("kind: Service") == 2
    code, out, err = run("render", chart, "-s", "templates/none.yaml", "-s", "templates/config.yaml")
    assert (code, out) == (2, "")
    assert "No template matches templates/none.yaml." in err


def test_files_below_a_directory(run: Run, chart: Path, tmp_path: Path) -> None:
    """One a template, as Helm lays them; a folder a case when there are several."""
    assert run("render", chart, "--output-dir", tmp_path / "out") == (0, f"{tmp_path / 'out'}: 2 files written\n", "")
    assert (tmp_path / "out/shop/templates/more/service.yaml").read_text().count("kind: Service") == 2
    assert run("render", chart, "--all-cases", "--output-dir", tmp_path / "all")[0] == 0
    assert "size: '9'" in (tmp_path / "all/big/shop/templates/config.yaml").read_text()
    (tmp_path / "file").write_text("")
    code, _, err = run("render", chart, "--output-dir", tmp_path / "file")
    assert (code, err.count("\n")) == (2, 1)
    assert "cannot be written: Not a directory." in err


def test_both_engines_write_the_same(run: Run, chart: Path, request: pytest.FixtureRequest) -> None:
    """Whichever is asked for."""
    program = request.getfixturevalue("program")
    assert run("render", chart, "--engine", "embedded") == run("render", chart, "--engine", program.executable)


def test_bad_input_is_one_sentence(run: Run, chart: Path, tmp_path: Path) -> None:
    """What, where, and what to do; exit code 2; nothing on standard output."""
    (tmp_path / "bad.yaml").write_text("size: 1\nlist: [1\nmore: 2\n")
    (tmp_path / "empty").mkdir()
    (chart / "values.schema.json").write_text('{"additionalProperties": false, "properties": {"size": {}, "text": {}}}')
    for arguments, sentence in (
        ([chart, "--set", "sise=2"], "refuses these values: top level: additional properties 'sise' not allowed."),
        ([chart, "-f", tmp_path / "bad.yaml"], "bad.yaml:3: this is not valid YAML"),
        ([chart, "-f", tmp_path / "gone.yaml"], "gone.yaml does not exist."),
        ([chart, "--set", "size"], '--set size: the key "size" has no value.'),
        ([chart, "--case", "small"], "has no case 'small'. It has: defaults, big."),
        ([chart, "--case", "big", "--all-cases"], "--case and --all-cases exclude each other."),
        ([chart, "--kube-version", "latest"], "'latest' is no Kubernetes version (Kubernetes latest). Write it as in"),
        ([chart, "--engine", "helmfile"], "There is no engine 'helmfile'."),
        ([tmp_path / "empty"], "empty is a directory without a Chart.yaml."),
        ([tmp_path / "gone"], "gone does not exist."),
        ([tmp_path / "bad.yaml"], "bad.yaml:3: this is not valid YAML"),
    ):
        code, out, err = run("render", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert err.startswith("timonier: ")
        assert sentence in err


def test_a_manifest_file_is_written_as_it_is(run: Run, tmp_path: Path) -> None:
    """It takes neither values nor cases."""
    (tmp_path / "a.yaml").write_text("kind: A # text\n")
    assert run("render", tmp_path / "a.yaml") == (0, "---\nkind: A # text\n", "")
    code, _, err = run("render", tmp_path / "a.yaml", "--set", "a=1")
    assert code == 2
    assert "takes neither values nor cases" in err
    assert run("render", tmp_path / "a.yaml", "--notes")[0] == 2


HOOKS = {
    "templates/a.yaml": "kind: Job\nmetadata: {name: before, annotations: {helm.sh/hook: pre-install}}\n",
    "templates/b.yaml": "kind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: 'post-install,test'}}\n\n\n",
    "templates/c.yaml": "# nothing but a comment\n",
    "templates/d.yaml": "kind: Zebra\nmetadata: {name: z}\n\n---\n\nkind: Ant\nmetadata: {name: a}\ntext: |\n  x\n\n",
    "templates/e.yaml": "# Source: else/where.yaml\nkind: Service\nmetadata: {name: s}",
    "templates/NOTES.txt": "Hello {{ .Release.Name }} of {{ .Capabilities.KubeVersion.Minor }}: {{ .Values.a }}\n\n",
    "crds/two.yaml": "---\nkind: CustomResourceDefinition\n---\nkind: CustomResourceDefinition\nmetadata: {name: b}\n",
    "crds/one.yaml": "kind: CustomResourceDefinition\n",
    "ci/other-values.yaml": "# Other.\na: other\n",
    "charts/part/Chart.yaml": "apiVersion: v2\nname: part\nversion: 1.0.0\n",
    "charts/part/templates/x.yaml": "kind: ConfigMap\nmetadata: {name: x}\n",
    "charts/part/templates/NOTES.txt": "Never told\n",
    "charts/part/crds/part.yaml": "kind: CustomResourceDefinition\nmetadata: {name: part}\n",
}
PARTS = "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies: [{name: part, version: 1.0.0, condition: part.on}]\n"


@pytest.fixture
def hooks(make_chart: Callable[..., Path]) -> Path:
    """A chart with hooks, CRDs, notes and a subchart."""
    return make_chart({**HOOKS, "Chart.yaml": PARTS}, values="a: b\npart: {on: true}\n")


def helm(program: ProgramEngine, *arguments: str | Path) -> str:
    """Return what the helm program prints."""
    return subprocess.run([program.executable, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--include-crds"],
        ["--include-crds", "--set", "part.on=false"],
        ["--no-hooks"],
        ["--skip-tests"],
        ["-s", "templates/d.yaml"],
        ["-s", "templates/[ab].yaml", "-s", "charts/part/templates/*.yaml"],
        ["-s", "templates/e.yaml"],
    ],
)
def test_the_bytes_are_helms(run: Run, hooks: Path, program: ProgramEngine, options: list[str]) -> None:
    """Order, blank lines, comments, hooks and CRDs; with either engine."""
    printed = helm(program, "template", "shop", hooks, *options)
    assert printed.count("# Source: ") > 0
    for engine in ("embedded", program.executable):
        assert run("render", hooks, *options, "--engine", engine) == (0, printed, "")


def test_a_glob_stops_at_a_slash(run: Run, hooks: Path) -> None:
    """As Helm's: a subchart's templates are named with their folders."""
    assert run("render", hooks, "-s", "*.yaml")[0] == 2
    assert run("render", hooks, "-s", "charts/*.yaml")[0] == 2
    assert "name: x" in run("render", hooks, "-s", "charts/*/templates/x.yaml")[1]


@pytest.mark.parametrize("options", [[], ["--include-crds"]])
def test_the_files_are_helms(run: Run, hooks: Path, program: ProgramEngine, tmp_path: Path, options: list[str]) -> None:
    """The same names, the same bytes."""
    helm(program, "template", "shop", hooks, *options, "--output-dir", tmp_path / "theirs")
    assert run("render", hooks, *options, "--output-dir", tmp_path / "ours")[0] == 0
    theirs, ours = (files_below(tmp_path / name) for name in ("theirs", "ours"))
    assert ours == theirs
    assert "shop/charts/part/templates/x.yaml" in ours


def files_below(folder: Path) -> dict[str, str]:
    """Return what the files below a folder hold."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_each_case_and_version_has_its_folder(run: Run, hooks: Path, tmp_path: Path) -> None:
    """Where there are several."""
    versions = ["--kube-version", "1.30.0", "--kube-version", "1.36.0"]
    assert run("render", hooks, "--all-cases", *versions, "--output-dir", tmp_path / "out")[0] == 0
    folders = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").glob("*/*")}
    assert folders == {f"{case}/{version}" for case in ("defaults", "other") for version in ("1.30.0", "1.36.0")}


def test_nothing_is_half_written(run: Run, hooks: Path, tmp_path: Path) -> None:
    """When one file cannot be, none is, and what is there stays."""
    out = tmp_path / "out"
    (out / "shop/templates/d.yaml/in-the-way").mkdir(parents=True)
    (out / "shop/templates/a.yaml").write_text("mine\n")
    code, _, err = run("render", hooks, "--output-dir", out)
    assert (code, err) == (2, f"timonier: {out}/shop/templates/d.yaml cannot be written: Is a directory.\n")
    assert files_below(out) == {"shop/templates/a.yaml": "mine\n"}
    assert [path.name for path in out.iterdir()] == ["shop"]
    assert not (out / "shop/charts").exists()


def test_a_source_comment_leads_nowhere_else(run: Run, tmp_path: Path) -> None:
    """A manifest file may say it comes from above the folder, or from the top of the disk."""
    for source in ("../../evil.yaml", "/evil.yaml"):
        (tmp_path / "a.yaml").write_text(f"# Source: {source}\nkind: A\n")
        code, _, err = run("render", tmp_path / "a.yaml", "--output-dir", tmp_path / "out/deep")
        assert (code, err.count("\n")) == (2, 1)
        assert f"{source} is no path of a template." in err
    assert not (tmp_path / "out").exists()


def test_two_charts_do_not_write_one_file(run: Run, hooks: Path, tmp_path: Path) -> None:
    """Two versions of a chart, for instance."""
    code, _, err = run("render", hooks, hooks, "--output-dir", tmp_path / "out")
    assert code == 2
    assert "x.yaml would be written twice, for shop 0.1.0, case defaults and for shop 0.1.0, case defaults." in err


def test_notes_are_told_on_request(run: Run, hooks: Path, program: ProgramEngine) -> None:
    """The chart's own, for the release and version asked for; and nothing where there are none."""
    asked = ["--notes", "--release-name", "x", "--set", "a=c"]
    told = helm(program, "install", "x", hooks, "--dry-run=client", "--set", "a=c").partition("NOTES:")[2].strip()
    assert run("render", hooks, *asked, "--engine", program.executable) == (0, f"{told}\n", "")
    for engine in ("embedded", program.executable):
        written = run("render", hooks, *asked, "--kube-version", "1.31.0", "--engine", engine)
        assert written == (0, "Hello x of 31: c\n", "")
    out = run("render", hooks, "--notes", "--all-cases", "--kube-version", "1.30.0")[1]
    assert "# shop 0.1.0, case other, Kubernetes 1.30.0: Other.\nHello shop of 30: other\n" in out
    (hooks / "templates/NOTES.txt").unlink()
    assert run("render", hooks, "--notes") == (0, "", "")


def test_a_matrix_of_versions(run: Run, hooks: Path) -> None:
    """Each case for each version, labelled as cases are."""
    (hooks / "templates/c.yaml").write_text(
        "kind: ConfigMap\nmetadata: {name: v{{ .Capabilities.KubeVersion.Minor }}}\n"
    )
    versions = ["--kube-version", "1.30.0", "--kube-version", "1.36.0"]
    written = json.loads(run("render", hooks, "--all-cases", *versions, "-o", "json")[1])
    assert [(rendering["case"], rendering["kube_version"]) for rendering in written] == [
        *(("defaults", "1.30.0"), ("defaults", "1.36.0"), ("other", "1.30.0"), ("other", "1.36.0"))
    ]
    assert [item["metadata"]["name"] for item in written[3]["objects"]["items"] if item["kind"] == "ConfigMap"] == [
        *("x", "v36")
    ]
    table = run("render", hooks, *versions, "-o", "summary")[1]
    assert "Kubernetes" in table.splitlines()[0]
    assert "1.36.0" in table


def test_an_error_names_the_case_and_the_version(run: Run, make_chart: Callable[..., Path]) -> None:
    """Where there are several, the reader has to know which."""
    files = {
        "templates/a.yaml": (
            '{{ if eq .Capabilities.KubeVersion.Minor "31" }}\n{{ $_ := required "say a" .Values.a }}{{ end }}'
        ),
        "ci/empty-values.yaml": "# Nothing.\na: null\n",
    }
    chart = make_chart(files, values="a: 1\n")
    versions = ["--kube-version", "1.30.0", "--kube-version", "1.31.0"]
    code, out, err = run("render", chart, "--all-cases", *versions)
    assert (code, out) == (2, "")
    assert err == f"timonier: {chart} says, at shop/templates/a.yaml:2:9: say a (case empty, Kubernetes 1.31.0).\n"


def test_api_versions_are_told(run: Run, make_chart: Callable[..., Path], program: ProgramEngine) -> None:
    """To charts that ask."""
    asked = "has: '{{ .Capabilities.APIVersions.Has \"a.example/v1\" }}'\n"
    chart = make_chart({"templates/a.yaml": f"kind: A\n{asked}"})
    assert "has: 'false'" in run("render", chart)[1]
    out = run("render", chart, "-a", "b/v1", "--api-versions", "a.example/v1", "--engine", program.executable)[1]
    assert "has: 'true'" in out


@pytest.mark.parametrize("name", ["mariadb", "eni-todo"])
def test_both_charts_are_printed_as_helm_prints_them(
    run: Run, charts_folder: Path, program: ProgramEngine, name: str
) -> None:
    """Byte for byte in every case, but for the lines that each rendering makes anew."""
    chart = charts_folder / name
    for values in [None, *sorted((chart / "ci").glob("*-values.yaml"))]:
        options: list[str | Path] = ["-f", values] if values else []
        theirs = [helm(program, "template", name, chart, "--kube-version", "1.33.0", *options) for _ in range(2)]
        ours = [run("render", chart, "--kube-version", "1.33.0", *options)[1] for _ in range(2)]
        assert settled(ours) == settled(theirs), values


def settled(texts: list[str]) -> list[str]:
    """Return the lines that two renderings have in common, and a mark for each line that differs."""
    one, other = (text.split("\n") for text in texts)
    return [line if line == twin else "<generated>" for line, twin in zip(one, other, strict=True)]


@pytest.mark.parametrize("files", [{}, {"templates/a.yaml": HOOKS["templates/a.yaml"]}])
def test_a_chart_without_ordinary_manifests(
    run: Run, make_chart: Callable[..., Path], program: ProgramEngine, files: dict[str, str]
) -> None:
    """Helm prints the empty line that they would end in."""
    chart = make_chart(files)
    assert run("render", chart) == (0, helm(program, "template", "shop", chart), "")


def test_values_from_standard_input_are_for_every_case(run: Run, chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which can be read once only; null takes a default away, also one that a case set."""
    _standard_input.cache_clear()
    monkeypatch.setattr("sys.stdin", io.StringIO("size: null\ntext: from standard input\n"))
    written = json.loads(run("render", chart, "--all-cases", "-f", "-", "-o", "json")[1])
    _standard_input.cache_clear()
    data = [rendering["objects"]["items"][0]["data"] for rendering in written]
    assert [(one["size"], one["text"]) for one in data] == [("", "from standard input")] * 2
