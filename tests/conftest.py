"""What all tests share: the marker that names the options of the chapter's table which a test proves."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

TABLE = Path(__file__).parents[1] / "docs" / "chapter" / "table.yaml"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a marker that names what is not in the table: it would prove nothing.

    Raises:
        pytest.UsageError: There is one.
    """
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    known = {f"{resource}: {option}" for resource, options in table.items() for option in options}
    for item in items:
        for marker in item.iter_markers("chapter"):
            if unknown := sorted(set(marker.args) - known):
                raise pytest.UsageError(f"{item.nodeid} is marked {unknown}: no key of docs/chapter/table.yaml")
