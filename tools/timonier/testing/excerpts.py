"""The lines of a manifest around a place, for who reads a test's failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier import yamlio
from timonier.check.yamllines import line_of
from timonier.diff.redact import Redactor
from timonier.testing.paths import numbered

if TYPE_CHECKING:
    from timonier.manifest import Manifest
    from timonier.testing.paths import Step

AROUND = 3
"""How many lines are shown before and after."""


def excerpt(manifest: Manifest, steps: tuple[Step, ...]) -> str:
    """Show where a path leads in a manifest: the object, its template, and the lines around, the place marked.

    A Secret's values are not shown: what stands for them is written anew, so its lines are those of no template.
    """
    text, remark = _shown(manifest)
    line = max(line_of(text, numbered(manifest.document, steps)), 1)
    head = f"{manifest.identity}, rendered from {manifest.source or 'no template'}, line {line}{remark}:"
    lines = text.splitlines()
    first = max(line - AROUND, 1)
    shown = enumerate(lines[first - 1 : line + AROUND], start=first)
    return "\n".join(
        [head, *(f"{'>' if number == line else ' '} {number:4} | {one}".rstrip() for number, one in shown)]
    )


def _shown(manifest: Manifest) -> tuple[str, str]:
    redacted = Redactor().redact(manifest.document)
    if redacted == manifest.document:
        return manifest.text, ""
    return yamlio.dump(redacted), " (its values hidden)"
