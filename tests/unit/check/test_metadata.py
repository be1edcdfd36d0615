"""What is found in Chart.yaml, and what is not."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from timonier.chartfiles import read_chart_files
from timonier.check.lint import helm_lint
from timonier.check.model import Problem, Rule, Severity
from timonier.check.rules import dependencies, metadata, versions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.engine.embedded import EmbeddedEngine
    from timonier.engine.program import ProgramEngine

    Look = Callable[..., list[Problem]]
    MakeChart = Callable[..., Path]

GOOD = """\
apiVersion: v2
name: shop
version: 1.4.0
appVersion: "2.1.0"
kubeVersion: ">=1.30.0-0"
description: Sells things
icon: https://example.org/icon.svg
home: https://example.org
maintainers:
  - name: Someone
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  selector:
    matchLabels: {app: shop}
  template:
    spec:
      containers:
        - name: shop
          image: "localhost/{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
        - name: proxy
          image: envoy:9
"""
IMAGE = "image:\n  repository: acme/shop\n  # The version\n  tag: '%s'\n"
RULES = {rule.name: rule for rule in metadata.RULES}
DEPENDENCY = """\
dependencies:
  - name: db
    repository: https://charts.example.org
    version: %s
"""


def changed(**said: str) -> str:
    """Return a good Chart.yaml with some lines saying something else, or gone where that is empty."""
    lines = GOOD.splitlines()
    for key, line in said.items():
        lines = [line if there.startswith(f"{key}:") else there for there in lines]
    return "\n".join(line for line in lines if line) + "\n"


@pytest.mark.parametrize("rule", metadata.RULES, ids=lambda rule: rule.name)
def test_a_good_chart_is_left_alone(look: Look, make_chart: MakeChart, rule: Rule) -> None:
    """No rule finds anything in a chart that says what it should."""
    chart = make_chart({"Chart.yaml": GOOD, "templates/a.yaml": DEPLOYMENT}, values=IMAGE % "")
    assert look(rule, chart) == []


@pytest.mark.parametrize(
    ("rule", "said", "line", "message"),
    [
        ("chart-api-version", {"apiVersion": "apiVersion: v1"}, 1, "The chart's apiVersion is 'v1'."),
        ("chart-version", {"version": "version: 1.10"}, 3, "The version 1.1 is no Semantic Version."),
        ("app-version-number", {"appVersion": "appVersion: 1.10"}, 4, "YAML reads appVersion 1.10 as 1.1."),
        ("app-version-number", {"appVersion": "appVersion: 2024-01-02"}, 0, ""),
        ("icon-missing", {"icon": ""}, 2, "The chart has no icon."),
        ("chart-undescribed", {"description": ""}, 2, "Chart.yaml has no description."),
        ("chart-undescribed", {"home": ""}, 2, "Chart.yaml has neither home nor sources."),
        ("chart-deprecated", {"icon": "deprecated: true"}, 7, "The chart is deprecated."),
        ("kube-version-missing", {"kubeVersion": ""}, 2, "Chart.yaml has no kubeVersion."),
        (
            "kube-version-impossible",
            {"kubeVersion": "kubeVersion: '>1.30 <1.20'"},
            5,
            "No Kubernetes meets kubeVersion '>1.30 <1.20'.",
        ),
        (
            "kube-version-impossible",
            {"kubeVersion": "kubeVersion: new"},
            5,
            "kubeVersion 'new' is no version constraint.",
        ),
        (
            "kube-version-vendors",
            {"kubeVersion": "kubeVersion: '~1.31.0'"},
            5,
            "kubeVersion '~1.31.0' excludes versions with a provider's suffix, such as 1.31.37-gke.100.",
        ),
    ],
)
def test_what_chart_yaml_lacks_or_gets_wrong_is_found(
    look: Look, make_chart: MakeChart, rule: str, said: dict[str, str], line: int, message: str
) -> None:
    """With its line, or that of the name for what is missing; a date without quotes is text to Helm, and no problem."""
    chart = make_chart({"Chart.yaml": changed(**said)})
    found = [(problem.message, problem.file, problem.line) for problem in look(RULES[rule], chart)]
    assert found == ([(message, "Chart.yaml", line)] if message else [])


def test_a_chart_that_names_no_kubernetes_is_for_all_of_them(look: Look, make_chart: MakeChart) -> None:
    """Nothing but the missing constraint is found."""
    chart = make_chart({"Chart.yaml": changed(kubeVersion="")})
    assert [rule.name for rule in versions.RULES if look(rule, chart)] == ["kube-version-missing"]


@pytest.mark.parametrize(
    ("tag", "place"),
    [
        ("2.0.9", ("values.yaml", 4, "image.tag")),
        ("2.1.0", None),
        ("v2.1.0", None),
        ("2.1.0-alpine", None),
        ("", None),
    ],
)
def test_the_image_is_of_the_version_that_app_version_names(
    look: Look, make_chart: MakeChart, tag: str, place: tuple[str, int, str] | None
) -> None:
    """The image beside it, a proxy's, is of another version and may be."""
    chart = make_chart({"Chart.yaml": GOOD, "templates/a.yaml": DEPLOYMENT}, values=IMAGE % tag)
    found = [(problem.file, problem.line, problem.values_path) for problem in look(metadata.app_version_image, chart)]
    assert found == ([place] if place else [])


def test_an_image_that_no_value_names_is_compared_when_it_is_the_only_one(look: Look, make_chart: MakeChart) -> None:
    """By the appVersion's line. With two of them nobody knows which one is meant."""
    one = DEPLOYMENT[: DEPLOYMENT.index("          image")] + "          image: localhost:5000/shop:3@sha256:0123\n"
    chart = make_chart({"Chart.yaml": GOOD, "templates/a.yaml": one})
    [problem] = look(metadata.app_version_image, chart)
    assert (problem.message, problem.file, problem.line) == (
        "The image's tag is 3, the appVersion is 2.1.0.",
        "Chart.yaml",
        4,
    )
    (chart / "templates/b.yaml").write_text(one.replace("shop:3", "other:4"))
    assert look(metadata.app_version_image, chart) == []


def test_helms_lint_is_passed_on_with_its_severity_and_line(look: Look, make_chart: MakeChart) -> None:
    """What other rules say is not said twice: the version, the icon."""
    bad = changed(version="version: 1.10", icon="sources: [nowhere]")
    chart = make_chart({"Chart.yaml": bad, "templates/a.yaml": "kind: ConfigMap\nmetadata:\n  name: A_b\n"})
    found = {problem.file: (problem.severity, problem.message) for problem in look(metadata.helm_lint_says, chart)}
    assert found["templates/a.yaml"][0] == Severity.WARNING
    assert found["templates/a.yaml"][1].startswith("Helm's lint says: object name does not conform")
    assert found["Chart.yaml"][0] == Severity.ERROR
    assert "invalid source URL" in found["Chart.yaml"][1]
    assert not any("SemVer" in message or "icon" in message for _, message in found.values())


def test_helms_lint_is_silent_on_what_failed_to_render(look: Look, make_chart: MakeChart) -> None:
    """The rule `render` says that; with a case that can be rendered, the lint looks at that one."""
    chart = make_chart({"Chart.yaml": GOOD, "templates/a.yaml": "{{ .Values.a.b }}\n"})
    assert look(metadata.helm_lint_says, chart) == []
    (chart / "ci").mkdir()
    (chart / "ci/a-values.yaml").write_text("a: {b: 'kind: ConfigMap'}\n")
    assert [problem.file for problem in look(metadata.helm_lint_says, chart)] == ["templates/a.yaml"]


def test_both_engines_lint_alike(make_chart: MakeChart, embedded: EmbeddedEngine, program: ProgramEngine) -> None:
    """The program prints what the library returns."""
    files = read_chart_files(
        make_chart({"Chart.yaml": changed(icon=""), "templates/a.yaml": "kind: ConfigMap\nmetadata:\n  name: A_b\n"})
    )
    printed, returned = (helm_lint(files, {"a": 1}, engine) for engine in (program, embedded))
    assert [(message.severity, message.path) for message in printed] == [
        (Severity.INFO, "Chart.yaml"),
        (Severity.WARNING, "templates/a.yaml"),
    ]
    assert printed == returned


def test_a_range_of_versions_without_a_lock_is_found(look: Look, make_chart: MakeChart) -> None:
    """One version is no range, and what lies beside the chart is not looked up anywhere."""
    chart = make_chart({"Chart.yaml": GOOD + DEPENDENCY % "~1.2"})
    [problem] = look(dependencies.unlocked, chart)
    assert (problem.file, problem.line) == ("Chart.yaml", 14)
    assert "db may be any of '~1.2'" in problem.message
    for harmless in (DEPENDENCY % "1.2.0", (DEPENDENCY % "~1.2").replace("https://", "file://../")):
        (chart / "Chart.yaml").write_text(GOOD + harmless)
        assert look(dependencies.unlocked, chart) == []


def test_a_lock_of_other_dependencies_is_found(look: Look, make_chart: MakeChart) -> None:
    """The digest is Helm's own, of a published chart: bitnami's nginx 22.1.1."""
    said = """\
dependencies:
- name: common
  repository: oci://registry-1.docker.io/bitnamicharts
  tags:
  - bitnami-common
  version: 2.x.x
"""
    lock = """\
dependencies:
- name: common
  repository: oci://registry-1.docker.io/bitnamicharts
  version: 2.31.4
digest: sha256:fc442e77200e1914dd46fe26490dcf62f44caa51db673c2f8e67d5319cd4c163
"""
    chart = make_chart({"Chart.yaml": GOOD + said, "Chart.lock": lock})
    assert look(dependencies.lock_stale, chart) == []
    assert look(dependencies.unlocked, chart) == []
    (chart / "Chart.yaml").write_text(GOOD + said.replace("2.x.x", "3.x.x"))
    [problem] = look(dependencies.lock_stale, chart)
    assert (problem.file, problem.line) == ("Chart.lock", 5)


def test_a_locks_digest_is_helms() -> None:
    """As `helm dependency update` wrote it, with characters that Go's JSON escapes and every key a dependency has."""
    declared = {
        "name": "db",
        "version": ">=0.1.0 <1.0.0",
        "repository": "file://../db",
        "alias": "store",
        "import-values": ["x", {"child": "a", "parent": "b"}],
        "tags": ["t"],
    }
    locked = {"name": "db", "repository": "file://../db", "version": "0.1.0"}
    digest = "sha256:7c6546f03cefbbf66c3166e68463acd82e1a4c84c6735600b067dfcd804f45e1"
    assert dependencies.lock_digest([declared], [locked]) == digest


def test_a_condition_without_a_default_is_found(look: Look, make_chart: MakeChart) -> None:
    """The default may be the parent's or the subchart's own, under its alias."""
    said = (
        "dependencies:\n  - name: db\n    alias: store\n    version: 0.1.0\n    condition: store.enabled, global.on\n"
    )
    brought = {"charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n", "charts/db/values.yaml": ""}
    chart = make_chart({"Chart.yaml": GOOD + said, **brought}, values="db:\n  enabled: true\n")
    [problem] = look(dependencies.condition, chart)
    assert (problem.file, problem.line) == ("Chart.yaml", 15)
    (chart / "charts/db/values.yaml").write_text("enabled: true\n")
    assert look(dependencies.condition, chart) == []
    (chart / "charts/db/values.yaml").write_text("")
    (chart / "values.yaml").write_text("store: {enabled: true}\n")
    assert look(dependencies.condition, chart) == []


def test_a_chart_that_nobody_declared_is_found(look: Look, make_chart: MakeChart) -> None:
    """Unpacked or not; what begins with an underscore Helm does not read."""
    yaml = "apiVersion: v2\nname: %s\nversion: 0.1.0\n"
    chart = make_chart({"charts/db/Chart.yaml": yaml % "db", "charts/_old/Chart.yaml": yaml % "old"})
    with tarfile.open(chart / "charts/cache-1.tgz", "w:gz") as archive:
        content = (yaml % "cache").encode()
        member = tarfile.TarInfo("cache/Chart.yaml")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    assert [(problem.message, problem.file, problem.line) for problem in look(dependencies.undeclared, chart)] == [
        ("Chart.yaml does not declare cache, which charts/cache-1.tgz holds.", "Chart.yaml", 2),
        ("Chart.yaml does not declare db, which charts/db holds.", "Chart.yaml", 2),
    ]
    declared = "".join(f"  - name: {name}\n    version: 0.1.0\n" for name in ("db", "cache"))
    (chart / "Chart.yaml").write_text(f"{GOOD}dependencies:\n{declared}")
    assert look(dependencies.undeclared, chart) == []


def test_a_dependency_in_a_version_nobody_asked_for_is_found(look: Look, make_chart: MakeChart) -> None:
    """At the line of the version that is asked for."""
    said = "dependencies:\n  - name: db\n    version: %s\n"
    brought = {"charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n"}
    chart = make_chart({"Chart.yaml": GOOD + said % "^0.2.0", **brought})
    [problem] = look(dependencies.version, chart)
    assert (problem.line, problem.message) == (13, "charts/ holds db 0.1.0, which '^0.2.0' does not allow.")
    (chart / "Chart.yaml").write_text(GOOD + said % "~0.1.0")
    assert look(dependencies.version, chart) == []
