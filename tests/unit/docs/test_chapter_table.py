"""The chapter's table: every option has a value, a case and a test, or somebody hears of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHART = "apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
FILES = {
    "docs/chapter/table.yaml": """
Pod:
  image: {both: [image]}
  node: {mariadb: [place.node], note: by its label}
  ports: {always: {both: "by the image"}}
Secret:
  encryption: {outside: the cluster's own}
Service:
  type: {eni-todo: [type=NodePort]}
""",
    "docs/chapter/table.md": "# Table\n\n<!-- table:begin -->\n<!-- table:end -->\n",
    "charts/eni-todo/Chart.yaml": CHART.format(name="eni-todo"),
    "charts/eni-todo/values.yaml": "image: a\ntype: ClusterIP\n",
    "charts/eni-todo/ci/ports-values.yaml": "# On the nodes.\ntype: NodePort\n",
    "charts/eni-todo/ci/other-values.yaml": "# Not there.\ntype: LoadBalancer\n",
    "charts/mariadb/Chart.yaml": CHART.format(name="mariadb"),
    "charts/mariadb/values.yaml": "image: b\nplace: {node: ''}\n",
    "charts/mariadb/ci/placed-values.yaml": "# Somewhere.\nplace: {node: one}\n",
    "tests/test_pods.py": """
import pytest

@pytest.mark.chapter("Pod: image", "Pod: node")
@pytest.mark.parametrize("number", [1, 2])
def test_runs(number): ...

@pytest.mark.chapter("Pod: ports")
@pytest.mark.chapter("Service: type")
def test_answers(): ...
""",
}
TABLE = """
## Pod

| option | value | case | test |
|---|---|---|---|
| image | both: `image` | both: defaults | [test_runs](../../tests/test_pods.py) |
| node | mariadb: `place.node` (by its label) | mariadb: placed | [test_runs](../../tests/test_pods.py) |
| ports | both: always: by the image | both: every one | [test_answers](../../tests/test_pods.py) |

## Secret

| option | value | case | test |
|---|---|---|---|
| encryption | the cluster's own | none | none |

## Service

| option | value | case | test |
|---|---|---|---|
| type | eni-todo: `type: NodePort` | eni-todo: ports | [test_answers](../../tests/test_pods.py) |
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two charts and a few tests, where nothing is missing."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "docs" / "chapter.py", tmp_path / "docs")
    return tmp_path


def write(root: Path, *arguments: str) -> tuple[int, list[str]]:
    """Run the script that writes the table; return its exit code and what it complains of."""
    command: list[str | Path] = [sys.executable, root / "docs" / "chapter.py", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr.splitlines()


def test_each_option_has_its_row(project: Path) -> None:
    """With the values that reach it, the cases in which they do, and the tests that are marked by it."""
    code, said = write(project, "--check")
    assert (code, said) == (1, [f"{project}/docs/chapter/table.md: out of date; run `python docs/chapter.py`"])
    assert write(project) == (0, [])
    assert TABLE in (project / "docs/chapter/table.md").read_text(encoding="utf-8")
    assert write(project, "--check") == (0, [])


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "charts/mariadb/values.yaml",
            "node",
            "nodes",
            ["Pod: node: no value and no case", "Pod: node: mariadb has no value place.node"],
        ),
        ("charts/mariadb/ci/placed-values.yaml", "node: one", "", ["Pod: node: no case"]),
        ("charts/eni-todo/ci/ports-values.yaml", "NodePort", "ClusterIP", ["Service: type: no case"]),
        ("tests/test_pods.py", ', "Pod: node"', "", ["Pod: node: no test"]),
        (
            "tests/test_pods.py",
            "Pod: node",
            "Pod: knot",
            ["Pod: node: no test", "a test is marked 'Pod: knot', which is no key of table.yaml"],
        ),
    ],
)
def test_what_is_missing_is_told(project: Path, file: str, old: str, new: str, said: list[str]) -> None:
    """A value, a case or a test that is gone, and a marker that names nothing."""
    text = (project / file).read_text(encoding="utf-8")
    assert old in text
    (project / file).write_text(text.replace(old, new), encoding="utf-8")
    write(project)
    assert write(project, "--check") == (1, said)


def test_the_charts_have_all_that_the_chapter_teaches() -> None:
    """No option is without a value, a case or a test, and the page says so; `python docs/chapter.py` writes it."""
    assert write(ROOT, "--check") == (0, [])
