"""Helm 4 and Helm 3, got when they are not there: what compares them is never skipped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from timonier.engine.program import ProgramEngine

HELM_3 = Path(__file__).parents[2] / "corpus" / "helm3.py"


@pytest.fixture(scope="session")
def helm4(program: ProgramEngine) -> ProgramEngine:
    """The Helm 4 this project pins."""
    return program


@pytest.fixture(scope="session")
def helm3() -> ProgramEngine:
    """Helm 3, built where the cache does not have it."""
    got = subprocess.run([sys.executable, str(HELM_3)], stdout=subprocess.PIPE, text=True, check=True)
    return ProgramEngine(got.stdout.strip())
