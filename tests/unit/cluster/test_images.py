"""Images: what is there, else what can be pulled, else what can be built; an edited recipe is built again."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from timonier.cluster import images, registry
from timonier.cluster.container import KEY_LABEL
from timonier.cluster.steps import Steps
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class FakeEngine:
    """An engine as far as getting images goes: what it has, and what a registry would give it."""

    there: dict[str, str | None] = field(default_factory=dict)
    remote: dict[str, str | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    program: str = "true"

    def has(self, image: str) -> bool:
        """Whether the engine has an image."""
        return image in self.there

    def labels(self, image: str) -> dict[str, str]:
        """An image's labels."""
        key = self.there[image]
        return {KEY_LABEL: key} if key else {}

    def image_id(self, image: str) -> str:
        """An image's id."""
        return f"sha256:{self.there[image]}"

    def pull(self, image: str, _step: object) -> bool:
        """Ask the registry."""
        self.asked.append(image)
        if image in self.remote:
            self.there[image] = self.remote[image]
        return image in self.remote


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own."""
    monkeypatch.setenv("TIMONIER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def steps() -> Steps:
    """Steps nobody sees."""
    return Steps(Console(file=io.StringIO()))


def shop(key: str = "new") -> images.Image:
    """An image that can be built."""

    def build(engine: Any, _step: object) -> None:  # noqa: ANN401 - the fake, not an Engine
        engine.there["shop:1"] = key

    return images.Image("shop:1", key, build)


@pytest.mark.parametrize(
    ("there", "remote", "origin"),
    [
        pytest.param({"shop:1": "new"}, {}, "present", id="built from these inputs before"),
        pytest.param({"shop:1": None}, {}, "present", id="somebody's own is taken as it is"),
        pytest.param({"shop:1": "old"}, {"shop:1": "old"}, "built", id="built from other inputs before"),
        pytest.param({}, {"shop:1": None}, "pulled", id="an official image"),
        pytest.param({}, {"shop:1": "new"}, "pulled", id="published from these inputs"),
        pytest.param({}, {"shop:1": "old"}, "built", id="published from other inputs"),
        pytest.param({}, {}, "built", id="nowhere"),
    ],
)
def test_the_order(there: dict[str, str | None], remote: dict[str, str | None], origin: str, steps: Steps) -> None:
    """What is there, then what can be pulled, then what can be built, and never what was made of other inputs."""
    engine = FakeEngine(dict(there), remote)
    assert images.obtain(engine, shop(), steps) == origin  # type: ignore[arg-type]
    assert engine.there["shop:1"] in {None, "new"}


def test_an_image_that_cannot_be_had_is_one_sentence(steps: Steps) -> None:
    """Neither there nor pulled nor built: the sentence names it and says what to do."""
    with pytest.raises(ClusterError, match="other:2 is not there") as caught:
        images.obtain(FakeEngine(), images.Image("other:2", "", None), steps)  # type: ignore[arg-type]
    assert "Load it" in caught.value.hint


def test_a_folder_without_a_dockerfile_is_refused(tmp_path: Path) -> None:
    """A wrong path in the settings is told by name, before anything is tried."""
    with pytest.raises(ClusterError, match="has no Dockerfile to build shop:1 from"):
        images.from_folder("shop:1", tmp_path)


def test_an_edited_file_is_another_key(tmp_path: Path) -> None:
    """The key of an image is that of its folder."""
    (tmp_path / "Dockerfile").write_text("FROM debian:bookworm-slim\n")
    before = images.from_folder("shop:1", tmp_path).key
    (tmp_path / "Dockerfile").write_text("FROM debian:bookworm-slim\nUSER 1000\n")
    assert images.from_folder("shop:1", tmp_path).key != before


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("mariadb:10.11", "docker.io/library/mariadb:10.11"),
        ("timonier/eni-todo:1.0.0", "docker.io/timonier/eni-todo:1.0.0"),
        ("registry.example.test/shop:1", "registry.example.test/shop:1"),
        ("localhost/shop:1", "localhost/shop:1"),
        ("localhost:5000/shop:1", "localhost:5000/shop:1"),
    ],
)
def test_full_name(image: str, full: str) -> None:
    """An image's registry is found as Docker finds it (distribution/reference, ParseDockerRef)."""
    assert registry.full_name(image) == full


def test_a_lock_is_freed_when_a_build_fails(steps: Steps) -> None:
    """A failed build does not keep the next one out."""

    def fail(*_: object) -> None:
        raise ClusterError("no")

    with suppress(ClusterError):
        images.obtain(FakeEngine(), images.Image("shop:1", "new", fail), steps)  # type: ignore[arg-type]
    assert images.obtain(FakeEngine(), shop(), steps) == "built"  # type: ignore[arg-type]


def test_a_mirrors_password_stays_off_the_base_image(tmp_path: Path) -> None:
    """An image is handed on; the password of the machine that made it is not."""
    (tmp_path / "sources.list").write_text("deb http://me:hunter2@mirror.example/debian bookworm main\n")
    assert images._sources(tmp_path) == {"sources.list": "deb http://mirror.example/debian bookworm main\n"}
