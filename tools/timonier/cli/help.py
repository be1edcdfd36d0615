"""The text of `--help`: what a command does, and its arguments, options and commands in panels."""

from __future__ import annotations

from inspect import cleandoc
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from timonier.cli.command import PANEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

_BESIDE = (0, 1)
_BELOW = (0, 1, 1, 1)


def help_text(context: click.Context) -> str:
    """Return the help of a context's command, as wide as the terminal is, and with its colours."""
    console = Console(highlight=False)
    with console.capture() as capture:
        for part in _parts(context):
            console.print(part)
    return capture.get().rstrip("\n")


def _parts(context: click.Context) -> Iterator[RenderableType]:
    command = context.command
    usage = Text.assemble(("Usage: ", "yellow"), (context.command_path, "bold"))
    yield Padding(Text(" ").join([usage, *map(Text, command.collect_usage_pieces(context))]), (1, 1))
    for text in filter(None, (command.help, command.epilog)):
        yield Padding(Markdown(cleandoc(text)), _BELOW)
    arguments = [one for one in command.get_params(context) if isinstance(one, click.Argument)]
    if arguments:
        yield _panel("Arguments", [_argument(one, context) for one in arguments])
    options = [one for one in command.get_params(context) if isinstance(one, click.Option) and not one.hidden]
    for name in dict.fromkeys([PANEL, *map(_panel_of, options)]):
        yield _panel(name, [_option(one, context) for one in options if _panel_of(one) == name])
    if isinstance(command, click.Group):
        yield _panel("Commands", list(_commands(command, context)))


def _panel_of(option: click.Option) -> str:
    """Return the heading an option stands under; `--help` is click's own option, which knows of none."""
    return getattr(option, "panel", PANEL)


def _panel(name: str, rows: Sequence[Sequence[RenderableType]]) -> Panel:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for _ in rows[0][:-1]:
        table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for row in rows:
        table.add_row(*row)
    return Panel(table, title=name, title_align="left", border_style="dim", padding=_BESIDE)


def _argument(argument: click.Argument, context: click.Context) -> Sequence[RenderableType]:
    required = Text("required", "dim red") if argument.required else Text("")
    return Text(argument.make_metavar(context), "bold cyan"), _said(argument.help, required)


def _option(option: click.Option, context: click.Context) -> Sequence[RenderableType]:
    names = [*option.opts, *option.secondary_opts]
    long = ", ".join(name for name in names if name.startswith("--"))
    short = ", ".join(name for name in names if not name.startswith("--"))
    metavar = "" if option.is_flag else option.make_metavar(context)
    notes = option.get_help_extra(context)
    told = [f"env: {', '.join(notes['envvars'])}"] if "envvars" in notes else []
    told += [f"default: {notes['default']}"] if notes.get("default", '""') != '""' else []
    told += [notes[name] for name in ("range", "required") if name in notes]
    return (
        Text(long, "bold cyan"),
        Text(short, "bold green"),
        Text(metavar, "yellow"),
        _said(option.help, Text(f"[{'; '.join(told)}]" if told else "", "dim")),
    )


def _said(text: str | None, notes: Text) -> Text:
    return Text(" ").join(part for part in (Text((text or "").replace("`", "")), notes) if part)


def _commands(group: click.Group, context: click.Context) -> Iterator[Sequence[RenderableType]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command and not command.hidden:
            first = cleandoc(command.help or "").partition("\n\n")[0]
            yield Text(name, "bold cyan"), _said(" ".join(first.split()), Text(""))
