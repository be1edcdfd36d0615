"""What a repository holds at a revision is a source: `git:REF:PATH`."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from timonier.engine import Release
from timonier.errors import SourceError
from timonier.revision import read_revision
from timonier.source import ChartSource, FileSource, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., tuple[int, str, str]]

RELEASE = Release("shop")
CHART = "apiVersion: v2\nname: {name}\nversion: 0.1.0\n"
CONFIG = "kind: ConfigMap\nmetadata: {name: NAME}\ndata: {size: '{{ .Values.size }}'}\n"
FILES = {
    "charts/shop/Chart.yaml": CHART.format(name="shop") + "dependencies: [{name: base, version: 0.1.0}]\n",
    "charts/shop/values.yaml": "size: 1\n",
    "charts/shop/ci/big-values.yaml": "# Many.\nsize: 9\n",
    "charts/shop/templates/config.yaml": CONFIG.replace("NAME", "shop"),
    "charts/base/Chart.yaml": CHART.format(name="base"),
    "charts/base/values.yaml": "size: 5\n",
    "charts/base/templates/config.yaml": CONFIG.replace("NAME", "base"),
    "plain.yaml": "kind: Plain\nmetadata: {name: é}\n",
    "other/plain.yaml": "kind: Other\nmetadata: {name: x}\n",
    ".gitattributes": "ci export-ignore\n",
}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Neither the user's configuration nor a hook that runs these tests has a say; nothing temporary stays behind."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []


def git(*arguments: str) -> None:
    """Run git in the current folder."""
    subprocess.run(["git", *arguments], check=True, capture_output=True)  # noqa: S607 - the one on PATH


def output(*arguments: str, given: bytes = b"") -> str:
    """Return the line that git prints."""
    done = subprocess.run(["git", *arguments], input=given, check=True, capture_output=True)  # noqa: S607 - the same
    return done.stdout.decode().strip()


def commit(files: dict[str, str | bytes], message: str = "Change") -> None:
    """Write files and commit them."""
    for path, content in files.items():
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    git("add", "--all")
    git("commit", "--message", message)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two charts, one linked into the other, in a repository with two commits; the current folder is its top."""
    top = tmp_path / "repository"
    top.mkdir()
    monkeypatch.chdir(top)
    git("init", "--initial-branch", "main")
    (top / "charts/shop/charts").mkdir(parents=True)
    (top / "charts/shop/charts/base").symlink_to("../../base")
    commit(dict(FILES))
    git("tag", "v1")
    git("branch", "feature/x")
    commit({"charts/shop/values.yaml": "size: 2\n"})
    return top


def sizes(name: str) -> list[str]:
    """Return the sizes that a source's ConfigMaps hold."""
    return [manifest.document["data"]["size"] for manifest in open_source(name).manifests({}, RELEASE)]


@pytest.mark.parametrize(
    ("ref", "size"),
    [("HEAD", "2"), ("main", "2"), ("HEAD~1", "1"), ("v1", "1"), ("feature/x", "1"), ("main^{tree}", "2")],
)
@pytest.mark.usefixtures("repository")
def test_a_chart_is_rendered_as_it_was(ref: str, size: str) -> None:
    """At any revision git knows, with the subchart that is a link to the chart beside it."""
    assert sizes(f"git:{ref}:charts/shop") == ["5", size]


def test_only_what_was_committed_counts(repository: Path) -> None:
    """Not the working tree, not the index; and both stay as they were."""
    (repository / "charts/shop/values.yaml").write_text("size: 3\n")
    (repository / "new.yaml").write_text("kind: New\n")
    git("add", "new.yaml")
    index = (repository / ".git/index").read_bytes()
    assert sizes("git:HEAD:charts/shop") == ["5", "2"]
    with pytest.raises(SourceError, match=r"there is no new\.yaml in that revision"):
        open_source("git:HEAD:new.yaml")
    assert (repository / ".git/index").read_bytes() == index
    assert (repository / "charts/shop/values.yaml").read_text() == "size: 3\n"


def test_it_works_from_any_folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is seen from the top, as git has it; with ./ or ../ from the current folder."""
    monkeypatch.chdir(repository / "charts/shop")
    for path in ("charts/shop", "charts/shop/", ".", "./", "../shop"):
        source = open_source(f"git:HEAD:{path}")
        assert source.label == "git:HEAD:charts/shop"
        assert len(source.manifests({}, RELEASE)) == 2
    assert sizes("git:HEAD:../base") == sizes("git:HEAD:./charts/base") == ["5"]
    with pytest.raises(SourceError, match="leads out of the repository"):
        open_source("git:HEAD:../../../x")


@pytest.mark.usefixtures("repository")
def test_a_chart_at_the_top_of_its_repository_is_one() -> None:
    """An empty path is the top."""
    commit({"Chart.yaml": CHART.format(name="top"), "values.yaml": "size: 7\n", "templates/c.yaml": CONFIG})
    assert sizes("git:HEAD:")[-1] == "7"


@pytest.mark.usefixtures("repository")
def test_cases_and_names_are_the_revisions() -> None:
    """Export attributes take nothing away, and no temporary folder is named."""
    source = open_source("git:HEAD:charts/shop")
    assert isinstance(source, ChartSource)
    assert (source.label, source.chart.name) == ("git:HEAD:charts/shop", "shop")
    assert source.chart.case("big").origin == "git:HEAD:charts/shop/ci/big-values.yaml"


@pytest.mark.usefixtures("repository")
def test_a_manifest_file_is_a_source(run: Run) -> None:
    """It needs no engine; nor does it take values."""
    source = open_source("git:v1:plain.yaml", engine="/no/such/helm")
    assert isinstance(source, FileSource)
    assert [manifest.identity.name for manifest in source.content] == ["é"]
    assert run("diff", "git:v1:plain.yaml", "plain.yaml")[0] == 0
    assert run("diff", "git:v1:plain.yaml", "git:v1:other/plain.yaml")[0] == 1


@pytest.mark.usefixtures("repository")
def test_two_revisions_are_compared(run: Run) -> None:
    """What a review asks for."""
    code, out, err = run("diff", "git:v1:charts/shop", "charts/shop")
    assert (code, err) == (1, "")
    assert out.splitlines()[0] == "git:v1:charts/shop → charts/shop: 1 changed, 1 unchanged"
    assert run("diff", "git:HEAD:charts/shop", "charts/shop")[0] == 0
    assert run("render", "git:v1:charts/shop", "--all-cases", "-o", "json")[0] == 0


def test_links_are_followed_wherever_they_lead(repository: Path) -> None:
    """To files, through other links, and round in circles that nobody enters."""
    (repository / "charts/again").symlink_to("shop")
    (repository / "here").symlink_to("charts/again/charts")
    (repository / "charts/shop/values.yaml").unlink()
    (repository / "charts/shop/values.yaml").symlink_to("../../shared.yaml")
    (repository / "unrelated").symlink_to("/etc/passwd")
    commit({"shared.yaml": "size: 8\n"})
    assert sizes("git:HEAD:charts/again") == ["5", "8"]
    assert sizes("git:HEAD:here/base") == ["5"]
    files = read_revision("git:HEAD:charts/again").files
    assert files["values.yaml"] == b"size: 8\n"
    assert {"Chart.yaml", "charts/base/Chart.yaml", "ci/big-values.yaml"} < set(files)
    assert not [name for name in files if name.startswith("charts/again") or "passwd" in name or "plain" in name]
    (repository / "one.yaml").symlink_to("other/plain.yaml")
    commit({})
    assert open_source("git:HEAD:one.yaml").manifests({}, RELEASE)[0].identity.kind == "Other"


@pytest.mark.parametrize("target", ["..", "../base", "../shop"])
def test_a_circle_that_is_entered_is_refused(repository: Path, target: str) -> None:
    """There would be no end of files: by way of the chart itself, or of one that is linked into it."""
    (repository / "charts/base/round").symlink_to(target)
    commit({})
    with pytest.raises(SourceError, match=r"the link charts/.*/[a-z]+ leads back to where it came from"):
        open_source("git:HEAD:charts/shop")


@pytest.mark.usefixtures("repository")
def test_what_helm_ignores_is_not_in_the_chart() -> None:
    """As in the folder itself: cases are there, though `.helmignore` keeps them out of the chart."""
    show = 'kind: A\nfiles: {{ range $path, $_ := .Files.Glob "**" }}{{ $path }} {{ end }}\n'
    commit({"charts/base/.helmignore": "ci/\n*.tmp\n", "charts/base/ci/x-values.yaml": "size: 3\n"})
    commit({"charts/base/a/b.tmp": "", "charts/base/a/b.txt": "", "charts/base/templates/files.yaml": show})
    source = open_source("git:HEAD:charts/base")
    assert isinstance(source, ChartSource)
    assert source.chart.case("x").values == {"size": 3}
    assert source.manifests({}, RELEASE) == open_source("charts/base").manifests({}, RELEASE)
    assert [m.document.get("files") for m in source.manifests({}, RELEASE)] == [None, ".helmignore a/b.txt"]


@pytest.mark.usefixtures("repository")
def test_a_packaged_chart_at_a_revision_is_one() -> None:
    """As releases are kept by some."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add("charts/base", "base")
    commit({"base-0.1.0.tgz": buffer.getvalue()})
    assert sizes("git:HEAD:base-0.1.0.tgz") == ["5"]


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("/etc/passwd", "charts/base/link is a link to /etc/passwd, which is outside the repository"),
        ("../../../x", r"charts/base/link is a link to \.\./\.\./\.\./x, which is outside the repository"),
        ("nowhere", "charts/base/link is a link to charts/base/nowhere, which is not in that revision"),
        ("link", "the link charts/base/link leads nowhere but to links"),
    ],
)
def test_a_link_that_leads_out_is_refused(repository: Path, target: str, sentence: str) -> None:
    """Or a revision would hold what nobody committed; also when it is met by way of another link."""
    (repository / "charts/base/link").symlink_to(target)
    commit({})
    for path in ("charts/base", "charts/shop"):
        with pytest.raises(SourceError, match=sentence):
            open_source(f"git:HEAD:{path}")


def test_a_submodule_is_named(repository: Path) -> None:
    """Its files are not in this repository."""
    git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},charts/base/sub")
    git("commit", "--message", "Add a submodule")
    with pytest.raises(SourceError, match="charts/base/sub is a submodule"):
        open_source("git:HEAD:charts/shop")
    assert open_source("git:HEAD:plain.yaml").label == "git:HEAD:plain.yaml"
    assert repository.is_dir()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("git:nope:charts/shop", "there is no revision nope."),
        ("git:--all:charts/shop", "there is no revision --all."),
        ("git:--since=1:plain.yaml", "there is no revision --since=1."),
        ("git:^main:plain.yaml", "there is no revision ^main."),
        ("git:blob:plain.yaml", "there is no revision blob."),
        ("git:HEAD:nope", "there is no nope in that revision."),
        ("git:HEAD:charts/sho", "there is no charts/sho in that revision."),
        ("git:HEAD:/etc", "leads out of the repository."),
        ("git:HEAD", "git:HEAD does not say which path at which revision. Say git:REF:PATH."),
        ("git::plain.yaml", "does not say which path at which revision."),
        ("git:HEAD:charts", "git:HEAD:charts is a directory without a Chart.yaml."),
        ("git:HEAD:binary", "git:HEAD:binary is not text."),
        ("git:HEAD:bad.yaml", "git:HEAD:bad.yaml:2: this is not valid YAML"),
        ("git:HEAD:broken", "git:HEAD:broken cannot be rendered: "),
        ("git:HEAD:sham.tgz", "git:HEAD:sham.tgz is not a chart archive"),
    ],
)
@pytest.mark.usefixtures("repository")
def test_what_cannot_be_read_is_one_sentence(run: Run, name: str, sentence: str) -> None:
    """Exit code 2, with the revision's name and no temporary folder's."""
    broken = {"broken/Chart.yaml": CHART.format(name="broken"), "broken/templates/a.yaml": "{{ nil.x }}\n"}
    commit({"binary": b"\xff\xfe\x00", "bad.yaml": "a: [1\nb: 2\n", "sham.tgz": "no archive", **broken})
    git("tag", "blob", "HEAD:plain.yaml")
    for arguments in (["render", name], ["diff", name, "plain.yaml"]):
        code, out, err = run(*arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert sentence in err
        assert "scratch" not in err


def test_an_object_that_is_not_here_is_named(repository: Path) -> None:
    """As in a clone that left something out."""
    name = output("rev-parse", "HEAD:plain.yaml")
    (repository / ".git/objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(SourceError, match=f"git:HEAD:plain.yaml: the object {name} is not here"):
        open_source("git:HEAD:plain.yaml")
    assert sizes("git:HEAD:charts/shop") == ["5", "2"]


@pytest.mark.usefixtures("repository")
def test_a_tree_made_to_do_harm_is_refused() -> None:
    """It would write beside the temporary folder; git commits no such path, but its objects can be made by hand."""
    inner = bytes.fromhex(output("rev-parse", "HEAD:other"))
    tree = output("hash-object", "-t", "tree", "-w", "--stdin", "--literally", given=b"40000 ..\0" + inner)
    with pytest.raises(SourceError, match=r"\.\./plain\.yaml leads out of the repository"):
        open_source(f"git:{tree}:")


def test_outside_a_repository_is_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where there is no git."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    code, out, err = run("render", "git:HEAD:x")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "git:HEAD:x cannot be read: not a git repository" in err
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, err = run("render", "git:HEAD:x")
    assert (code, out, err) == (2, "", "timonier: git:HEAD:x cannot be read: there is no program git. Install git.\n")


@pytest.mark.usefixtures("repository")
def test_an_interrupt_leaves_nothing_behind(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a revision's chart is rendered; `alone` looks for what is left."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("timonier.engine.embedded.EmbeddedEngine.template", interrupted)
    assert run("render", "git:HEAD:charts/shop", "--engine", "embedded") == (2, "", "timonier: Interrupted.\n")
