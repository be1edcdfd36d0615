"""What a project says of itself, in either file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier import settings
from timonier.errors import TimonierError
from timonier.settings import CheckSettings, Ignore

if TYPE_CHECKING:
    from pathlib import Path

YAML = """
images: {shop: images/shop}
check:
  rules: {duplicate-key: off, schema: warning}
  kube-versions: ["1.30-1.36"]
  crds: [crds]
  ignore:
    - {rule: missing-requests, kind: Job, name: "*-test", path: "spec.*", reason: It runs for a second.}
"""
TOML = """
[tool.timonier.images]
shop = "images/shop"
[tool.timonier.check]
kube-versions = ["1.30-1.36"]
crds = ["crds"]
rules = { duplicate-key = "off", schema = "warning" }
[[tool.timonier.check.ignore]]
rule = "missing-requests"
kind = "Job"
name = "*-test"
path = "spec.*"
reason = "It runs for a second."
"""


@pytest.mark.parametrize(("file", "text"), [(".timonier.yaml", YAML), ("pyproject.toml", TOML)])
def test_both_files_say_the_same(tmp_path: Path, file: str, text: str) -> None:
    """From a folder further down too; paths are the file's."""
    (tmp_path / file).write_text(text)
    (tmp_path / "below").mkdir()
    said = settings.load(tmp_path / "below")
    assert said.images == {"shop": tmp_path / "images/shop"}
    assert said.check == CheckSettings(
        str(tmp_path / file),
        {"duplicate-key": "off", "schema": "warning"},
        ("1.30-1.36",),
        (tmp_path / "crds",),
        (Ignore("missing-requests", "It runs for a second.", "Job", "*-test", "spec.*"),),
    )


def test_without_a_file_nothing_is_set(tmp_path: Path) -> None:
    """As in a project that does not know timonier."""
    assert settings.load(tmp_path).check == CheckSettings()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("chek: {}", "unknown setting 'chek'. Did you mean check?"),
        ("other: {}", "unknown setting 'other'. Known: images, check."),
        ("check: [a]", "`check` is no mapping. It has: rules, kube-versions, crds, ignore."),
        ("check: {rule: {}}", "check: unknown setting 'rule'. Did you mean rules?"),
        ("check: {rules: [a]}", "check: `rules` maps names of rules to severities. For instance `icon-missing: off`."),
        ("check: {kube-versions: [1.30]}", 'check: `kube-versions` is a list of texts. Quote each one, as in "1.30".'),
        ("check: {crds: a}", "check: `crds` is a list of texts."),
        ("check: {ignore: a}", "check: `ignore` is a list."),
        ("check: {ignore: [a]}", "check: ignore, entry 1: it maps keys to texts."),
        ("check: {ignore: [{rule: a}]}", "check: ignore, entry 1: it has no reason."),
        ("check: {ignore: [{reason: a}]}", "check: ignore, entry 1: it has no rule."),
        ("check: {ignore: [{rule: a, reason: b, knd: c}]}", "entry 1: unknown setting 'knd'. Did you mean kind?"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """With the file, and what was meant."""
    (tmp_path / ".timonier.yaml").write_text(text)
    with pytest.raises(TimonierError) as refused:
        settings.load(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / '.timonier.yaml'}: ")
    assert sentence in str(refused.value)
