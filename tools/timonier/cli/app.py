"""The verbs, put together. One module a verb; none of them is imported before it is asked for."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

import click

from timonier import __version__
from timonier.cli.command import Command, Group

if TYPE_CHECKING:
    from collections.abc import Sequence

# In the order of `--help`: what is asked of a chart without a cluster, then what has to do with one. A verb's module
# and command are called as the verb.
VERBS = (
    *("render", "check", "diff", "coverage", "docs", "fuzz"),
    *("package", "publish", "changed", "upgrade-test", "cluster", "doctor", "completion"),
)
COMPLETING = "_TIMONIER_COMPLETE"
"""What a shell sets when it asks for completions; its name is click's."""

_HELP = """Render, check, compare, test and publish Helm charts.

Examples:
- `timonier render charts/eni-todo --all-cases -o summary`
- `timonier diff charts/eni-todo charts/eni-todo --new-set replicas=3`

Exit codes: 0 done, 1 ran and found something (a difference), 2 could not do what was asked.
"""


class _Verbs(Group):
    """All verbs; only the one that is asked for is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - click's signature
        """Return a verb; None when there is none of that name."""
        if cmd_name not in VERBS:
            return None
        name = cmd_name.replace("-", "_")
        verb: Command = getattr(importlib.import_module(f"timonier.cli.{name}"), name)
        return verb


timonier = _Verbs(
    "timonier", help=_HELP, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
click.version_option(__version__, "--version", "-V", message="timonier %(version)s", help="Print the version.")(
    timonier
)


def run(arguments: Sequence[str]) -> None:
    """Run the verb that arguments name.

    Raises:
        click.ClickException: They are not what the verb takes.
        click.exceptions.Exit: It ended, with another exit code than 0 or before it had begun.
        timonier.errors.TimonierError: It could not do what was asked.
    """
    if COMPLETING in os.environ:
        from click.shell_completion import shell_complete

        raise click.exceptions.Exit(shell_complete(timonier, {}, "timonier", COMPLETING, os.environ[COMPLETING]))
    with timonier.make_context("timonier", list(arguments)) as context:
        timonier.invoke(context)
