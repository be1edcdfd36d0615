"""Write the options of every verb into its page of docs/reference, between two markers, and the list of all pages.

Usage: python docs/cli.py [--check]

With --check nothing is written: what is out of date is named, and the exit code is 1.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from timonier.cli.app import timonier

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = Path(__file__).parent / "reference"
INDEX = REFERENCE / "README.md"
HEADER = ["| Option | Default | Meaning |", "|---|---|---|"]


def contexts(group: click.Group, above: click.Context) -> Iterator[click.Context]:
    """Yield the contexts of a group's commands, which know what one types to run them."""
    for name in group.list_commands(above):
        if command := group.get_command(above, name):
            yield click.Context(command, parent=above, info_name=name)


def table(context: click.Context) -> list[str]:
    """Return the rows of a command's options, those it is most about first, as `--help` has them."""
    options = [one for one in context.command.params if isinstance(one, click.Option) and not one.hidden]
    if not options:
        return []
    return [
        "",
        *HEADER,
        *(f"| {written(one, context)} | {default(one, context)} | {cell(one.help or '')} |" for one in options),
    ]


def written(option: click.Option, context: click.Context) -> str:
    """Return an option as one types it: `--output`, `-o` text, json."""
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    if option.is_flag:
        return names
    if isinstance(option.type, click.Choice):
        return f"{names} {', '.join(map(str, option.type.choices))}"
    return f"{names} {cell(option.make_metavar(context))}"


def default(option: click.Option, context: click.Context) -> str:
    """Return what an option is when it is left out; nothing for none, no and empty."""
    value = option.get_default(context)
    if option.value_is_missing(value):
        return ""
    if option.secondary_opts:  # --this/--no-this
        value = (option.opts if value else option.secondary_opts)[0]
    return f"`{cell(str(value))}`" if value not in (None, False, "") else ""


def cell(text: str) -> str:
    """Return text as a table's cell takes it."""
    return " ".join(text.split()).replace("|", r"\|")


def usage(context: click.Context) -> list[str]:
    """Return how a command is called: `timonier fuzz [OPTIONS] CHART`."""
    words = [context.command_path, *context.command.collect_usage_pieces(context)]
    return ["```text", " ".join(words), "```"]


def options(context: click.Context) -> list[str]:
    """Return what stands between the markers of a verb's page."""
    if not isinstance(context.command, click.Group):
        return [*usage(context), *table(context)]
    lines: list[str] = []
    for one in contexts(context.command, context):
        said = (one.command.help or "").strip().splitlines()[0]
        lines += [f"### `{one.command_path}`", "", said, "", *usage(one), *table(one), ""]
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
    verbs = contexts(timonier, click.Context(timonier, info_name="timonier"))
    wrong = [update(REFERENCE / f"{one.info_name}.md", "options", options(one), check=check) for one in verbs]
    wrong.append(update(INDEX, "pages", index(), check=check))
    for line in filter(None, wrong):
        print(line, file=sys.stderr)
    return int(any(wrong))


if __name__ == "__main__":
    sys.exit(main())
