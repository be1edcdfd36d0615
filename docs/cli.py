"""Write the options of every verb into its page of docs/reference, between two markers, and the list of all pages.

Usage: python docs/cli.py [--check]

With --check nothing is written: what is out of date is named, and the exit code is 1.
"""

from __future__ import annotations

import enum
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from timonier.cli.app import make_app

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = Path(__file__).parent / "reference"
INDEX = REFERENCE / "README.md"
HEADER = ["| Option | Default | Meaning |", "|---|---|---|"]


def commands(group: Any, above: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer's classes are not public
    """Yield every command below a group with what one types to run it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{above} {name}")
        else:
            yield f"{above} {name}", command


def table(command: Any) -> list[str]:  # noqa: ANN401 - typer's classes are not public
    """Return the rows of a command's options, those it is most about first, as `--help` has them."""
    options = [one for one in command.params if one.opts[0].startswith("-") and not one.hidden and one.name != "help"]
    return [*HEADER, *(f"| {written(one)} | {default(one)} | {cell(one.help or '')} |" for one in options)]


def written(option: Any) -> str:  # noqa: ANN401 - typer's classes are not public
    """Return an option as one types it: `--output`, `-o` text, json."""
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    if option.is_flag:
        return names
    if option.metavar:
        return f"{names} {cell(option.metavar)}"
    choices = getattr(option.type, "choices", None)
    return f"{names} {', '.join(map(str, choices)) if choices else option.name.upper()}"


def default(option: Any) -> str:  # noqa: ANN401 - typer's classes are not public
    """Return what an option is when it is left out; nothing for none, no and empty."""
    value = option.default() if callable(option.default) else option.default
    value = value.value if isinstance(value, enum.Enum) else value
    if option.secondary_opts:  # --this/--no-this
        value = (option.opts if value else option.secondary_opts)[0]
    return f"`{cell(str(value))}`" if value not in (None, False, "", [], ()) else ""


def cell(text: str) -> str:
    """Return text as a table's cell takes it."""
    return " ".join(text.split()).replace("|", r"\|")


def usage(name: str, command: Any) -> str:  # noqa: ANN401 - typer's classes are not public
    """Return how a command is called: `timonier fuzz [OPTIONS] CHART`."""
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    words = [f"{one.metavar or one.name.upper()}{'...' if one.nargs == -1 else ''}" for one in arguments]
    return " ".join([name, "[OPTIONS]", *words])


def options(verb: str, command: Any) -> list[str]:  # noqa: ANN401 - typer's classes are not public
    """Return what stands between the markers of a verb's page."""
    if not hasattr(command, "commands"):
        return ["```text", usage(f"timonier {verb}", command), "```", "", *table(command)]
    lines: list[str] = []
    for name, one in commands(command, f"timonier {verb}"):
        said = (one.help or "").strip().splitlines()[0]
        lines += [f"### `{name}`", "", said, "", "```text", usage(name, one), "```", "", *table(one), ""]
    return lines[:-1]


def index() -> list[str]:
    """Return the list of all pages, each with its first sentence."""
    pages = sorted(path for path in REFERENCE.glob("*.md") if path != INDEX)
    return [f"- [{title(page)}]({page.name}): {first_sentence(page)}" for page in pages]


def title(page: Path) -> str:
    """Return the heading of a page."""
    return page.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")


def first_sentence(page: Path) -> str:
    """Return the first sentence of the text below a page's heading."""
    paragraph = page.read_text(encoding="utf-8").split("\n\n")[1]
    return re.split(r"(?<=\.)\s", " ".join(paragraph.split()))[0]


def with_section(text: str, name: str, lines: list[str]) -> str | None:
    """Return a page with other lines between its markers; None when it has none."""
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
    before, found, rest = text.partition(begin)
    _, found_too, after = rest.partition(end)
    if not (found and found_too):
        return None
    return "".join([before, begin, "\n", *(f"{line}\n" for line in lines), "\n", end, after])


def update(page: Path, name: str, lines: list[str], *, check: bool) -> str:
    """Bring a page up to date, and return what is wrong with it."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    new = with_section(text, name, lines)
    if new is None:
        return f"{page}: needs the lines <!-- {name}:begin --> and <!-- {name}:end -->"
    if new == text:
        return ""
    if check:
        return f"{page}: out of date; run `python docs/cli.py`"
    page.write_text(new, encoding="utf-8")
    return ""


def main() -> int:
    """Bring all pages up to date; return the exit code."""
    check = sys.argv[1:] == ["--check"]
    verbs = typer.main.get_command(make_app()).commands.items()
    wrong = [update(REFERENCE / f"{verb}.md", "options", options(verb, one), check=check) for verb, one in verbs]
    wrong.append(update(INDEX, "pages", index(), check=check))
    for line in filter(None, wrong):
        print(line, file=sys.stderr)
    return int(any(wrong))


if __name__ == "__main__":
    sys.exit(main())
