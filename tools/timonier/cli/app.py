"""The verbs, put together. One module a verb; none of them imports what is heavy before it runs."""

import importlib
from typing import Annotated, Any

import typer

from timonier import __version__

# In the order of `--help`: what is asked of a chart without a cluster, then what has to do with one. A verb's module
# and function are called as the verb.
VERBS = (
    *("render", "check", "diff", "coverage", "docs", "fuzz"),
    *("package", "publish", "changed", "upgrade-test", "cluster", "doctor"),
)
_SETTINGS: dict[str, dict[str, Any]] = {
    "upgrade-test": {"context_settings": {"allow_extra_args": True}},
    "doctor": {"epilog": "Example: timonier doctor -o json"},
}


def make_app(verb: str = "") -> typer.Typer:
    """Return the command line.

    Args:
        verb: The only verb that will be asked for; empty or unknown for all of them. What typer makes of the others'
            options would take longer than many a command itself.
    """
    app = typer.Typer(
        name="timonier",
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
        add_completion=verb not in VERBS,
    )
    app.callback(invoke_without_command=True)(timonier)
    for name in (verb,) if verb in VERBS else VERBS:
        _add(app, name)
    return app


def _add(app: typer.Typer, name: str) -> None:
    function = name.replace("-", "_")
    module = importlib.import_module(f"timonier.cli.{function}")
    if hasattr(module, "app"):
        app.add_typer(module.app, name=name)
    else:
        app.command(name, **_SETTINGS.get(name, {}))(getattr(module, function))


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - the signature of a typer callback
    if wanted:
        typer.echo(f"timonier {__version__}")
        raise typer.Exit


def timonier(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - the callback acts on it
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Render, check, compare, test and publish Helm charts.

    Examples:
    - `timonier render charts/eni-todo --all-cases -o summary`
    - `timonier diff charts/eni-todo charts/eni-todo --new-set replicas=3`

    Exit codes: 0 done, 1 ran and found something (a difference), 2 could not do what was asked.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
