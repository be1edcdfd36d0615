"""The application and the database it brings along, in one release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/eni-todo")


@pytest.mark.parametrize("release", ["shop", "eni-todo", "my-mariadb", "r-" * 26 + "r", "eni-todo-" + "r" * 44])
def test_each_has_names_of_its_own(render: Render, release: str) -> None:
    """However long the release's name is: Helm allows 53 characters, and a name is cut at 52."""
    rendered = render(release=release)
    assert rendered["Deployment"].name != rendered["StatefulSet"].name
    assert len(rendered.inventory) == len(rendered)


def test_a_release_named_after_both_is_told_to_name_one_of_them(render: Render) -> None:
    """Both would take the release's name as it is, and each other's Service."""
    with render.raises("application and database are both called eni-todo-mariadb", "mariadb.fullnameOverride"):
        render(release="eni-todo-mariadb")
    render(release="eni-todo-mariadb", values={"mariadb": {"fullnameOverride": "rows"}})
