"""Tables of what was measured, in Markdown."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rollout.measurement import Reading, Result


CONDITIONS = ["set-up", "read for", "rollout", "asked of what was due", "slowest answer", "client late by"]
CONDITIONS += ["client's cpu", "load", "failures"]


def table(results: Sequence[Result]) -> str:
    """Say what each set-up did to its users, and then how that was measured."""
    rows = [("set-up", "requests failed", "drafts lost", "items lost with the database's pod")]
    rows += [(one.setup.title, requests(one.reading), drafts(one), items(one)) for one in results]
    measured = [tuple(CONDITIONS), *((one.setup.name, *conditions(one.reading)) for one in results)]
    return f"{markdown(rows)}\n\n{markdown(measured)}"


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Write rows as a table; the first is its head."""
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def requests(reading: Reading) -> str:
    """Say how many requests failed."""
    told = f"{len(reading.failed)} of {len(reading.answers):,}"
    return told if reading.failed else f"**{told}**"


def drafts(result: Result) -> str:
    """Say how many drafts were lost, and how many of them without any rollout."""
    told = f"{result.reading.lost} of {result.sessions}"
    if result.reading.unkept:
        return f"{told}, {result.reading.unkept} of them before the rollout"
    return told if result.reading.lost else f"**{told}**"


def items(result: Result) -> str:
    """Say how many items went with the database's pod."""
    before, after = result.items
    told = f"{before - after} of {before}"
    return told if before > after else f"**{told}**"


def conditions(reading: Reading) -> tuple[str, ...]:
    """Say what the client and the machine did meanwhile."""
    late = [answer.late for answer in reading.answers]
    return (
        f"{reading.seconds:.0f} s",
        f"{reading.rollout:.0f} s",
        f"{len(reading.answers) / reading.due:.0%}",
        f"{max(answer.seconds for answer in reading.answers):.1f} s",
        f"{median(late) * 1000:.0f} ms, at most {max(late) * 1000:.0f} ms",
        f"{reading.cpu:.0%} of one",
        f"{reading.load:.1f}",
        failures(reading),
    )


def failures(reading: Reading) -> str:
    """Name the most frequent failures."""
    told = Counter(one.problem.partition("(")[0].removeprefix("AssertionError: ")[:40] for one in reading.failed)
    return ", ".join(f"{count} times {problem.strip()}" for problem, count in told.most_common(3)) or "none"
