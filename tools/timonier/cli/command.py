"""What verbs are declared with: click's commands, arguments and options, where options stand in panels of `--help`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

PANEL = "Options"
PATH = click.Path(path_type=Path)
SOURCE = click.Path()
"""Text that may name a file: shells complete it as one, and it stays as it is."""

Declared = TypeVar("Declared", bound="Callable[..., Any]")
_Member = TypeVar("_Member", bound=StrEnum)


class OneOf(click.Choice[_Member]):
    """One of an enumeration's members, by its value; click's own choice takes their names."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's signature
        """Return what is typed for a member."""
        return str(choice)


class Option(click.Option):
    """An option that knows its panel of `--help`."""

    def __init__(self, *declarations: Any, panel: str = PANEL, **settings: Any) -> None:  # noqa: ANN401 - click's own
        """Declare an option.

        Args:
            declarations: What `click.Option` takes.
            panel: The heading it stands under.
            settings: What `click.Option` takes.
        """
        if isinstance(settings.get("default"), StrEnum):
            settings["default"] = settings["default"].value  # click would show the member's name
        super().__init__(*declarations, **settings)
        self.panel = panel


class Command(click.Command):
    """A command whose help is laid out by rich, in panels."""

    def get_help(self, ctx: click.Context) -> str:
        """Return the text of `--help`."""
        from timonier.cli.help import help_text

        return help_text(ctx)


class Group(Command, click.Group):
    """A command that has commands of its own; without one of them it shows its help, which is no failure."""

    command_class = Command

    def __init__(self, name: str, **settings: Any) -> None:  # noqa: ANN401 - click's own
        """Declare a group, with what `click.Group` takes."""
        super().__init__(name, invoke_without_command=True, callback=_show_help, **settings)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands' names in the order in which they are declared; click sorts them."""
        return list(self.commands)


def _show_help() -> None:
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def command(**settings: Any) -> Callable[[Callable[..., None]], Command]:  # noqa: ANN401 - click's own
    """Make a function a command, called as the function is."""
    return click.command(cls=Command, **settings)


def argument(*declarations: str, **settings: Any) -> Callable[[Declared], Declared]:  # noqa: ANN401 - click's own
    """Add an argument to a command; see `click.argument`."""
    return click.argument(*declarations, **settings)


def option(*declarations: str, **settings: Any) -> Callable[[Declared], Declared]:  # noqa: ANN401 - click's own
    """Add an option to a command; see `click.option`, and `Option` for its panel."""
    return click.option(*declarations, cls=Option, **settings)


def all_of(*declared: Callable[[Declared], Declared]) -> Callable[[Declared], Declared]:
    """Return what adds several options to a command, in their order."""

    def add(function: Declared) -> Declared:
        for one in reversed(declared):
            function = one(function)
        return function

    return add
