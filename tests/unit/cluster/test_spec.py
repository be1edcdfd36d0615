"""The kind cluster's configuration, and what is refused before anything is created."""

from __future__ import annotations

import socket

import pytest
import yaml

from timonier.cluster.spec import Spec, config, require_free
from timonier.errors import ClusterError


def test_three_nodes_are_one_control_plane_and_two_workers() -> None:
    """Only the control plane has the ingress's ports, on loopback."""
    said = config(Spec(nodes=3, http_port=8080, https_port=8443), cgroup_v1=False)
    assert [node["role"] for node in said["nodes"]] == ["control-plane", "worker", "worker"]
    mappings = said["nodes"][0]["extraPortMappings"]
    assert [(one["containerPort"], one["hostPort"]) for one in mappings] == [(80, 8080), (443, 8443)]
    assert {one["listenAddress"] for one in mappings} == {"127.0.0.1"}
    assert "extraPortMappings" not in said["nodes"][1]


@pytest.mark.parametrize("old", [True, False])
def test_cgroup_v1_is_allowed_only_where_it_is_there(old: bool) -> None:  # noqa: FBT001 - a table's column
    """The kubelet refuses cgroup v1 since Kubernetes 1.35 unless told otherwise."""
    patch = yaml.safe_load(config(Spec(), cgroup_v1=old)["kubeadmConfigPatches"][0])
    assert patch["kind"] == "KubeletConfiguration"
    assert patch.get("failCgroupV1", True) is not old


def test_a_port_in_use_is_refused_by_number() -> None:
    """The sentence names the port and the way out; 0 is never in use."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ClusterError, match=f"Port {port} of 127.0.0.1 cannot be taken") as caught:
            require_free(port)
    assert "--http-port" in caught.value.hint
    require_free(port)
    require_free(0)
