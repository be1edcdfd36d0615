"""The registry beside the nodes: the way images reach a cluster, one layer at a time.

An image is pushed to it under its full name (`REGISTRY/mariadb:10.11` becomes `…/docker.io/library/mariadb:10.11`),
and the nodes' containerd is told to look there first. Only layers that either side does not have are moved. What was
pushed is kept in the cache, so a new cluster costs no new push.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import time
from contextlib import closing
from typing import TYPE_CHECKING

from timonier.cluster import cache, images
from timonier.cluster.process import succeeds
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.cluster.container import Engine
    from timonier.cluster.steps import Steps

NAME = "timonier-registry"
NETWORK = "kind"
_PORT = 5000
_START_SECONDS = 20
_CERTS = "/etc/containerd/certs.d"


def full_name(image: str) -> str:
    """An image's name with its registry: `mariadb:10.11` is `docker.io/library/mariadb:10.11`."""
    first, _, rest = image.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if rest else f"docker.io/library/{image}"


def start(engine: Engine, steps: Steps) -> str:
    """Start the registry where it does not run; returns its address on this machine's loopback."""
    with cache.lock("registry"):
        if not _running(engine):
            images.obtain(engine, images.registry(steps), steps)
            stop(engine)
            data = cache.folder() / "registry"
            data.mkdir(parents=True, exist_ok=True)
            options = ["--detach", "--name", NAME, "--network", NETWORK, f"--publish=127.0.0.1::{_PORT}"]
            options += [f"--volume={data}:/var/lib/registry", *_settings()]
            engine("run", *options, images.REGISTRY, "serve", "/etc/distribution/config.yml")
        address = engine("port", NAME, f"{_PORT}/tcp").splitlines()[0].strip()
        _await(address)
    return address


def _await(address: str) -> None:
    """Wait until the registry answers: its container runs some moments before it listens."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), closing(http.client.HTTPConnection(address, timeout=5)) as asked:
            asked.request("GET", "/v2/")
            if asked.getresponse().status == http.client.OK:
                return
        time.sleep(0.1)
    raise ClusterError(f"The registry at {address} did not answer within {_START_SECONDS} s.")


def _settings() -> list[str]:
    """The registry's configuration, given as a file: the image of ours holds the program and nothing else."""
    config = cache.folder() / "registry.yml"
    config.write_text(
        "version: 0.1\nlog: {level: warn, accesslog: {disabled: true}}\n"
        "storage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}\n"
        f"http: {{addr: ':{_PORT}'}}\n",
        encoding="utf-8",
    )
    return [f"--volume={config}:/etc/distribution/config.yml:ro"]


def _running(engine: Engine) -> bool:
    return bool(engine("ps", "--quiet", "--filter", f"name=^{NAME}$", "--filter", "status=running").strip())


def stop(engine: Engine) -> None:
    """Remove the registry's container, where there is one; what was pushed stays in the cache."""
    succeeds([engine.program, "rm", "--force", "--volumes", NAME])


def load(engine: Engine, nodes: Sequence[str], image: str, steps: Steps) -> None:
    """Bring an image of the engine to every node, moving only what is not there.

    Raises:
        ClusterError: The engine has no such image, or it could not be moved.
    """
    if not engine.has(image):
        raise ClusterError(
            f"The image {image} is not in the engine.", hint=f"`{engine.program} pull` or build it first."
        )
    missing = [node for node in nodes if not _on_node(engine, node, image)]
    if not missing:
        return
    with steps.step(f"Load {image}") as step:
        address = start(engine, steps)
        pushed = f"{address}/{full_name(image)}"
        # One process at a time: the other one's name for it would be gone when this one pushes or removes it.
        with cache.lock(f"push-{image}"):
            engine("tag", image, pushed)
            try:
                engine("push", "--quiet", pushed)
            finally:
                engine("rmi", "--no-prune", pushed)
        for number, node in enumerate(missing):
            step.advance(number, len(missing))
            _pull_on(engine, node, full_name(image))
            _mark(engine, node, image)


def _pull_on(engine: Engine, node: str, image: str) -> None:
    _point(engine, node, image.split("/", 1)[0])
    engine("exec", node, "ctr", "--namespace=k8s.io", "images", "pull", f"--hosts-dir={_CERTS}", image)


def _point(engine: Engine, node: str, registry: str) -> None:
    """Tell a node's containerd to ask our registry for images of another one first."""
    hosts = (
        f'[host."http://{NAME}:{_PORT}/v2/{registry}"]\n  capabilities = ["pull", "resolve"]\n  override_path = true\n'
    )
    file = f"{_CERTS}/{registry}/hosts.toml"
    engine("exec", "--interactive", node, "sh", "-c", f"mkdir -p {_CERTS}/{registry} && cat > {file}", stdin=hosts)


def _loaded_file(image: str) -> str:
    return f"/var/lib/containerd/timonier-loaded-{re.sub('[^A-Za-z0-9.]', '_', image)}"


def _on_node(engine: Engine, node: str, image: str) -> bool:
    """Whether the node has this very image: what was loaded is noted there by the image's id."""
    try:
        return engine("exec", node, "cat", _loaded_file(image)).strip() == engine.image_id(image)
    except ClusterError:
        return False


def _mark(engine: Engine, node: str, image: str) -> None:
    engine("exec", "--interactive", node, "sh", "-c", f"cat > {_loaded_file(image)}", stdin=engine.image_id(image))
