"""Every rule has an example in which it finds something, and the neighbour of it in which it must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier import settings
from timonier.chart import load_chart
from timonier.check.catalogue import all_rules, select
from timonier.check.examples import MANIFESTS, example_of, names, read_example
from timonier.check.model import Severity
from timonier.check.renderings import Matrix
from timonier.check.run import check
from timonier.engine import Release
from timonier.source import ChartSource, FileSource
from timonier.values import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from timonier.check.model import Finding
    from timonier.engine.embedded import EmbeddedEngine

MATRIX = Matrix(Settings(), (), ("1.36.0",), Release(""))
# What the change mends as well, because one is never without the other.
ALSO = {
    "autoscaler-without-requests": {"missing-requests"},  # of those requests, that of cpu
    "dependency-condition": {"value-unread"},  # nothing else reads the key
    "default-refused": {"render"},  # Helm refuses the defaults
    "kube-version-impossible": {"kube-version-excluded"},  # whichever it is checked for
    "mount-without-volume": {"unused-volume"},  # the name is misspelt
    "unused-ignore": {"fixed-name"},  # which is ignored then
}
MOST_CHANGED = 10


def test_every_rule_has_an_example() -> None:
    """And no example is of a rule that is gone."""
    assert names() == set(all_rules())


@pytest.mark.parametrize("name", all_rules())
def test_the_change_mends_the_rule_and_nothing_else(name: str, tmp_path: Path, embedded: EmbeddedEngine) -> None:
    """Asked as `timonier check` asks, with all rules: what is found before and after differs by this rule alone."""
    example = example_of(name)
    assert example
    bad = _findings(example.bad, tmp_path / "bad", embedded)
    good = _findings(example.good, tmp_path / "good", embedded)
    before, after = {finding.rule for finding in bad}, {finding.rule for finding in good}
    assert name in before
    assert before - after == {name} | ALSO.get(name, set())
    assert after <= before
    assert [finding for finding in good if finding.severity is Severity.ERROR] == []
    # Helm's lint may be about a file that is not there; everything else is at a line.
    assert [finding for finding in bad if not finding.place.line and finding.rule != "helm-lint"] == []


@pytest.mark.parametrize("name", all_rules())
def test_the_change_is_small(name: str) -> None:
    """The right version is the wrong one's neighbour, so that the rule is silent for this reason and no other."""
    example = example_of(name)
    assert example
    changed = [line for line in example.text.splitlines() if line.startswith(("-", "+"))]
    assert 0 < len(changed) <= MOST_CHANGED


def test_an_example_is_read_as_it_is_seen() -> None:
    """Files, lines of one version, an empty line, and what is there in one version only."""
    example = read_example("@@ values.yaml @@\n-a: 1\n+a: 2\n\n b: 3\n@@ ci/x-values.yaml @@\n+a: 4\n")
    chart = {"Chart.yaml": example.bad["Chart.yaml"]}
    assert example.bad == chart | {"values.yaml": "a: 1\n\nb: 3\n"}
    assert example.good == chart | {"values.yaml": "a: 2\n\nb: 3\n", "ci/x-values.yaml": "a: 4\n"}
    assert read_example(" kind: A\n").good == {MANIFESTS: "kind: A\n"}
    with pytest.raises(ValueError, match="and not with k: kind: A"):
        read_example("kind: A\n")


def _findings(files: Mapping[str, str], folder: Path, engine: EmbeddedEngine) -> tuple[Finding, ...]:
    if MANIFESTS in files:
        return check([FileSource(MANIFESTS, files[MANIFESTS])], MATRIX, select({})).findings
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    ignores = settings.load(folder).check.ignore
    return check([ChartSource(load_chart(folder), engine)], MATRIX, select({}), ignores).findings
