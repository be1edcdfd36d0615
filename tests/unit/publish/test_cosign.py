"""`timonier publish --cosign`: what the program is told, by a stand-in that writes it down.

The program itself was run by hand: docs/publishing.md says how its signatures are verified.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from timonier.chartfiles import ChartFiles
from timonier.package import package

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.publish.conftest import FakeRegistry

    Run = Callable[..., tuple[int, str, str]]

STAND_IN = """\
#!/bin/sh
echo "$@" >"$0.told"
cat "$DOCKER_CONFIG/config.json" >"$0.login" 2>/dev/null
test ! -e "$0.fails" || { echo 'Error: error during command execution: no such key' >&2; exit 1; }
"""


@pytest.fixture
def cosign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name on PATH."""
    program = tmp_path / "bin" / "cosign"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return program


@pytest.fixture
def publish(run: Run, registry: FakeRegistry, tmp_path: Path) -> Run:
    """Publishes an archive with a signature of cosign's."""
    archive = package(ChartFiles(Path("shop"), "shop", {"Chart.yaml": b"name: shop\nversion: 1.2.3\n"}))
    path = tmp_path / archive.file_name
    path.write_bytes(archive.content)
    return lambda *more: run("publish", path, f"oci://{registry.address}/charts", "--no-check", "--cosign", *more)


def told(cosign: Path) -> list[str]:
    """What it was called with."""
    return cosign.with_name("cosign.told").read_text().split()


def test_what_was_published_is_signed_by_its_digest(publish: Run, registry: FakeRegistry, cosign: Path) -> None:
    """A tag may be another one's meanwhile. What is there already is signed, too: last time that may have failed."""
    for _ in range(2):
        code, out, _ = publish("--cosign-key", "cosign.key")
        assert code == 0
        digest = out.split()[1]
        assert told(cosign)[-3:] == ["--key", "cosign.key", f"{registry.address}/charts/shop@{digest}"]
        cosign.with_name("cosign.told").unlink()


def test_it_reaches_the_registry_as_the_upload_did(
    publish: Run, registry: FakeRegistry, cosign: Path, tmp_path: Path
) -> None:
    """With Helm's login, which it does not know, and in no argument, where everybody on the machine sees it."""
    registry.login = "ann:hunter2"
    entry = {"auth": "YW5uOmh1bnRlcjI="}
    (tmp_path / "helm.json").write_text(json.dumps({"auths": {registry.address: entry}}))
    assert publish("--insecure-skip-tls-verify", "--ca-file", "ca.crt")[0] == 0
    assert {"--allow-http-registry", "--allow-insecure-registry", "--registry-cacert", "ca.crt"} <= set(told(cosign))
    assert json.loads(cosign.with_name("cosign.login").read_text()) == {"auths": {registry.address: entry}}
    assert "hunter2" not in " ".join(told(cosign))
    assert entry["auth"] not in " ".join(told(cosign))


def test_a_dry_run_signs_nothing(publish: Run, cosign: Path) -> None:
    """There is nothing to be signed."""
    assert publish("--dry-run")[0] == 0
    assert not cosign.with_name("cosign.told").exists()


def test_what_was_not_signed_is_one_sentence(publish: Run, registry: FakeRegistry, cosign: Path) -> None:
    """It is published all the same, which is said."""
    cosign.with_name("cosign.fails").touch()
    code, _, err = publish()
    assert code == 2
    assert "is published, and not signed: no such key. Publish it again to sign it." in " ".join(err.split())
    assert registry.tags == {"1.2.3"}


def test_without_the_program_nothing_is_published(
    publish: Run, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who asks for a signature wants no version without."""
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, err = publish()
    assert (code, out, registry.asked) == (2, "", [])
    assert "There is no cosign to sign with." in err
