"""`timonier changed`: which charts changed, how much, and whether their versions say so."""

from __future__ import annotations

import itertools
import json
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

CHART = "apiVersion: v2\nname: {name}\nversion: {version}\n"
TEMPLATE = "apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {{{{ .Release.Name }}}}\n"
VALUES = "size: 1\nweb:\n  port: 80\n  hosts: [a]\n"


def git(*arguments: str) -> str:
    """Run git in the current folder."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout  # noqa: S607


def commit(message: str = "Change") -> None:
    """Commit all there is."""
    git("add", "--all")
    git("commit", "-qm", message)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chart of version 1.2.3 on the branch main, and the branch that is worked on."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    git("config", "user.name", "Ann")
    git("config", "user.email", "ann@shop.example")
    chart = tmp_path / "charts" / "shop"
    write(chart, {"templates/config.yaml": TEMPLATE.format(kind="ConfigMap"), "values.yaml": VALUES})
    commit("Begin")
    git("switch", "-qc", "work")
    return chart


def write(chart: Path, files: dict[str, str], *, name: str = "shop", version: str = "1.2.3") -> None:
    """Write a chart's files."""
    for path, text in {"Chart.yaml": CHART.format(name=name, version=version), **files}.items():
        (chart / path).parent.mkdir(parents=True, exist_ok=True)
        (chart / path).write_text(text)


def told(run: Run, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """What `changed` says as JSON."""
    code, out, err = run("changed", "--since", "main", "-o", "json", *arguments)
    assert err == ""
    return code, json.loads(out)


def test_nothing_changed(run: Run, shop: Path) -> None:
    """Nor does it when only the version was raised, or something that is not in the package."""
    assert told(run) == (0, [])
    write(shop, {".helmignore": "notes.txt\n"})
    commit()
    git("branch", "-f", "main")
    write(shop, {"notes.txt": "…\n"}, version="1.2.4")
    assert told(run) == (0, [])


@pytest.mark.parametrize(
    ("files", "change", "wanted", "reason"),
    [
        ({"README.md": "The shop.\n"}, "patch", "1.2.4", "files changed: README.md"),
        ({"values.yaml": VALUES + "colour: red\n"}, "minor", "1.3.0", "value colour is new"),
        (
            {"templates/more.yaml": TEMPLATE.format(kind="Secret")},
            "minor",
            "1.3.0",
            "Secret shop is new",
        ),
        ({"values.yaml": VALUES.replace("80", "81")}, "breaking", "2.0.0", "value web.port has another default"),
        ({"values.yaml": VALUES.replace("[a]", "[b]")}, "breaking", "2.0.0", "value web.hosts has another default"),
        ({"values.yaml": VALUES.replace("size: 1\n", "")}, "breaking", "2.0.0", "value size is gone"),
        ({"templates/config.yaml": TEMPLATE.format(kind="Secret")}, "breaking", "2.0.0", "ConfigMap shop is gone"),
        ({"templates/config.yaml": "{{ fail }}"}, "breaking", "2.0.0", "case defaults does not render any more"),
    ],
)
def test_a_version_has_to_say_how_much_changed(
    run: Run, shop: Path, files: dict[str, str], change: str, wanted: str, reason: str
) -> None:
    """Until it does, the exit code is 1; committed or not."""
    write(shop, files)
    code, [chart] = told(run)
    assert (code, chart["change"], chart["wanted"], chart["raised"]) == (1, change, wanted, False)
    assert any(one["text"].startswith(reason) and one["change"] == change for one in chart["reasons"]), chart
    write(shop, files, version=wanted)
    commit()
    code, [chart] = told(run)
    assert (code, chart["raised"], chart["oldVersion"], chart["version"]) == (0, True, "1.2.3", wanted)


@pytest.mark.parametrize(
    ("version", "values", "wanted"),
    [
        ("0.2.0", VALUES.replace("80", "81"), "0.3.0"),
        ("0.2.0", VALUES + "colour: red\n", "0.2.1"),
        ("1.2.3-rc.1", VALUES.replace("80", "81"), "1.2.3"),
        ("1.2.3+build.1", VALUES + "colour: red\n", "1.3.0"),
    ],
)
def test_versions_below_one_and_pre_releases_may_break(
    run: Run, shop: Path, version: str, values: str, wanted: str
) -> None:
    """As https://semver.org has it."""
    write(shop, {}, version=version)
    commit()
    git("branch", "-f", "main")
    write(shop, {"values.yaml": values}, version=version)
    _, [chart] = told(run)
    assert chart["wanted"] == wanted


def test_a_default_is_not_told(run: Run, shop: Path) -> None:
    """It may be a password."""
    write(shop, {"values.yaml": VALUES + "password: hunter2\n"})
    commit()
    git("branch", "-f", "main")
    write(shop, {"values.yaml": VALUES + "password: hunter3\n"})
    code, out, _ = run("changed", "--since", "main")
    assert code == 1
    assert "value password has another default" in out
    assert "hunter" not in out


def test_charts_that_come_move_and_go(run: Run, shop: Path) -> None:
    """A chart is known by its name."""
    stock = shop.parent / "stock"
    write(stock, {"templates/a.yaml": TEMPLATE.format(kind="Secret")}, name="stock")
    commit()
    git("branch", "-f", "main")
    (shop.parents[1] / "apps").mkdir()
    git("mv", "charts/shop", "apps/shop")
    git("rm", "-rq", "charts/stock")
    write(shop.parents[1] / "apps" / "new", {"templates/a.yaml": TEMPLATE.format(kind="Secret")}, name="new")
    commit()
    assert told(run)[1] == [
        chart("new", "apps/new", "", "", "1.2.3", "new"),
        chart("stock", "charts/stock", "charts/stock", "1.2.3", "", "removed"),
    ]
    write(shop.parents[1] / "apps" / "shop", {"README.md": "Moved.\n"})
    _, [_, moved, _] = told(run)
    assert (moved["path"], moved["oldPath"], moved["change"]) == ("apps/shop", "charts/shop", "patch")
    assert [one["name"] for one in told(run, "apps/shop")[1]] == ["shop"]


def chart(name: str, path: str, old_path: str, old_version: str, version: str, change: str) -> dict[str, Any]:
    """What is said of a chart of which there is nothing to compare."""
    return {
        "name": name,
        "path": path,
        "oldPath": old_path,
        "oldVersion": old_version,
        "version": version,
        "change": change,
        "wanted": "",
        "raised": True,
        "reasons": [],
    }


def test_a_changed_dependency_changes_those_that_bring_it_along(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a link or by `file://`: what is packaged is another."""
    write(shop.parent / "stock", {"templates/a.yaml": TEMPLATE.format(kind="Secret")}, name="stock")
    depends = "dependencies: [{name: stock, version: '>=1', repository: 'file://../stock'}]\n"
    (shop / "Chart.yaml").write_text(CHART.format(name="shop", version="1.2.3") + depends)
    commit()
    git("branch", "-f", "main")
    seconds = itertools.count(10**9, 60)
    monkeypatch.setattr(
        time, "time", lambda: next(seconds)
    )  # what is packed in the next minute is the same all the same
    assert told(run) == (0, [])
    (shop.parent / "stock" / "templates" / "a.yaml").write_text(TEMPLATE.format(kind="ConfigMap"))
    code, found = told(run)
    assert code == 1
    assert [(one["name"], one["change"]) for one in found] == [("shop", "breaking"), ("stock", "breaking")]


@pytest.mark.parametrize("repository", ["file://../stock", ""], ids=["by file://", "by a link"])
@pytest.mark.parametrize("key", ["stock", "goods"], ids=["by its name", "by an alias"])
def test_what_a_dependency_lets_its_users_set_is_the_charts_as_well(
    run: Run, shop: Path, repository: str, key: str
) -> None:
    """A value of it that is gone breaks those who set it; one that the chart sets itself has that default still."""
    stock = shop.parent / "stock"
    write(stock, {"values.yaml": "colour: red\nweight: 1\nunits: {weight: kg, length: m}\n"}, name="stock")
    alias = f", alias: {key}" if key != "stock" else ""
    depends = f"dependencies: [{{name: stock, version: '>=1', repository: '{repository}'{alias}}}]\n"
    write(
        shop,
        {"Chart.yaml": CHART.format(name="shop", version="1.2.3") + depends, "values.yaml": f"{key}: {{weight: 2}}"},
    )
    if not repository:
        (shop / "charts").mkdir()
        (shop / "charts" / "stock").symlink_to("../../stock")
    commit()
    git("branch", "-f", "main")
    (stock / "values.yaml").write_text("weight: 3\nsize: {width: 1, height: 2}\n")
    _, [found, _] = told(run)
    reasons = [one["text"] for one in found["reasons"] if one["text"].startswith("value")]
    assert reasons == [f"value {key}.colour is gone", f"value {key}.units is gone", f"value {key}.size is new"]
    assert (found["name"], found["change"]) == ("shop", "breaking")


def test_charts_of_one_name_are_told_apart_by_where_they_lie(run: Run, shop: Path) -> None:
    """Such as a chart and an example of it. What lies nowhere any more has moved to where there was none."""
    example = shop.parents[1] / "examples" / "shop"
    write(example, {"values.yaml": "other: 1\n"}, version="0.9.0")
    commit()
    git("branch", "-f", "main")
    assert told(run) == (0, [])
    write(shop, {"README.md": "Changed.\n"})
    _, [found] = told(run)
    assert (found["path"], found["oldPath"], found["change"]) == ("charts/shop", "charts/shop", "patch")
    commit()
    git("mv", "examples", "samples")
    git("rm", "-rq", "charts/shop")
    write(shop.parents[1] / "samples" / "shop", {"values.yaml": "other: 2\n"}, version="0.9.0")
    _, both = told(run)
    assert [(one["path"], one["change"]) for one in both] == [("samples/shop", "breaking"), ("charts/shop", "removed")]


def test_a_merged_branch_counts_as_what_it_changed(run: Run, shop: Path) -> None:
    """Two branches, merged into the one that is compared: all of both, and nothing of main's."""
    for branch in ("one", "two"):
        git("switch", "-q", "-c", branch, "main")
        write(shop, {f"templates/{branch}.yaml": f"{{{{- /* {branch} */}}}}\n"})
        commit()
    git("switch", "-q", "work")
    git("merge", "-q", "--no-ff", "-m", "Merge both", "one")
    git("merge", "-q", "--no-ff", "-m", "Merge both", "two")
    git("switch", "-q", "main")
    write(shop, {"README.md": "Main went on.\n"})
    commit()
    git("switch", "-q", "work")
    _, [found] = told(run)
    assert [one["text"] for one in found["reasons"]] == ["files changed: templates/one.yaml, templates/two.yaml"]


def test_a_shallow_clone_is_one_sentence(
    run: Run, shop: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That what is asked for was not cloned is not known of git's `there is no such revision`."""
    write(shop, {"README.md": "Changed.\n"})
    commit()
    clone = tmp_path_factory.mktemp("clone")
    git("clone", "-q", "--depth", "1", "--branch", "work", f"file://{shop.parents[1]}", str(clone))
    monkeypatch.chdir(clone)
    for since in ("origin/main", "HEAD~1"):
        code, out, err = run("changed", "--since", since)
        assert (code, out) == (2, "")
        assert f"there is no revision {since}. The clone is a shallow one: run `git fetch --unshallow`." in err
    git("fetch", "-q", "--depth", "1", "origin", "main:main")
    code, out, err = run("changed", "--since", "main")
    assert (code, out) == (2, "")
    assert "have no commit in common. Is the clone a shallow one?" in " ".join(err.split())


def test_what_others_merged_meanwhile_is_not_this_branchs(run: Run, shop: Path) -> None:
    """Compared is where the branch left main; `--exactly` compares with main as it is."""
    git("switch", "-q", "main")
    write(shop, {"README.md": "Merged by others.\n"})
    commit()
    git("switch", "-q", "work")
    assert told(run) == (0, [])
    assert [one["change"] for one in told(run, "--exactly")[1]] == ["patch"]
    git("merge", "-q", "--no-ff", "-m", "Merge main", "main")
    assert told(run) == (0, [])


def test_a_chart_inside_another_is_part_of_it(run: Run, shop: Path) -> None:
    """It has a version of its own, and nobody publishes it."""
    write(shop / "charts" / "inner", {"templates/a.yaml": TEMPLATE.format(kind="Secret")}, name="inner")
    _, [found] = told(run)
    assert (found["name"], found["change"]) == ("shop", "minor")


@pytest.mark.parametrize(("since", "message"), [("nowhere", "there is no revision nowhere"), ("--all", "revision")])
def test_a_revision_that_is_none_is_one_sentence(run: Run, shop: Path, since: str, message: str) -> None:
    """Exit code 2: nothing was found out."""
    assert shop.is_dir()
    code, out, err = run("changed", f"--since={since}")
    assert (code, out) == (2, "")
    assert message in err
