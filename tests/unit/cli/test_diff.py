"""`timonier diff`: exit codes, sides, and what is said."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.engine.program import ProgramEngine

    Run = Callable[..., tuple[int, str, str]]

TEMPLATES = {
    "templates/config.yaml": "kind: ConfigMap\nmetadata: {name: c}\ndata: {size: '{{ .Values.size }}'}\n",
    "templates/secret.yaml": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {p: {{ randAlphaNum 20 | b64enc }}}\n"
    ),
    "ci/big-values.yaml": "# For many.\nsize: 9\n",
}


@pytest.fixture
def chart(make_chart: Callable[..., Path]) -> Path:
    """A chart with a size and a generated password."""
    return make_chart(TEMPLATES, values="size: 1\n")


def test_the_same_exits_with_0(run: Run, chart: Path) -> None:
    """What is generated is no difference, neither in words nor in the exit code."""
    code, out, err = run("diff", chart, chart)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"{chart}: 2 unchanged, 1 generated value not compared"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--new-set", "size=2"],
        ["--old-set", "size=2"],
        ["--set", "size=1", "--new-set", "size=2"],
        ["--new-case", "big"],
        ["--case", "big", "--new-case", "defaults"],
    ],
)
def test_a_difference_exits_with_1(run: Run, chart: Path, arguments: list[str]) -> None:
    """Whichever side it comes from; what is said for one side comes over what is said for both."""
    code, out, _ = run("diff", chart, chart, *arguments)
    assert code == 1
    assert out.splitlines()[0] == f"{chart}: 1 changed, 1 unchanged, 1 generated value not compared"


def test_what_is_said_for_both_is_no_difference(run: Run, chart: Path, tmp_path: Path) -> None:
    """Values, settings and the case."""
    (tmp_path / "v.yaml").write_text("size: 5\n")
    for arguments in (["-f", tmp_path / "v.yaml"], ["--set", "size=2"], ["--case", "big"]):
        assert run("diff", chart, chart, *arguments)[0] == 0


def test_a_chart_is_compared_with_a_file(run: Run, chart: Path, tmp_path: Path) -> None:
    """What was rendered last time, with what is rendered now; the values go to the chart."""
    (tmp_path / "before.yaml").write_text(run("render", chart, "-s", "templates/config.yaml")[1])
    code, out, _ = run("diff", tmp_path / "before.yaml", chart, "--set", "size=2")
    assert code == 1
    assert "1 added, 1 changed" in out.splitlines()[0]


def test_json_has_the_same(run: Run, chart: Path) -> None:
    """For programs, with the same exit code."""
    code, out, _ = run("diff", chart, chart, "--new-set", "size=2", "-o", "json")
    assert code == 1
    written = json.loads(out)
    counted = {key: count for key, count in written["summary"].items() if count}
    assert counted == {"changed": 1, "unchanged": 1, "generated": 1}
    assert written["changes"][0]["fields"] == [{"path": "data.size", "old": "1", "new": "2"}]


def test_what_cannot_be_compared_exits_with_2(run: Run, chart: Path, tmp_path: Path) -> None:
    """One sentence, and never the code that means "different"."""
    (tmp_path / "a.yaml").write_text("kind: A\n")
    for arguments, sentence in (
        ([chart, tmp_path / "gone"], "gone does not exist."),
        ([tmp_path / "a.yaml", chart, "--old-set", "size=1"], "a.yaml takes neither values, cases nor versions."),
        ([chart, tmp_path / "a.yaml", "--new-case", "big"], "a.yaml takes neither values, cases nor versions."),
        (
            [tmp_path / "a.yaml", tmp_path / "a.yaml", "--set", "size=1"],
            "a.yaml takes neither values, cases nor versions.",
        ),
        ([chart, chart, "--new-set", "size"], '--set size: the key "size" has no value.'),
    ):
        code, out, err = run("diff", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert sentence in err


def test_the_context_is_what_is_asked_for(run: Run, chart: Path) -> None:
    """-U 0 shows nothing but the change."""
    out = run("diff", chart, chart, "--new-set", "size=2", "-U", "0")[1]
    assert out.splitlines()[4:8] == [
        "changed ConfigMap c  (shop/templates/config.yaml)",
        "@@ data @@",
        "-  size: '1'",
        "+  size: '2'",
    ]


def test_values_of_every_kind_are_for_both(run: Run, make_chart: Callable[..., Path], tmp_path: Path) -> None:
    """As `render` takes them: without them, nothing could be compared that needs them."""
    template = 'kind: ConfigMap\ndata: {{ dict "a" .Values.a "b" .Values.b "c" .Values.c | toJson }}\n'
    (tmp_path / "text").write_text("from a file")
    (tmp_path / "before.yaml").write_text('kind: ConfigMap\ndata: {a: "1", b: [1], c: from a file}\n')
    chart = make_chart({"templates/a.yaml": template})
    options = ["--set-string", "a=1", "--set-json", "b=[1]", "--set-file", f"c={tmp_path / 'text'}"]
    assert run("diff", tmp_path / "before.yaml", chart, *options)[0] == 0
    assert run("diff", tmp_path / "before.yaml", chart)[0] == 1


def test_a_clusters_upgrade_is_compared(run: Run, make_chart: Callable[..., Path]) -> None:
    """What the chart renders for each Kubernetes version; what is said for both is no difference."""
    chart = make_chart({"templates/a.yaml": "kind: A\nminor: {{ .Capabilities.KubeVersion.Minor }}\n"})
    code, out, _ = run("diff", chart, chart, "--old-kube-version", "1.30.0", "--new-kube-version", "1.36.0")
    assert code == 1
    assert out.splitlines()[-2:] == ["-minor: 30", "+minor: 36"]
    assert run("diff", chart, chart, "--kube-version", "1.31.0")[0] == 0
    code, out, _ = run("diff", chart, chart, "--kube-version", "1.31.0", "--new-kube-version", "1.32.0")
    assert out.splitlines()[-2:] == ["-minor: 31", "+minor: 32"]


def test_api_versions_are_told_to_both(run: Run, make_chart: Callable[..., Path], program: ProgramEngine) -> None:
    """Or a chart that asks would differ from what is installed."""
    chart = make_chart({"templates/a.yaml": 'kind: A\nhas: {{ .Capabilities.APIVersions.Has "a.example/v1" }}\n'})
    (chart.parent / "a.yaml").write_text("kind: A\nhas: true\n")
    arguments = ["diff", chart.parent / "a.yaml", chart, "--engine", program.executable]
    assert run(*arguments, "--api-versions", "a.example/v1")[0] == 0
    assert run(*arguments)[0] == 1


def test_a_patch_leads_from_what_render_wrote(run: Run, chart: Path) -> None:
    """By the names of the files that `render --output-dir` writes; a secret that is no change is in none of it."""
    (chart / "templates" / "secret.yaml").unlink()
    code, out, _ = run("diff", chart, chart, "--new-set", "size=2", "-o", "patch")
    assert code == 1
    assert out.splitlines()[:3] == [
        "diff --git a/shop/templates/config.yaml b/shop/templates/config.yaml",
        "--- a/shop/templates/config.yaml",
        "+++ b/shop/templates/config.yaml",
    ]
    assert [line for line in out.splitlines()[4:] if line[0] in "+-"] == ["-data: {size: '1'}", "+data: {size: '2'}"]


def test_a_patch_makes_what_render_would_write(
    run: Run, make_chart: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, at the ends of files too, and of another order, which rolls pods."""
    pod = "{{ if .Values.%s }}\nkind: Pod\nspec:\n  containers: [%s]\n{{ end }}\n"
    templates = {
        "templates/a.yaml": "kind: A\nend: {{ .Values.size }}\n\n---\nkind: B\nsize: {{ .Values.size }}",
        "templates/b.yaml": "{{ if ne .Values.size 1.0 }}kind: New\nold: |+\n  x\n\n{{ end }}",
        "templates/pod.yaml": pod % ("turn", "{name: a}, {name: b}") + "---" + pod % ("back", "{name: b}, {name: a}"),
    }
    chart = make_chart(templates, values="size: 1\nturn: true\nback: false\n")
    monkeypatch.chdir(tmp_path)
    changed = ["size=2,turn=false,back=true"]
    run("render", chart, "--output-dir", "old")
    run("render", chart, "--output-dir", "new", "--set", *changed)
    code, out, _ = run("diff", chart, chart, "--new-set", *changed, "-o", "patch")
    assert code == 1
    subprocess.run(["git", "apply", "-"], input=out.encode(), cwd="old", check=True)  # noqa: S607 - the user's git
    made, wanted = (
        {path.relative_to(folder): path.read_text() for path in Path(folder).rglob("*.yaml")}
        for folder in ("old", "new")
    )
    assert made == wanted


def test_no_patch_is_written_of_what_each_rendering_makes_up(run: Run, chart: Path) -> None:
    """It would not apply, or put another password in the place of the one that is there."""
    labels = "metadata: {name: s, labels: {size: '{{ .Values.size }}'}}"
    secret = TEMPLATES["templates/secret.yaml"].replace("metadata: {name: s}", labels)
    (chart / "templates" / "secret.yaml").write_text(secret)
    code, out, err = run("diff", chart, chart, "--new-set", "size=2", "-o", "patch", "--show-secrets")
    assert (code, out) == (2, "")
    assert err.startswith("timonier: No patch of Secret s would apply: each rendering makes up values of it anew. Set")


def test_a_patch_tells_no_secret_unless_asked_to(run: Run, tmp_path: Path) -> None:
    """It cannot be applied with fingerprints in it, so there is none."""
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: %s}\n"
    for name, value in (("old.yaml", "hunter2hunter2"), ("new.yaml", "swordfish1")):
        (tmp_path / name).write_text(secret % value)
    arguments = ["diff", tmp_path / "old.yaml", tmp_path / "new.yaml", "-o", "patch"]
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err == "timonier: The patch would show what a Secret holds. Say --show-secrets, or leave it out.\n"
    assert "+stringData: {p: swordfish1}" in run(*arguments, "--show-secrets")[1]


def test_what_is_ignored_exits_with_0(run: Run, chart: Path, tmp_path: Path) -> None:
    """From the command line and from a file; what is not, still shows."""
    (tmp_path / "rules").write_text("ConfigMap/c:data.size\n")
    for options in (["--ignore", "ConfigMap"], ["--ignore-file", tmp_path / "rules"], ["--only", "Secret"]):
        code, out, _ = run("diff", chart, chart, "--new-set", "size=2", *options)
        assert code == 0
        assert "1 ignored" in out.splitlines()[0]
    assert run("diff", chart, chart, "--new-set", "size=2", "--ignore", "Secret")[0] == 1
