"""What people read: a summary first, and no colour where none is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.chart import Case
from timonier.manifest import read_manifests
from timonier.render import Rendering
from timonier.report import text

if TYPE_CHECKING:
    import pytest


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
