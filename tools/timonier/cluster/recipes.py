"""Where the recipes lie for what cannot be had ready-made.

That is `images/` of a checkout, `_images/` of an installed package.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """The folder of a recipe (`node`, `programs/helm`, …)."""
    installed = _PACKAGE / "_images" / name
    return installed if installed.is_dir() else _PACKAGE.parent.parent / "images" / name
