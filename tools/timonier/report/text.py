"""For people at a terminal: colour where there is one, `NO_COLOR` respected, plain text in a pipe."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from timonier.diff.compare import Action, Change, Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from timonier.manifest import Manifest
    from timonier.render import Rendering

_MILLISECONDS = 1000
_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_ACTION_STYLES = {Action.ADDED: "bold green", Action.CHANGED: "bold yellow", Action.REMOVED: "bold red"}
_PIPE_WIDTH = 120


def console() -> Console:
    """Return a console on standard output that neither wraps nor guesses at what to highlight."""
    made = Console(highlight=False, soft_wrap=True)
    if not made.is_terminal:
        made.width = max(made.width, _PIPE_WIDTH)
    return made


def print_renderings(renderings: Iterable[Rendering]) -> None:
    """Print a table: each chart's cases, what they are for, what they render to, and how long that took."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("chart", no_wrap=True)
    table.add_column("case", no_wrap=True, style="cyan")
    table.add_column("what it is for", ratio=3)
    table.add_column("objects", ratio=4)
    table.add_column("ms", justify="right", no_wrap=True)
    chart = ""
    for rendering in renderings:
        table.add_row(
            rendering.label if rendering.label != chart else "",
            rendering.case.name,
            Text(rendering.case.purpose),
            objects_by_kind(rendering.manifests),
            f"{rendering.seconds * _MILLISECONDS:.0f}",
        )
        chart = rendering.label
    console().print(table, soft_wrap=False)


def objects_by_kind(manifests: Sequence[Manifest]) -> str:
    """Count objects by kind, in install order, and hooks as such: `Secret, 2 Service, Deployment, 1 hook`."""
    kinds = Counter(manifest.identity.kind or "without kind" for manifest in manifests if not manifest.hooks)
    listed = [kind if count == 1 else f"{count} {kind}" for kind, count in kinds.items()]
    if hooks := sum(bool(manifest.hooks) for manifest in manifests):
        listed.append(f"{hooks} hook{'s' if hooks > 1 else ''}")
    return ", ".join(listed) or "none"


def print_difference(difference: Difference, old: str, new: str) -> None:
    """Print a summary, then every change in unified form.

    Args:
        difference: What to print.
        old: What to call the one side.
        new: What to call the other.
    """
    out = console()
    out.print(Text(summary(difference, old, new), style="bold"))
    for change in difference.changes:
        _print_change(out, change)
    if difference.generated:
        places = [f"{identity}: {path}" for identity, path in difference.generated]
        out.print(Text("\nGenerated anew at every rendering, and so not compared:", style="dim"))
        for place in places:
            out.print(Text(f"  {place}", style="dim"))


def summary(difference: Difference, old: str, new: str) -> str:
    """Say in one line what differs: `old → new: 1 added, 2 changed, 9 unchanged`."""
    counts = [f"{count} {action}" for action in Action if (count := difference.count(action))]
    if difference.unchanged:
        counts.append(f"{difference.unchanged} unchanged")
    if generated := len(difference.generated):
        counts.append(f"{generated} generated value{'s' if generated > 1 else ''} not compared")
    sides = old if old == new else f"{old} → {new}"
    return f"{sides}: {', '.join(counts) or 'no objects on either side'}"


def _print_change(out: Console, change: Change) -> None:
    where = f"  ({change.source})" if change.source else ""
    heading = Text.assemble((f"\n{change.action}", _ACTION_STYLES[change.action]), f" {change.identity}{where}")
    out.print(heading)
    for line in change.lines:
        out.print(Text(line, style=_STYLES.get(line[:1], "")))


def manifests_yaml(manifests: Iterable[Manifest]) -> str:
    """Write manifests as `helm template` does, text and comments as the templates have them."""
    return "".join(
        f"---\n{f'# Source: {manifest.source}' + chr(10) if manifest.source else ''}{manifest.text}"
        for manifest in manifests
    )
