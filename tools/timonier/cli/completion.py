"""`timonier completion`: what makes a shell complete timonier's command line."""

from __future__ import annotations

from enum import StrEnum

import click

from timonier.cli.command import OneOf, argument, command


class Shell(StrEnum):
    """A shell that click knows how to complete in."""

    BASH = "bash"
    FISH = "fish"
    ZSH = "zsh"


@command()
@argument("shell", type=OneOf(Shell), metavar="SHELL", help="bash, fish or zsh.")
def completion(*, shell: Shell) -> None:
    """Print the script that makes a shell complete verbs, options and what they take.

    Examples:
    - `source <(timonier completion bash)` in `~/.bashrc`
    - `source <(timonier completion zsh)` in `~/.zshrc`, after `compinit`
    - `timonier completion fish > ~/.config/fish/completions/timonier.fish`
    """
    from click import shell_completion

    from timonier.cli.app import COMPLETING, timonier

    scripts = {
        Shell.BASH: shell_completion.BashComplete,
        Shell.FISH: shell_completion.FishComplete,
        Shell.ZSH: shell_completion.ZshComplete,
    }
    click.echo(scripts[shell](timonier, {}, timonier.name or "", COMPLETING).source())
