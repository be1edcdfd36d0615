"""The Pod Security Standards, control by control.

The controls, their names and what they allow are those of
https://kubernetes.io/docs/concepts/security/pod-security-standards/ (of Kubernetes 1.34). What a container says goes
before what its pod says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from timonier.check.model import Problem, Rule, Severity, object_rule
from timonier.check.objects.podspec import pod_of
from timonier.check.objects.reading import at, entries, integer, mapping, pairs, string, strings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Container, Pod
    from timonier.manifest import Manifest

_CAPABILITIES = frozenset(
    (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    )
)
_SYSCTLS = frozenset(
    (
        *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"),
        *("net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports"),
        *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
        *("net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    )
)
_SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_VOLUME_TYPES = frozenset(
    (
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim"),
        *("projected", "secret", "name"),
    )
)
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_HANDLERS = (
    *(
        (probe, handler)
        for probe in ("livenessProbe", "readinessProbe", "startupProbe")
        for handler in ("httpGet", "tcpSocket")
    ),
    *(("lifecycle", hook, handler) for hook in ("postStart", "preStop") for handler in ("httpGet", "tcpSocket")),
)


class _Breach(NamedTuple):
    """A place where a pod does what a control forbids."""

    path: str
    what: str


def _securities(pod: Pod) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield every security context of a pod, its own first, with its path."""
    yield f"{pod.spec_path}.securityContext", mapping(pod.spec, "securityContext")
    for container in pod.containers:
        yield f"{container.path}.securityContext", mapping(container.spec, "securityContext")


def _host_process(pod: Pod) -> Iterator[_Breach]:
    for path, security in _securities(pod):
        if at(security, "windowsOptions", "hostProcess") is True:
            yield _Breach(f"{path}.windowsOptions.hostProcess", "hostProcess is true")


def _host_namespaces(pod: Pod) -> Iterator[_Breach]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(field) is True:
            yield _Breach(f"{pod.spec_path}.{field}", f"{field} is true")


def _privileged(pod: Pod) -> Iterator[_Breach]:
    for path, security in _securities(pod):
        if security.get("privileged") is True:
            yield _Breach(f"{path}.privileged", "privileged is true")


def _added_capabilities(pod: Pod) -> Iterator[_Breach]:
    for path, security in _securities(pod):
        for index, added in enumerate(strings(security, "capabilities", "add")):
            if added not in _CAPABILITIES:
                yield _Breach(f"{path}.capabilities.add[{index}]", f"{added} is added")


def _host_paths(pod: Pod) -> Iterator[_Breach]:
    for index, volume in entries(pod.spec, "volumes"):
        if volume.get("hostPath") is not None:
            mounted = string(volume, "hostPath", "path") or "a path"
            yield _Breach(f"{pod.spec_path}.volumes[{index}].hostPath", f"{mounted} of the node is mounted")


def _host_ports(pod: Pod) -> Iterator[_Breach]:
    for container in pod.containers:
        for index, port in entries(container.spec, "ports"):
            if number := integer(port, "hostPort"):
                yield _Breach(f"{container.path}.ports[{index}].hostPort", f"port {number} of the node is taken")


def _host_probes(pod: Pod) -> Iterator[_Breach]:
    for container in pod.containers:
        for keys in _HANDLERS:
            if host := string(container.spec, *keys, "host"):
                yield _Breach(f"{container.path}.{'.'.join(keys)}.host", f"{host} is asked instead of the pod")


def _apparmor(pod: Pod) -> Iterator[_Breach]:
    for path, security in _securities(pod):
        if string(security, "appArmorProfile", "type") not in ("", "RuntimeDefault", "Localhost"):
            yield _Breach(
                f"{path}.appArmorProfile.type", f"the profile is {string(security, 'appArmorProfile', 'type')}"
            )
    for key, value in pairs(pod.template, "metadata", "annotations").items():
        if key.startswith(_APPARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/"):
            prefix = f"{pod.path}." if pod.path else ""
            yield _Breach(f"{prefix}metadata.annotations.{key}", f"the profile is {value}")


def _selinux(pod: Pod) -> Iterator[_Breach]:
    for path, security in _securities(pod):
        options = mapping(security, "seLinuxOptions")
        if string(options, "type") not in _SELINUX_TYPES:
            yield _Breach(f"{path}.seLinuxOptions.type", f"the type is {string(options, 'type')}")
        for field in ("user", "role"):
            if string(options, field):
                yield _Breach(f"{path}.seLinuxOptions.{field}", f"the {field} is set")


def _proc_mount(pod: Pod) -> Iterator[_Breach]:
    for path, security in _securities(pod):
        if string(security, "procMount") not in ("", "Default"):
            yield _Breach(f"{path}.procMount", f"procMount is {string(security, 'procMount')}")


def _seccomp_unconfined(pod: Pod) -> Iterator[_Breach]:
    for path, security in _securities(pod):
        if string(security, "seccompProfile", "type") == "Unconfined":
            yield _Breach(f"{path}.seccompProfile.type", "the profile is Unconfined")


def _sysctls(pod: Pod) -> Iterator[_Breach]:
    for index, sysctl in entries(pod.spec, "securityContext", "sysctls"):
        if (name := string(sysctl, "name")) and name not in _SYSCTLS:
            yield _Breach(f"{pod.spec_path}.securityContext.sysctls[{index}].name", f"{name} is not safe")


_BASELINE: dict[str, Callable[[Pod], Iterable[_Breach]]] = {
    "HostProcess": _host_process,
    "Host Namespaces": _host_namespaces,
    "Privileged Containers": _privileged,
    "Capabilities": _added_capabilities,
    "HostPath Volumes": _host_paths,
    "Host Ports": _host_ports,
    "Host Probes / Lifecycle Hooks": _host_probes,
    "AppArmor": _apparmor,
    "SELinux": _selinux,
    "/proc Mount Type": _proc_mount,
    "Seccomp": _seccomp_unconfined,
    "Sysctls": _sysctls,
}


@object_rule("pod-security-baseline", Severity.WARNING)
def pod_security_baseline(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A pod breaks the Pod Security Standard `baseline`: it has known ways to take over its node.

    Namespaces that enforce `baseline`, which is the least that most clusters do, refuse it. The message names the
    control as the standard does. What drives nodes (a network plugin, a storage driver, a log collector) has to break
    it, and belongs into a namespace of its own.
    """
    if pod := pod_of(manifest):
        for control, check in _BASELINE.items():
            for path, what in check(pod):
                yield Problem(f"{control}: {what}.", path)


def _volume_types(pod: Pod) -> Iterator[_Breach]:
    for index, volume in entries(pod.spec, "volumes"):
        # The standard's baseline has said so of a hostPath already.
        for kind in sorted(set(map(str, volume)) - _VOLUME_TYPES - {"hostPath"}):
            yield _Breach(f"{pod.spec_path}.volumes[{index}].{kind}", f"{kind} is no type of volume it allows")


def _lacking(pod: Pod, field: str, what: str, lacks: Callable[[Container], bool]) -> Iterator[_Breach]:
    """Yield one breach for all the containers of a pod that lack something, at the first of them."""
    if containers := [container for container in pod.containers if lacks(container)]:
        names = ", ".join(container.name for container in containers)
        yield _Breach(f"{containers[0].path}.securityContext.{field}", f"{what} ({names})")


def _privilege_escalation(pod: Pod) -> Iterator[_Breach]:
    field = "allowPrivilegeEscalation"
    yield from _lacking(
        pod, field, f"{field} is not false", lambda container: at(container.spec, "securityContext", field) is not False
    )


def _running_as_non_root(pod: Pod) -> Iterator[_Breach]:
    field = "runAsNonRoot"
    said = at(pod.spec, "securityContext", field)

    def lacks(container: Container) -> bool:
        own = at(container.spec, "securityContext", field)
        return (said if own is None else own) is not True

    yield from _lacking(pod, field, f"{field} is not true", lacks)


def _non_root_user(pod: Pod) -> Iterator[_Breach]:
    for path, security in _securities(pod):
        if integer(security, "runAsUser") == 0:
            yield _Breach(f"{path}.runAsUser", "runAsUser is 0, which is root")


def _seccomp_profile(pod: Pod) -> Iterator[_Breach]:
    keys = ("securityContext", "seccompProfile", "type")
    said = string(pod.spec, *keys)

    def lacks(container: Container) -> bool:
        # The standard's baseline has said so of Unconfined already.
        return (string(container.spec, *keys) or said) not in ("RuntimeDefault", "Localhost", "Unconfined")

    yield from _lacking(pod, "seccompProfile", "seccompProfile.type is not RuntimeDefault", lacks)


def _dropped_capabilities(pod: Pod) -> Iterator[_Breach]:
    keys = ("securityContext", "capabilities")
    yield from _lacking(
        pod,
        "capabilities.drop",
        "capabilities.drop lacks ALL",
        lambda container: "ALL" not in strings(container.spec, *keys, "drop"),
    )
    for path, security in _securities(pod):
        for index, added in enumerate(strings(security, "capabilities", "add")):
            if added in _CAPABILITIES - {"NET_BIND_SERVICE"}:
                yield _Breach(f"{path}.capabilities.add[{index}]", f"{added} is added")


_RESTRICTED: dict[str, Callable[[Pod], Iterable[_Breach]]] = {
    "Volume Types": _volume_types,
    "Privilege Escalation": _privilege_escalation,
    "Running as Non-root": _running_as_non_root,
    "Running as Non-root user": _non_root_user,
    "Seccomp": _seccomp_profile,
    "Capabilities": _dropped_capabilities,
}
# A pod that says it runs on Windows need not care for these: they are Linux's.
_LINUX_ONLY = ("Privilege Escalation", "Seccomp", "Capabilities")


@object_rule("pod-security-restricted", Severity.WARNING)
def pod_security_restricted(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A pod breaks the Pod Security Standard `restricted`: it has rights that hardly any application needs.

    Namespaces that enforce `restricted` refuse it. The message names the control as the standard does, and all the
    containers it is about. What the standard `baseline` forbids already has a rule of its own.

    For most applications what the example adds is enough: three lines for the whole pod, three for each container.
    """
    if pod := pod_of(manifest):
        windows = string(pod.spec, "os", "name") == "windows"
        for control, check in _RESTRICTED.items():
            for path, what in check(pod) if not (windows and control in _LINUX_ONLY) else ():
                yield Problem(f"{control}: {what}.", path)


@object_rule("writable-root-filesystem", Severity.INFO)
def writable_root_filesystem(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A container may write to its own image.

    Whoever breaks in can replace the program or put another beside it. With `readOnlyRootFilesystem: true`, and an
    `emptyDir` where it has to write, that is not so. No Pod Security Standard asks for it. Hooks are left out.
    """
    if (pod := pod_of(manifest)) and not manifest.hooks:
        field = "readOnlyRootFilesystem"
        for path, what in _lacking(
            pod, field, f"{field} is not true", lambda each: at(each.spec, "securityContext", field) is not True
        ):
            yield Problem(f"{what}.", path)


RULES: tuple[Rule, ...] = (pod_security_baseline, pod_security_restricted, writable_root_filesystem)
