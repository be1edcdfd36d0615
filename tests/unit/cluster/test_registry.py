"""The registry beside the nodes: what two test sessions on one machine do at the same time."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from rich.console import Console

from timonier.cluster import registry
from timonier.cluster.steps import Steps
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from timonier.cluster.container import Engine

IMAGE = "shop:1"


class Names:
    """An engine as far as names of images go."""

    def __init__(self) -> None:
        """Hold one image."""
        self.names = {IMAGE}
        self.both_tagged = threading.Barrier(2)

    def has(self, name: str) -> bool:
        """Whether there is an image of that name."""
        return name in self.names

    def __call__(self, verb: str, *arguments: str) -> str:
        """Tag, push or remove; a push goes on as soon as the other session has come as far, if it does."""
        name = arguments[-1]
        if verb == "tag":
            self.names.add(name)
        elif verb == "push":
            try:
                self.both_tagged.wait(0.5)
            except threading.BrokenBarrierError:
                self.both_tagged.reset()
        elif name not in self.names:
            raise ClusterError(f"No such image: {name}")
        else:
            self.names.remove(name)
        return ""


def test_two_sessions_load_the_same_image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither takes the name away by which the other one pushes it, and none is left behind."""
    monkeypatch.setenv("TIMONIER_CACHE", str(tmp_path))
    monkeypatch.setattr(registry, "_on_node", lambda *_: False)
    monkeypatch.setattr(registry, "start", lambda *_: "127.0.0.1:5000")
    pulled: list[str] = []
    monkeypatch.setattr(registry, "_pull_on", lambda _engine, node, _image: pulled.append(node))
    monkeypatch.setattr(registry, "_mark", lambda *_: None)
    names = Names()

    def load(node: str) -> None:
        registry.load(cast("Engine", names), [node], IMAGE, Steps(Console(file=io.StringIO())))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(load, ["one", "two"]))
    assert sorted(pulled) == ["one", "two"]
    assert names.names == {IMAGE}
