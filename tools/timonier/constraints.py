"""Version constraints as Helm reads them: `>=1.22.0-0`, `~1.30`, `1.x || >=2`.

A port of Masterminds/semver v3.5, `constraints.go`, because the rules differ from npm's where it matters: one
constraint with a pre-release lets pre-releases in for its whole group, whatever their numbers.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from semver import Version

_PART = r"[0-9|xX*]+"
_SUFFIX = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = rf"v?({_PART})(\.{_PART})?(\.{_PART})?(-{_SUFFIX})?(\+{_SUFFIX})?"
_OPERATORS = r"=|!=|>=|=>|<=|=<|>|<|~>|~|\^|"
# Compiled when they are first used, and kept by `re`: of all of them a push needs one.
_ONE = rf"({_OPERATORS})\s*{_VERSION}(\s*,\s*|\s+)?"
_RANGE = rf"\s*({_VERSION})\s+-\s+({_VERSION})\s*"
_LOOSE = rf"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-{_SUFFIX})?(\+{_SUFFIX})?"
_PLAIN = r"v?\d+(?:\.\d+){0,2}"
_EXACT = r"v?\d+\.\d+\.\d+"
_WILD = ("x", "X", "*", "")


class _Constraint(NamedTuple):
    """One comparison. `parts` says how many numbers were given: `1.x` has one."""

    operator: str
    version: Version
    parts: int

    def allows(self, version: Version) -> bool:
        return _CHECKS[self.operator](version, self)


def satisfies(version: str, constraint: str) -> bool:
    """Whether a version is within a constraint; no when either cannot be read.

    Args:
        version: As charts and Kubernetes write it, a leading `v` and missing numbers allowed: `v1.30.2-gke.100`.
        constraint: Comparisons, joined by blanks or commas (and) and `||` (or); `1.2 - 3` is a range.
    """
    parsed, groups = parse_version(version), _parse(constraint)
    if parsed is None or groups is None:
        return False
    return any(_group_allows(group, parsed) for group in groups)


def is_constraint(text: str) -> bool:
    """Whether a text can be read as a constraint."""
    return _parse(text) is not None


def is_exact(text: str) -> bool:
    """Whether a version names one alone, by three numbers: `1.2` may stand for any patch of it."""
    return bool(re.match(_EXACT, text)) and is_version(text)


def is_version(text: str) -> bool:
    """Whether a text is a version, a leading `v` and missing numbers allowed."""
    # Of plain numbers that is known without the library, which a push then need not import.
    return bool(re.fullmatch(_PLAIN, text)) or parse_version(text) is not None


@functools.lru_cache(maxsize=4096)
def parse_version(text: str) -> Version | None:
    """Read a version, a leading `v` and missing numbers allowed; None when it is none."""
    from semver import Version

    if not (match := re.fullmatch(_LOOSE, text)):
        return None
    major, minor, patch, *suffixes = match.groups(default="")
    try:
        return Version.parse(f"{int(major)}.{int(minor or 0)}.{int(patch or 0)}{''.join(suffixes)}")
    except ValueError:
        return None


def _group_allows(group: tuple[_Constraint, ...], version: Version) -> bool:
    if version.prerelease and not any(constraint.version.prerelease for constraint in group):
        return False
    return all(constraint.allows(version) for constraint in group)


@functools.lru_cache(maxsize=1024)
def _parse(text: str) -> list[tuple[_Constraint, ...]] | None:
    """Return the groups of which one has to hold; None when the text is no constraint."""
    text = re.sub(_RANGE, lambda match: f">= {match[1]}, <= {match[7]} ", text)
    groups = [_parse_group(part) for part in text.split("||")]
    return None if any(group is None for group in groups) else [group for group in groups if group is not None]


def _parse_group(text: str) -> tuple[_Constraint, ...] | None:
    found: list[_Constraint] = []
    rest = text.strip()
    while match := re.match(_ONE, rest):
        operator, *numbers, prerelease, _, separator = match.groups(default="")
        rest = rest[match.end() :]
        given = _given([number.lstrip(".") for number in numbers])
        version = parse_version(".".join([*given, "0", "0", "0"][:_ALL]) + prerelease)
        # Comparisons are set apart by blanks or one comma, and a comma leads on to another.
        if version is None or bool(separator) is not bool(rest):
            return None
        found.append(_Constraint(operator, version, len(given)))
    return None if rest or not found else tuple(found)


def _given(numbers: list[str]) -> list[str]:
    """Return the numbers before the first that is left open."""
    return numbers[: next((place for place, number in enumerate(numbers) if number in _WILD), len(numbers))]


def _exact(version: Version, than: _Constraint) -> bool:
    return _compare(version, than) == 0 if than.parts == _ALL else _tilde(version, than)


def _different(version: Version, than: _Constraint) -> bool:
    if than.parts in (0, _ALL):
        return _compare(version, than) != 0
    same = _numbers(version)[: than.parts] == _numbers(than.version)[: than.parts]
    return not same or (than.parts > 1 and version.prerelease != than.version.prerelease)


def _greater(version: Version, than: _Constraint) -> bool:
    if than.parts in (0, _ALL):
        return _compare(version, than) > 0
    return _numbers(version)[: than.parts] > _numbers(than.version)[: than.parts]


def _at_most(version: Version, than: _Constraint) -> bool:
    if than.parts == _ALL:
        return _compare(version, than) <= 0
    fixed = than.parts or 2
    return _numbers(version)[:fixed] <= _numbers(than.version)[:fixed]


def _tilde(version: Version, than: _Constraint) -> bool:
    """`~1.2.3` is `>=1.2.3, <1.3.0`; `~1` is `>=1.0.0, <2.0.0`; `~0.0.0` and `*` are anything."""
    if _compare(version, than) < 0:
        return False
    if _numbers(than.version) == (0, 0, 0) and than.parts in (0, _ALL):
        return True
    fixed = 1 if than.parts == 1 else 2
    return _numbers(version)[:fixed] == _numbers(than.version)[:fixed]


def _caret(version: Version, than: _Constraint) -> bool:
    """`^1.2.3` is `>=1.2.3, <2.0.0`; with zeros in front, the first number that is not zero stays."""
    if _compare(version, than) < 0:
        return False
    parts, least = than.parts or _ALL, _numbers(than.version)
    fixed = next((place + 1 for place in range(parts) if least[place]), parts)
    return _numbers(version)[:fixed] == least[:fixed]


def _compare(version: Version, than: _Constraint) -> int:
    """Compare by precedence: build metadata makes no difference."""
    return version.compare(than.version)


def _numbers(version: Version) -> tuple[int, ...]:
    return version.major, version.minor, version.patch


_ALL = 3
_CHECKS: dict[str, Callable[[Version, _Constraint], bool]] = {
    "": _exact,
    "=": _exact,
    "!=": _different,
    ">": _greater,
    "<": lambda version, than: _compare(version, than) < 0,
    ">=": lambda version, than: _compare(version, than) >= 0,
    "=>": lambda version, than: _compare(version, than) >= 0,
    "<=": _at_most,
    "=<": _at_most,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}
