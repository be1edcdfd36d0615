"""`timonier doctor`: what is there, which version, where from; nothing is fetched to find out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from timonier.cluster import container, gobuild, programs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache, no engine, and a PATH of the test's own."""
    monkeypatch.setenv("TIMONIER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TIMONIER_PROVISION", raising=False)
    monkeypatch.setattr(container, "answering", lambda: None)
    monkeypatch.setattr(programs, "_obtained", lambda *_: pytest.fail("fetched"))
    monkeypatch.setattr(gobuild, "built", lambda *_: pytest.fail("built"))
    return tmp_path


def test_what_is_missing_is_exit_code_1(run: Callable[..., tuple[int, str, str]]) -> None:
    """And each line says how it would be had."""
    code, out, err = run("doctor")
    assert (code, err) == (1, "")
    assert "✗ helm" in out
    assert "downloaded or built when needed (4.3.0)" in out
    assert "no engine answers" in out


def test_what_is_on_path_is_named_with_its_version(run: Callable[..., tuple[int, str, str]], bare: Path) -> None:
    """In the form for programs as well."""
    helm = bare / "helm"
    helm.write_text("#!/bin/sh\necho v4.2.0\n")
    helm.chmod(0o755)
    _, out, _ = run("doctor", "-o", "json")
    found = {finding["name"]: finding for finding in json.loads(out)}
    assert found["helm"] == {"name": "helm", "found": True, "version": "4.2.0", "origin": f"PATH: {helm}"}
    assert found["kind"]["found"] is False


def test_the_engine_that_would_render_is_named(
    run: Callable[..., tuple[int, str, str]], bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Helm's version: in process where that is installed, else the program, else what to install."""
    import helm_python

    def engine() -> dict[str, object]:
        findings: list[dict[str, object]] = json.loads(run("doctor", "-o", "json")[1])
        return findings[0]

    version = helm_python.helm_sdk_version().removeprefix("v")
    assert engine() == {"name": "engine (auto)", "found": True, "version": version, "origin": "Helm, embedded"}
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert engine()["found"] is False
    assert "install Helm 3 or 4" in str(engine()["origin"])
    (bare / "helm").write_text("#!/bin/sh\necho v4.2.0\n")
    (bare / "helm").chmod(0o755)
    assert engine() == {"name": "engine (auto)", "found": True, "version": "4.2.0", "origin": f"Helm, {bare}/helm"}
    (bare / "helm").write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    assert (engine()["found"], engine()["origin"]) == (False, f"{bare}/helm is no helm that runs: broken.")
