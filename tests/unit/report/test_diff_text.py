"""What people read of a difference: a summary first, what an upgrade makes of it, then the lines."""

from __future__ import annotations

import pytest

from timonier.diff.model import Action, Change, Difference, Effect, Outcome
from timonier.manifest import Identity
from timonier.report.diff_summary import summary
from timonier.report.diff_text import difference_text, wants_colour

WEB = Identity("apps", "Deployment", "shop", "web")
ROLLS = Effect(Outcome.ROLLED, ("image web:1 → web:2",), ("downtime: its single pod stops",))
LINES = ("@@ spec @@", "-  replicas: 1", "+  replicas: [3]")
CHANGE = Change(WEB, Action.CHANGED, "shop/templates/web.yaml", LINES, effect=ROLLS)


@pytest.mark.parametrize(
    ("difference", "line"),
    [
        (Difference((), 0), "a → b: no objects on either side"),
        (Difference((), 4), "a → b: 4 unchanged"),
        (Difference((), 4, ignored=2), "a → b: 4 unchanged, 2 ignored"),
        (Difference((CHANGE,), 2), "a → b: 1 changed, 2 unchanged"),
        (Difference((), 1, ((WEB, "x"),)), "a → b: 1 unchanged, 1 generated value not compared"),
        (Difference((), 1, ((WEB, "x"), (WEB, "y"))), "a → b: 1 unchanged, 2 generated values not compared"),
    ],
)
def test_the_summary_is_one_line(difference: Difference, line: str) -> None:
    """Only what there is, is counted."""
    assert summary(difference, "a", "b") == line


def test_a_difference_is_written_whole() -> None:
    """Summary, effects, changes, and what was not compared."""
    assert difference_text(Difference((CHANGE,), 2, ((WEB, "spec.x"),), notes=("Careful.",)), "a", "b") == (
        "a → b: 1 changed, 2 unchanged, 1 generated value not compared\n"
        "An upgrade: 1 rolls pods, 1 with downtime\n"
        "Note: Careful.\n\n"
        "  rolls pods  Deployment shop/web  image web:1 → web:2\n"
        "              ! downtime: its single pod stops\n\n"
        "changed Deployment shop/web  (shop/templates/web.yaml)\n"
        "@@ spec @@\n-  replicas: 1\n+  replicas: [3]\n\n"
        "Generated anew at every rendering, and so not compared:\n  Deployment shop/web: spec.x\n"
    )


@pytest.mark.parametrize(("variable", "colour"), [("FORCE_COLOR", True), ("NO_COLOR", False), ("UNRELATED", False)])
def test_colour_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch, variable: str, *, colour: bool) -> None:
    """A pipe gets none, and NO_COLOR is heeded."""
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "1")
    assert wants_colour() == colour
    told = difference_text(Difference((CHANGE,), 0), "a", "b", colour=colour)
    assert ("\x1b[31m-  replicas: 1\x1b[0m" in told.splitlines()) == colour


def test_nothing_steers_the_terminal() -> None:
    """Whatever a manifest holds."""
    told = difference_text(Difference((Change(WEB, Action.ADDED, "", ("+\x1b[2J",)),), 0), "a", "b")
    assert "\x1b" not in told
    assert "\\x1b[2J" in told


def test_old_and_new_stand_beside_each_other() -> None:
    """In halves of equal width; what is longer goes on below, and nothing is left out."""
    change = Change(WEB, Action.CHANGED, "", ("@@ spec @@", " same", f"-old {'o' * 60}", f"+new {'n' * 60}", "+more"))
    shown = difference_text(Difference((change,), 0), "a", "b", side_by_side=83).splitlines()
    rows = [[part.strip() for part in line.split("│")] for line in shown if "│" in line]
    assert rows[0] == ["same", "same"]
    assert "".join(row[0] for row in rows[1:]) == f"-old {'o' * 60}"
    assert "".join(row[1] for row in rows[1:]) == f"+new {'n' * 60}+more"
    assert {len(line.split("│")[0]) for line in shown if "│" in line} == {41}


def test_many_alike_are_one_row() -> None:
    """A thousand ConfigMaps in place are no table to read; their lines are all there."""
    changes = tuple(
        Change(Identity("", "ConfigMap", "", f"c{number}"), Action.CHANGED, "", (), effect=Effect(Outcome.IN_PLACE))
        for number in range(9)
    )
    told = difference_text(Difference(changes, 0), "a", "b")
    assert told.splitlines()[2] == "  in place  9 of kind ConfigMap: c0, c1, c2 and more"
    assert told.count("changed ConfigMap c") == 9
