"""Values of the chart mariadb that are taken away by null: refused by name, never a template's fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/mariadb")


@pytest.mark.parametrize("taken", ["updateStrategy"])
def test_a_map_whose_keys_are_needed_is_not_taken_away(render: Render, taken: str) -> None:
    """Helm leaves out a key that is null, with all below it."""
    with render.raises(f"missing property '{taken}'"):
        render(values={taken: None})
