"""For people at a terminal: colour where there is one, `NO_COLOR` respected, plain text in a pipe.

What draws tables is imported where it is used: writing manifests down needs none of it, and would take a third longer.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from timonier.manifest import Manifest
    from timonier.render import Document, Rendering

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MILLISECONDS = 1000
_PIPE_WIDTH = 120


def visible(text: str) -> str:
    """Return text with control characters written out: what is printed of a chart must not steer the terminal."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def console(*, stderr: bool = False) -> Console:
    """Return a console on standard output, or error, that neither wraps nor guesses at what to highlight."""
    from rich.console import Console

    made = Console(highlight=False, soft_wrap=True, stderr=stderr)
    if not made.is_terminal:
        made.width = max(made.width, _PIPE_WIDTH)
    return made


def print_renderings(renderings: Sequence[Rendering]) -> None:
    """Print a table: each chart's cases, what they are for, what they render to, and how long that took."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("chart", no_wrap=True)
    table.add_column("case", no_wrap=True, style="cyan")
    versions = any(rendering.kube_version for rendering in renderings)
    if versions:
        table.add_column("Kubernetes", no_wrap=True)
    table.add_column("what it is for", ratio=3)
    table.add_column("objects", ratio=4)
    table.add_column("ms", justify="right", no_wrap=True)
    chart = ""
    for rendering in renderings:
        table.add_row(
            rendering.label if rendering.label != chart else "",
            rendering.case.name,
            *([rendering.kube_version] if versions else []),
            Text(rendering.case.purpose),
            objects_by_kind(rendering.manifests),
            f"{rendering.seconds * _MILLISECONDS:.0f}",
        )
        chart = rendering.label
    console().print(table, soft_wrap=False)


def heading(rendering: Rendering) -> str:
    """Say what a rendering is and what for: `shop 0.1.0, case big, Kubernetes 1.34.0: For many.`."""
    return f"{title(rendering)}: {rendering.case.purpose}" if rendering.case.purpose else title(rendering)


def title(rendering: Rendering) -> str:
    """Say what a rendering is among others: `shop 0.1.0, case big, Kubernetes 1.34.0`."""
    parts = [rendering.label]
    parts += [f"case {rendering.case.name}"] if rendering.case.name else []
    parts += [f"Kubernetes {rendering.kube_version}"] if rendering.kube_version else []
    return ", ".join(parts)


def objects_by_kind(manifests: Sequence[Manifest]) -> str:
    """Count objects by kind, in install order, and hooks as such: `Secret, 2 Service, Deployment, 1 hook`."""
    kinds = Counter(manifest.identity.kind or "without kind" for manifest in manifests if not manifest.hooks)
    listed = [kind if count == 1 else f"{count} {kind}" for kind, count in kinds.items()]
    if hooks := sum(bool(manifest.hooks) for manifest in manifests):
        listed.append(f"{hooks} hook{'s' if hooks > 1 else ''}")
    return ", ".join(listed) or "none"


def manifests_yaml(manifests: Iterable[Manifest]) -> str:
    """Write manifests as `helm template` does, text and comments as the templates have them."""
    return "".join(f"{_heading(manifest.source)}{manifest.text}" for manifest in manifests)


def trimmed(documents: Sequence[Document]) -> list[Document]:
    """Return documents as Helm prints them to a terminal: the white space behind the last before the hooks is cut."""
    last = max((place for place, document in enumerate(documents) if not document.is_hook), default=None)
    return [
        document._replace(content=document.content.rstrip()) if place == last else document
        for place, document in enumerate(documents)
    ]


def documents_yaml(documents: Sequence[Document]) -> str:
    """Write documents byte for byte as `helm template` prints them (pkg/cmd/template.go)."""
    # The line end is that of the manifests that are no hooks, even when there are none.
    return ("" if any(not document.is_hook for document in documents) else "\n") + "".join(
        map(document_yaml, documents)
    )


def shown_yaml(documents: Sequence[Document]) -> str:
    """Write documents byte for byte as `helm template --show-only` does, with a line end more behind each."""
    return "".join(f"{document_yaml(document)}\n" for document in documents)


def document_yaml(document: Document) -> str:
    """Write a document as Helm does, with a line end behind whatever it ends in."""
    return f"{_heading(document.source)}{document.content}\n"


def _heading(source: str) -> str:
    return f"---\n# Source: {source}\n" if source else "---\n"
