"""timonier: render, compare and test Helm charts.

Everything that yields manifests is a source, and every verb works on manifests. See `docs/how-it-works.md`.
"""

from __future__ import annotations

__version__ = "0.1.0"
