"""kubeconform and kube-score, which have to have nothing to say about this project's charts; users of it need neither.

Usage: python tests/corpus/peers.py

Prints the programs' paths. They are built where the cache does not have them, in some twenty seconds; `./nox -s tests`
does so before pytest hides what is printed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from timonier.cluster.gobuild import Recipe, built
from timonier.cluster.steps import Steps

PROGRAMS = Path(__file__).resolve().parent / "programs"
RECIPES = (
    Recipe(
        str(PROGRAMS / "kubeconform"),
        "0.7.0",
        {"kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform"},
        {"main.version": "v0.7.0"},
    ),
    Recipe(
        str(PROGRAMS / "kube-score"),
        "1.20.0",
        {"kube-score": "github.com/zegl/kube-score/cmd/kube-score"},
        {"main.version": "1.20.0"},
    ),
)

if __name__ == "__main__":
    for recipe in RECIPES:
        for name in recipe.programs:
            sys.stdout.write(f"{built(recipe, Steps()) / name}\n")
