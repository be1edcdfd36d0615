"""What the tests of both charts share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing import Render


@pytest.fixture
def assert_facts(render: Render) -> Callable[..., None]:
    """Fail unless an object, rendered with some values, says at each path what it should; `...`: nothing."""

    def check(values: dict[str, Any], asked: Any, facts: dict[str, Any], *, chart: str | None = None) -> None:  # noqa: ANN401 - a key of objects
        found = render(chart, values=values)[asked]
        assert {path: found.get(path, ...) for path in facts} == facts

    return check
