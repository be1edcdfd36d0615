"""What is to be passed over: rules of one syntax, from the command line or a file.

A rule is `KIND/NAME:PATH~PATTERN`, each part of which may be left out, or a preset's name behind an `@`:

- `Secret`, `Deployment/web`, `*/web-*`: objects, by their kind and name; `*` and `?` as in a shell
- `:spec.replicas`, `Deployment:spec.template.metadata.annotations["checksum/config"]`: a value and what is below it;
  `*` is one step of the path, `**` any number of them
- `~[0-9a-f]{64}`: differences in nothing but what the regular expression matches
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier.diff.path import Element, Step, Steps
from timonier.errors import SourceError, ValuesError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from timonier.manifest import Identity

PRESETS = {
    "version-labels": (
        ':metadata.labels["helm.sh/chart"]',
        ':metadata.labels["app.kubernetes.io/version"]',
        ":metadata.labels.chart",
    ),
    "autoscaled-replicas": (),
}
_AUTOSCALED = "autoscaled-replicas"
_RULE = re.compile(r"(?P<object>[^:~]*)(?::(?P<path>[^~]*))?(?:~(?P<pattern>.+))?", re.DOTALL)
_STEP = re.compile(
    r"""(?:^|(?<!^)\.)(?P<key>[^.\[\]]+)
    |\[(?P<index>\d+|\*)\]
    |\[(?P<quote>["'])(?P<quoted>.+?)(?P=quote)\]
    |\[(?P<fields>[^\]=]+=[^\]]*)\]""",
    re.VERBOSE,
)
_ANY, _DEEP = "*", "**"

Passes = Callable[[Steps, Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule says.

    Attributes:
        kind: A pattern for kinds, with or without their group: `Deployment`, `Deployment.apps`.
        name: A pattern for names.
        path: Steps; empty for the whole object.
        pattern: What is taken out of both values before they are compared; None for all of them.
        autoscaled: Whether it is about the replicas of autoscaled workloads, whichever those are.
    """

    kind: str = _ANY
    name: str = _ANY
    path: tuple[Step, ...] = ()
    pattern: re.Pattern[str] | None = None
    autoscaled: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it is about whole objects."""
        return not (self.path or self.pattern or self.autoscaled)

    def is_about(self, identity: Identity) -> bool:
        """Whether it is about an object, or something in it."""
        kinds = identity.kind, f"{identity.kind}.{identity.group}"
        return any(fnmatchcase(kind, self.kind) for kind in kinds) and fnmatchcase(identity.name, self.name)

    def matches(self, steps: Steps, old: Any, new: Any) -> bool:  # noqa: ANN401 - any part of a document
        """Whether it is about a difference in such an object."""
        return _matches(self.path, steps) and (self.pattern is None or _alike(self.pattern, old, new))


@dataclass(frozen=True)
class Filter:
    """Rules together.

    Attributes:
        ignore: What is passed over.
        only: What alone is heeded; all when empty.
        autoscaled: Workloads whose number of pods an autoscaler sets: kind and name.
    """

    ignore: tuple[Rule, ...] = ()
    only: tuple[Rule, ...] = ()
    autoscaled: frozenset[tuple[str, str]] = field(default=frozenset())

    @property
    def wants_autoscaled(self) -> bool:
        """Whether a rule needs to know which workloads are autoscaled."""
        return any(rule.autoscaled for rule in (*self.ignore, *self.only))

    def heeds(self, identities: Sequence[Identity], *, whole: bool) -> bool:
        """Whether an object is to be compared.

        Args:
            identities: The object, and what it was called before.
            whole: Whether it is on one side only, so that a rule about a part of it does not apply.
        """
        only = [rule for rule in self.only if any(map(rule.is_about, identities)) and (rule.is_whole or not whole)]
        if self.only and not only:
            return False
        return not any(rule.is_whole and any(map(rule.is_about, identities)) for rule in self.ignore)

    def passes(self, identities: Sequence[Identity]) -> Passes | None:
        """Return what says whether a difference in an object is passed over; None where none is."""
        ignore = self._about(self.ignore, identities)
        only = self._about(self.only, identities)
        if not ignore and all(rule.is_whole for rule in only):
            return None

        def passed(steps: Steps, old: Any, new: Any) -> bool:  # noqa: ANN401 - any part of a document
            wanted = not only or any(rule.matches(steps, old, new) for rule in only)
            return not wanted or any(rule.matches(steps, old, new) for rule in ignore)

        return passed

    def _about(self, rules: Iterable[Rule], identities: Sequence[Identity]) -> list[Rule]:
        """Return the rules about an object; what is about autoscaled workloads is so only of those."""
        found = [rule for rule in rules if any(map(rule.is_about, identities))]
        scaled = any((identity.kind, identity.name) in self.autoscaled for identity in identities)
        return [
            Rule(path=("spec", "replicas")) if rule.autoscaled else rule
            for rule in found
            if scaled or not rule.autoscaled
        ]


def read_rules(texts: Iterable[str], files: Iterable[str]) -> tuple[Rule, ...]:
    """Read rules as they are written on the command line, and files that hold one a line.

    Args:
        texts: Rules.
        files: Paths of files; lines that are empty or begin with `#` are passed over.

    Raises:
        ValuesError: A rule cannot be understood.
        SourceError: A file cannot be read.
    """
    lines = [line.strip() for path in files for line in _read(path).splitlines()]
    written = [*texts, *(line for line in lines if line and not line.startswith("#"))]
    return tuple(rule for text in written for rule in _rules(text))


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        said = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise SourceError(f"{path} cannot be read: {said}.") from None


def _rules(text: str) -> Iterator[Rule]:
    if not text.startswith("@"):
        yield _rule(text)
        return
    name = text.removeprefix("@")
    if name not in PRESETS:
        raise ValuesError(f"There is no preset {text}.", hint=f"Say one of @{', @'.join(PRESETS)}.")
    yield from (_rule(rule) for rule in PRESETS[name])
    if name == _AUTOSCALED:
        yield Rule(autoscaled=True)


def _rule(text: str) -> Rule:
    match = _RULE.fullmatch(text)
    if not match or not text.strip():
        raise _unclear(text, "it is none of KIND, KIND/NAME, :PATH, ~PATTERN")
    kind, slash, name = match["object"].strip().partition("/")
    if slash and not name:
        raise _unclear(text, "there is no name behind the slash")
    try:
        pattern = re.compile(match["pattern"]) if match["pattern"] else None
    except re.error as problem:
        raise _unclear(text, f"the pattern is no regular expression: {problem}") from None
    return Rule(kind or _ANY, name or _ANY, _path(text, (match["path"] or "").strip()), pattern)


def _path(text: str, path: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    position = 0
    while position < len(path):
        if not (match := _STEP.match(path, position)):
            raise _unclear(text, f"the path is not clear from {path[position:]!r} on")
        steps.append(_step(match))
        position = match.end()
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["fields"] is not None:
        return Element(
            tuple((key, value) for key, _, value in (one.partition("=") for one in match["fields"].split(",")))
        )
    if match["index"] is not None:
        return _ANY if match["index"] == _ANY else int(match["index"])
    return str(match["quoted"] or match["key"])


def _unclear(text: str, why: str) -> ValuesError:
    return ValuesError(f"The rule {text!r} cannot be understood: {why}.", hint="A rule is KIND/NAME:PATH~PATTERN.")


@lru_cache(maxsize=8192)
def _matches(path: Steps, steps: Steps) -> bool:
    """Whether a pattern of steps is where a path leads to, or above that."""
    if not path:
        return True
    if path[0] == _DEEP:
        return any(_matches(path[1:], steps[skipped:]) for skipped in range(len(steps) + 1))
    return bool(steps) and _is_step(path[0], steps[0]) and _matches(path[1:], steps[1:])


def _is_step(pattern: Step, step: Step) -> bool:
    if pattern == _ANY:
        return True
    if isinstance(pattern, Element):
        return isinstance(step, Element) and set(pattern.fields) <= set(step.fields)
    if isinstance(pattern, str) and isinstance(step, str):
        return fnmatchcase(step, pattern)
    return pattern == step


def _alike(pattern: re.Pattern[str], old: Any, new: Any) -> bool:  # noqa: ANN401 - any part of a document
    if isinstance(old, dict | list) or isinstance(new, dict | list) or old is None or new is None:
        return False
    return pattern.sub("", str(old)) == pattern.sub("", str(new))
