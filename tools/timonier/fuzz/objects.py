"""What the API server would refuse of what was rendered, by the rules of `timonier check` that say so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from timonier.chart import Case
from timonier.check.context import CaseContext
from timonier.check.rules.identity import duplicate_object, invalid_label, invalid_name
from timonier.check.rules.rendering import duplicate_key, not_an_object
from timonier.check.rules.schemas import schema
from timonier.check.schema.crds import crds_of_files
from timonier.check.schema.kubeschemas import read_versions
from timonier.fuzz.judge import Defect, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from timonier.chartfiles import ChartFiles
    from timonier.check.model import CaseCheck, ObjectCheck, Problem
    from timonier.engine import Release
    from timonier.manifest import Manifest

# The first that finds something in an object ends the search there: what follows is mostly the same once more.
_OBJECT_RULES = (not_an_object, duplicate_key, schema, invalid_name, invalid_label)


class ObjectChecker:
    """Says what the API server would refuse. Custom resources whose definition the chart does not bring are let by."""

    def __init__(self, files: ChartFiles, release: Release, kube_version: str) -> None:
        """Make one for a chart.

        Args:
            files: The chart.
            release: What it is rendered for.
            kube_version: Whose schemas to use; empty for the newest known.

        Raises:
            EngineError: The schemas of Kubernetes are not installed.
            TimonierError: There are no schemas of that version.
        """
        self._release = release
        self.kube_version = read_versions([kube_version] if kube_version else [])[-1]
        self._crds: Sequence[Mapping[str, Any]] = crds_of_files(files)

    def alone(self, manifest: Manifest) -> Defect | None:
        """Return the first problem of one object."""
        manifest = replace(manifest, document=_with_text_keys(manifest.document))
        context = self._context([manifest])
        for rule in _OBJECT_RULES:
            for problem in cast("ObjectCheck", rule.check)(manifest, context):
                return _defect(rule.name, problem, manifest)
        return None

    def together(self, manifests: Sequence[Manifest]) -> Iterator[Defect]:
        """Yield what is wrong with objects that are fine by themselves: two are the same."""
        for problem in cast("CaseCheck", duplicate_object.check)(self._context(manifests)):
            if problem.manifest:
                yield _defect(duplicate_object.name, problem, problem.manifest)

    def _context(self, manifests: Sequence[Manifest]) -> CaseContext:
        return CaseContext(Case("", ""), manifests, self.kube_version, self._release, crds=self._crds)


def _with_text_keys(value: Any) -> Any:  # noqa: ANN401 - any part of a document
    """Write keys as text, as Helm does on the way to JSON (sigs.k8s.io/yaml, `convertToJSONableObject`)."""
    if isinstance(value, dict):
        return {_key(name): _with_text_keys(part) for name, part in value.items()}
    return [_with_text_keys(part) for part in value] if isinstance(value, list) else value


def _key(name: object) -> str:
    return name if isinstance(name, str) else str(name).lower()


def _defect(rule: str, problem: Problem, manifest: Manifest) -> Defect:
    return Defect(Kind.INVALID, manifest.source, f"{manifest.identity}: {problem.message}", rule)
