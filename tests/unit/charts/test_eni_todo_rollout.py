"""What a user is told of a rollout before the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/eni-todo")


@pytest.mark.parametrize("replicas", [1, 2])
def test_the_notes_say_how_many_drafts_a_rollout_loses(render: Render, replicas: int) -> None:
    """All of them, with one pod as with several, unless sessions are copied to the new pods."""
    told = "expect to lose all drafts of each pod that is replaced"
    assert told in render(values={"replicas": replicas}).notes
    assert told not in render(values={"replicas": replicas, "sessionReplication": {"enabled": True}}).notes
