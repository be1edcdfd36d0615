"""`timonier docs`: keep the values table of a chart's README in step with its values.yaml."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from timonier.cli.command import PATH, OneOf, argument, command, option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from timonier.docs.readme import Readme
    from timonier.docs.table import Table


class Format(StrEnum):
    """What `docs` gives."""

    MARKDOWN = "markdown"
    JSON = "json"


@command()
@argument("charts", nargs=-1, required=True, type=PATH, metavar="CHART...", help="A chart's directory; repeatable.")
@option("--check", is_flag=True, help="Write nothing; exit 1 when there is something to do.")
@option(
    "--output",
    "-o",
    type=OneOf(Format),
    default=Format.MARKDOWN,
    help="markdown: into the README; json: to standard output.",
)
def docs(charts: tuple[Path, ...], *, check: bool, output: Format) -> None:
    """Write the table of a chart's values into its README, between two markers.

    What a key means comes from the comment above it in values.yaml, `# -- text`; its default from there too; its type,
    or what it may be, from values.schema.json. The table's place is between the lines `<!-- values:begin -->` and
    `<!-- values:end -->`. With -o json the README is neither read nor written.

    Examples:
    - `timonier docs charts/eni-todo`
    - `timonier docs charts/eni-todo charts/mariadb --check`
    - `timonier docs charts/eni-todo -o json`
    """
    from timonier.docs.readme import read_readme
    from timonier.docs.table import read_table
    from timonier.report import json

    tables = [read_table(chart) for chart in charts]
    if output is Format.JSON:
        click.echo(json.values_json(tables))
        _exit_by(check, [table for table in tables if table.gaps])
        return
    # All are read before one is written: a chart without a README leaves the others as they were.
    readmes = [read_readme(table.chart / "README.md") for table in tables]
    done = [_check(*both) if check else _write(*both) for both in zip(tables, readmes, strict=True)]
    _exit_by(check, [table for table, well in zip(tables, done, strict=True) if not well])


def _exit_by(check: bool, unwell: Sequence[Table]) -> None:  # noqa: FBT001 - the command's own option
    if check and unwell:
        raise Exit(1)


def _check(table: Table, readme: Readme) -> bool:
    """Say what is to be done, and return whether it is nothing."""
    lines = readme.differences(table.markdown())
    _tell_gaps(table)
    for line in lines:
        click.echo(line)
    if lines:
        click.echo(f"{readme.path}: the table is out of date. Run `timonier docs {table.chart}`.", err=True)
    elif not table.gaps:
        click.echo(f"{readme.path}: {_count(table)}, up to date")
    return not (lines or table.gaps)


def _write(table: Table, readme: Readme) -> bool:
    lines = table.markdown()
    changed = bool(readme.differences(lines))
    if changed:
        readme.write(lines)
    _tell_gaps(table)
    click.echo(f"{readme.path}: {_count(table)}, {'written' if changed else 'up to date'}")
    return True


def _count(table: Table) -> str:
    return f"{len(table.rows)} value{'' if len(table.rows) == 1 else 's'}"


def _tell_gaps(table: Table) -> None:
    for gap in table.gaps:
        click.echo(f"{table.chart / 'values.yaml'}:{gap.line}: {gap.message}")
