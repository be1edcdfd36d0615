"""Documents as lines, and lines compared.

Two documents that say the same have the same lines, whatever their key order, quoting and comments.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from timonier import yamlio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_FIRST = ("apiVersion", "kind", "metadata")


def normal_lines(document: Mapping[str, Any] | None) -> list[str]:
    """Write a document in its normal form: what identifies it first, then keys by name. No lines for no document."""
    if document is None:
        return []
    head = {key: document[key] for key in _FIRST if key in document}
    rest = {key: value for key, value in document.items() if key not in head}
    text = "".join(yamlio.dump(part, sort_keys=True) for part in (head, rest) if part)
    return text.splitlines()


def unified_hunks(old: Sequence[str], new: Sequence[str], context: int) -> Iterator[str]:
    """Yield the hunks of a unified diff.

    Line numbers of a normal form would tell nobody anything, so the header of a hunk says where in the document it is:
    `@@ spec.template.spec @@`.
    """
    if not old or not new:
        yield from (f"{'+' if new else '-'}{line}" for line in new or old)
        return
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for group in matcher.get_grouped_opcodes(context):
        _, start, _, new_start, _ = next(step for step in group if step[0] != "equal")
        place = _place(old, start) or _place(new, new_start)
        yield f"@@ {place} @@" if place else "@@ @@"
        for operation, first, last, new_first, new_last in group:
            if operation == "equal":
                yield from (f" {line}" for line in old[first:last])
                continue
            yield from (f"-{line}" for line in old[first:last])
            yield from (f"+{line}" for line in new[new_first:new_last])


def _place(lines: Sequence[str], index: int) -> str:
    """Return the keys above a line, joined by dots."""
    keys: list[str] = []
    depth = _indent(lines[index]) if index < len(lines) else 0
    for line in reversed(lines[:index]):
        # A list may stand as deep as the key that holds it: then the dash tells them apart.
        if _indent(line) < depth and line.rstrip().endswith(":"):
            keys.append(line.strip().removeprefix("- ").rstrip(":"))
            depth = _indent(line)
    return ".".join(reversed(keys))


def _indent(line: str) -> int:
    """Return how deep a line's key stands, with a list's dash counted as depth."""
    return len(line) - len(line.lstrip(" -")) if line.lstrip().startswith("- ") else len(line) - len(line.lstrip())
