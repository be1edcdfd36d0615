"""The verbs, put together. One module a verb; none of them imports what is heavy before it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from timonier import __version__
from timonier.cli.changed import changed
from timonier.cli.check import check
from timonier.cli.coverage import coverage
from timonier.cli.diff import diff
from timonier.cli.docs import docs
from timonier.cli.fuzz import fuzz
from timonier.cli.package import package
from timonier.cli.publish import publish
from timonier.cli.render import render
from timonier.cli.upgrade_test import upgrade_test

app = typer.Typer(
    name="timonier",
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - the signature of a typer callback
    if wanted:
        typer.echo(f"timonier {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def timonier(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - the callback acts on it
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Render, compare and test Helm charts.

    Examples:
    - `timonier render charts/eni-todo --all-cases -o summary`
    - `timonier diff charts/eni-todo charts/eni-todo --new-set replicas=3`

    Exit codes: 0 done, 1 ran and found something (a difference), 2 could not do what was asked.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(render)
app.command()(check)
app.command()(diff)
app.command()(coverage)
app.command()(docs)
app.command()(fuzz)
app.command()(package)
app.command()(publish)
app.command()(changed)
app.command("upgrade-test", context_settings={"allow_extra_args": True})(upgrade_test)


from timonier.cli import cluster  # noqa: E402
from timonier.cli.doctor import doctor  # noqa: E402

app.add_typer(cluster.app, name="cluster")
app.command(epilog="Example: timonier doctor -o json")(doctor)
