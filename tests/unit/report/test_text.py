"""What people read: a summary first, and no colour where none is wanted."""

from __future__ import annotations

import pytest

from timonier.chart import Case
from timonier.diff.compare import Action, Change, Difference
from timonier.manifest import Identity, read_manifests
from timonier.render import Rendering
from timonier.report import text

WEB = Identity("apps", "Deployment", "shop", "web")
CHANGE = Change(WEB, Action.CHANGED, "shop/templates/web.yaml", ("@@ spec @@", "-  replicas: 1", "+  replicas: [3]"))


@pytest.mark.parametrize(
    ("difference", "line"),
    [
        (Difference((), 0), "a → b: no objects on either side"),
        (Difference((), 4), "a → b: 4 unchanged"),
        (Difference((CHANGE,), 2), "a → b: 1 changed, 2 unchanged"),
        (Difference((), 1, ((WEB, "x"),)), "a → b: 1 unchanged, 1 generated value not compared"),
        (Difference((), 1, ((WEB, "x"), (WEB, "y"))), "a → b: 1 unchanged, 2 generated values not compared"),
    ],
)
def test_the_summary_is_one_line(difference: Difference, line: str) -> None:
    """Only what there is, is counted."""
    assert text.summary(difference, "a", "b") == line


def test_a_difference_is_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Summary, changes, and what was not compared; brackets are text and no markup."""
    text.print_difference(Difference((CHANGE,), 2, ((WEB, "spec.x"),)), "a", "b")
    assert capsys.readouterr().out == (
        "a → b: 1 changed, 2 unchanged, 1 generated value not compared\n\n"
        "changed Deployment shop/web  (shop/templates/web.yaml)\n"
        "@@ spec @@\n-  replicas: 1\n+  replicas: [3]\n\n"
        "Generated anew at every rendering, and so not compared:\n  Deployment shop/web: spec.x\n"
    )


@pytest.mark.parametrize(("variable", "escapes"), [("FORCE_COLOR", 1), ("NO_COLOR", 0), ("UNRELATED", 0)])
def test_colour_only_where_it_is_wanted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, escapes: int
) -> None:
    """A pipe gets none, and NO_COLOR is heeded."""
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv(variable, "1")
    text.print_difference(Difference((CHANGE,), 0), "a", "b")
    assert ("\x1b[" in capsys.readouterr().out) == bool(escapes)


def test_long_lines_are_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """A diff that is piped somewhere keeps its lines."""
    line = f"+  {'x' * 500} [bold]"
    text.print_difference(Difference((Change(WEB, Action.ADDED, "", (line,)),), 0), "a", "b")
    assert line in capsys.readouterr().out.splitlines()


def test_renderings_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """One row a case; the chart is named once; hooks are counted as hooks."""
    hook = "kind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n"
    stream = f"kind: Secret\n---\nkind: Service\n---\nkind: Service\n---\n{hook}"
    manifests = tuple(read_manifests(stream, origin="test"))
    rows = [Rendering("shop 1.0", Case(name, "What [it] is for."), manifests, 0.0123) for name in ("defaults", "big")]
    text.print_renderings(rows)
    out = capsys.readouterr().out
    assert out.count("shop 1.0") == 1
    assert out.count("Secret, 2 Service, 1 hook") == 2
    assert "big" in out
    assert "What [it] is for." in out
    assert text.objects_by_kind(()) == "none"


def test_manifests_are_written_as_helm_writes_them() -> None:
    """The template's own text, behind its source."""
    stream = "---\n# Source: shop/templates/a.yaml\n# why\nkind: A\n---\nkind: B\n"
    assert text.manifests_yaml(read_manifests(stream, origin="test")) == stream
