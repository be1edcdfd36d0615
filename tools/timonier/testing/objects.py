"""What a chart rendered to, as tests ask it: objects by kind and name, and what they say by path."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from timonier.errors import RenderError
from timonier.manifest import Manifest, in_install_order, read_manifest
from timonier.testing import paths
from timonier.testing.excerpts import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from timonier.engine import Template


@dataclass(frozen=True, slots=True)
class Lookup:
    """A test asked an object for something: what to show when the test fails.

    Attributes:
        manifest: The object.
        path: Where in it.
        file: The file of whoever asked.
        line: The line there.
    """

    manifest: Manifest
    path: str
    file: str
    line: int


class MissingError(LookupError):
    """A chart did not render the object, or the object does not have the path, that a test asked for."""


class Documents:
    """A chart's rendered templates, each parsed when it is asked for: most tests ask for one object of many."""

    def __init__(self, templates: Sequence[Template], label: str) -> None:
        """Parse nothing yet.

        Args:
            templates: In the engine's order.
            label: The chart, for messages.
        """
        self.label = label
        self._templates = templates
        self._read: dict[int, tuple[Manifest, ...]] = {}

    def manifests(self, kind: str | None = None) -> list[Manifest]:
        """Return the objects of a kind, or all of them, in Helm's order.

        Raises:
            RenderError: A template that may hold one rendered to something that is not YAML.
        """
        # A kind that is nowhere in the text is not the object's: that spares parsing most of a chart.
        numbers = [number for number, one in enumerate(self._templates) if kind is None or kind in one.text]
        found = in_install_order([manifest for number in numbers for manifest in self._manifest(number)])
        return [manifest for manifest in found if kind is None or manifest.identity.kind == kind]

    def _manifest(self, number: int) -> tuple[Manifest, ...]:
        if number not in self._read:
            source, text = self._templates[number]
            manifest = read_manifest(text, source, origin=f"{self.label}: rendered {source}", error=RenderError)
            self._read[number] = (manifest,) if manifest else ()
        return self._read[number]


class Object:
    """One rendered object.

    What it returns is the test's own copy: renderings are shared between tests, and none can spoil them for another.

    Attributes:
        manifest: The object as rendering read it; not to be changed.
    """

    __slots__ = ("_lookups", "manifest")

    def __init__(self, manifest: Manifest, lookups: list[Lookup]) -> None:
        self.manifest = manifest
        self._lookups = lookups

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.manifest.identity.kind

    @property
    def name(self) -> str:
        """Its name; what `generateName` says and a `*` where it has none of its own."""
        return self.manifest.identity.name

    @property
    def namespace(self) -> str:
        """The namespace it names; empty when it names none, and gets its release's."""
        return self.manifest.identity.namespace

    @property
    def template(self) -> str:
        """The template it comes from, `CHART/templates/FILE`."""
        return self.manifest.source

    @property
    def text(self) -> str:
        """Its YAML as the template has it, comments included."""
        return self.manifest.text

    def __getitem__(self, path: str) -> Any:  # noqa: ANN401 - whatever is there
        """Return what is at a path, `spec.template.spec.containers[name=app].image`; see `timonier.testing.paths`.

        Raises:
            MissingError: There is nothing; says what is there, with the manifest's lines.
            ValueError: The path cannot be understood.
        """
        __tracebackhide__ = True
        self._note(path, sys._getframe(1))  # noqa: SLF001 - CPython's way to see who asks, at no cost
        steps = paths.parse(path)
        try:
            return _copy(paths.follow(self.manifest.document, steps))
        except paths.NoSuchStepError as problem:
            lines = excerpt(self.manifest, steps[: problem.reached])
            raise MissingError(f"there is no {path} in {self!r}. {problem.problem}\n{lines}") from None

    def __contains__(self, path: str) -> bool:
        """Whether there is something at a path, be it null."""
        self._note(path, sys._getframe(1))  # noqa: SLF001 - as above
        return self._has(path)

    def get(self, path: str, default: Any = None) -> Any:  # noqa: ANN401 - whatever is there
        """Return what is at a path, or `default` where there is nothing."""
        self._note(path, sys._getframe(1))  # noqa: SLF001 - as above
        return _copy(paths.follow(self.manifest.document, paths.parse(path))) if self._has(path) else default

    def search(self, expression: str) -> Any:  # noqa: ANN401 - whatever it finds
        """Return what a JMESPath expression finds, None when nothing.

        Raises:
            jmespath.exceptions.JMESPathError: The expression is wrong.
        """
        import jmespath

        self._note(expression, sys._getframe(1))  # noqa: SLF001 - as above
        return _copy(jmespath.search(expression, self.manifest.document))

    def __repr__(self) -> str:
        """Write which object it is and where it comes from."""
        return f"<{self.manifest.identity} of {self.template}>"

    def _has(self, path: str) -> bool:
        try:
            paths.follow(self.manifest.document, paths.parse(path))
        except paths.NoSuchStepError:
            return False
        return True

    def _note(self, path: str, caller: FrameType) -> None:
        self._lookups.append(Lookup(self.manifest, path, caller.f_code.co_filename, caller.f_lineno))


class Rendered:
    """What a chart rendered to: `rendered["Deployment", "web"]`.

    A template is parsed when an object of its kind is asked for, so one that is no YAML shows only then, or when all
    objects are asked for.
    """

    def __init__(
        self,
        documents: Documents,
        lookups: list[Lookup],
        again: Callable[[], Documents],
        notes: Callable[[], str],
    ) -> None:
        """Wrap a rendering for one test.

        Args:
            documents: What was rendered; other tests may have the same.
            lookups: Where to write down what the test asks.
            again: Renders the same anew, to see what is generated.
            notes: Renders the notes.
        """
        self._documents = documents
        self._lookups = lookups
        self._again = again
        self._notes = notes

    def __getitem__(self, key: str | tuple[str, str]) -> Object:
        """Return the object of a kind and name, or the only one of a kind.

        Raises:
            MissingError: There is none, or several; says what there is.
        """
        __tracebackhide__ = True
        kind, name = (key, None) if isinstance(key, str) else key
        return self.one(kind, name)

    def __contains__(self, key: str | tuple[str, str]) -> bool:
        """Whether there is an object of that kind and name, or any of that kind."""
        kind, name = (key, None) if isinstance(key, str) else key
        return bool(self.all(kind, name))

    def __iter__(self) -> Iterator[Object]:
        """Go through all objects in Helm's order: by kind, hooks last."""
        return iter(self.all())

    def __len__(self) -> int:
        """Count the objects."""
        return len(self.all())

    def one(self, kind: str | None = None, name: str | None = None, *, template: str = "") -> Object:
        """Return the only object that matches.

        Args:
            kind: `Deployment`.
            name: As it was rendered, the release's name included.
            template: The end of the template's path: `deployment.yaml`, `templates/tests/answers.yaml`.

        Raises:
            MissingError: None matches, or several do; says what there is.
        """
        __tracebackhide__ = True
        found = self.all(kind, name, template=template)
        if len(found) == 1:
            return found[0]
        asked = " ".join(part for part in (kind, name, f"of {template}" if template else "") if part)
        fault = f"renders {len(found)} objects" if found else "renders no object"
        what = f"{self._documents.label} {fault} that match {asked or 'everything'!r}."
        raise MissingError(f"{what} It renders:\n{self.listing()}")

    def all(self, kind: str | None = None, name: str | None = None, *, template: str = "") -> list[Object]:
        """Return every object that matches, in Helm's order; see `one`."""
        return [
            Object(manifest, self._lookups)
            for manifest in self._documents.manifests(kind)
            if (name is None or manifest.identity.name == name) and ends_in(manifest.source, template)
        ]

    def get(self, kind: str, name: str | None = None) -> Object | None:
        """Return the object that `one` would, None when there is none.

        Raises:
            MissingError: Several match.
        """
        __tracebackhide__ = True
        return self.one(kind, name) if self.all(kind, name) else None

    @property
    def inventory(self) -> set[tuple[str, str]]:
        """The kind and name of every object: compare it, and the whole chart is accounted for."""
        return {(one.kind, one.name) for one in self}

    @property
    def notes(self) -> str:
        """What `helm install` tells: the chart's NOTES.txt, rendered when it is asked for; empty when there is none.

        Raises:
            RenderError: The notes do not render.
        """
        return self._notes()

    def listing(self) -> str:
        """Write every object with its template, one a line."""
        return "\n".join(f"  {one.manifest.identity} ({one.template})" for one in self) or "  nothing"

    def again(self) -> Rendered:
        """Render the same anew, whatever was remembered: what differs is generated."""
        return Rendered(self._again(), self._lookups, self._again, self._notes)

    def __repr__(self) -> str:
        """Write what it is of; failures show the listing."""
        return f"<rendered {self._documents.label}>"


def ends_in(source: str, template: str) -> bool:
    """Whether a template's path ends in another, part by part; every one ends in the empty one."""
    wanted = PurePosixPath(template).parts
    return not wanted or PurePosixPath(source).parts[-len(wanted) :] == wanted


def _copy(value: Any) -> Any:  # noqa: ANN401 - any part of a document
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
