"""A kind cluster, from nothing to ready: create or take up again, load images, an ingress controller, remove."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from threading import Event
from typing import TYPE_CHECKING, Any

from timonier.cluster import cache, images, node, programs, provision, registry
from timonier.cluster.process import output, succeeds
from timonier.cluster.spec import Spec, as_yaml, config, kubeconfig_path, require_free
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_kind import KindCluster

    from timonier.cluster.container import Engine
    from timonier.cluster.steps import Steps

_READY_SECONDS = 180
_RESTART_SECONDS = 60
_LOOK_SECONDS = 0.3
_DELETE_TRIES = 3


@dataclass(frozen=True)
class Parts:
    """What a cluster is made of, all of it there.

    Attributes:
        engine: The container engine.
        kind: The program kind.
        kubectl: The program kubectl.
        node_image: The node image.
        images: The references of the images to load.
    """

    engine: Engine
    kind: Path
    kubectl: Path
    node_image: str
    images: tuple[str, ...]


@dataclass(frozen=True)
class Cluster:
    """A cluster that is up, and how to reach it.

    Attributes:
        name: Its name.
        context: Its context in the kubeconfig.
        kubeconfig: The kubeconfig with that context.
        kubectl: The program kubectl.
        http_port: The loopback port of the ingress; None without one.
        https_port: The same for TLS.
    """

    name: str
    context: str
    kubeconfig: Path
    kubectl: Path
    http_port: int | None
    https_port: int | None

    def run_kubectl(self, *arguments: str, stdin: str | None = None, timeout: float | None = None) -> str:
        """Run kubectl against this cluster and return its output."""
        chosen = [f"--kubeconfig={self.kubeconfig}", f"--context={self.context}"]
        return output([self.kubectl, *chosen, *arguments], stdin=stdin, timeout=timeout)


def up(spec: Spec, steps: Steps) -> Cluster:
    """Bring a cluster up, or take up the one of that name where it is well.

    Raises:
        ClusterError: No engine, program or image can be had, or the cluster does not become ready.
    """
    parts = prepare(spec, steps)
    engine, kubectl = parts.engine, parts.kubectl
    with cache.lock(f"cluster-{spec.name}", waiting=lambda: steps.say("Another process is at this cluster; waiting.")):
        _create_or_reuse(parts, spec, steps)
        cluster = _found(engine, spec, kubectl)
        _settle(cluster, spec, steps)
    return cluster


def prepare(spec: Spec, steps: Steps) -> Parts:
    """Have everything a cluster is made of: engine, programs, node image and the images to load.

    Raises:
        ClusterError: One of them cannot be had.
    """
    engine = provision.ensure(steps)
    kind, kubectl = programs.find("kind", steps), programs.find("kubectl", steps)
    programs.find("helm", steps)
    node_image, _ = node.obtain(engine, spec.node_image, steps)
    ingress = (images.ingress_controller(steps),) if spec.ingress else ()
    for image in (images.registry(steps), *spec.images, *ingress):
        images.obtain(engine, image, steps)
    return Parts(engine, kind.path, kubectl.path, node_image, tuple(image.name for image in (*spec.images, *ingress)))


def load(name: str, wanted: Sequence[images.Image], steps: Steps) -> None:
    """Bring images to every node of a running cluster, obtaining them first.

    Raises:
        ClusterError: There is no such cluster, or an image cannot be had.
    """
    engine = provision.ensure(steps)
    running = nodes(engine, name, running=True)
    if not running:
        raise ClusterError(f"There is no running cluster {name}.", hint="`timonier cluster up` makes one.")
    for image in wanted:
        images.obtain(engine, image, steps)
        registry.load(engine, running, image.name, steps)


def down(name: str, steps: Steps, kubeconfig: Path | None = None) -> bool:
    """Remove a cluster and, with the last one, what it shared with others; whether there was one."""
    engine = provision.ensure(steps)
    there = bool(nodes(engine, name))
    if there:
        parts = Parts(engine, programs.find("kind", steps).path, programs.find("kubectl", steps).path, "", ())
        with steps.step(f"Remove cluster {name}"):
            _delete(name, parts, kubeconfig)
    if not _clusters(engine):
        registry.stop(engine)
        succeeds([engine.program, "network", "rm", registry.NETWORK])
    return there


def nodes(engine: Engine, name: str, *, running: bool = False) -> list[str]:
    """The names of a cluster's node containers, the control plane first."""
    filters = ["--filter", f"label=io.x-k8s.kind.cluster={name}"]
    filters += ["--filter", "status=running"] if running else []
    return sorted(engine("ps", "--all", *filters, "--format", "{{.Names}}").split())


def status(name: str) -> dict[str, Any]:
    """What is known of a cluster, for people and programs: its nodes, their state, the ingress's ports."""
    from timonier.cluster import container

    engine = container.answering()
    if engine is None:
        return {"name": name, "engine": None, "nodes": [], "running": False}
    all_nodes, running = nodes(engine, name), nodes(engine, name, running=True)
    ports = _ports(engine, name) if running else {}
    return {
        "name": name,
        "context": f"kind-{name}",
        "engine": f"{engine.program} {engine.version}",
        "nodes": [{"name": one, "running": one in running} for one in all_nodes],
        "running": bool(all_nodes) and all_nodes == running,
        "http_port": ports.get(80),
        "https_port": ports.get(443),
        "images": _images_on(engine, running[0]) if running else [],
    }


def _images_on(engine: Engine, node_name: str) -> list[str]:
    listed = engine("exec", node_name, "ctr", "--namespace=k8s.io", "images", "list", "--quiet")
    return sorted(name for name in listed.split() if "@" not in name and not name.startswith("sha256:"))


def _clusters(engine: Engine) -> list[str]:
    return engine("ps", "--all", "--filter", "label=io.x-k8s.kind.cluster", "--format", "{{.Names}}").split()


def _create_or_reuse(parts: Parts, spec: Spec, steps: Steps) -> None:
    """Have the cluster. One whose nodes or API are gone is replaced, and that is said."""
    if found := nodes(parts.engine, spec.name):
        export: list[str | Path] = [parts.kind, "export", "kubeconfig", f"--name={spec.name}", *_kubeconfig_flag(spec)]
        if len(found) == spec.nodes and _well(parts, spec, export):
            steps.say(f"Cluster {spec.name} is there; using it.")
            _load(parts, spec, steps)
            return
        why = "is dead" if len(found) == spec.nodes else f"has {len(found)} nodes, not {spec.nodes}"
        with steps.step(f"Replace cluster {spec.name}, which {why}"):
            _delete(spec.name, parts, spec.kubeconfig)
    for port in (spec.http_port, spec.https_port):
        require_free(port)
    with steps.step(f"Create cluster {spec.name} ({spec.nodes} node{'s' if spec.nodes > 1 else ''})"):
        _create_and_load(parts, spec, steps)


def _load(parts: Parts, spec: Spec, steps: Steps) -> None:
    for image in parts.images:
        registry.load(parts.engine, nodes(parts.engine, spec.name), image, steps)


def _create_and_load(parts: Parts, spec: Spec, steps: Steps) -> None:
    """Create the cluster, and load the images as soon as its containers take any: most of creating is waiting."""
    over = Event()
    with ThreadPoolExecutor(max_workers=1) as beside:
        loading = beside.submit(_load_meanwhile, parts, spec, steps, over)
        try:
            _create(parts, spec)
        except BaseException:
            over.set()
            raise
        loading.result()


def _load_meanwhile(parts: Parts, spec: Spec, steps: Steps, over: Event) -> None:
    while not over.wait(_LOOK_SECONDS):
        running = nodes(parts.engine, spec.name, running=True)
        answers = (succeeds([parts.engine.program, "exec", node_name, "ctr", "version"]) for node_name in running)
        if len(running) == spec.nodes and all(answers):
            _load(parts, spec, steps)
            return


def _well(parts: Parts, spec: Spec, export: Sequence[str | Path]) -> bool:
    """Whether every node runs and the API answers; a node that was restarted just now is given time to come back."""
    running = nodes(parts.engine, spec.name, running=True)
    if nodes(parts.engine, spec.name) != running or not succeeds(export):
        return False
    kubeconfig = kubeconfig_path(spec.kubeconfig)
    probe: list[str | Path] = [
        parts.kubectl,
        f"--kubeconfig={kubeconfig}",
        f"--context=kind-{spec.name}",
        "get",
        "--raw=/readyz",
    ]
    deadline = time.monotonic() + _RESTART_SECONDS
    while time.monotonic() < deadline:
        if succeeds([*probe, "--request-timeout=5s"], timeout=10):
            return True
        time.sleep(1)
    return False


def _create(parts: Parts, spec: Spec) -> None:
    file = cache.folder() / "tmp" / f"kind-{spec.name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(as_yaml(config(spec, cgroup_v1=parts.engine.cgroup_v1)), encoding="utf-8")
    cluster = _pytest_kind(spec.name, parts, spec.kubeconfig)
    try:
        cluster.create(file)
    except Exception as error:
        raise ClusterError(
            f"kind could not create cluster {spec.name}: {error}.", hint="The lines above are kind's own."
        ) from error
    finally:
        file.unlink(missing_ok=True)


def _delete(name: str, parts: Parts, kubeconfig: Path | None) -> None:
    """Delete a cluster, again where the engine could not end its processes: on cgroup v1 some may be frozen."""
    for _ in range(_DELETE_TRIES):
        try:
            _pytest_kind(name, parts, kubeconfig).delete()
        except CalledProcessError:
            for node_name in nodes(parts.engine, name):
                parts.engine.thaw(node_name)
        else:
            return
    raise ClusterError(f"kind could not delete cluster {name}.", hint="The lines above are kind's own.")


def _pytest_kind(name: str, parts: Parts, kubeconfig: Path | None) -> KindCluster:
    """pytest-kind's cluster with everything named, so that it downloads nothing, and without the folder it leaves."""
    from pytest_kind import KindCluster

    cluster = KindCluster(
        name,
        kubeconfig_path(kubeconfig),
        image=parts.node_image or None,
        kind_path=parts.kind,
        kubectl_path=parts.kubectl,
    )
    for empty in (cluster.path, cluster.path.parent):
        if empty.is_dir() and not any(empty.iterdir()):
            empty.rmdir()
    # One of them may be where the kubeconfig is wanted.
    cluster.kubeconfig_path.parent.mkdir(parents=True, exist_ok=True)
    return cluster


def _kubeconfig_flag(spec: Spec) -> list[str]:
    return [f"--kubeconfig={kubeconfig_path(spec.kubeconfig)}"]


def _found(engine: Engine, spec: Spec, kubectl: Path) -> Cluster:
    ports = _ports(engine, spec.name)
    kubeconfig = kubeconfig_path(spec.kubeconfig)
    return Cluster(spec.name, f"kind-{spec.name}", kubeconfig, kubectl, ports.get(80), ports.get(443))


def _ports(engine: Engine, name: str) -> dict[int, int]:
    """The loopback port by the control plane's port."""
    told = json.loads(engine("inspect", f"{name}-control-plane", "--format", "{{json .NetworkSettings.Ports}}"))
    return {int(inner.split("/")[0]): int(outer[0]["HostPort"]) for inner, outer in (told or {}).items() if outer}


def _settle(cluster: Cluster, spec: Spec, steps: Steps) -> None:
    """Install the ingress controller and wait until nodes, DNS and it are ready."""
    with steps.step("Wait until the cluster is ready"):
        if spec.ingress:
            manifest = (Path(__file__).parent / "ingress.yaml").read_text(encoding="utf-8")
            cluster.run_kubectl("apply", "-f", "-", stdin=manifest.replace("@IMAGE@", images.TRAEFIK))
        bound = f"--timeout={_READY_SECONDS}s"
        cluster.run_kubectl("wait", "nodes", "--all", "--for=condition=Ready", bound)
        cluster.run_kubectl("rollout", "status", "deployment/coredns", "--namespace=kube-system", bound)
        if spec.ingress:
            cluster.run_kubectl("rollout", "status", "deployment/traefik", "--namespace=timonier-ingress", bound)
