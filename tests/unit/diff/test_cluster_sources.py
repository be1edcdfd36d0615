"""`release:` and `live:` against a kubectl that answers from a folder: what is asked, and what becomes of it."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier import kube

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., tuple[int, str, str]]

CONFIG = (
    "---\n# Source: shop/templates/c.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {size: '1'}\n"
)
HOOK = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, annotations: {helm.sh/hook: pre-upgrade}}\nspec: {a: 1}\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {size: '{{ .Values.size }}'}\n"
KUBECTL = """#!/bin/sh
echo "$@" >> "$FAKE/asked"
printf '%s' "$KUBECONFIG" > "$FAKE/kubeconfig"
[ -z "$HELM_KUBETOKEN" ] || cp -p "${KUBECONFIG%%:*}" "$FAKE/login"
cat "$FAKE/banner.err" 2>/dev/null && exit
case "$*" in
  *config*view*) printf here; exit;;
  *apply*) cat > "$FAKE/applied"; cat "$FAKE/apply.json" 2>/dev/null; cat "$FAKE/apply.err" >&2 2>/dev/null; exit;;
  *status=deployed*) file=deployed;; *version=*) file=revision;; *owner=helm*) file=all;; *) file=live;;
esac
cat "$FAKE/$file.json" 2>/dev/null; cat "$FAKE/$file.err" >&2 2>/dev/null; exit 0
"""


def stored(
    revision: int,
    manifest: str,
    status: str = "deployed",
    apply_method: str = "",
    **config: Any,  # noqa: ANN401 - values
) -> dict[str, Any]:
    """Return a release's Secret as Helm writes it; Helm 3 knows no method of applying."""
    hooks = [{"name": "j", "path": "shop/templates/j.yaml", "manifest": HOOK}]
    release = {"name": "shop", "namespace": "here", "version": revision, "info": {"status": status}}
    release |= {"apply_method": apply_method} if apply_method else {}
    written = json.dumps(release | {"manifest": manifest, "hooks": hooks, "config": config}).encode()
    data = base64.b64encode(base64.b64encode(gzip.compress(written))).decode()
    metadata = {"namespace": "here", "labels": {"version": str(revision)}}
    return {"kind": "Secret", "metadata": metadata, "data": {"release": data}}


HELM = """#!/bin/sh
echo "$@" >> "$FAKE/rendered"
cat > /dev/null
case "$*" in *--disable-openapi-validation*) ;; *) [ -e "$FAKE/refused" ] && cat "$FAKE/refused" >&2 && exit 1;; esac
cat "$FAKE/helm.yaml"
"""
VERSION = {"labels": {"version": "1"}}
_WHOLE = base64.b64decode(base64.b64decode(stored(1, CONFIG)["data"]["release"]))
_DAMAGED = base64.b64encode(base64.b64encode(_WHOLE[:20] + b"\xff" * 20 + _WHOLE[40:])).decode()
CUT = {"kind": "Secret", "metadata": VERSION, "data": {"release": _DAMAGED}}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Return what fills the cluster, `cluster(deployed=[…])`, and what tells what it was asked, `cluster()`."""
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(KUBECTL)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE", str(tmp_path))
    for name in ("HELM_NAMESPACE", "HELM_KUBECONTEXT", "HELM_KUBETOKEN", "HELM_DRIVER"):
        monkeypatch.delenv(name, raising=False)
    kube._kubectl.cache_clear()

    def fill(**files: list[Any] | str) -> str:
        for name, content in files.items():
            is_error = isinstance(content, str)
            text = content if is_error else json.dumps({"kind": "List", "items": content})
            (tmp_path / f"{name}.{'err' if is_error else 'json'}").write_text(str(text))
        asked = tmp_path / "asked"
        return asked.read_text() if asked.exists() else ""

    yield fill
    kube._kubectl.cache_clear()


@pytest.fixture
def chart(make_chart: Callable[..., Path]) -> Path:
    """The chart of the release, with its hook."""
    return make_chart({"templates/c.yaml": TEMPLATE, "templates/j.yaml": HOOK}, values="size: 1\n")


def test_an_upgrade_is_previewed(run: Run, chart: Path, cluster: Callable[..., str]) -> None:
    """What is installed against what the chart renders; with no values given the release's own stay, as in Helm."""
    cluster(deployed=[stored(4, CONFIG)])
    assert run("diff", "release:shop", chart)[0] == 0
    code, out, _ = run("diff", "release:shop", chart, "--set", "size=2", "-U0")
    assert code == 1
    assert out.splitlines()[-2:] == ["-  size: '1'", "+  size: '2'"]
    cluster(deployed=[stored(4, CONFIG.replace("'1'", "'7'"), size=7)])
    assert run("diff", "release:shop", chart)[0] == 0
    assert run("diff", "release:shop", chart, "--reset-values")[0] == 1
    assert run("diff", "release:shop", chart, "--set", "size=1")[0] == 1


def test_an_upgrade_says_what_it_makes_up(run: Run, chart: Path, cluster: Callable[..., str]) -> None:
    """A chart that keeps nothing of what the cluster holds puts something else in its place: a note, and no change."""
    cluster(deployed=[stored(1, CONFIG)])
    note = "An upgrade puts another value in the place of 1 generated one: the chart keeps none"
    assert note not in run("diff", "release:shop", chart)[1]
    (chart / "templates" / "c.yaml").write_text(TEMPLATE.replace("{{ .Values.size }}", "{{ randAlphaNum 24 }}"))
    code, out, _ = run("diff", "release:shop", chart)
    assert (code, note in out) == (0, True)
    assert note not in run("diff", chart, chart)[1]


def test_the_cluster_judges_what_is_rendered_once(
    run: Run, chart: Path, cluster: Callable[..., str], tmp_path: Path
) -> None:
    """A chart that asks the cluster is rendered twice by it; its schemas, which take long, are asked once.

    Helm's library is not loaded for it, nor anything else that takes longer to import than a chart to render.
    """
    cluster(deployed=[stored(1, CONFIG)])
    helm = tmp_path / "bin" / "helm"
    helm.write_text(HELM)
    helm.chmod(0o755)
    (tmp_path / "helm.yaml").write_text(f"{CONFIG}---\n# Source: shop/templates/j.yaml\n{HOOK}")
    (chart / "templates" / "c.yaml").write_text(TEMPLATE + '# {{ lookup "v1" "Secret" "" "s" }} {{ randAlpha 4 }}\n')
    assert run("diff", "release:shop", chart)[0] == 0
    commands = (tmp_path / "rendered").read_text().splitlines()
    assert ["--dry-run=server" in command for command in commands] == [True, True]
    assert sorted("--disable-openapi-validation" in command for command in commands) == [False, True]
    preview = [sys.executable, "-X", "importtime", "-m", "timonier", "diff", "release:shop", str(chart)]
    done = subprocess.run(preview, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "timonier.engine.server" in loaded
    assert loaded & {"helm_python", "pyhelm3", "pydantic", "asyncio", "importlib.metadata"} == set()
    (tmp_path / "refused").write_text("Error: unable to build kubernetes objects: error validating data: no field a\n")
    code, out, told = run("diff", "release:shop", chart)
    assert (code, out, "no field a" in told) == (2, "", True)


def test_hooks_are_part_of_a_release(run: Run, chart: Path, cluster: Callable[..., str]) -> None:
    """A changed hook shows."""
    cluster(deployed=[stored(1, CONFIG)])
    (chart / "templates" / "j.yaml").write_text(HOOK.replace("a: 1", "a: 2"))
    out = run("diff", "release:shop", chart)[1]
    assert "recreated  Job j  made anew and run at pre-upgrade" in out


def test_a_revision_is_that_one(run: Run, cluster: Callable[..., str]) -> None:
    """And it is asked for in the namespace that Helm would take."""
    cluster(revision=[stored(2, CONFIG)], deployed=[stored(3, CONFIG.replace("'1'", "'3'"))])
    code, out, _ = run("diff", "release:shop@2", "release:shop", "-U0")
    assert (code, out.splitlines()[-2:]) == (1, ["-  size: '1'", "+  size: '3'"])
    asked = cluster()
    assert "--namespace=here --selector=owner=helm,name=shop,version=2" in asked


def test_how_helm_applies_a_release_is_read_from_it(
    run: Run, make_chart: Callable[..., Path], cluster: Callable[..., str]
) -> None:
    """A release of Helm 3 does not say, and Helm 4 goes on with patches, which defaults of rollingUpdate let be."""
    web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {strategy: {type: RollingUpdate}}\n"
    chart = make_chart({"templates/web.yaml": web.replace("RollingUpdate", "Recreate")})
    for method, outcome in (("", "in place"), ("csa", "in place"), ("ssa", "refused")):
        cluster(deployed=[stored(1, web, apply_method=method)])
        assert re.search(f"{outcome} +Deployment web", run("diff", "release:shop", chart)[1])


def test_the_last_revision_stands_for_one_that_never_was_deployed(run: Run, cluster: Callable[..., str]) -> None:
    """A first install that failed has no deployed revision."""
    one, two = (CONFIG.replace("'1'", f"'{size}'") for size in (8, 9))
    cluster(deployed=[], all=[stored(2, two, "failed"), stored(1, one, "failed")], revision=[stored(2, two)])
    assert run("diff", "release:shop", "release:shop@2")[0] == 0


@pytest.mark.parametrize(
    ("variables", "arguments", "asked"),
    [
        ({"HELM_NAMESPACE": "there"}, [], "--namespace=there"),
        ({"HELM_NAMESPACE": "there"}, ["-n", "mine"], "--namespace=mine"),
        ({"HELM_KUBECONTEXT": "prod"}, [], "--context=prod"),
        ({"HELM_KUBECONTEXT": "prod"}, ["--kube-context", "test"], "--context=test"),
        ({}, ["--kubeconfig", "k.yaml"], "--kubeconfig=k.yaml"),
        ({"HELM_KUBEASUSER": "me"}, [], "--as=me"),
        ({"HELM_DRIVER": "configmap"}, [], "get configmaps"),
    ],
)
def test_the_cluster_is_the_one_helm_would_take(
    run: Run,
    cluster: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    arguments: list[str],
    asked: str,
) -> None:
    """Context, namespace, kubeconfig and storage, from options or Helm's own variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    run("diff", "release:shop", "release:shop", *arguments)
    assert asked in cluster().splitlines()[-1]


@pytest.mark.parametrize(
    ("variables", "arguments", "others"),
    [
        ({"KUBECONFIG": "a.yaml:b.yaml"}, [], "a.yaml:b.yaml"),
        ({"KUBECONFIG": "a.yaml"}, ["--kubeconfig", "k.yaml"], "k.yaml"),
        ({"KUBECONFIG": "", "HOME": "/home/me"}, [], "/home/me/.kube/config"),
    ],
)
def test_a_token_is_on_no_command_line(
    run: Run,
    cluster: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variables: dict[str, str],
    arguments: list[str],
    others: str,
) -> None:
    """But in a kubeconfig that only its owner reads, before the user's own, and that goes away with kubectl."""
    for name, value in ({"HELM_KUBETOKEN": "hunter2"} | variables).items():
        monkeypatch.setenv(name, value)
    cluster(deployed=[stored(1, CONFIG)])
    assert run("diff", "release:shop", "release:shop", *arguments)[0] == 0
    asked = cluster()
    assert "hunter2" not in asked
    assert all(line.endswith("--user=timonier") for line in asked.splitlines())
    login, _, files = (tmp_path / "kubeconfig").read_text().partition(":")
    assert files == others
    assert not Path(login).exists()
    assert stat.filemode((tmp_path / "login").stat().st_mode) == "-rw-------"
    assert json.loads((tmp_path / "login").read_text())["users"] == [{"name": "timonier", "user": {"token": "hunter2"}}]


def test_a_login_goes_away_when_kubectl_does_not_answer(
    run: Run, cluster: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends kubectl."""
    seen: list[Path] = []

    def late(command: list[str], *, env: dict[str, str], **_: object) -> None:
        seen.append(Path(env["KUBECONFIG"].partition(":")[0]))
        assert "hunter2" in seen[0].read_text()
        raise subprocess.TimeoutExpired(command, 60)

    cluster()
    monkeypatch.setenv("HELM_KUBETOKEN", "hunter2")
    monkeypatch.setattr("timonier.kube.subprocess.run", late)
    assert run("diff", "release:shop", "release:shop", "-n", "here")[2].startswith("timonier: The cluster does not")
    assert [path.exists() for path in seen] == [False]


def test_what_is_in_the_cluster_is_compared(run: Run, cluster: Callable[..., str]) -> None:
    """Nothing but a value that was edited shows, without guesses at what an upgrade would make of it."""
    there = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "here", "uid": "1"}}
    cluster(deployed=[stored(1, CONFIG)], live=[there | {"data": {"size": "1"}}])
    assert run("diff", "release:shop", "live:shop")[0] == 0
    cluster(live=[there | {"data": {"size": "5"}}])
    code, out, _ = run("diff", "release:shop", "live:shop", "-U0")
    assert code == 1
    assert out.splitlines()[1:] == [
        "",
        "changed ConfigMap c  (shop/templates/c.yaml)",
        "@@ data @@",
        "-  size: '1'",
        "+  size: '5'",
    ]
    cluster(live=[])
    assert run("diff", "release:shop", "live:shop")[1].splitlines()[0].endswith(": 1 removed, 1 unchanged")


def test_a_patch_leads_to_what_is_in_the_cluster(run: Run, cluster: Callable[..., str]) -> None:
    """To take over what somebody edited, and nobody wrote down."""
    there = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"size": "5"}}
    cluster(deployed=[stored(1, CONFIG)], live=[there])
    code, out, _ = run("diff", "release:shop", "live:shop", "-o", "patch")
    assert code == 1
    assert [line for line in out.splitlines() if line.startswith("+")][1:] == [
        "+metadata:",
        "+  name: c",
        "+data:",
        "+  size: '5'",
    ]


def test_the_server_has_the_last_word(run: Run, chart: Path, cluster: Callable[..., str]) -> None:
    """On what it refuses, and on how it writes what it takes."""
    there = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"size": "1"}, "uid": "x"}
    cluster(deployed=[stored(1, CONFIG, apply_method="ssa")], apply=[there])
    assert run("diff", "release:shop", chart, "--set", "size=01", "--server")[0] == 0
    cluster(apply=[])
    cluster(apply='The ConfigMap "c" is invalid: data: Forbidden: field is immutable\n')
    out = run("diff", "release:shop", chart, "--set", "size=2", "--server")[1]
    assert "refused  ConfigMap c  the API server says: data: Forbidden: field is immutable" in out
    cluster(apply='Error from server (Forbidden): configmaps "c" is forbidden: exceeded quota: one\n')
    out = run("diff", "release:shop", chart, "--set", "size=2", "--server")[1]
    assert "refused  ConfigMap c  the API server says: exceeded quota: one" in out


def test_the_server_is_not_asked_for_a_patch(run: Run, chart: Path, cluster: Callable[..., str]) -> None:
    """What it says of a server-side apply is a warning where Helm sends patches."""
    refusal = 'The ConfigMap "c" is invalid: data: Forbidden: more than one\n'
    cluster(deployed=[stored(1, CONFIG, apply_method="csa")], apply=refusal)
    out = run("diff", "release:shop", chart, "--set", "size=2", "--server")[1]
    assert "in place  ConfigMap c" in out
    assert (
        "! the API server would refuse it in a server-side apply: data: Forbidden: more than one; Helm patches" in out
    )


def test_a_refusal_is_told_without_the_difference_below_it(run: Run, chart: Path, cluster: Callable[..., str]) -> None:
    """The API server shows one of claims; what it says of the next object is told again."""
    (chart / "templates" / "d.yaml").write_text(TEMPLATE.replace("name: c", "name: d"))
    below = '@@ -6,7 +6,7 @@\n  "Requests": {\n-   "storage": "8Mi"\n+   "storage": "9Mi"\n  },\n\n'
    said = 'The ConfigMap "c" is invalid: spec: Forbidden: immutable\n' + below
    cluster(deployed=[stored(1, CONFIG, apply_method="ssa")], apply=f'{said}The ConfigMap "d" is invalid: too long\n')
    out = run("diff", "release:shop", chart, "--set", "size=2", "--server")[1]
    assert re.search("refused +ConfigMap c +the API server says: spec: Forbidden: immutable\n", out)
    assert re.search("refused +ConfigMap d +the API server says: too long\n", out)
    assert "Note" not in out


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, "refused  ConfigMap c  it is in the cluster, and not Helm's"),
        (
            {"annotations": {"meta.helm.sh/release-name": "other", "meta.helm.sh/release-namespace": "here"}},
            "refused  ConfigMap c  it belongs to the release here/other",
        ),
        (
            {
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "here"},
            },
            "adopted  ConfigMap c  it is in the cluster already, and this release's",
        ),
        (None, "created  ConfigMap c"),
    ],
)
def test_an_added_object_may_be_there_already(
    run: Run, chart: Path, cluster: Callable[..., str], metadata: dict[str, Any] | None, said: str
) -> None:
    """Helm refuses to touch what is not its release's."""
    there = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "here", **(metadata or {})},
    }
    cluster(deployed=[stored(1, "")], live=[] if metadata is None else [there])
    assert f"  {said}\n" in run("diff", "release:shop", chart)[1]


def test_what_the_server_may_not_be_asked_is_said(run: Run, chart: Path, cluster: Callable[..., str]) -> None:
    """And the manifest is compared instead."""
    cluster(deployed=[stored(1, CONFIG)], apply='Error from server (Forbidden): configmaps "c" is forbidden\n')
    code, out, _ = run("diff", "release:shop", chart, "--set", "size=2", "--server")
    assert code == 1
    assert (
        "Note: Without the API server's word, 1 object(s) are compared as their manifests have them: you may not" in out
    )


@pytest.mark.parametrize(
    ("source", "files", "sentence"),
    [
        ("release:shop", {}, "There is no release shop in the namespace here."),
        ("release:shop@7", {}, "There is no release shop at revision 7 in the namespace here."),
        ("release:Shop!", {}, "release:Shop! does not name a release."),
        (
            "live:shop",
            {"deployed": "error: You must be logged in\n"},
            "The cluster cannot be asked: error: You must be",
        ),
        ("release:shop", {"deployed": [{"kind": "Secret", "metadata": VERSION}]}, "cannot be read: 'data'."),
        ("release:shop", {"deployed": [CUT]}, "release:shop: what Helm stored of it cannot be read: Error -3 while"),
        ("release:shop", {"deployed": [stored(1, "") | {"metadata": {}}]}, "cannot be read: 'labels'."),
        ("release:shop", {"deployed": [["no object"]]}, "cannot be read: list indices"),
        ("release:shop", {"banner": "Logged in as me"}, "What kubectl prints is no JSON. See what"),
        ("release:shop", {"banner": "[1]"}, "What kubectl prints is no JSON. See what"),
    ],
)
def test_what_cannot_be_read_exits_with_2(
    run: Run, cluster: Callable[..., str], source: str, files: dict[str, Any], sentence: str
) -> None:
    """One sentence, and no difference."""
    cluster(**files)
    code, out, err = run("diff", source, source)
    assert (code, out) == (2, "")
    assert sentence in err


def test_a_release_is_rendered_as_it_is_stored(run: Run, cluster: Callable[..., str], tmp_path: Path) -> None:
    """Hooks last, by template, as a table, into files; as an ordinary source takes neither values nor cases."""
    cluster(deployed=[stored(1, CONFIG)])
    code, out, _ = run("render", "release:shop", "--kube-context", "one", "-n", "mine")
    assert (code, out) == (0, f"{CONFIG}---\n# Source: shop/templates/j.yaml\n{HOOK}")
    assert "--namespace=mine --selector=owner=helm,name=shop,status=deployed --output=json --context=one" in cluster()
    assert run("render", "release:shop", "-s", "templates/c.yaml")[1] == CONFIG
    assert "ConfigMap, 1 hook" in run("render", "release:shop", "-o", "summary")[1]
    assert run("render", "release:shop", "--output-dir", tmp_path / "out", "--no-hooks")[0] == 0
    assert [file.name for file in (tmp_path / "out").rglob("*.yaml")] == ["c.yaml"]
    assert "takes neither values nor cases" in run("render", "release:shop", "--set", "a=1")[2]


def test_what_is_in_the_cluster_is_rendered(run: Run, cluster: Callable[..., str]) -> None:
    """What the manifest sets of it, and a hand that changed it: it can be checked, or kept as a file."""
    metadata = {"name": "c", "namespace": "here", "uid": "1"}
    cluster(deployed=[stored(1, CONFIG)], live=[{"kind": "ConfigMap", "metadata": metadata, "data": {"size": "5"}}])
    out = run("render", "live:shop", "--no-hooks")[1]
    assert out.splitlines() == [
        "---",
        "# Source: shop/templates/c.yaml",
        "apiVersion: v1",
        "kind: ConfigMap",
        "metadata:",
        "  name: c",
        "data:",
        "  size: '5'",
    ]


@pytest.mark.parametrize("source", ["release:shop", "live:shop"])
def test_what_is_installed_is_checked(run: Run, cluster: Callable[..., str], source: str) -> None:
    """Each object once, under the source's name and its template's; two of them are told apart."""
    wrong = [CONFIG.replace("name: c", f"name: {name}").replace("data: {size", "dada: {size") for name in "cd"]
    live = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "here"},
            "dada": {"size": name},
        }
        for name in "cd"
    ]
    cluster(deployed=[stored(1, "".join(wrong)) | {}], live=live)
    code, out, _ = run("check", source, "--only", "schema", "--kube-context", "one")
    assert code == 1
    assert "There is no field dada." in out
    assert "ConfigMap c at dada" in out
    assert "ConfigMap d at dada" in out
    assert out.startswith(f"{source}\n")
    told = "release shop as it is in the cluster" if source.startswith("live") else "release shop"
    assert out.splitlines()[-1].startswith(f"{told}, revision 1 (3 objects), 7 Kubernetes versions: ")
    assert "--context=one" in cluster().splitlines()[-1]
    assert "takes neither values nor cases" in run("check", source, "--case", "big")[2]
