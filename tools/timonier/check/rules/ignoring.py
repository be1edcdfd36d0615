"""What the settings ignore that is not there to be ignored."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, run_rule
from timonier.check.yamllines import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import RunContext
    from timonier.settings import Ignore

_TOML_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*tool\.timonier\.check\.ignore[ \t]*\]\]", re.MULTILINE)


@run_rule("unused-ignore", Severity.WARNING)
def unused_ignore(context: RunContext) -> Iterator[Problem]:
    """An entry of `ignore` in the settings matches no finding.

    What it was for is mended, and the entry would hide the next one; or it is misspelt, and hides nothing.

    Nothing is said where an entry may be for something that was not looked at: when cases or values are named, when its
    rule is off, when the rule goes by Kubernetes versions and those are named, when a source is no chart's folder, or
    when beside a chart there is another one that was left out.
    """
    for ignore in context.unused:
        narrowed = (f"{key} {said}" for key in ("kind", "name", "path") if (said := getattr(ignore, key)) != "*")
        message = f"Entry {ignore.number} of ignore ({', '.join([ignore.rule, *narrowed])}) matches nothing."
        yield Problem(message, file=ignore.file, line=_line(ignore), hint="Remove the entry, or mend it.")


def _line(ignore: Ignore) -> int:
    """Return the line of an entry in its file, 0 where it is written otherwise than usual."""
    file = Path(ignore.file)
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    if file.suffix != ".toml":
        return line_of(text, ("check", "ignore", ignore.number - 1))
    entries = list(_TOML_ENTRY.finditer(text))
    return text.count("\n", 0, entries[ignore.number - 1].start()) + 1 if len(entries) >= ignore.number else 0


RULES: tuple[Rule, ...] = (unused_ignore,)
