"""The test that `timonier upgrade-test` runs where a project has none of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing.upgrades import Upgrade


def test_upgrade_and_rollback(upgrade: Callable[[], Upgrade]) -> None:
    """Secrets, claims and what they hold stay; nothing is refused; no pod is replaced without a reason."""
    step = upgrade()
    step.upgrade()
    step.roll_back()
