"""Testing charts with pytest: what they render to, without a cluster, and what they do on one.

The fixtures come with the pytest plugin (`timonier.testing.plugin`), which pytest finds by itself. Without a cluster:

- `render`: renders a chart into objects to query (`Render`, `Rendered`, `Object`), and expects refusals (`Refusal`).
- `chart_snapshot`: what was rendered, against a YAML file.

On one:

- `cluster` (session): a kind cluster with an ingress controller and the project's images, or an existing one
  (`--kube-context`).
- `namespace` (one a test) and `module_namespace` (one a module): unique, removed afterwards.
- `release` (one a test) and `module_release` (one a module): installs a chart and waits until it is ready.
- `upgrade`: installs an older version of a chart, upgrades it to another and rolls back, and sees that nothing is lost.
- `client` (one a test) and `module_client`: a pod inside the cluster to send requests from.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timonier.testing.charts import Refusal, Render
    from timonier.testing.cluster import TestCluster
    from timonier.testing.objects import MissingError, Object, Rendered
    from timonier.testing.pod import Client
    from timonier.testing.release import Release
    from timonier.testing.waiting import wait_until

__all__ = [
    "Client",
    "MissingError",
    "Object",
    "Refusal",
    "Release",
    "Render",
    "Rendered",
    "TestCluster",
    "wait_until",
]

_MODULES = {
    "Client": "pod",
    "MissingError": "objects",
    "Object": "objects",
    "Refusal": "charts",
    "Release": "release",
    "Render": "charts",
    "Rendered": "objects",
    "TestCluster": "cluster",
    "wait_until": "waiting",
}


def __getattr__(name: str) -> object:
    """Import a name when it is asked for: pytest loads this package in every run, mostly for nothing."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
