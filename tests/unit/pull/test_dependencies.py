"""What a chart depends on and lacks is resolved in memory: its folder stays as it is."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from timonier.engine import Release
from timonier.errors import SourceError
from timonier.source import ChartSource, open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Registry  # type: ignore[import-not-found]  # pytest finds it, mypy does not
    from timonier.engine.program import ProgramEngine

    MakeChart = Callable[..., Path]
    Packed = Callable[[Path], bytes]
    Run = Callable[..., tuple[int, str, str]]

TEMPLATE = "kind: {{ .Chart.Name | title }}\nversion: {{ .Chart.Version | quote }}\nsize: {{ .Values.size }}\n"


@pytest.fixture(autouse=True)
def cache(apart: None, program: ProgramEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:  # noqa: ARG001 - they come first
    """A cache of the test's own."""
    monkeypatch.setenv("TIMONIER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def chart(make_chart: MakeChart) -> Callable[..., Path]:
    """What makes a chart with a version, and dependencies as lines of YAML."""

    def make(name: str, *dependencies: str, version: str = "0.1.0", lock: str = "") -> Path:
        shutil.rmtree(make_chart(name=name))
        declared = "".join(f"- {{{one}}}\n" for one in dependencies)
        files = {
            "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\ndependencies:\n{declared}",
            "templates/a.yaml": TEMPLATE,
        }
        return make_chart(files | ({"Chart.lock": lock} if lock else {}), name=name, values="size: 1\n")

    return make


def versions(source: str | Path) -> dict[str, str]:
    """Return the version of each chart that a source renders, by its kind."""
    manifests = open_source(str(source)).manifests({}, Release("x"))
    return {manifest.identity.kind: str(manifest.document["version"]) for manifest in manifests}


def state(folder: Path) -> dict[str, str]:
    """Return what lies in a folder."""
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_beside_is_taken_as_it_is(chart: Callable[..., Path], tmp_path: Path) -> None:
    """And what that depends on, too; by version, alias and values as Helm has it."""
    chart("base")
    chart("middle", "name: base, version: 0.x, repository: 'file://../base'")
    shop = chart("shop", "name: middle, version: ^0.1, repository: 'file://../middle', alias: inner")
    before = state(tmp_path)
    source = open_source(str(shop))
    manifests = source.manifests({"inner": {"size": 2, "base": {"size": 3}}}, Release("x"))
    assert {m.identity.kind: m.document["size"] for m in manifests} == {"Base": 3, "Inner": 2, "Shop": 1}
    assert state(tmp_path) == before
    (tmp_path / "base/templates/a.yaml").write_text("kind: Changed\nversion: 1\n")
    assert "Changed" in versions(shop)


def test_both_engines_render_what_helm_would(
    chart: Callable[..., Path], program: ProgramEngine, run: Run, tmp_path: Path
) -> None:
    """After `helm dependency build`, in a copy of the folder."""
    chart("base")
    shop = chart("shop", "name: base, version: 0.1.0, repository: 'file://../base', condition: base.on")
    shutil.copytree(shop, tmp_path / "copy")
    subprocess.run([program.executable, "dependency", "build", tmp_path / "copy"], check=True, capture_output=True)
    command: list[str | Path] = [program.executable, "template", "shop", tmp_path / "copy"]
    theirs = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert theirs.count("kind: ") == 2
    for engine in ("embedded", program.executable):
        assert run("render", shop, "--engine", engine) == (0, theirs, "")
    assert "kind: Base" not in run("render", shop, "--set", "base.on=false")[1]
    assert not (shop / "charts").exists()


def test_a_revision_takes_the_folder_beside_as_it_was(
    chart: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the one that lies there now."""
    chart("base")
    chart("shop", "name: base, version: '*', repository: 'file://../base'")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for arguments in (["init"], ["add", "base", "shop"], [*identity, "commit", "--message", "x"]):
        subprocess.run(["git", *arguments], check=True, capture_output=True)  # noqa: S607 - the one on PATH
    chart("base", version="0.2.0")
    assert versions("git:HEAD:shop") == {"Base": "0.1.0", "Shop": "0.1.0"}
    assert versions("shop") == {"Base": "0.2.0", "Shop": "0.1.0"}


@pytest.fixture
def published(chart: Callable[..., Path], registry: Registry, packed: Packed) -> Registry:
    """A registry and a repository with two versions of the chart `base`."""
    archives = {("base", version): packed(chart("base", version=version)) for version in ("1.0.0", "1.4.0")}
    for (_, version), archive in archives.items():
        registry.publish("charts/base", archive, version)
    registry.index(archives)
    return registry


@pytest.fixture(params=["oci://{}/charts", "http://{}/repo", "@here", "alias:here"])
def repository(request: pytest.FixtureRequest, published: Registry, tmp_path: Path) -> str:
    """Where the chart `base` is: in a registry, in a repository, and in one that has a name."""
    named = f"repositories:\n- {{name: here, url: 'http://{published.address}/repo'}}\n"
    (tmp_path / "repositories.yaml").write_text(named)
    place: str = request.param.format(published.address)
    return place


@pytest.mark.parametrize(("constraint", "found"), [("1.0.0", "1.0.0"), ("^1.0", "1.4.0"), ("<1.4", "1.0.0")])
def test_a_published_chart_is_fetched(chart: Callable[..., Path], repository: str, constraint: str, found: str) -> None:
    """The newest that the constraint allows; nothing is put into the folder."""
    shop = chart("shop", f"name: base, version: '{constraint}', repository: '{repository}'")
    before = state(shop)
    assert versions(shop) == {"Base": found, "Shop": "0.1.0"}
    assert state(shop) == before


def test_the_lock_decides(chart: Callable[..., Path], repository: str) -> None:
    """Where there is one: another machine gets the same."""
    lock = f"dependencies:\n- {{name: base, version: 1.0.0, repository: '{repository}'}}\n"
    shop = chart("shop", f"name: base, version: ^1.0, repository: '{repository}'", lock=lock)
    assert versions(shop) == {"Base": "1.0.0", "Shop": "0.1.0"}


def test_an_exact_version_is_fetched_once(
    chart: Callable[..., Path], repository: str, published: Registry, cache: Path
) -> None:
    """The second time nobody is asked, not even when nobody answers; a constraint is asked for again."""
    exact = chart("exact", f"name: base, version: 1.0.0, repository: '{repository}'")
    ranged = chart("ranged", f"name: base, version: 1, repository: '{repository}'")
    assert versions(exact)["Base"] == "1.0.0"
    assert versions(ranged)["Base"] == "1.4.0"
    published.asked.clear()
    assert versions(exact)["Base"] == "1.0.0"
    assert published.asked == []
    assert [path.name for path in cache.rglob("*.tgz")] == ["chart.tgz"]
    assert versions(ranged)["Base"] == "1.4.0"
    assert published.asked != []


def test_what_is_there_is_not_fetched(chart: Callable[..., Path], published: Registry, packed: Packed) -> None:
    """Packed in charts/, under whatever name of file."""
    shop = chart("shop", f"name: base, version: ^1.0, repository: 'oci://{published.address}/charts'")
    (shop / "charts").mkdir()
    (shop / "charts/any.tgz").write_bytes(packed(chart("base", version="1.2.0")))
    assert versions(shop)["Base"] == "1.2.0"
    assert published.asked == []


def test_a_published_chart_brings_what_it_lacks(
    chart: Callable[..., Path], published: Registry, packed: Packed
) -> None:
    """As some registries have them: without `charts/`."""
    shop = chart("shop", f"name: base, version: ^1.0, repository: 'oci://{published.address}/charts'")
    published.publish("charts/shop", packed(shop))
    assert versions(f"oci://{published.address}/charts/shop:0.1.0") == {"Base": "1.4.0", "Shop": "0.1.0"}


FAILURES = [
    ("1.0.0", "oci://ADDRESS/none", "oci://ADDRESS/none/base:1.0.0 is not there."),
    ("^9", "http://ADDRESS/repo", "base ^9 of http://ADDRESS/repo is not there."),
    ("1.0.0", "http://ADDRESS/none", "base 1.0.0 of http://ADDRESS/none is not there."),
    ("^9", "file://../base", "shop depends on base ^9, and file://../base holds 1.4.0."),
    ("*", "file://../none", "none does not exist."),
    ("*", "file://../shop", "shop depends on itself, by way of others."),
    ("*", "@nobody", "shop depends on base of nobody, which is unknown. Run `helm repo add nobody URL`."),
    ("*", "ftp://x", "shop depends on base of ftp://x, which is no repository."),
    ("*", "", "missing in charts/ directory: base"),
]


@pytest.mark.parametrize(("constraint", "place", "sentence"), FAILURES)
def test_what_cannot_be_had_is_one_sentence(
    run: Run, chart: Callable[..., Path], published: Registry, constraint: str, place: str, sentence: str
) -> None:
    """Which, of which chart, and why."""
    place, sentence = (text.replace("ADDRESS", published.address) for text in (place, sentence))
    name = "shop" if place.endswith("/shop") else "base"
    shop = chart("shop", f"name: {name}, version: '{constraint}', repository: '{place}'")
    if name == "shop":  # a chart that is there under its own name would not be missing
        (shop / "Chart.yaml").write_text((shop / "Chart.yaml").read_text().replace("'*'", "'0.1.0'"))
    code, out, err = run("render", shop)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert sentence in err


def test_a_lock_that_fell_behind_is_named(run: Run, chart: Callable[..., Path], published: Registry) -> None:
    """Neither version is taken for the user."""
    place = f"oci://{published.address}/charts"
    lock = f"dependencies:\n- {{name: base, version: 1.0.0, repository: '{place}'}}\n"
    shop = chart("shop", f"name: base, version: ^1.2, repository: '{place}'", lock=lock)
    code, _, err = run("render", shop)
    assert (code, err) == (
        2,
        f"timonier: {shop} depends on base ^1.2, and Chart.lock has 1.0.0. Run `helm dependency update`.\n",
    )


def test_a_packaged_chart_has_no_folder_beside(chart: Callable[..., Path], packed: Packed, tmp_path: Path) -> None:
    """Its `file://` led to a folder of whoever packaged it."""
    chart("base")
    (tmp_path / "shop-1.tgz").write_bytes(
        packed(chart("shop", "name: base, version: '*', repository: 'file://../base'"))
    )
    with pytest.raises(SourceError, match=r"shop-1\.tgz is packaged, without \.\./base that it depends on"):
        open_source(str(tmp_path / "shop-1.tgz"))


def test_a_password_in_a_url_is_not_told(run: Run, chart: Callable[..., Path]) -> None:
    """Neither as Chart.yaml has it, nor as Helm says it."""
    shop = chart("shop", "name: base, version: '1', repository: 'http://user:secret@127.0.0.1:1/repo'")
    code, _, err = run("render", shop)
    assert code == 2
    assert "base 1 of http://…@127.0.0.1:1/repo cannot be reached" in err
    assert "secret" not in err


def test_an_old_charts_requirements_are_met(make_chart: MakeChart, chart: Callable[..., Path]) -> None:
    """Of apiVersion v1, which has a file of its own for them."""
    chart("base")
    files = {
        "Chart.yaml": "apiVersion: v1\nname: old\nversion: 0.1.0\n",
        "requirements.yaml": "dependencies:\n- {name: base, version: 0.1.0, repository: 'file://../base'}\n",
    }
    source = open_source(str(make_chart(files, name="old")))
    assert isinstance(source, ChartSource)
    assert [manifest.identity.kind for manifest in source.manifests({}, Release("x"))] == ["Base"]
