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
