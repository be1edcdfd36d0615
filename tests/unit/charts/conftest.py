"""What the tests of both charts share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing import Render


@pytest.fixture
def assert_facts(render: Render) -> Callable[[dict[str, Any], Any, dict[str, Any]], None]:
    """Fail unless an object, rendered with some values, says at each path what it should; `...`: nothing."""

    def check(values: dict[str, Any], asked: Any, facts: dict[str, Any]) -> None:  # noqa: ANN401 - a key of objects
        found = render(values=values)[asked]
        for path, expected in facts.items():
            if expected is ...:
                assert path not in found
            else:
                assert found[path] == expected

    return check
