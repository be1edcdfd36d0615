"""`timonier check`."""

from __future__ import annotations

import json
import os
import stat
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

from timonier import kube

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-config
  namespace: {{ .Release.Namespace }}
data:
  size: {{ .Values.size | quote }}
  {{- if .Values.wrong }}
  count: {{ .Values.wrong }}
  {{- end }}
"""
FILES = {
    "templates/config.yaml": CONFIG,
    "ci/big-values.yaml": "# For many.\nsize: 9\n",
    "values.yaml": "# How many.\nsize: 1\n# What is no text.\nwrong: 0\n",
}
PDB = "{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: a}, spec: {maxUnavailable: 1}}\n"
SHOP = "{apiVersion: example.org/v1, kind: Shop, metadata: {name: a}, spec: {size: 1}}\n"
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Shop, plural: shops}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: string}}}}}}
"""
SCHEMA_RULES = (
    "--only",
    "schema",
    "--only",
    "unknown-api",
    "--only",
    "missing-definition",
    "--only",
    "removed-api",
    "--only",
    "deprecated-api",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test runs in a folder of its own, where no settings are."""
    (tmp_path / ".timonier.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def chart(make_chart: Callable[..., Path]) -> Path:
    """A chart with a case and a value that makes its only object wrong."""
    return make_chart(FILES, values=FILES["values.yaml"])


def findings(out: str) -> list[dict[str, Any]]:
    """Return the findings of JSON output."""
    found: list[dict[str, Any]] = json.loads(out)["findings"]
    return found


def test_a_chart_without_errors_passes(run: Run, chart: Path) -> None:
    """One line says what was checked; for how many versions is as asked."""
    code, out, err = run("check", chart, *SCHEMA_RULES, "--kube-version", "1.30-1.36")
    assert (code, out, err) == (0, "1 chart, 2 cases, 7 Kubernetes versions: 0 errors, 0 warnings\n", "")


@pytest.mark.usefixtures("chart")
def test_an_error_is_told_under_its_file(run: Run) -> None:
    """With line, rule, what to do, the object, the value, the cases; and the exit code is 1."""
    code, out, err = run("check", "shop", *SCHEMA_RULES, "--set", "wrong=3", "--kube-version", "1.30,1.36")
    assert (code, err) == (1, "")
    assert out == (
        "shop/templates/config.yaml\n"
        "    9  error    schema  data.count must be text, not a whole number (3). "
        "Put it into quotes: in a template, `| quote`.\n"
        "                ConfigMap default/shop-config at data.count, value wrong, every case, manifest line 10\n"
        "\n"
        "1 chart, 2 cases, 2 Kubernetes versions: 1 error, 0 warnings\n"
    )


@pytest.mark.usefixtures("chart")
def test_the_same_in_json(run: Run) -> None:
    """Every part under its own key."""
    code, out, _ = run("check", "shop", *SCHEMA_RULES, "--set", "wrong=3", "--case", "big", "-o", "json")
    (finding,) = findings(out)
    assert code == 1
    assert finding | {"kubeVersions": []} == {
        "rule": "schema",
        "severity": "error",
        "message": "data.count must be text, not a whole number (3).",
        "hint": "Put it into quotes: in a template, `| quote`.",
        "source": "shop",
        "file": "shop/templates/config.yaml",
        "line": 9,
        "object": {"group": "", "kind": "ConfigMap", "namespace": "default", "name": "shop-config"},
        "path": "data.count",
        "valuesPath": "wrong",
        "manifestLine": 10,
        "cases": ["big"],
        "kubeVersions": [],
    }
    assert json.loads(out)["summary"] == {"error": 1, "warning": 0, "info": 0, "ignored": 0}


@pytest.mark.usefixtures("chart")
def test_other_formats_hold_the_same_finding(run: Run) -> None:
    """Each read by those who read it."""
    options = ("check", "shop", *SCHEMA_RULES, "--set", "wrong=3")
    junit = ET.fromstring(run(*options, "-o", "junit")[1])  # noqa: S314 - it was written just here
    assert junit.get("failures") == "2"
    (result,) = json.loads(run(*options, "-o", "sarif")[1])["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 9
    assert run(*options, "-o", "github")[1].startswith("::error file=shop/templates/config.yaml,line=9,")
    assert run("check", "shop", *SCHEMA_RULES, "-o", "github") == (0, "", "")


def test_the_release_is_what_is_asked_for(run: Run, chart: Path) -> None:
    """Its name and namespace."""
    options = ("--release-name", "other", "-n", "there", "--set", "wrong=3", "-o", "json")
    (finding,) = findings(run("check", chart, *SCHEMA_RULES, *options)[1])
    assert (finding["object"]["name"], finding["object"]["namespace"]) == ("other-config", "there")


def test_several_sources_in_one_run(run: Run, chart: Path, tmp_path: Path) -> None:
    """Charts and plain manifests."""
    (tmp_path / "a.yaml").write_text(f"# first\n{PDB}")
    code, out, _ = run("check", chart, "a.yaml", *SCHEMA_RULES)
    assert code == 1
    assert "a.yaml\n    2  error    removed-api  policy/v1beta1 PodDisruptionBudget was removed" in out
    assert "1 chart, 1 file of manifests, 2 cases, 1 Kubernetes version: 1 error, 0 warnings" in out


def test_warnings_count_with_strict(run: Run, tmp_path: Path) -> None:
    """And only then."""
    (tmp_path / "a.yaml").write_text("{apiVersion: v1, kind: Endpoints, metadata: {name: a}}\n")
    assert run("check", "a.yaml", *SCHEMA_RULES)[0] == 0
    assert run("check", "a.yaml", *SCHEMA_RULES, "--strict")[0] == 1
    assert run("check", "a.yaml", *SCHEMA_RULES, "--rule", "deprecated-api=error")[0] == 1
    assert run("check", "a.yaml", *SCHEMA_RULES, "--rule", "deprecated-api=off", "--strict")[0] == 0


def test_a_finding_names_the_versions_it_is_for(run: Run, tmp_path: Path) -> None:
    """As ranges, when it is not for all."""
    (tmp_path / "a.yaml").write_text(
        "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta3, kind: FlowSchema, metadata: {name: a}}\n"
    )
    out = run("check", "a.yaml", *SCHEMA_RULES, "--kube-version", "1.30-1.36")[1]
    assert "was removed in Kubernetes 1.32." in out
    assert "Kubernetes 1.32 to 1.36" in out
    assert "is deprecated since Kubernetes 1.29 and removed in 1.32." in out
    assert "Kubernetes 1.30 to 1.31" in out


def test_custom_resources_need_their_definition(run: Run, tmp_path: Path) -> None:
    """From a file, a folder or the settings; without one a note says so, unless they are let pass."""
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "crds").mkdir()
    (tmp_path / "crds" / "shop.yaml").write_text(CRD)
    code, out, _ = run("check", "shop.yaml", *SCHEMA_RULES)
    assert code == 0
    assert "Nothing is known of example.org/v1 Shop: it is not validated. Give its CustomResourceDefinition" in out
    assert "Nothing is known" not in run("check", "shop.yaml", *SCHEMA_RULES, "--ignore-missing-schemas")[1]
    assert run("check", "shop.yaml", *SCHEMA_RULES, "--rule", "missing-definition=error")[0] == 1
    sentence = "spec.size must be text, not a whole number (1)."
    assert sentence in run("check", "shop.yaml", *SCHEMA_RULES, "--crds", "crds")[1]
    (tmp_path / ".timonier.yaml").write_text("check: {crds: [crds/shop.yaml]}\n")
    assert sentence in run("check", "shop.yaml", *SCHEMA_RULES)[1]


@pytest.mark.parametrize("folder", ["crds", "charts/sub/crds", "templates", "templates/crds"])
def test_a_charts_own_definitions_are_known(run: Run, make_chart: Callable[..., Path], folder: str) -> None:
    """From its `crds/`, a subchart's, or among its manifests."""
    files = {
        "templates/shop.yaml": SHOP,
        # Where templates lie, it is one.
        f"{folder}/crd.yaml": f"{{{{- if true }}}}\n{CRD}{{{{- end }}}}\n" if "templates" in folder else CRD,
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
    }
    found = findings(run("check", make_chart(files), *SCHEMA_RULES, "-o", "json")[1])
    assert [finding["message"] for finding in found] == ["spec.size must be text, not a whole number (1)."]


def test_definitions_of_the_cluster_are_asked_for(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By kubectl, whose last word is repeated when it fails."""
    kubectl = tmp_path / "bin" / "kubectl"
    kubectl.parent.mkdir()
    kubectl.write_text(
        f"#!/bin/sh\n[ \"$*\" = 'get customresourcedefinitions --output=json --context=one' ] || exit 2\n"
        f"cat {tmp_path}/answer\n"
    )
    kubectl.chmod(kubectl.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(kubectl.parent), prepend=os.pathsep)
    from timonier import yamlio
    from timonier.errors import SourceError

    crd = yamlio.load(CRD, origin="crd", error=SourceError)
    (tmp_path / "answer").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [crd]}))
    (tmp_path / "shop.yaml").write_text(SHOP)
    kube._kubectl.cache_clear()
    arguments = ["shop.yaml", *SCHEMA_RULES, "--crds-from-cluster", "--kube-context", "one"]
    assert "spec.size must be text" in run("check", *arguments)[1]
    kubectl.write_text("#!/bin/sh\necho 'The connection was refused.' >&2\nexit 1\n")
    code, out, err = run("check", "shop.yaml", "--crds-from-cluster")
    assert (code, out) == (2, "")
    assert "The cluster cannot be asked: The connection was refused." in err
    kube._kubectl.cache_clear()


@pytest.mark.usefixtures("chart")
def test_settings_switch_rules_and_ignore_findings(run: Run, tmp_path: Path) -> None:
    """The nearest file upwards says; the command line has the last word."""
    said = "check:\n  rules: {schema: warning}\n  kube-versions: ['1.30', '1.31']\n"
    (tmp_path / ".timonier.yaml").write_text(said)
    code, out, _ = run("check", "shop", "--set", "wrong=3", "--only", "schema")
    assert code == 0
    assert "1 chart, 2 cases, 2 Kubernetes versions: 0 errors, 1 warning" in out
    assert run("check", "shop", "--set", "wrong=3", "--only", "schema", "--rule", "schema=error")[0] == 1
    ignore = "  ignore: [{rule: schema, kind: ConfigMap, path: data.count, reason: We know.}]\n"
    (tmp_path / ".timonier.yaml").write_text(said + ignore)
    assert "0 warnings, 1 ignored" in run("check", "shop", "--set", "wrong=3", "--only", "schema")[1]


def test_rules_are_listed_and_explained(run: Run) -> None:
    """As text and as JSON."""
    out = run("check", "--list-rules")[1]
    assert "schema " in out
    rules = json.loads(run("check", "--list-rules", "-o", "json")[1])
    assert {"name", "severity", "scope", "perVersion", "summary", "explanation"} == set(rules[0])
    assert len(out.splitlines()) == len(rules)
    code, out, err = run("check", "--explain", "schema")
    assert (code, err) == (0, "")
    assert out.startswith("schema  error\n\nAn object is not what the schema of its kind says.\n\nA field that")
    assert run("check", "--explain", "schema", "-o", "sarif")[0] == 2


def test_a_secret_is_in_no_report(run: Run, make_chart: Callable[..., Path]) -> None:
    """Whatever is wrong with it, in every format."""
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: 12345678}\ndata: {b: '!!s3cr3t'}\n"
    )
    chart = make_chart({"templates/secret.yaml": secret})
    for output in ("text", "json", "junit", "sarif", "github"):
        _, out, err = run("check", chart, "-o", output)
        assert "stringData.password must be text" in out, output
        assert "12345678" not in out + err, output
        assert "s3cr3t" not in out + err, output


def test_output_in_a_pipe_is_plain(run: Run, chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No colours, whatever the terminal is called; with colours where they are forced."""
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b" not in run("check", chart, "--only", "schema")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in run("check", chart, "--only", "schema")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in run("check", chart, "--only", "schema")[1]


def test_bad_input_is_one_sentence(run: Run, chart: Path, tmp_path: Path) -> None:
    """What, where, and what to do; exit code 2; nothing on standard output."""
    (tmp_path / "bad.yaml").write_text("a: [1\nb: 2\n")
    (tmp_path / "a.yaml").write_text("kind: A\n")
    for arguments, sentence in (
        ([], "There is no source to check."),
        (["gone"], "gone does not exist."),
        (["bad.yaml"], "bad.yaml:2: this is not valid YAML"),
        (["a.yaml", "--case", "big"], "a.yaml takes neither values nor cases."),
        ([chart, "--case", "small"], "has no case 'small'. It has: defaults, big."),
        ([chart, "--kube-version", "1.9"], "There are no schemas of Kubernetes 1.9. There are those of 1.25 to"),
        ([chart, "--rule", "shcema=off"], "--rule: there is no rule 'shcema'. Did you mean schema?"),
        ([chart, "--only", "shcema"], "--only: there is no rule 'shcema'. Did you mean schema?"),
        (["--explain", "shcema"], "--explain: there is no rule 'shcema'. Did you mean schema?"),
        ([chart, "--rule", "schema=bad"], "--rule schema=bad: 'bad' is no severity."),
        ([chart, "--crds", "gone.yaml"], "The CRDs in gone.yaml cannot be read: No such file or directory."),
        ([chart, "--engine", "helmfile"], "There is no engine 'helmfile'."),
        ([chart, "--set", "size"], '--set size: the key "size" has no value.'),
    ):
        code, out, err = run("check", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert sentence in err


def test_a_rule_nobody_knows_in_the_settings_is_refused(run: Run, chart: Path, tmp_path: Path) -> None:
    """Under rules and under ignore; with the file's name."""
    for said in ("rules: {shcema: off}", "ignore: [{rule: shcema, reason: a}]"):
        (tmp_path / ".timonier.yaml").write_text(f"check: {{{said}}}\n")
        code, _, err = run("check", chart)
        assert code == 2
        assert ".timonier.yaml" in err
        assert "there is no rule 'shcema'. Did you mean schema?" in err


@pytest.mark.parametrize("command", ["check {0}", "diff {0} {1}", "render {1}.missing"])
def test_what_a_manifest_says_does_not_steer_the_terminal(run: Run, tmp_path: Path, command: str) -> None:
    """An escape sequence in a name would colour, hide or overwrite what else is there."""
    files = [tmp_path / "a.yaml", tmp_path / "b\x1b[31m.yaml"]
    for number, file in enumerate(files):
        file.write_text(
            f'{{apiVersion: v1, kind: ConfigMap, metadata: {{name: "a\\e[2J"}}, data: {{"\\e[31m": {number}}}}}'
        )
    _, out, err = run(*command.format(*files).split())
    assert out + err
    assert "\x1b" not in out + err
    assert "\\x1b[" in out + err


def test_what_does_not_render_is_said_whatever_is_asked(run: Run, make_chart: Callable[..., Path]) -> None:
    """A rule finds nothing in what is not there: that is no reason to say that all is well."""
    chart = make_chart({"templates/config.yaml": '{{ fail "no" }}'})
    code, out, _ = run("check", str(chart), "--only", "schema")
    assert code == 1
    assert "render" in out
    assert "1 error" in out
