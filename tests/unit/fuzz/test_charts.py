"""What the search found in the project's own charts, and must not find again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from timonier.chartfiles import read_chart_files
from timonier.engine import Release
from timonier.fuzz.judge import Judge
from timonier.fuzz.keys import read_keys
from timonier.fuzz.objects import ObjectChecker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from timonier.engine.embedded import EmbeddedEngine
    from timonier.fuzz.judge import Verdict

    Judges = Callable[[str, Mapping[str, Any]], Verdict]

RELEASE = Release("some")
BOTH = ("mariadb", "eni-todo")
SHARED: list[dict[str, Any]] = [
    # Text that is a number, a boolean or no YAML at all unless it is quoted.
    {"nameOverride": "1"},
    {"nameOverride": "no"},
    {"fullnameOverride": "no"},
    {"priorityClassName": "?"},
    {"serviceAccount": {"name": "1"}},
    {"global": {"imageRegistry": "["}},
    # Sections of which every line is commented out, and which the charts can do without.
    {"commonLabels": None, "podLabels": None, "imagePullSecrets": None, "resources": None},
]
RENDERED = [
    *((chart, values) for chart in BOTH for values in SHARED),
    ("mariadb", {"auth": {"secretKeys": {"rootPassword": "1", "password": "yes"}}}),
    ("mariadb", {"service": {"enabled": True, "type": "LoadBalancer", "loadBalancerClass": "- x"}}),
    ("eni-todo", {"service": {"annotations": None}, "lifecycle": {"preStop": None}}),
    ("eni-todo", {"ingress": {"enabled": True, "className": "1", "annotations": None}}),
    ("eni-todo", {"uploads": {"persistence": {"enabled": True, "keep": None, "annotations": None}}}),
]
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(
        (chart, {section: None})
        for chart in ("mariadb", "eni-todo")
        for section in ("image", "probes", "service", "tests")
    ),
    *((chart, {"podLabels": {"a b": "x"}}) for chart in BOTH),
    *((chart, {"commonLabels": {"x": "x y"}}) for chart in BOTH),
    *((chart, {"fullnameOverride": "1"}) for chart in BOTH),
    *((chart, {"podSecurityContext": {"seccompProfile": {"type": None}}}) for chart in BOTH),
    *((chart, {"resources": {"requests": {"<<": 1}}}) for chart in BOTH),
    ("mariadb", {"auth": {"secretKeys": {"rootPassword": "x", "password": "x"}}}),
    ("mariadb", {"service": {"enabled": None}}),
    ("mariadb", {"persistence": {"size": "1.2.3"}}),
    ("eni-todo", {"lifecycle": {"preStop": {"httpGet": {"path": "/"}}}}),
    ("eni-todo", {"mariadb": ""}),
    ("eni-todo", {"mariadb": {"auth": None}}),
    ("eni-todo", {"uploads": {"path": "/a:b"}}),
    ("eni-todo", {"mariadb": {"enabled": False}, "externalDatabase": {"host": "db", "password": None}}),
]


@pytest.fixture
def judge(charts_folder: Path, embedded: EmbeddedEngine) -> Judges:
    """Return what says what comes of values: `judge("mariadb", {…})`."""

    def verdict(chart: str, values: Mapping[str, Any]) -> Verdict:
        files = read_chart_files(charts_folder / chart)
        known = frozenset(map(str, read_keys(files)))
        return Judge(files, RELEASE, embedded, known, ObjectChecker(files, RELEASE, ""))(values)

    return verdict


@pytest.mark.parametrize(("chart", "values"), RENDERED, ids=str)
def test_these_values_render_to_valid_objects(judge: Judges, chart: str, values: dict[str, Any]) -> None:
    """Each once rendered to something the API server refuses, or not at all."""
    verdict = judge(chart, values)
    assert verdict.defects == ()
    assert not verdict.is_refused


@pytest.mark.parametrize(("chart", "values"), REFUSED, ids=str)
def test_these_values_are_refused_with_their_key(judge: Judges, chart: str, values: dict[str, Any]) -> None:
    """Each once rendered to something the API server refuses, or ended in a nil pointer."""
    verdict = judge(chart, values)
    assert verdict.defects == ()
    assert verdict.is_refused
