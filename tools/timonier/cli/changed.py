"""`timonier changed`: which charts changed since a revision, and whether their versions say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from timonier.cli import options
from timonier.cli.command import OneOf, argument, command, option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.changed import ChangedChart

_FOUND = 1


@command()
@argument(
    "folders", nargs=-1, metavar="[FOLDER...]", help="Where to look, from the repository's top; everywhere if left out."
)
@option(
    "--since",
    required=True,
    metavar="REF",
    help="A branch, tag or commit: what changed since this branch and it parted.",
)
@option("--exactly", is_flag=True, help="Compare with REF itself, wherever they parted.")
@option(
    "--output",
    "-o",
    type=OneOf(options.Format),
    default=options.Format.TEXT,
    help="json: each chart an entry for a matrix.",
)
@options.engine
def changed(folders: tuple[str, ...], *, since: str, exactly: bool, output: options.Format, engine: str) -> None:
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

    found = find(since, choose_engine(engine), folders, exactly=exactly)
    if output is options.Format.JSON:
        from timonier.report import json

        click.echo(json.changed_json(found))
    else:
        _print(found, since)
    if not all(one.is_raised for one in found):
        raise Exit(_FOUND)


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
