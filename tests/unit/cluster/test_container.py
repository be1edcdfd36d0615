"""The container engine: what is read from its answers, and the processes it cannot end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.cluster import container

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def engine(place: Path, script: str) -> container.Engine:
    """An engine whose program is a shell script."""
    program = place / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return container.Engine(str(program))


def test_only_the_containers_own_processes_are_thawed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cgroup below the container's is, however deep; another container's is left alone."""
    monkeypatch.setattr(container, "_FREEZER", tmp_path / "freezer")
    states = [tmp_path / "freezer" / "docker" / path / "freezer.state" for path in ("abc", "abc/kubelet/pod", "def")]
    for state in states:
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text("FROZEN")
    engine(tmp_path, "echo abc").thaw("node")
    assert [state.read_text() for state in states] == ["THAWED", "THAWED", "FROZEN"]


def test_nothing_is_thawed_where_there_is_no_freezer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On cgroup v2 there is no such folder."""
    monkeypatch.setattr(container, "_FREEZER", tmp_path / "none")
    engine(tmp_path, "echo abc").thaw("node")


def test_what_an_engine_says_of_itself(tmp_path: Path) -> None:
    """Version, cgroups and mirrors, of Docker's answer and of Podman's."""
    docker = (
        '{"ServerVersion": "20.10.24", "CgroupVersion": "1", "RegistryConfig": {"Mirrors": ["http://127.0.0.1:5001/"]}}'
    )
    told = engine(tmp_path, f"echo '{docker}'")
    assert (told.version, told.cgroup_v1, told.mirrors) == ("20.10.24", True, ["http://127.0.0.1:5001/"])
    told = engine(tmp_path, """echo '{"version": {"Version": "5.4.0"}}'""")
    assert (told.version, told.cgroup_v1, told.mirrors) == ("5.4.0", False, [])
