"""The Pod Security Standards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import podsecurity

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]

SAFE = (
    "securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, readOnlyRootFilesystem: true,"
    " capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}"
)


def pod(container: str = SAFE, *, spec: str = "", annotations: str = "{}") -> str:
    """Return a Deployment of one container, which is as safe as can be unless something else is said."""
    comma = ", " if spec else ""
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
        f"    metadata: {{annotations: {annotations}}}\n"
        f"    spec: {{{spec}{comma}containers: [{{name: web, {container}}}]}}\n"
    )


def security(said: str) -> str:
    """Return what a container says of its security."""
    return f"securityContext: {{{said}}}"


SPEC = "spec.template.spec"
OWN = f"{SPEC}.containers[0].securityContext"
BASELINE = [
    (pod(spec="securityContext: {windowsOptions: {hostProcess: true}}"), "HostProcess",
     f"{SPEC}.securityContext.windowsOptions.hostProcess"),
    (pod(security("windowsOptions: {hostProcess: true}")), "HostProcess", f"{OWN}.windowsOptions.hostProcess"),
    (pod(spec="hostNetwork: true"), "Host Namespaces", f"{SPEC}.hostNetwork"),
    (pod(spec="hostPID: true"), "Host Namespaces", f"{SPEC}.hostPID"),
    (pod(spec="hostIPC: true"), "Host Namespaces", f"{SPEC}.hostIPC"),
    (pod(security("privileged: true")), "Privileged Containers", f"{OWN}.privileged"),
    (pod(spec=f"initContainers: [{{name: i, {security('privileged: true')}}}]"), "Privileged Containers",
     f"{SPEC}.initContainers[0].securityContext.privileged"),
    (pod(spec=f"ephemeralContainers: [{{name: e, {security('privileged: true')}}}]"), "Privileged Containers",
     f"{SPEC}.ephemeralContainers[0].securityContext.privileged"),
    (pod(security("capabilities: {add: [CHOWN, NET_RAW]}")), "Capabilities", f"{OWN}.capabilities.add[1]"),
    (pod(spec="volumes: [{name: v, hostPath: {path: /}}]"), "HostPath Volumes", f"{SPEC}.volumes[0].hostPath"),
    (pod("ports: [{hostPort: 80}]"), "Host Ports", f"{SPEC}.containers[0].ports[0].hostPort"),
    (pod("livenessProbe: {httpGet: {host: 10.0.0.1}}"), "Host Probes / Lifecycle Hooks",
     f"{SPEC}.containers[0].livenessProbe.httpGet.host"),
    (pod("lifecycle: {preStop: {tcpSocket: {host: a.b}}}"), "Host Probes / Lifecycle Hooks",
     f"{SPEC}.containers[0].lifecycle.preStop.tcpSocket.host"),
    (pod(security("appArmorProfile: {type: Unconfined}")), "AppArmor", f"{OWN}.appArmorProfile.type"),
    (pod(annotations="{container.apparmor.security.beta.kubernetes.io/web: unconfined}"), "AppArmor",
     "spec.template.metadata.annotations.container.apparmor.security.beta.kubernetes.io/web"),
    (pod(security("seLinuxOptions: {type: spc_t}")), "SELinux", f"{OWN}.seLinuxOptions.type"),
    (pod(spec="securityContext: {seLinuxOptions: {user: u}}"), "SELinux",
     f"{SPEC}.securityContext.seLinuxOptions.user"),
    (pod(security("procMount: Unmasked")), "/proc Mount Type", f"{OWN}.procMount"),
    (pod(security("seccompProfile: {type: Unconfined}")), "Seccomp", f"{OWN}.seccompProfile.type"),
    (pod(spec="securityContext: {sysctls: [{name: kernel.msgmax}]}"), "Sysctls",
     f"{SPEC}.securityContext.sysctls[0].name"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "control", "path"), BASELINE)
def test_what_baseline_forbids(found: Found, text: str, control: str, path: str) -> None:
    """Each control by its name in the standard, at the field that breaks it."""
    [problem] = found(podsecurity.pod_security_baseline, text)
    assert problem.message.startswith(f"{control}: ")
    assert problem.path == path


@pytest.mark.parametrize(
    "text",
    [
        pod(),
        pod("image: a"),
        pod(spec="hostNetwork: false, hostPID: null"),
        pod(security("capabilities: {add: [NET_BIND_SERVICE, SYS_CHROOT]}, procMount: Default, privileged: false")),
        pod("ports: [{hostPort: 0, containerPort: 80}], livenessProbe: {httpGet: {port: 80}}"),
        pod(security("seLinuxOptions: {type: container_t, level: s0}, appArmorProfile: {type: RuntimeDefault}")),
        pod(annotations="{container.apparmor.security.beta.kubernetes.io/web: localhost/mine, other: unconfined}"),
        pod(annotations="{container.apparmor.security.beta.kubernetes.io/web: runtime/default}"),
        pod(spec="securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies}]}, volumes: [{name: v, emptyDir: {}}]"),
    ],
)
def test_what_baseline_allows(found: Found, text: str) -> None:
    """Nothing said, and what the standard lists."""
    assert found(podsecurity.pod_security_baseline, text) == []


def without(key: str, other: str = "") -> str:
    """Return the safe security context without one of its entries, or with another in its place."""
    kept = {
        "allowPrivilegeEscalation": "false",
        "runAsNonRoot": "true",
        "capabilities": "{drop: [ALL]}",
        "seccompProfile": "{type: RuntimeDefault}",
    }
    kept.pop(key)
    return security(", ".join([*(f"{name}: {value}" for name, value in kept.items()), *filter(None, [other])]))


@pytest.mark.parametrize(
    ("text", "message", "path"),
    [
        (
            pod(without("allowPrivilegeEscalation")),
            "Privilege Escalation: allowPrivilegeEscalation is not false (web).",
            f"{OWN}.allowPrivilegeEscalation",
        ),
        (
            pod(without("runAsNonRoot")),
            "Running as Non-root: runAsNonRoot is not true (web).",
            f"{OWN}.runAsNonRoot",
        ),
        (
            pod(without("runAsNonRoot", "runAsNonRoot: false"), spec="securityContext: {runAsNonRoot: true}"),
            "Running as Non-root: runAsNonRoot is not true (web).",
            f"{OWN}.runAsNonRoot",
        ),
        (
            pod(spec="securityContext: {runAsUser: 0}"),
            "Running as Non-root user: runAsUser is 0, which is root.",
            f"{SPEC}.securityContext.runAsUser",
        ),
        (
            pod(without("seccompProfile")),
            "Seccomp: seccompProfile.type is not RuntimeDefault (web).",
            f"{OWN}.seccompProfile",
        ),
        (
            pod(without("capabilities", "capabilities: {drop: [NET_RAW]}")),
            "Capabilities: capabilities.drop lacks ALL (web).",
            f"{OWN}.capabilities.drop",
        ),
        (
            pod(without("capabilities", "capabilities: {drop: [ALL], add: [CHOWN, NET_BIND_SERVICE]}")),
            "Capabilities: CHOWN is added.",
            f"{OWN}.capabilities.add[0]",
        ),
        (
            pod(spec="volumes: [{name: v, nfs: {path: /}}]"),
            "Volume Types: nfs is no type of volume it allows.",
            f"{SPEC}.volumes[0].nfs",
        ),
        (
            pod(spec=f"initContainers: [{{name: a}}, {{name: b}}, {{name: c, {SAFE}}}], "
                "securityContext: {runAsNonRoot: true, seccompProfile: {type: Localhost}, capabilities: {drop: [ALL]}},"
                "volumes: []").replace("{name: a}", f"{{name: a, {without('allowPrivilegeEscalation')}}}")
            .replace("{name: b}", f"{{name: b, {without('allowPrivilegeEscalation')}}}"),
            "Privilege Escalation: allowPrivilegeEscalation is not false (a, b).",
            f"{SPEC}.initContainers[0].securityContext.allowPrivilegeEscalation",
        ),
    ],
)  # fmt: skip
def test_what_restricted_forbids(found: Found, text: str, message: str, path: str) -> None:
    """Once for all the containers that do the same."""
    assert [(problem.message, problem.path) for problem in found(podsecurity.pod_security_restricted, text)] == [
        (message, path)
    ]


@pytest.mark.parametrize(
    "text",
    [
        pod(),
        pod(without("runAsNonRoot"), spec="securityContext: {runAsNonRoot: true, runAsUser: 1000}"),
        pod(without("seccompProfile"), spec="securityContext: {seccompProfile: {type: RuntimeDefault}}"),
        pod(without("capabilities", "capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}")),
        pod(security("runAsNonRoot: true"), spec="os: {name: windows}"),
        pod(spec="volumes: [{name: a, configMap: {}}, {name: b, csi: {}}, {name: c, ephemeral: {}}]"),
        pod(spec="volumes: [{name: a, hostPath: {path: /}}]"),
        pod(without("seccompProfile", "seccompProfile: {type: Unconfined}")),
        pod(without("capabilities", "capabilities: {drop: [ALL], add: [NET_RAW]}")),
        "apiVersion: v1\nkind: Service\nspec: {}",
    ],
)
def test_what_restricted_allows_or_baseline_says(found: Found, text: str) -> None:
    """What the pod says holds for its containers; Windows has no capabilities; nothing is said twice."""
    assert found(podsecurity.pod_security_restricted, text) == []


def test_windows_has_users_too(found: Found) -> None:
    """Only what is Linux's is left out there."""
    [problem] = found(podsecurity.pod_security_restricted, pod(spec="os: {name: windows}", container="image: a"))
    assert problem.message == "Running as Non-root: runAsNonRoot is not true (web)."


@pytest.mark.parametrize(("source", "what"), [("{path: /data}", "/data"), ("{}", "a path")])
def test_which_path_of_the_node(found: Found, source: str, what: str) -> None:
    """As far as it is said."""
    [problem] = found(podsecurity.pod_security_baseline, pod(spec=f"volumes: [{{name: v, hostPath: {source}}}]"))
    assert problem.message == f"HostPath Volumes: {what} of the node is mounted."


def test_a_container_that_may_write_to_its_image(found: Found) -> None:
    """Hooks may, because they are gone soon."""
    text = pod(security("readOnlyRootFilesystem: false"))
    [problem] = found(podsecurity.writable_root_filesystem, text)
    assert (problem.message, problem.path) == (
        "readOnlyRootFilesystem is not true (web).",
        f"{OWN}.readOnlyRootFilesystem",
    )
    assert found(podsecurity.writable_root_filesystem, pod()) == []
    hook = text.replace("{name: web}", "{name: web, annotations: {helm.sh/hook: test}}")
    assert found(podsecurity.writable_root_filesystem, hook) == []
