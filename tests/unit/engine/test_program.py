"""How the helm program is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.engine import Release
from timonier.engine.program import ProgramEngine
from timonier.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELM = """#!/bin/sh
cat > /dev/null
printf -- '---\\n# Source: a/templates/a.yaml\\ngogc: %s\\n' "$GOGC"
"""


@pytest.mark.parametrize("own", ["", "50"])
def test_helm_is_run_with_more_room_unless_the_user_says_how_much(
    make_chart: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str
) -> None:
    """Go's collector would take a seventh of the time of a rendering."""
    helm = tmp_path / "helm"
    helm.write_text(HELM)
    helm.chmod(0o755)
    monkeypatch.delenv("GOGC", raising=False)
    if own:
        monkeypatch.setenv("GOGC", own)
    [template] = ProgramEngine(helm).template(make_chart({}), {}, Release("a"))
    assert template.text.strip() == f"gogc: {own or 400}"


@pytest.mark.parametrize(("script", "told"), [("#!/bin/sh\nkill -9 $$\n", "ended with -9"), ("none", "Exec format")])
def test_a_helm_that_says_nothing_is_named(
    make_chart: Callable[..., Path], tmp_path: Path, script: str, told: str
) -> None:
    """One that is killed, for want of memory perhaps, and a file that is no program: neither is the chart's fault."""
    helm = tmp_path / "helm"
    helm.write_text(script)
    helm.chmod(0o755)
    with pytest.raises(EngineError, match=f"{helm} is no helm that runs: .*{told}"):
        ProgramEngine(helm).template(make_chart({}), {}, Release("a"))
