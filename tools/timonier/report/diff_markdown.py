"""A difference as a comment on a pull request: a table, then each object's lines, folded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier.report.diff_summary import name, rows, summary, verdict
from timonier.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.diff.model import Change, Difference

LONGEST = 65_536
"""How many characters GitHub and GitLab take of a comment at least."""

_MARGIN = 600  # for the sentence about what was cut, and a name or two
_MOST_NAMED = 5
_FENCE = re.compile(r"`{3,}")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#])")


def difference_markdown(difference: Difference, old: str, new: str, *, longest: int = LONGEST) -> str:
    """Write a difference down, as many objects' lines as there is room for.

    Args:
        difference: What to write.
        old: What to call the one side.
        new: What to call the other.
        longest: How many characters there may be. What is left out is named.
    """
    head = [f"### {_text(summary(difference, old, new))}", ""]
    if told := verdict(difference):
        head += [f"**{_text(told)}**", ""]
    head += [f"> {_text(note)}\n" for note in difference.notes]
    table, lost_rows = _table(difference, longest // 2)
    parts, left_out = _fitting(list(difference.changes), longest - _MARGIN - len("\n".join([*head, *table])))
    tail = _generated(difference, longest - _MARGIN - len("\n".join([*head, *table, *parts])))
    said = [f"{lost_rows} more objects are not in the table."] if lost_rows else []
    said += _left_out(left_out)
    cut = [f"**Cut to {longest:,} characters.** {' '.join(said)}", ""] if said else []
    return "\n".join([*head, *cut, *table, *parts, *tail])[:longest]


def _table(difference: Difference, room: int) -> tuple[list[str], int]:
    """Return the table's lines, and for how many rows there was no room."""
    written = [
        f"| {row.outcome} | {_text(row.objects)} | {_why(row.reasons, row.warnings)} |" for row in rows(difference)
    ]
    if not written:
        return [], 0
    kept: list[str] = []
    while written and sum(map(len, kept)) + len(written[0]) < room:
        kept.append(written.pop(0))
    return ["| effect | object | why |", "|---|---|---|", *kept, ""], len(written)


def _why(reasons: Sequence[str], warnings: Sequence[str]) -> str:
    return "<br>".join([*([_text("; ".join(reasons))] if reasons else []), *(f"⚠ {_text(one)}" for one in warnings)])


def _fitting(changes: list[Change], room: int) -> tuple[list[str], list[Change]]:
    """Return the sections for which there is room, and the changes for which there is none."""
    parts: list[str] = []
    left_out: list[Change] = []
    for change in changes:
        part = _section(change)
        if len(part) + 1 > room:
            left_out.append(change)
            continue
        room -= len(part) + 1
        parts.append(part)
    return parts, left_out


def _section(change: Change) -> str:
    lines = "\n".join(map(visible, change.lines))
    longest = max((len(run) for run in _FENCE.findall(lines)), default=2)
    fence = "`" * (longest + 1)
    title = f"{change.action} <b>{_html(name(change))}</b>"
    return f"<details><summary>{title}</summary>\n\n{fence}diff\n{lines}\n{fence}\n\n</details>"


def _generated(difference: Difference, room: int) -> list[str]:
    if not difference.generated:
        return []
    places = [f"- {_text(f'{identity}: {path}')}" for identity, path in difference.generated]
    title = f"{len(places)} generated anew at every rendering, and so not compared"
    part = "\n".join([f"<details><summary>{title}</summary>", "", *places, "", "</details>"])
    return [part] if len(part) < room else [f"{title}."]


def _left_out(changes: Sequence[Change]) -> list[str]:
    if not changes:
        return []
    names = ", ".join(_text(name(change))[:100] for change in changes[:_MOST_NAMED])
    more = f" and {len(changes) - _MOST_NAMED} more" if len(changes) > _MOST_NAMED else ""
    return [f"The lines of {len(changes)} of the objects are left out: {names}{more}."]


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", visible(text).replace("\n", " "))


def _html(text: str) -> str:
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
