"""Reading documents that nobody vouches for: a key may be missing, and anything may stand where a mapping should.

Whoever walks a manifest by these never has to ask what it is made of: what is not as Kubernetes wants it reads as
absent. That a type is wrong is said by the rule that validates schemas, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def at(node: object, *keys: str) -> Any:  # noqa: ANN401 - a part of a document is anything
    """Return what lies below a node, None when there is nothing."""
    for key in keys:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def mapping(node: object, *keys: str) -> dict[str, Any]:
    """Return the mapping below a node, an empty one when there is none."""
    found = at(node, *keys)
    return found if isinstance(found, dict) else {}


def entries(node: object, *keys: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the mappings of the list below a node, each with its index; what is no mapping is left out."""
    return [(index, entry) for index, entry in enumerate(sequence(node, *keys)) if isinstance(entry, dict)]


def sequence(node: object, *keys: str) -> list[Any]:
    """Return the list below a node, an empty one when there is none."""
    found = at(node, *keys)
    return found if isinstance(found, list) else []


def strings(node: object, *keys: str) -> list[str]:
    """Return the strings of the list below a node; what is no string is left out."""
    return [entry for entry in sequence(node, *keys) if isinstance(entry, str)]


def string(node: object, *keys: str) -> str:
    """Return the string below a node, an empty one when there is none."""
    found = at(node, *keys)
    return found if isinstance(found, str) else ""


def integer(node: object, *keys: str) -> int | None:
    """Return the whole number below a node, None when there is none; true and false are no numbers."""
    found = at(node, *keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def pairs(node: object, *keys: str) -> dict[str, str]:
    """Return the labels, annotations or the like below a node, as strings."""
    return {str(key): str(value) for key, value in mapping(node, *keys).items()}


def join(path: str, *keys: str) -> str:
    """Put keys behind a dotted path, which may be empty."""
    return ".".join(filter(None, (path, *keys)))


def leaves(node: object, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value below a node that is neither mapping nor list, with its dotted path."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, join(path, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, f"{path}[{index}]")
    else:
        yield path, node
