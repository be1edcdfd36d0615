"""Testing charts on a real cluster with pytest: fixtures, waiting, and what to print when a test fails.

The fixtures come with the pytest plugin (`timonier.testing.plugin`), which pytest finds by itself:

- `cluster` (session): a kind cluster with an ingress controller and the project's images, or an existing one
  (`--kube-context`).
- `namespace` (one a test) and `module_namespace` (one a module): unique, removed afterwards.
- `release` (one a test) and `module_release` (one a module): installs a chart and waits until it is ready.
- `client` (one a test) and `module_client`: a pod inside the cluster to send requests from.
"""

from __future__ import annotations

from timonier.testing.cluster import TestCluster
from timonier.testing.pod import Client
from timonier.testing.release import Release
from timonier.testing.waiting import wait_until

__all__ = ["Client", "Release", "TestCluster", "wait_until"]
