"""Rules of what is passed over: one syntax, and a sentence for what is none of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.diff.filters import read_rules
from timonier.diff.path import Element, write
from timonier.errors import TimonierError
from timonier.manifest import Identity

if TYPE_CHECKING:
    from pathlib import Path

    from timonier.diff.path import Steps

WEB = Identity("apps", "Deployment", "", "web")
IMAGE: Steps = ("spec", "template", "spec", "containers", Element((("name", "web"),)), "image")
CHECKSUM: Steps = ("spec", "template", "metadata", "annotations", "checksum/config")


@pytest.mark.parametrize(
    ("rule", "steps", "matches"),
    [
        ("Deployment:spec", IMAGE, True),
        ("Deployment.apps/w?b:spec.template", IMAGE, True),
        ("Service:spec", IMAGE, False),
        ("*/other:spec", IMAGE, False),
        (":spec.template.spec.containers[name=web].image", IMAGE, True),
        (":spec.template.spec.containers[name=db]", IMAGE, False),
        (":spec.template.spec.containers[*].image", IMAGE, True),
        (":**.image", IMAGE, True),
        (":spec.*.metadata", CHECKSUM, True),
        (':**.annotations["checksum/config"]', CHECKSUM, True),
        (":**.annotations.checksum/*", CHECKSUM, True),
        (":spec.replicas", CHECKSUM, False),
        (":spec.temp", CHECKSUM, False),
    ],
)
def test_a_rule_is_about_a_place(rule: str, steps: Steps, *, matches: bool) -> None:
    """And about everything below it."""
    [read] = read_rules([rule], [])
    assert (read.is_about(WEB) and read.matches(steps, "a", "b")) == matches


@pytest.mark.parametrize(
    "steps", [IMAGE, CHECKSUM, ("data", "a.b"), ("data", 'say "x"'), ("data", "**"), ("rules", 0, "it's")]
)
def test_a_written_path_is_a_rule(steps: Steps) -> None:
    """What a report calls a place can be copied from there."""
    [read] = read_rules([f":{write(steps)}"], [])
    assert read.path == steps


@pytest.mark.parametrize(
    ("old", "new", "matches"), [("v1-a", "v2-a", True), ("v1-a", "v2-b", False), (None, "v1", False)]
)
def test_a_pattern_is_about_what_differs(old: object, new: object, *, matches: bool) -> None:
    """A difference in nothing else."""
    [read] = read_rules([r"~v\d"], [])
    assert read.matches(IMAGE, old, new) == matches


def test_a_file_holds_a_rule_a_line(tmp_path: Path) -> None:
    """Behind those of the command line; comments and empty lines are none."""
    (tmp_path / "rules").write_text("# why\n\n Secret \n@version-labels\n")
    rules = read_rules(["Pod"], [str(tmp_path / "rules")])
    assert [rule.kind for rule in rules] == ["Pod", "Secret", "*", "*", "*"]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("", "it is none of KIND"),
        ("Pod/", "there is no name behind the slash"),
        (":spec..x", "the path is not clear from '..x' on"),
        ("~(", "the pattern is no regular expression"),
        ("@noise", "There is no preset @noise. Say one of @version-labels, @autoscaled-replicas."),
    ],
)
def test_what_is_no_rule_is_refused(rule: str, sentence: str) -> None:
    """With what is wrong with it."""
    with pytest.raises(TimonierError) as refused:
        read_rules([rule], [])
    assert sentence in str(refused.value)


def test_a_file_that_is_not_there_is_said() -> None:
    """By its name."""
    with pytest.raises(TimonierError, match="no-such-file cannot be read"):
        read_rules([], ["no-such-file"])
