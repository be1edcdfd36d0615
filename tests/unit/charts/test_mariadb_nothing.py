"""Values of the chart mariadb that are taken away by null: refused by name, never a template's fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/mariadb")


@pytest.mark.parametrize(
    ("taken", "values"),
    [
        ("updateStrategy", {"updateStrategy": None}),
        ("schedule", {"backup": {"enabled": True, "schedule": None}}),
        ("schedule", {"backup": {"enabled": True, "verification": {"enabled": True, "schedule": None}}}),
    ],
)
def test_what_is_needed_is_not_taken_away(render: Render, taken: str, values: dict[str, Any]) -> None:
    """Helm leaves out a key that is null, with all below it."""
    with render.raises(f"missing property '{taken}'"):
        render(values=values)
