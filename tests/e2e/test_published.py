"""A chart in a real registry: distribution's own program, the one that clusters get their images from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from timonier.cluster import programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.e2e.conftest import Served

pytestmark = pytest.mark.e2e
CHARTS = Path(__file__).parents[2] / "charts"


@pytest.fixture(scope="module")
def registry(
    serve_registry: Callable[..., AbstractContextManager[Served]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A registry on a free port of this machine; yields its address."""
    with serve_registry(tmp_path_factory.mktemp("registry")) as served:
        yield served.address


@pytest.fixture(scope="module")
def published(registry: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The chart of the database, pushed by the helm program; returns the folder in the registry."""
    helm = programs.find("helm").path
    folder = tmp_path_factory.mktemp("packaged")
    subprocess.run([helm, "package", CHARTS / "mariadb", "--destination", folder], check=True, capture_output=True)
    [archive] = folder.glob("*.tgz")
    push: list[str | Path] = [helm, "push", archive, f"oci://{registry}/charts", "--plain-http"]
    subprocess.run(push, check=True, capture_output=True)
    return f"oci://{registry}/charts"


def timonier(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as its users do."""
    command = [sys.executable, "-m", "timonier", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def version() -> str:
    """Return the version of the database's chart."""
    return next(
        line.split()[1]
        for line in (CHARTS / "mariadb/Chart.yaml").read_text().splitlines()
        if line.startswith("version:")
    )


@pytest.mark.parametrize("engine", ["embedded", "program"])
def test_what_is_published_is_what_lies_in_the_folder(published: str, engine: str) -> None:
    """But for the passwords that each rendering makes."""
    helm = str(programs.find("helm").path)
    chosen = helm if engine == "program" else engine
    done = timonier("diff", f"{published}/mariadb:{version()}", CHARTS / "mariadb", "--engine", chosen)
    assert (done.returncode, done.stderr) == (0, "")
    assert "unchanged" in done.stdout


def test_what_is_not_published_is_one_sentence(published: str) -> None:
    """Neither the chart nor the version."""
    for name in ("none:1.0.0", "mariadb:99.0.0"):
        done = timonier("render", f"{published}/{name}")
        said = f"timonier: {published}/{name} is not there. Check name and version.\n"
        assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_the_application_finds_its_database_in_the_registry(published: str, tmp_path: Path) -> None:
    """Its chart without `charts/` renders the same, and nothing is put there."""
    chart = tmp_path / "eni-todo"
    shutil.copytree(CHARTS / "eni-todo", chart, ignore=shutil.ignore_patterns("charts"))
    lines = (chart / "Chart.yaml").read_text().splitlines()
    lines = [line for line in lines if not line.strip().startswith("repository:")]
    place = next(number for number, line in enumerate(lines) if "name: mariadb" in line)
    lines.insert(place + 1, f"    repository: {published}")
    (chart / "Chart.yaml").write_text("\n".join(lines))
    done = timonier("diff", CHARTS / "eni-todo", chart)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (chart / "charts").exists()
