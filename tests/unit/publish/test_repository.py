"""`timonier publish` to a folder with an index, and to a branch that is served as one."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from timonier.chartfiles import ChartFiles
from timonier.package import Archive, package

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.engine.program import ProgramEngine

    Run = Callable[..., tuple[int, str, str]]


def made(content: bytes = b"", *, name: str = "shop", version: str = "1.2.3") -> Archive:
    """An archive of a chart that holds something."""
    files = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n".encode(), "files/a": content}
    return package(ChartFiles(Path(name), name, files))


@pytest.fixture
def put(tmp_path: Path) -> Callable[[Archive], Path]:
    """Writes an archive where nothing else is."""

    def write(archive: Archive) -> Path:
        path = tmp_path / "dist" / archive.digest[-8:] / archive.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive.content)
        return path

    return write


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty folder to publish to."""
    folder = tmp_path / "repository"
    folder.mkdir()
    return folder


def entries(text: str) -> dict[str, list[str]]:
    """The versions in an index, by chart."""
    return {name: [one["version"] for one in known] for name, known in yaml.safe_load(text)["entries"].items()}


def test_a_folder_gets_the_archive_and_an_entry_in_its_index(
    run: Run, put: Callable[[Archive], Path], repository: Path, program: ProgramEngine, tmp_path: Path
) -> None:
    """Helm finds it there, by the URL that is asked for; what was there before stays."""
    url = repository.as_uri()
    for archive in (made(), made(version="1.3.0"), made(name="stock")):
        assert run("publish", put(archive), repository, "--no-check", "--url", url)[0] == 0
    index = (repository / "index.yaml").read_text()
    assert entries(index) == {"shop": ["1.3.0", "1.2.3"], "stock": ["1.2.3"]}
    [newest, _] = yaml.safe_load(index)["entries"]["shop"]
    assert newest["urls"] == [f"{url}/shop-1.3.0.tgz"]
    # Helm's own reading of the same folder: it would write the same digests.
    told = tmp_path / "told"
    subprocess.run(["cp", "-r", repository, told], check=True)  # noqa: S607 - of every system
    subprocess.run([program.executable, "repo", "index", told], check=True, capture_output=True)
    helms = yaml.safe_load((told / "index.yaml").read_text())["entries"]
    assert {one["digest"] for one in helms["shop"]} == {made().digest[7:], made(version="1.3.0").digest[7:]}
    assert {one["digest"] for one in yaml.safe_load(index)["entries"]["shop"]} == {
        one["digest"] for one in helms["shop"]
    }


def test_the_same_again_changes_no_byte(run: Run, put: Callable[[Archive], Path], repository: Path) -> None:
    """Not even the time in the index."""
    assert run("publish", put(made()), repository, "--no-check")[1].endswith("published\n")
    before = (repository / "index.yaml").read_bytes()
    assert run("publish", put(made()), repository, "--no-check")[1].endswith("already there\n")
    assert (repository / "index.yaml").read_bytes() == before


def test_another_archive_of_that_version_is_refused(run: Run, put: Callable[[Archive], Path], repository: Path) -> None:
    """By the index; and by the file alone, should the index not know it."""
    run("publish", put(made()), repository, "--no-check")
    before = {path.name: path.read_bytes() for path in repository.iterdir()}
    code, _, err = run("publish", put(made(b"other")), repository, "--no-check")
    assert code == 2
    assert "has shop-1.2.3.tgz already, with other content" in " ".join(err.split())
    assert {path.name: path.read_bytes() for path in repository.iterdir()} == before
    (repository / "index.yaml").unlink()
    assert run("publish", put(made(b"other")), repository, "--no-check")[0] == 2
    assert not (repository / "index.yaml").exists()


def test_what_others_wrote_into_the_index_stays(run: Run, put: Callable[[Archive], Path], repository: Path) -> None:
    """Keys that Helm does not know, times as they were written, other archives' URLs."""
    old = {
        "apiVersion": "v1",
        "entries": {"old": [{"name": "old", "version": "1.0", "created": "2020-01-01T00:00:00Z", "urls": ["x.tgz"]}]},
        "serverInfo": {"contextPath": "/charts"},
    }
    (repository / "index.yaml").write_text(yaml.safe_dump(old))
    assert run("publish", put(made()), repository, "--no-check")[0] == 0
    index = yaml.load((repository / "index.yaml").read_text(), yaml.BaseLoader)  # noqa: S506 - makes texts only
    assert index["entries"]["old"] == old["entries"]["old"]  # type: ignore[index]  # a mapping, above
    assert index["serverInfo"] == old["serverInfo"]


@pytest.mark.parametrize("text", ["- a list\n", "entries: [1]\n", "\t: no YAML"])
def test_an_index_that_is_none_is_left_alone(
    run: Run, put: Callable[[Archive], Path], repository: Path, text: str
) -> None:
    """Whatever it is, it is somebody's."""
    (repository / "index.yaml").write_text(text)
    code, out, err = run("publish", put(made()), repository, "--no-check")
    assert (code, out) == (2, "")
    assert "index.yaml" in err
    assert [path.name for path in repository.iterdir()] == ["index.yaml"]
    assert (repository / "index.yaml").read_text() == text


def test_a_folder_that_is_not_there_is_not_made(run: Run, put: Callable[[Archive], Path], tmp_path: Path) -> None:
    """A misspelt place would look like success."""
    code, _, err = run("publish", put(made()), tmp_path / "nowhere", "--no-check")
    assert code == 2
    assert "is no folder" in err
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of git's with one commit, in which somebody is working."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "-q", "-b", "main")
    git("config", "user.name", "Ann")
    git("config", "user.email", "ann@shop.example")
    (folder / "README.md").write_text("one\n")
    git("add", ".")
    git("commit", "-qm", "Begin")
    (folder / "README.md").write_text("two\n")
    (folder / "new").write_text("staged\n")
    git("add", "new")
    return folder


def git(*arguments: str) -> str:
    """Run git in the current folder."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout  # noqa: S607


def test_a_branch_gets_a_commit_and_the_working_tree_stays(
    run: Run, put: Callable[[Archive], Path], checkout: Path
) -> None:
    """The branch is made where there is none; one commit for each version, and none for the same again."""
    before = git("status", "--porcelain"), git("rev-parse", "HEAD")
    for archive in (made(), made(), made(version="1.3.0")):
        code, _, err = run("publish", put(archive), "git:gh-pages:charts", "--no-check")
        assert (code, err) == (0, "")
    assert (git("status", "--porcelain"), git("rev-parse", "HEAD")) == before
    assert (checkout / "README.md").read_text() == "two\n"
    assert git("log", "--format=%s", "gh-pages").splitlines() == ["Publish shop 1.3.0", "Publish shop 1.2.3"]
    assert git("ls-tree", "-r", "--name-only", "gh-pages").splitlines() == [
        "charts/index.yaml",
        "charts/shop-1.2.3.tgz",
        "charts/shop-1.3.0.tgz",
    ]
    assert entries(git("show", "gh-pages:charts/index.yaml")) == {"shop": ["1.3.0", "1.2.3"]}
    assert run("publish", put(made(b"other")), "git:gh-pages:charts", "--no-check")[0] == 2


def test_a_dry_run_commits_nothing(run: Run, put: Callable[[Archive], Path], checkout: Path) -> None:
    """Nor does it write to a folder."""
    folder = checkout / "charts"
    folder.mkdir()
    for place in ("git:gh-pages", str(folder)):
        assert run("publish", put(made()), place, "--no-check", "--dry-run")[1].endswith("would be published\n")
    assert git("branch", "--format=%(refname:short)") == "main\n"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("git:main", "The branch main is checked out."),
        ("git:", "names no folder of a branch"),
        ("git:gh-pages:../x", "names no folder of a branch"),
        ("git:a..b", "Git does not do it"),
    ],
)
def test_a_branch_that_cannot_take_it_is_one_sentence(
    run: Run, put: Callable[[Archive], Path], checkout: Path, place: str, message: str
) -> None:
    """And nothing was committed."""
    code, out, err = run("publish", put(made()), place, "--no-check")
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())
    assert git("log", "--all", "--format=%s") == "Begin\n"
    assert (checkout / "new").read_text() == "staged\n"
