"""Definitions of custom resources (`tests/crds`) on a cluster that does not have them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.testing.cluster import TestCluster

FOLDER = Path(__file__).parents[1] / "crds"


@contextmanager
def defined(cluster: TestCluster, group: str) -> Iterator[None]:
    """Have the definitions of an API group; those that were not there before are removed afterwards."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob(f"*.{group}.json"))]
    there = {one["metadata"]["name"] for one in cluster.list("crds")}
    own = [one for one in found if one["metadata"]["name"] not in there]
    names = [f"crd/{one['metadata']['name']}" for one in own]
    if own:
        cluster.apply(*own)
        cluster.kubectl("wait", *names, "--for=condition=Established", "--timeout=60s")
    yield
    if own:
        cluster.kubectl("delete", *names, "--wait=false")
