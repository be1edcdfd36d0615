"""What a cluster should be, and how kind is told."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from timonier.errors import ClusterError

if TYPE_CHECKING:
    from timonier.cluster import images

DEFAULT_NAME = "timonier"
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Spec:
    """What a cluster should be.

    Attributes:
        name: Its name; kind's context is `kind-NAME`.
        nodes: How many nodes: one control plane, and workers.
        node_image: The node image; by default what `node.obtain` finds.
        kubeconfig: The file that gets the context; the user's own by default, as kind does.
        http_port: The port of this machine's loopback that leads to the ingress; 0 for any free one.
        https_port: The same for TLS.
        ingress: Whether to install an ingress controller.
        images: The images to load, in the engine already.
    """

    name: str = DEFAULT_NAME
    nodes: int = 1
    node_image: str | None = None
    kubeconfig: Path | None = None
    http_port: int = 0
    https_port: int = 0
    ingress: bool = True
    images: tuple[images.Image, ...] = ()


def config(spec: Spec, *, cgroup_v1: bool) -> dict[str, Any]:
    """The configuration of a cluster as kind reads it (kind.x-k8s.io/v1alpha4)."""
    mappings = [
        {"containerPort": inner, "hostPort": outer, "listenAddress": _LOOPBACK, "protocol": "TCP"}
        for inner, outer in ((80, spec.http_port), (443, spec.https_port))
    ]
    control_plane: dict[str, Any] = {"role": "control-plane"}
    if spec.ingress:
        control_plane["extraPortMappings"] = mappings
    kubelet: dict[str, Any] = {"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1"}
    # Kubernetes 1.35 made the kubelet refuse cgroup v1 unless it is told not to.
    kubelet |= {"failCgroupV1": False} if cgroup_v1 else {}
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [control_plane, *({"role": "worker"} for _ in range(spec.nodes - 1))],
        "kubeadmConfigPatches": [yaml.safe_dump(kubelet)],
    }


def as_yaml(said: dict[str, Any]) -> str:
    """A configuration of kind as the file it reads."""
    return yaml.safe_dump(said, sort_keys=False)


def kubeconfig_path(chosen: Path | None) -> Path:
    """The kubeconfig that kind would write to: the first of KUBECONFIG, else the user's."""
    if chosen is not None:
        return chosen.absolute()
    listed = [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    place = Path(listed[0]) if listed else Path.home() / ".kube" / "config"
    place.parent.mkdir(parents=True, exist_ok=True)
    return place.absolute()


def require_free(port: int) -> None:
    """Refuse a port somebody listens on: the engine would say so only after minutes, and less clearly."""
    if not port:
        return
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError as error:
            raise ClusterError(
                f"Port {port} of {_LOOPBACK} cannot be taken for the ingress: {error.strerror}.",
                hint="Name others with --http-port and --https-port; 0 takes any free one.",
            ) from None
