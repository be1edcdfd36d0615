"""Dotted paths: what they lead to, and what is said when they lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from timonier.testing.paths import NoSuchStepError, Selector, follow, numbered, parse, write

POD: dict[str, Any] = {
    "metadata": {"labels": {"app.kubernetes.io/name": "web", "tier[0]": "front"}},
    "spec": {"containers": [{"name": "web", "port": 80, "tty": True}, {"name": "proxy", "port": 81, "tty": True}]},
}
KEYS = st.text(st.characters(exclude_characters="\"'", codec="utf-8"), min_size=1)
NAMES = st.text(st.characters(exclude_characters="=[]\"'", codec="utf-8"), min_size=1)
STEPS = st.lists(
    KEYS | st.integers() | st.builds(Selector, NAMES.filter(lambda name: not name.isdigit()), st.just("x"))
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", POD),
        ("spec.containers[0].name", "web"),
        ("spec.containers[-1].name", "proxy"),
        ("spec.containers[name=proxy].port", 81),
        ("spec.containers[port=80].name", "web"),
        ('metadata.labels["app.kubernetes.io/name"]', "web"),
        ("metadata.labels['tier[0]']", "front"),
    ],
)
def test_a_path_leads_to_a_value(path: str, found: object) -> None:
    """By key, by place from either end, by a field of the element, and by keys that need quotes."""
    assert follow(POD, parse(path)) == found


@pytest.mark.parametrize(
    ("path", "reached", "problem"),
    [
        ("spec.replicas", 1, "spec has containers."),
        ("sepc.containers", 0, "The object has metadata, spec."),
        ("spec.containers[2]", 2, "spec.containers is a list of 2."),
        ("spec.containers.name", 2, "spec.containers is a list of 2."),
        ("spec.containers[name=db]", 2, "spec.containers has no element with name=db, it has: web, proxy."),
        ("spec.containers[tty=true]", 2, "spec.containers has 2 elements with tty=true, it has: true, true."),
        ("spec.containers[0].name.first", 4, "spec.containers[0].name is text."),
        ("spec.containers[0].name[0]", 4, "spec.containers[0].name is text."),
        ("metadata.labels.app", 2, 'metadata.labels has ["app.kubernetes.io/name"], ["tier[0]"].'),
    ],
)
def test_what_is_there_instead_is_said(path: str, reached: int, problem: str) -> None:
    """Up to where the path leads, and which ways go on from there."""
    with pytest.raises(NoSuchStepError) as error:
        follow(POD, parse(path))
    assert (error.value.reached, error.value.problem) == (reached, problem)


@pytest.mark.parametrize("path", ["spec..replicas", ".spec", "spec.", "a[", "a[b", "a]", "a[]", "a['b\"]"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    """It never means something else in silence."""
    with pytest.raises(ValueError, match="cannot be understood"):
        parse(path)


@given(STEPS)
@example([".\n"])
def test_what_is_written_reads_the_same(steps: list[Any]) -> None:
    """Whatever the keys are."""
    assert parse(write(steps)) == tuple(steps)


def test_selections_become_places_as_far_as_there_is_something() -> None:
    """To find their lines."""
    assert numbered(POD, parse("spec.containers[name=proxy].port")) == ["spec", "containers", 1, "port"]
    assert numbered(POD, parse("spec.containers[name=db].port")) == ["spec", "containers"]
