"""Version constraints mean what they mean to Helm, whose own library is asked, through its function `semverCompare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from timonier.chartfiles import ChartFiles
from timonier.constraints import is_constraint, satisfies
from timonier.engine import Release
from timonier.errors import RenderError

if TYPE_CHECKING:
    from timonier.engine.embedded import EmbeddedEngine

CONSTRAINTS = [
    *(">=1.22.0-0", ">= 1.2, < 3", "^1.20", "~1.30", "1.x || >=2", "*", "", "  ", ">=1.2<3", ">=1,", "1.2 - 3"),
    *("1.2.3 - 1.30.1", "!=1.30", "!=1.30.x", "!=1", "!=*", ">*", "<=*", "^*", "~*", "<1.30", "<=1.30", "<=1", ">1"),
    *(">1.29", "=1.30.0", "1.30.0", "v1.30", "=>1.2", "=<1.30", "~>1.30", "^0.2.3", "^0.0.3", "^0.0", "^0", "^0.2"),
    *("~0.0.0", "~0", "1.30.0-0", "~1.30.0-alpha.1", "<1.30.0-rc", ">=1.30.0-0 <1.31.0-0", ">= v1.22", "1.*", "X"),
    *("1.30.X", "!=1.30.0-0", "abc", ">=1.01", ">=1 ||", "|", ">=1.22.0-0,<1.31", "1.30.2+gke.1", "^1.2.x", ">=x"),
    *("> =1", "1.2  -  1.40", ">= 1.2 , < 3", ">=1.2.3 1.30.0", ">=1.2 ,, <3", ">1.30.x", "^1.30.0-0", "!=1.30-0"),
    *(">=1.30-0", "~1-0"),
]
VERSIONS = [
    *("v1.25.0", "1.30.0", "v1.30.2-gke.100", "1.36.0", "0.2.3", "0.2.9", "0.0.3", "0.0.4", "0.0.0", "2.0.0", "3.0.0"),
    *("1.30.0-alpha.1", "1.30.0-alpha.2", "1.30", "1", "v1.31.0+k3s1", "0.0.1", "0.5.0", "1.30.0-0"),
]


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_a_constraint_allows_what_helm_allows(embedded: EmbeddedEngine, constraint: str) -> None:
    """Every operator, with numbers left out, wildcards, pre-releases, and what is none at all."""
    calls = ", ".join(f"{{{{ semverCompare {json.dumps(constraint)} {json.dumps(version)} }}}}" for version in VERSIONS)
    files = {
        "Chart.yaml": b"apiVersion: v2\nname: x\nversion: 1.0.0\n",
        "templates/a.yaml": f"kind: A\nallowed: [{calls}]\n".encode(),
    }
    try:
        [document] = embedded.template(ChartFiles(Path("x"), "x", files), {}, Release("x"))
    except RenderError:
        assert not is_constraint(constraint)
        assert not any(satisfies(version, constraint) for version in VERSIONS)
        return
    allowed = json.loads(document.text.partition("allowed: ")[2])
    assert [satisfies(version, constraint) for version in VERSIONS] == allowed


def test_what_is_no_version_satisfies_nothing() -> None:
    """Not even what everything satisfies."""
    assert satisfies("1.0.0", "*")
    for version in ("latest", "", "1.0.0.0", "1.0.0-01"):
        assert not satisfies(version, "*")
