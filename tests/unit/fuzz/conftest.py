"""What tests of the search share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from timonier.fuzz.run import Request, fuzz_chart
from timonier.values import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from timonier.fuzz.search import Found


class Hunt(Protocol):
    """Searches a chart, and returns what it found."""

    def __call__(self, chart: Path, *, examples: int = 200, seed: int = 1, timeout: float = 5.0) -> list[Found]:
        """Search with a budget that a test can afford."""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make found values small for as long as it takes: on a busy machine the limit would leave them larger."""
    from timonier.fuzz import search

    monkeypatch.setattr(search, "_SHRINK_SECONDS", 600.0)


@pytest.fixture
def hunt() -> Hunt:
    """Return what searches a chart in a process of its own: `hunt(chart)`."""
    # Hypothesis does not want to be used while pytest still reads conftest files.
    from timonier.fuzz.search import Budget

    def search(chart: Path, *, examples: int = 200, seed: int = 1, timeout: float = 5.0) -> list[Found]:
        request = Request(chart, Settings(), timeout=timeout)
        return fuzz_chart(request, Budget(examples, 600, seed), lambda _: None).found

    return search
