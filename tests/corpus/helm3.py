"""Helm 3, which the tests compare with Helm 4; users of this project need none.

Usage: python tests/corpus/helm3.py

Prints the program's path. It is built where the cache does not have it, which takes about three minutes; `./nox -s
tests` does so before pytest hides what is printed, and else the first test that wants it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from timonier.cluster.gobuild import Recipe, built
from timonier.cluster.steps import Steps

VERSION = "3.22.0"
RECIPE = Recipe(
    str(Path(__file__).resolve().parent / "programs" / "helm3"),
    VERSION,
    {"helm": "helm.sh/helm/v3/cmd/helm"},
    {
        "helm.sh/helm/v3/internal/version.version": f"v{VERSION}",
        # What it renders for when no version is asked for, as Helm's Makefile takes it from client-go in go.mod; Helm 4
        # finds out by itself.
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": "1",
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": "37",
    },
)

if __name__ == "__main__":
    sys.stdout.write(f"{built(RECIPE, Steps()) / 'helm'}\n")
