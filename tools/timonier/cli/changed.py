"""`timonier changed`: which charts changed since a revision, and whether their versions say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from timonier.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.changed import ChangedChart

_FOUND = 1


def changed(
    folders: Annotated[
        list[str] | None,
        typer.Argument(metavar="FOLDER...", help="Where to look, from the repository's top; everywhere if left out."),
    ] = None,
    *,
    since: Annotated[
        str,
        typer.Option(
            "--since", metavar="REF", help="A branch, tag or commit: what changed since this branch and it parted."
        ),
    ],
    exactly: Annotated[bool, typer.Option("--exactly", help="Compare with REF itself, wherever they parted.")] = False,
    output: Annotated[
        options.Format, typer.Option("--output", "-o", help="json: each chart an entry for a matrix.")
    ] = options.Format.TEXT,
    engine: options.EngineName = "auto",
) -> None:
    """Say which charts changed since a revision, how much, and whether their versions were raised as that demands.

    A value or resource that is gone and a default that is another are breaking, what is new is minor, any other change
    of what is packaged is a patch. Below 1.0.0 a minor version may break. Charts are known by their names: a chart that
    was moved is the same one.

    Examples:
    - `timonier changed --since origin/main`
    - `timonier changed charts --since v1.2.0 --exactly`
    - `timonier changed charts --since main -o json`

    Exit codes: 0 every version says what changed, 1 one does not, 2 it could not be found out.
    """
    from timonier.changed import changed as find
    from timonier.engine.choose import choose_engine

    found = find(since, choose_engine(engine), folders or (), exactly=exactly)
    if output is options.Format.JSON:
        from timonier.report import json

        typer.echo(json.changed_json(found))
    else:
        _print(found, since)
    if not all(one.is_raised for one in found):
        raise typer.Exit(_FOUND)


def _print(found: Sequence[ChangedChart], since: str) -> None:
    from rich.text import Text

    from timonier.report.text import console, visible

    out = console()
    for one in found:
        out.print(Text.assemble((visible(one.path or "."), "bold"), visible(f"  {_heading(one)}")))
        for reason in one.reasons:
            out.print(Text(visible(f"    {reason.change:<8}  {reason.text}"), style="dim"))
        if not one.is_raised:
            out.print(Text(f"    raise the version to {one.wanted} or more", style="bold red"))
    charts = f"{len(found)} chart{'' if len(found) == 1 else 's'}"
    late = sum(not one.is_raised for one in found)
    out.print(
        Text(
            f"{charts} changed since {visible(since)}, {late} to be raised", style="bold red" if late else "bold green"
        )
    )


def _heading(one: ChangedChart) -> str:
    moved = f", moved from {one.old_path}" if one.old_path not in ("", one.path) else ""
    if not one.version:
        return f"{one.name} {one.old_version} is gone"
    before = f"{one.old_version} → " if one.old_version else ""
    return f"{one.name} {before}{one.version}  {one.change}{moved}"
