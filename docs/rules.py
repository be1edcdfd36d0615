"""Write docs/reference/rules.md: every rule of `timonier check`, from what the rules say of themselves.

Usage: .nox/lint/bin/python docs/rules.py [--check]

With `--check` nothing is written, and a page that is not up to date is exit code 1.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.check.catalogue import all_rules
from timonier.check.examples import example_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.model import Rule

PAGE = Path(__file__).parent / "reference" / "rules.md"
HEAD = """\
# Rules

What [`timonier check`](check.md) asks. `timonier check --explain NAME` tells the same in a terminal;
[the settings](settings.md#rules) switch a rule off or make it more or less severe. Below each rule stands an example:
without the lines that begin with `+` the rule finds something, without those that begin with `-` it does not (a test
checks both). This page is written by `docs/rules.py`.
"""


def page() -> str:
    """Return what the page should say."""
    return "\n".join([HEAD, *_table(), *(line for rule in all_rules().values() for line in _section(rule))])


def _table() -> Iterator[str]:
    yield "| rule | severity | what it finds |"
    yield "|---|---|---|"
    for rule in all_rules().values():
        yield f"| [`{rule.name}`](#{rule.name}) | {rule.severity} | {_line(rule.summary)} |"
    yield ""


def _line(text: str) -> str:
    return text.replace("|", "\\|")


def _section(rule: Rule) -> Iterator[str]:
    asked = {"run": "once a run", "chart": "once a chart", "case": "once a case", "object": "once an object"}[
        rule.scope
    ]
    yield f"## {rule.name}"
    yield ""
    yield f"{str(rule.severity).capitalize()}, asked {asked}{', for each Kubernetes version' * rule.per_version}."
    yield ""
    yield rule.summary
    yield ""
    if rule.explanation:
        yield rule.explanation
        yield ""
    if example := example_of(rule.name):
        yield "```diff"
        yield from example.text.splitlines()
        yield "```"
        yield ""


def main() -> None:
    """Write the page, or only look whether it is up to date."""
    text = "\n".join(line.rstrip() for line in page().rstrip().split("\n")) + "\n"
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit(f"{PAGE} is not what the rules say: run docs/rules.py.")


if __name__ == "__main__":
    main()
