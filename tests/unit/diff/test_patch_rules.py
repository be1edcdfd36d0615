"""Patches of what rules leave: neither objects nor values that are passed over, and the rest as it is written."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]
    Changed = Callable[..., list[str]]

HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"


@pytest.fixture
def changed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Changed:
    """Return the lines that the patch from one text to another takes and gives; the comparison says whether any."""
    monkeypatch.chdir(tmp_path)

    def lines(old: str, new: str, *rules: str) -> list[str]:
        for name, text in (("old.yaml", old), ("new.yaml", new)):
            (tmp_path / name).write_text(textwrap.dedent(text))
        code, out, err = run("diff", "old.yaml", "new.yaml", *rules, "-o", "patch")
        assert not err
        assert bool(out) == bool(code)
        return [line for line in out.splitlines()[4:] if line[0] in "+-"]

    return lines


def test_objects_are_left_as_they_are(changed: Changed) -> None:
    """Those that change, those that go and those that come."""
    old = f"{CONFIG}data: {{a: '1'}}\n---\n{CONFIG.replace('c}', 'gone}')}---\n{HEAD}spec: {{replicas: 1}}\n"
    new = f"{CONFIG}data: {{a: '2'}}\n---\n{CONFIG.replace('c}', 'come}')}---\n{HEAD}spec: {{replicas: 2}}\n"
    left = ["-spec: {replicas: 1}", "+spec: {replicas: 2}"]
    assert changed(old, new, "--ignore=ConfigMap") == left
    assert changed(old, new, "--only=Deployment") == left
    assert changed(old, new, "--ignore=ConfigMap", "--ignore=:spec") == []
    assert "+metadata: {name: come}" in changed(old, new)


def test_values_are_left_as_they_are_written(changed: Changed) -> None:
    """Beside one that changes, added or taken away, with the comments around them."""
    old = f"""{CONFIG}
labels:
  # why
  chart: "a-1"   # by Helm
  gone: x
  also-gone: x
data:
  a: '1'
"""
    new = f"""{CONFIG}
labels:
  # why
  chart: "a-2"
  come: x
  also-come: x
data:
  a: '2'
"""
    assert changed(old, new, "--ignore=:labels.chart", "--ignore=:labels.gone", "--ignore=:labels.come") == [
        "-  also-gone: x",
        "+  also-come: x",
        "-  a: '1'",
        "+  a: '2'",
    ]
    assert changed(old, new, "--only=:data") == ["-  a: '1'", "+  a: '2'"]
    assert changed(old, new, "--ignore=:labels", "--ignore=:data") == []


def test_texts_of_several_lines_are_left(changed: Changed) -> None:
    """All of their lines, or none."""
    old = f"{CONFIG}data:\n  kept: |\n    one\n    two\n    three\n  taken: |\n    one\n    two\n"
    new = f"{CONFIG}data:\n  kept: |\n    1\n    2\n    3\n  taken: |\n    one\n    2\n"
    assert changed(old, new, "--ignore=:data.kept") == ["-    two", "+    2"]


def test_what_lines_cannot_say_is_printed_anew(changed: Changed) -> None:
    """Two values on a line, one of which is passed over."""
    old, new = (f"{CONFIG}data: {{a: x, b: {value}, c: {value}}}\n" for value in "uv")
    assert changed(old, new, "--ignore=:data.b")[-4:] == ["+data:", "+  a: x", "+  b: u", "+  c: v"]


def test_an_autoscaler_is_heeded(changed: Changed) -> None:
    """As it is when the two are compared."""
    target = "{scaleTargetRef: {kind: Deployment, name: web}}"
    scaler = f"---\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec: {target}\n"
    old, new = (f"{HEAD}spec:\n  replicas: {one}\n  paused: {one == 2}\n{scaler}" for one in (1, 2))
    assert changed(old, new, "--ignore=@autoscaled-replicas") == ["-  paused: False", "+  paused: True"]


def test_an_order_is_taken_though_a_value_is_not(changed: Changed) -> None:
    """That of containers counts: what comes first is started first."""
    head = f"{HEAD}spec:\n  template:\n    spec:\n      containers:\n"
    container = "        - name: {0}\n          image: {0}:{1}\n"
    old, new = (head + "".join(container.format(name, tag) for name in names) for names, tag in (("ab", 1), ("ba", 2)))
    path = ":spec.template.spec.containers[name=a].image"
    shown = changed(old, new, f"--ignore={path}")
    images = [line.split("image: ")[1] for line in shown if line.startswith("+") and "image: " in line]
    assert images == ["b:2", "a:1"]


def test_a_list_is_one_document(run: Run, changed: Changed, tmp_path: Path) -> None:
    """Rules are about the objects in it, which a patch cannot leave out: that is said, not done by halves."""
    old, new = (
        f"kind: List\napiVersion: v1\nitems: [{{kind: A, metadata: {{name: a}}, spec: {one}}}]\n" for one in (1, 2)
    )
    assert len(changed(old, new)) == 2
    code, out, err = run("diff", tmp_path / "old.yaml", tmp_path / "new.yaml", "--only=A", "-o", "patch")
    assert (code, out) == (2, "")
    assert "its objects are one document" in err
    assert changed(old, old, "--only=A") == []
