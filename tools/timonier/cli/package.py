"""`timonier package`: charts as archives, the same bytes every time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from timonier.cli import options
from timonier.cli.command import PATH, SOURCE, OneOf, argument, command, option
from timonier.errors import SourceError, TimonierError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.package import Archive

_FOUND = 1


@command()
@argument(
    "charts",
    type=SOURCE,
    nargs=-1,
    required=True,
    metavar="CHART...",
    help="A chart's directory or archive, git:REF:PATH or oci://…; repeatable.",
)
@option(
    "--destination",
    "-d",
    "directory",
    type=PATH,
    default=Path(),
    metavar="DIR",
    help="Where to write; made when it is not there.",
)
@option("--version", default="", metavar="VERSION", help="In place of the one in Chart.yaml.")
@option("--app-version", default="", metavar="VERSION", help="In place of the one in Chart.yaml.")
@options.check
@options.sign
@options.key
@options.passphrase_file
@option("--output", "-o", type=OneOf(options.Format), default=options.Format.TEXT, help="What to tell.")
@options.engine
def package(
    charts: tuple[str, ...],
    *,
    directory: Path,
    version: str,
    app_version: str,
    check: bool,
    sign: bool,
    key: str,
    passphrase_file: Path | None,
    output: options.Format,
    engine: str,
) -> None:
    """Package charts: the same bytes from the same files, wherever and whenever that is done.

    Dependencies that a chart lacks are fetched and packed with it; its folder stays as it is. All files have the time
    1980-01-01, or what SOURCE_DATE_EPOCH says. Charts are checked first, as `timonier check` does, and all are packaged
    or none.

    Examples:
    - `timonier package charts/eni-todo`
    - `timonier package charts/* -d dist -o json`
    - `timonier package git:HEAD:charts/mariadb -d dist --version 1.2.3-rc.1`
    - `timonier package charts/mariadb --sign --key releases@example.org`

    Exit codes: 0 packaged, 1 a chart has errors, 2 it could not be done.
    """
    from timonier.package import PROVENANCE_SUFFIX
    from timonier.provenance import signed
    from timonier.report.files import write_files

    if (key or passphrase_file) and not sign:
        raise TimonierError("--key and --passphrase-file are for signing.", hint="Say --sign, too.")
    if check:
        check_charts(charts, engine)
    archives = [packaged(chart, version, app_version) for chart in charts]
    files = {directory / archive.file_name: archive.content for archive in archives}
    if len(files) < len(archives):
        raise SourceError("Two of the charts have one name and version.", hint="Package them one by one.")
    if sign:
        for archive in archives:
            text = signed(archive, key, passphrase_file=passphrase_file)
            files[directory / f"{archive.file_name}{PROVENANCE_SUFFIX}"] = text.encode()
    write_files(files, directory)
    _tell(archives, directory, output)


def packaged(chart: str, version: str = "", app_version: str = "") -> Archive:
    """Package a chart; see `timonier.package.package`."""
    from timonier.chartfiles import read_chart_files
    from timonier.package import package
    from timonier.source import open_chart

    found = open_chart(chart)
    return package(found.files or read_chart_files(found.path), version=version, app_version=app_version)


def check_charts(charts: Sequence[str], engine: str) -> None:
    """Exit when a chart has errors, after saying which on standard error."""
    from dataclasses import replace

    from timonier.check.model import Severity
    from timonier.cli.check import Request, find
    from timonier.report.findings_text import print_findings

    result = find(charts, Request(engine=engine))
    errors = tuple(finding for finding in result.findings if finding.severity is Severity.ERROR)
    if errors:
        print_findings(replace(result, findings=errors), stderr=True)
        click.echo("Nothing was done. Mend the errors, or say --no-check.", err=True)
        raise Exit(_FOUND)


def _tell(archives: Sequence[Archive], directory: Path, output: options.Format) -> None:
    from timonier.report import json

    if output is options.Format.JSON:
        click.echo(json.archives_json([(directory / archive.file_name, archive) for archive in archives]))
        return
    for archive in archives:
        click.echo(f"{directory / archive.file_name}  {archive.digest}")
