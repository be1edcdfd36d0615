"""A signature that lies beside an archive: what Helm would refuse is not published."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from timonier.chartfiles import ChartFiles
from timonier.package import package
from timonier.provenance import signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.publish.conftest import FakeRegistry

    Gpg = Callable[..., str]
    Run = Callable[..., tuple[int, str, str]]

KEY = "ann@shop.example"


@pytest.fixture
def signature(gpg: Gpg, tmp_path: Path) -> Path:
    """The signature beside an archive, by a key without an end."""
    gpg("--quick-gen-key", "--passphrase", "", KEY, "ed25519", "sign", "never")
    archive = package(ChartFiles(Path("shop"), "shop", {"Chart.yaml": b"name: shop\nversion: 1.2.3\n"}))
    (tmp_path / archive.file_name).write_bytes(archive.content)
    beside = tmp_path / f"{archive.file_name}.prov"
    beside.write_text(signed(archive, KEY))
    return beside


@pytest.fixture
def publish(run: Run, registry: FakeRegistry, signature: Path) -> Callable[[], tuple[int, str, str]]:
    """Publishes the archive with the signature beside it."""
    return lambda: run("publish", signature.with_suffix(""), f"oci://{registry.address}/charts", "--no-check")


def test_a_good_one_is_published(publish: Callable[[], tuple[int, str, str]], registry: FakeRegistry) -> None:
    """With the archive."""
    assert publish()[0] == 0
    assert registry.tags == {"1.2.3"}


def test_one_by_an_unknown_key_is_published(
    publish: Callable[[], tuple[int, str, str]], registry: FakeRegistry, gpg: Gpg
) -> None:
    """Whom to trust is for those to say who install it."""
    fingerprint = gpg("--with-colons", "--list-keys", KEY).partition("\nfpr:")[2].split(":")[8]
    gpg("--yes", "--delete-secret-and-public-key", fingerprint)
    assert publish()[0] == 0
    assert registry.tags == {"1.2.3"}


def test_one_that_was_changed_is_not_published(
    publish: Callable[[], tuple[int, str, str]], registry: FakeRegistry, signature: Path
) -> None:
    """Though the archive's checksum still stands in it."""
    signature.write_text(signature.read_text().replace("name: shop", "name: shop\ndescription: Not what was signed"))
    code, out, err = publish()
    assert (code, out, registry.asked) == (2, "", [])
    assert "shop-1.2.3.tgz.prov was changed after it was signed, and Helm refuses it." in " ".join(err.split())


def test_one_by_a_key_that_expired_is_not_published(
    publish: Callable[[], tuple[int, str, str]], registry: FakeRegistry, gpg: Gpg, signature: Path, tmp_path: Path
) -> None:
    """It was good when it was made, and nobody could install it by `helm install --verify` any more."""
    (tmp_path / "message").write_text(f"files:\n  shop-1.2.3.tgz: {digest(signature.with_suffix('').read_bytes())}\n")
    then = ["--yes", "--faked-system-time", "20200101T000000!"]
    gpg(*then, "--quick-gen-key", "--passphrase", "", "old@shop.example", "ed25519", "sign", "1d")
    gpg(*then, "--local-user", "old@shop.example", "--output", str(signature), "--clearsign", str(tmp_path / "message"))
    code, out, err = publish()
    assert (code, out, registry.asked) == (2, "", [])
    assert "was signed with a key that has expired, and Helm refuses it." in " ".join(err.split())


def digest(content: bytes) -> str:
    """Return what stands for a content in a signature."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
