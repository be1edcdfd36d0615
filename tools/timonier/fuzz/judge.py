"""What came of a set of values: rendered, refused, or a defect.

The rule: values are either refused with the path of a key, or they render to valid objects. Anything else is a defect.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from timonier.check.model import Severity
from timonier.errors import RenderError, TimonierError, ValuesError
from timonier.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from timonier.chartfiles import ChartFiles
    from timonier.engine import Engine, Release, Template
    from timonier.fuzz.objects import ObjectChecker
    from timonier.manifest import Manifest


class Kind(StrEnum):
    """What is wrong."""

    NIL = "nil pointer"
    TEMPLATE = "template error"
    NOT_YAML = "invalid YAML"
    INVALID = "invalid object"
    HANG = "hang"
    CRASH = "crash"
    NO_PATH = "refusal without a path"


@dataclass(frozen=True, slots=True)
class Defect:
    """Something other than a rendering or a refusal that names its key.

    Attributes:
        kind: What is wrong.
        place: Where: the template, with the line where Helm names one.
        message: One sentence.
        rule: The rule of `timonier check` that an invalid object breaks; empty otherwise.
    """

    kind: Kind
    place: str
    message: str
    rule: str = ""

    @property
    def severity(self) -> Severity:
        """A refusal that names no key is a warning: users are stopped, if without help."""
        return Severity.WARNING if self.kind is Kind.NO_PATH else Severity.ERROR

    @property
    def cause(self) -> tuple[Kind, str]:
        """What is the same for the same defect, whatever the values.

        A template that fails does so at one place. Values that make an object invalid mostly do so in every template
        that shows them, so there it is the rule.
        """
        return self.kind, self.rule if self.kind in {Kind.INVALID, Kind.NOT_YAML} else self.place


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a set of values.

    Attributes:
        defects: What is wrong; empty when all is well.
        is_refused: Whether the chart refused the values.
    """

    defects: tuple[Defect, ...] = ()
    is_refused: bool = False


_PLACE = re.compile(r"(?P<place>[\w.-]+/[\w./-]+:\d+)(?::\d+)?")
# Helm refuses a subchart's values that are no map itself, before any schema is asked, and names the key.
_HELMS_OWN = re.compile(r"cannot be rendered: type mismatch on \S+:")
_EXECUTING = re.compile(r'^:? executing "[^"]*"')
_SAID = re.compile(r" says, at (?P<place>\S+): (?P<said>.*)", re.DOTALL)
_NAMED = re.compile(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*")
_TOP = "top level: "
_QUOTED = re.compile(r"'([^']*)'")
_COMBINATIONS = frozenset({"not", "allOf", "anyOf", "oneOf"})
_REMEMBERED = 4096
_REFUSED = " refuses these values: "


class Judge:
    """Renders values and says what came of it."""

    def __init__(
        self,
        files: ChartFiles,
        release: Release,
        engine: Engine,
        known: frozenset[str],
        checker: ObjectChecker,
    ) -> None:
        """Make a judge of one chart.

        Args:
            files: The chart.
            release: What it is rendered for.
            engine: What renders it.
            known: The keys that can be set, dotted.
            checker: Says what is wrong with objects.
        """
        self._files = files
        self._release = release
        self._engine = engine
        self._known = known
        self._checker = checker
        # Most templates render to the same as before, whatever was changed in the values.
        self._read_once = functools.lru_cache(maxsize=_REMEMBERED)(self._read)

    def __call__(self, values: Mapping[str, Any]) -> Verdict:
        """Render values and say what came of it.

        Raises:
            TimonierError: The chart cannot be rendered at all, whatever the values.
        """
        try:
            templates = self._engine.template(self._files, values, self._release)
        except ValuesError as refusal:
            return self._schema_refusal(refusal, values)
        except RenderError as failure:
            return self._failure(failure)
        return self._objects(templates)

    def _schema_refusal(self, refusal: ValuesError, values: Mapping[str, Any]) -> Verdict:
        if _REFUSED not in refusal.message:
            raise refusal  # the release's name: not a matter of values
        said = refusal.message.partition(_REFUSED)[2].removesuffix(".")
        keys = {*values, *(name.partition(".")[0] for name in self._known)}
        if any(_names_its_key(finding, keys) for finding in said.split("; ")):
            return Verdict(is_refused=True)
        return Verdict((Defect(Kind.NO_PATH, "values.schema.json", refusal.message),), is_refused=True)

    def _failure(self, failure: RenderError) -> Verdict:
        if match := _SAID.search(failure.message):
            if self._names_a_key(match["said"]):
                return Verdict(is_refused=True)
            place = _PLACE.match(match["place"])
            defect = Defect(Kind.NO_PATH, place["place"] if place else match["place"], failure.message)
            return Verdict((defect,), is_refused=True)
        if _HELMS_OWN.search(failure.message):
            return Verdict(is_refused=True)
        return Verdict((_template_error(failure),))

    def _names_a_key(self, said: str) -> bool:
        """Whether a sentence names a key, or one below a key: `ingress.hosts[0].host`."""
        for token in _NAMED.findall(said):
            name = token.removeprefix("Values.")
            top, _, below = name.partition(".")
            if name in self._known or (below and top in self._known):
                return True
        return False

    def _objects(self, templates: Sequence[Template]) -> Verdict:
        """Read what was rendered, and say what is wrong with it: with one object, or with all of them together."""
        read = [self._read_once(source, text) for source, text in templates]
        defects = [defect for _, defect in read if defect]
        defects += self._checker.together([manifest for manifest, _ in read if manifest])
        return Verdict(tuple(defects))

    def _read(self, source: str, text: str) -> tuple[Manifest | None, Defect | None]:
        try:
            manifest = read_manifest(text, source, origin=source, error=RenderError)
        except TimonierError as problem:
            return None, Defect(Kind.NOT_YAML, source, problem.message)
        return manifest, self._checker.alone(manifest) if manifest else None


def _names_its_key(finding: str, keys: AbstractSet[str]) -> bool:
    """Whether a schema's finding says where it is, or which key at the top: `top level: missing property 'image'`.

    Of a key's own name (`propertyNames`) the validator says what it is, and not where: that is no path.
    """
    chart, at_the_top, problem = finding.partition(_TOP)
    named = set(_QUOTED.findall(problem))
    return not at_the_top or bool(named & keys if not chart else named - _COMBINATIONS)


def _template_error(failure: RenderError) -> Defect:
    """Read where a template failed: the innermost place that Helm names, which comes last, as does what is wrong."""
    kind = Kind.NIL if "nil pointer" in failure.message else Kind.TEMPLATE
    places = list(_PLACE.finditer(failure.message))
    if not places:
        return Defect(kind, "", failure.message)
    said = _EXECUTING.sub("", failure.message[places[-1].end() :]).strip(" :")
    return Defect(kind, places[-1]["place"], said or failure.message)
