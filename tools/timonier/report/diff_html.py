"""A difference as one HTML page: searchable, folded, and it loads nothing from anywhere."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.report.diff_summary import name, rows, summary, verdict
from timonier.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from timonier.diff.model import Change, Difference

_PAGE = Path(__file__).parent / "difference.html"
_CLASSES = {"+": "come", "-": "gone", "@": "place"}
_FOLDED_ABOVE = 20


def difference_html(difference: Difference, old: str, new: str) -> str:
    """Write a difference down as a page; objects are folded where there are more than twenty.

    Args:
        difference: What to write.
        old: What to call the one side.
        new: What to call the other.
    """
    opened = len(difference.changes) <= _FOLDED_ABOVE
    parts = {
        "title": _text(summary(difference, old, new)),
        "verdict": _text(verdict(difference)),
        "notes": "".join(f'<p class="note">{_text(note)}</p>' for note in difference.notes),
        "rows": "\n".join(_rows(difference)),
        "changes": "\n".join(_section(change, opened=opened) for change in difference.changes),
        "generated": _generated(difference),
    }
    page = _PAGE.read_text(encoding="utf-8")
    # Once, from the left: what a manifest holds is never taken for a place of the page.
    before, *rest = page.split("{{")
    return before + "".join(parts[place] + text for place, _, text in (piece.partition("}}") for piece in rest))


def _rows(difference: Difference) -> Iterator[str]:
    for row in rows(difference):
        warnings = "".join(f'<br><span class="warning">⚠ {_text(one)}</span>' for one in row.warnings)
        kind = row.outcome.replace(" ", "-")
        cells = f'<td class="{kind}">{_text(row.outcome)}</td><td>{_text(row.objects)}</td>'
        yield f"<tr>{cells}<td>{_text('; '.join(row.reasons))}{warnings}</td></tr>"


def _section(change: Change, *, opened: bool) -> str:
    source = f" <small>{_text(change.source)}</small>" if change.source else ""
    title = f'<span class="{change.action}">{change.action}</span> <b>{_text(name(change))}</b>{source}'
    state = " open" if opened else ""
    return (
        f"<details{state}><summary>{title}</summary><pre><code>{''.join(_lines(change.lines))}</code></pre></details>"
    )


def _lines(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        kind = _CLASSES.get(line[:1])
        yield f'<span class="{kind}">{_text(line)}\n</span>' if kind else f"{_text(line)}\n"


def _generated(difference: Difference) -> str:
    if not difference.generated:
        return ""
    places = "\n".join(_text(f"{identity}: {path}") for identity, path in difference.generated)
    title = "Generated anew at every rendering, and so not compared"
    return f"<details><summary>{title}</summary><pre><code>{places}</code></pre></details>"


def _text(text: str) -> str:
    return escape(visible(text))
