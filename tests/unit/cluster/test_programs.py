"""Programs: PATH when recent enough, then the cache, then a release that is verified, then a build."""

from __future__ import annotations

import hashlib
import io
import platform
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from timonier.cluster import gobuild, programs, recipes
from timonier.cluster.steps import Steps
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache and a PATH with nothing on it but what the test puts there."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("TIMONIER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(place))
    return place


@pytest.fixture
def steps() -> Steps:
    """Steps nobody sees."""
    return Steps(Console(file=io.StringIO()))


def fake(place: Path, name: str, version: str) -> Path:
    """A program that states a version."""
    program = place / name
    program.write_text(f"#!/bin/sh\necho '{name} v{version} go1.26 linux/amd64'\n")
    program.chmod(0o755)
    return program


def test_path_comes_first(alone: Path) -> None:
    """A program on PATH that is recent enough is taken, whatever its version."""
    program = fake(alone, "kind", "0.99.1")
    assert programs.present("kind") == programs.Found("kind", program, "0.99.1", "PATH")


def test_what_is_on_path_does_not_stand_in_for_a_pinned_version(alone: Path, tmp_path: Path) -> None:
    """Whoever compares versions wants the one that is named, not a newer one of the user's."""
    fake(alone, "helm", "99.0.0")
    version = programs.PROGRAMS["helm"].version
    released = tmp_path / "cache" / "releases" / f"helm-{version}"
    released.mkdir(parents=True)
    there = programs.Found("helm", fake(released, "helm", version), version, "cache")
    assert programs.pinned("helm") == there != programs.present("helm")


@pytest.mark.parametrize("version", ["0.17.0", "0.30.9"])
def test_an_old_program_is_passed_over(alone: Path, version: str) -> None:
    """One that is too old for today's Kubernetes is as good as none."""
    fake(alone, "kind", version)
    assert programs.present("kind") is None


def test_a_program_that_states_no_version_is_passed_over(alone: Path) -> None:
    """What cannot say how old it is is not trusted to be new enough."""
    program = alone / "helm"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    assert programs.present("helm") is None


def serve(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Answer every download with the same bytes."""

    class Answer(io.BytesIO):
        headers = {"Content-Length": str(len(content))}  # noqa: RUF012 - as urllib's

    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: Answer(content))


def test_a_release_is_verified_and_cached(monkeypatch: pytest.MonkeyPatch, steps: Steps) -> None:
    """A download whose SHA-256 is the pinned one is kept, and found again without another."""
    content = b"#!/bin/sh\necho kind v0.33.0\n"
    kind = programs.PROGRAMS["kind"]
    monkeypatch.setitem(kind.digests, "amd64", hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    serve(monkeypatch, content)
    found = programs.find("kind", steps)
    assert (found.origin, found.path.read_bytes()) == ("release", content)
    serve(monkeypatch, b"another")
    again = programs.find("kind", steps)
    assert (again.origin, again.path) == ("cache", found.path)


def test_a_release_with_another_checksum_is_thrown_away(monkeypatch: pytest.MonkeyPatch, steps: Steps) -> None:
    """A download that is not what its publisher published is neither kept nor run, and nothing is built instead."""
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    serve(monkeypatch, b"tampered with")
    with pytest.raises(ClusterError, match="has the SHA-256"):
        programs.find("kind", steps)
    assert programs.present("kind") is None


def test_without_release_and_go_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, steps: Steps
) -> None:
    """On a machine that reaches no download and has no Go, one sentence says what would help."""

    def unreachable(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no such host")

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    with pytest.raises(ClusterError, match="no Go toolchain") as caught:
        programs.find("kind", steps)
    assert "Install Go" in caught.value.hint


def test_every_recipe_is_pinned_to_the_version_it_states() -> None:
    """The version in the cache's and the people's names is the one in the recipe's go.mod."""
    pinned_recipes = [recipe for recipe in vars(gobuild).values() if isinstance(recipe, gobuild.Recipe)]
    assert len(pinned_recipes) > 5
    for recipe in pinned_recipes:
        if recipe.name.startswith("programs/"):
            pinned = (recipes.folder(recipe.name) / "go.mod").read_text(encoding="utf-8")
            assert f" v{recipe.version}" in pinned.replace("\n", " ").split("replace (")[0], recipe.name
