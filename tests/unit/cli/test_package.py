"""`timonier package`: what is written, what is refused, and what Helm verifies."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.engine.program import ProgramEngine

    Run = Callable[..., tuple[int, str, str]]
    MakeChart = Callable[..., Path]

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n"
KEY = "releases@shop.example"


@pytest.fixture
def chart(make_chart: MakeChart) -> Path:
    """A chart without errors."""
    return make_chart({"templates/config.yaml": CONFIG})


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "dist"


@pytest.fixture
def keys(gpg: Callable[..., str]) -> Path:
    """A GnuPG home with one key without a passphrase."""
    gpg("--quick-gen-key", "--passphrase", "", KEY, "ed25519", "sign", "never")
    return Path(os.environ["GNUPGHOME"])


def test_charts_are_packaged_into_a_folder(run: Run, chart: Path, dist: Path) -> None:
    """The folder is made; the result is the archive and its digest, again and again the same."""
    code, out, err = run("package", chart, "-d", dist)
    path, digest = out.split()
    assert (code, err, path) == (0, "", str(dist / "shop-0.1.0.tgz"))
    assert run("package", chart, "-d", dist) == (0, out, "")
    assert [file.name for file in dist.iterdir()] == ["shop-0.1.0.tgz"]
    [told] = json.loads(run("package", chart, "-d", dist, "-o", "json")[1])
    assert told == {
        "name": "shop",
        "version": "0.1.0",
        "appVersion": "1",
        "path": path,
        "digest": digest,
        "size": (dist / "shop-0.1.0.tgz").stat().st_size,
    }


def test_dependencies_are_in_the_archive_and_not_in_the_folder(
    run: Run, make_chart: MakeChart, program: ProgramEngine, dist: Path
) -> None:
    """What `helm package` refuses with "found in Chart.yaml, but missing in charts/ directory"."""
    make_chart({"templates/config.yaml": CONFIG.replace(".Name }}", ".Name }}-stock")}, name="stock")
    depends = "dependencies:\n- {name: stock, version: 0.1.0, repository: file://../stock}\n"
    chart = make_chart({"templates/config.yaml": CONFIG})
    (chart / "Chart.yaml").write_text((chart / "Chart.yaml").read_text() + depends)
    assert run("package", chart, "-d", dist)[0] == 0
    assert not (chart / "charts").exists()
    shown = helm(program, "template", "one", dist / "shop-0.1.0.tgz")
    assert "name: one\n" in shown
    assert "name: one-stock\n" in shown


def test_a_chart_with_errors_is_not_packaged(run: Run, make_chart: MakeChart, chart: Path, dist: Path) -> None:
    """Nor is another that is packaged with it; nothing is written, unless that is asked for."""
    broken = make_chart({"templates/config.yaml": CONFIG + "data: [1]\n"}, name="broken")
    code, out, err = run("package", chart, broken, "-d", dist)
    assert (code, out) == (1, "")
    assert "templates/config.yaml" in err
    assert "Nothing was done." in err
    assert not dist.exists()
    assert run("package", chart, broken, "-d", dist, "--no-check")[0] == 0
    assert len(list(dist.iterdir())) == 2


def test_what_cannot_be_written_leaves_nothing_behind(run: Run, chart: Path, make_chart: MakeChart, dist: Path) -> None:
    """One archive's name is a folder's already: the other one is not written either."""
    other = make_chart({"templates/config.yaml": CONFIG}, name="stock")
    (dist / "stock-0.1.0.tgz").mkdir(parents=True)
    code, out, err = run("package", chart, other, "-d", dist)
    assert (code, out) == (2, "")
    assert "stock-0.1.0.tgz cannot be written: Is a directory" in err
    assert [path.name for path in dist.iterdir()] == ["stock-0.1.0.tgz"]


def test_helm_verifies_what_was_signed(
    run: Run, chart: Path, dist: Path, keys: Path, gpg: Callable[..., str], program: ProgramEngine
) -> None:
    """And no more once the archive was tampered with."""
    assert run("package", chart, "-d", dist, "--sign", "--key", KEY)[0] == 0
    ring = keys / "pubring.gpg"
    gpg("--output", str(ring), "--export", KEY)
    archive = dist / "shop-0.1.0.tgz"
    assert f"Signed by: {KEY}" in helm(program, "verify", archive, "--keyring", ring)
    archive.write_bytes(archive.read_bytes() + b"\0")
    assert "sha256 sum does not match" in helm(program, "verify", archive, "--keyring", ring, fails=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sign", "--key", "nobody@shop.example"], "GnuPG cannot sign shop-0.1.0.tgz with nobody@shop.example"),
        (["--key", KEY], "--key and --passphrase-file are for signing. Say --sign, too."),
        (["--sign", "--key", KEY, "--passphrase-file", "/nowhere"], "/nowhere does not exist."),
    ],
)
def test_what_cannot_be_signed_is_not_written(
    run: Run, chart: Path, dist: Path, keys: Path, arguments: list[str], message: str
) -> None:
    """An archive without the signature that was asked for would be published without it."""
    assert keys.is_dir()
    code, out, err = run("package", chart, "-d", dist, *arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())
    assert not dist.exists()


def test_an_expired_key_does_not_sign(run: Run, chart: Path, dist: Path, gpg: Callable[..., str]) -> None:
    """That it expired, and when: GnuPG itself calls it unusable."""
    then = ["--faked-system-time", "20200101T000000!"]
    gpg(*then, "--quick-gen-key", "--passphrase", "", "old@shop.example", "ed25519", "sign", "1d")
    code, _, err = run("package", chart, "-d", dist, "--sign", "--key", "old@shop.example")
    assert code == 2
    assert "with old@shop.example: the key expired on 2020-01-02. `gpg --quick-set-expire` prolongs" in " ".join(
        err.split()
    )
    assert "Traceback" not in err
    assert not dist.exists()


def helm(program: ProgramEngine, *arguments: str | Path, fails: bool = False) -> str:
    """Run Helm on what was packaged; return what it says."""
    command = [program.executable, *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | {"HELM_DEBUG": "0"})
    assert bool(done.returncode) is fails, done.stderr
    return done.stdout + done.stderr
