"""The pages of the chapter: each shows a bare resource, the values that make the chart produce it, and a command."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from timonier.chart import load_chart
from timonier.check.schema.kubeschemas import Api, schemas_of
from timonier.engine import Release
from timonier.render import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.engine.embedded import EmbeddedEngine

ROOT = Path(__file__).parents[3]
CHAPTER = ROOT / "docs" / "chapter"
PAGES = sorted(CHAPTER.glob("[0-9][0-9]-*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The oldest and the newest Kubernetes that the charts promise.
VERSIONS = ("1.30.0", "1.36.0")
# API groups that no Kubernetes brings along.
CUSTOM = ("gateway.networking.k8s.io", "monitoring.coreos.com")


@dataclass(frozen=True)
class Exhibit:
    """A section of a page that shows a resource.

    Attributes:
        bare: The resources, as one would write them by hand.
        values: The text of the values for the chart; empty for its defaults.
        command: What renders them, without `timonier`.
    """

    bare: tuple[dict[str, Any], ...]
    values: str
    command: str

    @property
    def chart(self) -> Path:
        """The chart which the command renders."""
        return ROOT / shlex.split(self.command)[1]


def exhibits(page: Path) -> Iterator[tuple[str, Exhibit]]:
    """Yield the headings of a page with what they show; sections without a bare resource show nothing."""
    for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        blocks = [text for kind, text in BLOCK.findall(section) if kind == "yaml"]
        bare = [one for text in blocks for one in yaml.safe_load_all(text) if "kind" in one]
        if bare:
            [values] = [text for text in blocks if not re.search("^kind:", text, re.MULTILINE)] or [""]
            command = next(iter(re.findall(r"^\$ timonier (render .+)$", section, re.MULTILINE)), "")
            yield section.partition("\n")[0], Exhibit(tuple(bare), values, command)


SHOWN = [pytest.param(exhibit, id=f"{page.stem}: {heading}") for page in PAGES for heading, exhibit in exhibits(page)]
every_exhibit = pytest.mark.parametrize("exhibit", SHOWN)


def made_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an object and what its controllers make of it: a ReplicaSet of a Deployment, a Job of a CronJob, pods."""
    yield document
    spec = document.get("spec", {})
    if document["kind"] == "Deployment":
        kept = {key: spec[key] for key in ("replicas", "selector", "template") if key in spec}
        yield {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": document["metadata"], "spec": kept}
    if document["kind"] == "CronJob":
        yield from made_of({"apiVersion": "batch/v1", "kind": "Job", "metadata": {}, **spec["jobTemplate"]})
    for claim in spec.get("volumeClaimTemplates", []):
        yield {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim}
    if "template" in spec:
        labels = spec["template"].get("metadata", {}).get("labels", {})
        metadata = {"name": document["metadata"].get("name"), "labels": labels}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec["template"]["spec"]}


def has(found: Any, asked: Any) -> bool:  # noqa: ANN401 - any part of a document
    """Whether a document has all that another one says: its keys, and the items of its lists, in any place."""
    if isinstance(asked, dict):
        return isinstance(found, dict) and all(key in found and has(found[key], one) for key, one in asked.items())
    if isinstance(asked, list):
        return isinstance(found, list) and all(any(has(one, item) for one in found) for item in asked)
    return bool(found == asked)


def missing(documents: list[dict[str, Any]], exhibit: Exhibit) -> list[str]:
    """Return the bare resources that are found in no document, by kind and name."""
    made = [one for document in documents for one in made_of(document)]
    absent = [bare for bare in exhibit.bare if not any(has(one, bare) for one in made)]
    return [f"{bare['kind']} {bare['metadata'].get('name', '')}" for bare in absent]


def test_every_page_shows_something_and_is_listed() -> None:
    """A page without a resource, or one nobody is led to, is none."""
    listed = (CHAPTER / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if not list(exhibits(page))] == []
    assert [page.name for page in PAGES if f"]({page.name})" not in listed] == []
    assert len(PAGES) > 8


@every_exhibit
@pytest.mark.parametrize("version", VERSIONS)
def test_a_bare_resource_is_valid(exhibit: Exhibit, version: str) -> None:
    """For the oldest and the newest Kubernetes, and strictly: no field is misspelt."""
    for bare in exhibit.bare:
        api = Api(bare["apiVersion"], bare["kind"])
        known = schemas_of(version).kind(api)
        assert known or api.group in CUSTOM, f"{api} is not known"
        assert not known or [error.message for error in known.validator.iter_errors(bare)] == []


@every_exhibit
def test_the_values_produce_the_resource(exhibit: Exhibit, embedded: EmbeddedEngine) -> None:
    """The chart's object has every field of the bare one."""
    chart = load_chart(exhibit.chart)
    values = yaml.safe_load(exhibit.values) or {}
    manifests = render(chart, values, Release(chart.name, "default"), embedded)
    assert missing([dict(manifest.document) for manifest in manifests], exhibit) == []


@every_exhibit
def test_the_command_shows_the_resource(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, exhibit: Exhibit
) -> None:
    """What a reader types has the values that the page shows, and prints the resource that it is about."""
    monkeypatch.chdir(ROOT)
    words = shlex.split(exhibit.command)
    files = [Path(words[place + 1]).read_text(encoding="utf-8") for place, word in enumerate(words) if word == "-f"]
    assert files == [exhibit.values] * bool(exhibit.values)
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert missing([one for one in yaml.safe_load_all(out) if one], exhibit) == []
