"""All rules there are, by name."""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from timonier.check.model import Severity
from timonier.check.rules import (
    access,
    apiversions,
    consistency,
    exposure,
    identity,
    ignoring,
    images,
    jobs,
    metadata,
    podsecurity,
    probes,
    references,
    refused,
    rendering,
    resources,
    rollout,
    schemas,
    selecting,
    stability,
    traffic,
    uniqueness,
)
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from timonier.check.model import Rule

OFF = "off"
"""What a rule is set to that is not to be asked."""


_MODULES = (
    rendering,
    schemas,
    apiversions,
    refused,
    metadata,
    consistency,
    identity,
    stability,
    references,
    selecting,
    uniqueness,
    resources,
    probes,
    images,
    rollout,
    jobs,
    traffic,
    podsecurity,
    access,
    exposure,
    ignoring,
)


@functools.cache
def all_rules() -> Mapping[str, Rule]:
    """Every rule by its name, in the order of the modules."""
    return {rule.name: rule for module in _MODULES for rule in module.RULES}


def rule_of(name: str, *, origin: str) -> Rule:
    """Return the rule of that name.

    Args:
        name: The rule's name.
        origin: Who named it, for the message: `--rule`, or a settings file.

    Raises:
        TimonierError: There is none.
    """
    if name in all_rules():
        return all_rules()[name]
    near = difflib.get_close_matches(name, all_rules(), n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else "`timonier check --list-rules` names them all."
    raise TimonierError(f"{origin}: there is no rule {name!r}.", hint=hint)


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules that are asked, and how bad what each finds is.

    Attributes:
        severities: By the rule's name; a rule that is off is missing.
    """

    severities: Mapping[str, Severity]

    @property
    def rules(self) -> list[Rule]:
        """The rules that are asked."""
        return [rule for name, rule in all_rules().items() if name in self.severities]


def select(
    settings: Mapping[str, str], switched: Iterable[str] = (), only: Iterable[str] = (), *, origin: str = "settings"
) -> Selection:
    """Decide which rules are asked.

    Args:
        settings: What the project's settings say of rules: a severity or `off` by name.
        switched: What the command line says on top: `NAME=off`, `NAME=warning`.
        only: The names of the only rules to ask, whatever the settings switch off; empty for all. Those that
            say why a case cannot be rendered are asked in any case: of such a case the others find nothing, and nothing
            found would pass for fine.
        origin: The settings' file, for messages.

    Raises:
        TimonierError: A rule or a severity that is not known.
    """
    said = {rule_of(name, origin=origin).name: _level(level, f"{origin}: {name}") for name, level in settings.items()}
    wanted = {rule_of(name, origin="--only").name for name in only}
    said |= {name: rule.severity for name, rule in all_rules().items() if name in wanted and said.get(name) is None}
    for text in switched:
        name, _, level = text.partition("=")
        said[rule_of(name, origin="--rule").name] = _level(level, f"--rule {text}")
    if wanted:
        wanted |= {name for name, rule in all_rules().items() if rule.of_failures}
    levels = {name: said.get(name, rule.severity) for name, rule in all_rules().items() if not wanted or name in wanted}
    return Selection({name: level for name, level in levels.items() if level})


def _level(text: str, origin: str) -> Severity | None:
    """Read a severity, None for off."""
    if text == OFF:
        return None
    try:
        return Severity(text)
    except ValueError:
        known = ", ".join((OFF, *Severity))
        raise TimonierError(f"{origin}: {text!r} is no severity.", hint=f"Say one of {known}.") from None
