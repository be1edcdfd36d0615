"""The cluster itself: over a dead engine, with three nodes, pulled instead of built, gone without a trace.

The engine dies first: later it would take the cluster of all other tests with it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from timonier import settings
from timonier.cluster import container, images, kind, node, programs
from timonier.cluster.provision import daemon
from timonier.cluster.spec import Spec
from timonier.cluster.steps import Steps
from timonier.testing import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.cluster.container import Engine

pytestmark = pytest.mark.e2e
MIRROR = "127.0.0.1:5001"
CLIENT = "busybox:stable"


@dataclass(frozen=True)
class Up:
    """A cluster of this module's own, used through the command line as its users do."""

    name: str
    kubeconfig: Path
    environment: dict[str, str]

    def timonier(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `timonier cluster`; the result's standard error has the steps."""
        command = [sys.executable, "-m", "timonier", "cluster", *arguments]
        environment = {**os.environ, **self.environment, "KUBECONFIG": str(self.kubeconfig), "COLUMNS": "200"}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=600)

    def up(self, *options: str) -> str:
        """Bring the cluster up and return the steps it showed."""
        done = self.timonier("up", f"--name={self.name}", "--http-port=0", "--https-port=0", *options)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl against the cluster."""
        command = [str(programs.find("kubectl").path), f"--kubeconfig={self.kubeconfig}", *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Up]:
    """A cluster's name and kubeconfig; whatever is up under that name is removed before and afterwards."""
    if request.config.getoption("kube_context") and container.answering() is None:
        pytest.skip("--kube-context names a cluster, and no container engine answers to make another one with")
    request.getfixturevalue("container_engine")
    name = "timonier-" + request.node.name.removeprefix("test_").replace("_", "-")[:20].rstrip("-")
    cluster = Up(name, tmp_path / "kubeconfig", {"TIMONIER_PROVISION": "1"})
    # A run that was ended by force left its cluster behind, with what it had made in it.
    cluster.timonier("down", f"--name={name}")
    yield cluster
    cluster.timonier("down", f"--name={name}")


def traces(engine: Engine) -> dict[str, set[str]]:
    """What an engine holds: its containers, volumes and networks."""
    return {
        "containers": set(engine("ps", "--all", "--quiet").split()),
        "volumes": set(engine("volume", "ls", "--quiet").split()),
        "networks": set(engine("network", "ls", "--format", "{{.Name}}").split()),
    }


def test_engine_died(own: Up, container_engine: Engine) -> None:
    """`cluster up` starts the engine over what the dead one left, and the cluster works again."""
    pid = daemon.started()
    if pid is None:
        pytest.skip("the container engine on this machine was not started by timonier, so it is not ours to kill")
    own.up("--no-ingress", "--image=busybox:stable")
    before = own.kubectl("get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}")
    kill(container_engine, pid)
    assert container.answering() is None

    steps = own.up("--no-ingress", "--image=busybox:stable")

    assert "✓ Start Docker" in steps
    after = own.kubectl("get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}")
    said = "which is dead" in steps
    assert said == (before != after), "a cluster that was replaced must be called so, and only such a one"
    own.kubectl("run", "again", "--image=busybox:stable", "--image-pull-policy=Never", "--restart=Never", "--", "true")
    wait_until(
        lambda: own.kubectl("get", "pod", "again", "--output=jsonpath={.status.phase}") == "Succeeded",
        "a pod to run to its end",
        timeout=90,
    )


def kill(engine: Engine, daemon_pid: int) -> None:
    """End the engine and everything in it at once, as a power cut would: nobody gets to clean up."""
    containers = engine("ps", "--quiet").split()
    inner = [int(engine("inspect", one, "--format", "{{.State.Pid}}")) for one in containers]
    outer = [daemon_pid, *(pid for pid in processes() if engine_helper(pid))]
    # The engine first: it must not see its containers end. Its containerd goes with it by itself.
    for pid in (*outer, *inner):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in (*outer, *inner)), "the engine's processes to end", timeout=30)


def processes() -> list[int]:
    """The ids of all processes."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def engine_helper(pid: int) -> bool:
    """Whether a process is Docker's own containerd, or one of its shims."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    except OSError:
        return False
    return "/run/docker/containerd" in " ".join(command) and Path(command[0]).name.startswith("containerd")


def alive(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def server(name: str, on: str) -> dict[str, object]:
    """A pod on a node that answers `name` over HTTP."""
    script = f"mkdir /tmp/www && echo {name} > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"
    container_spec = {"name": "web", "image": CLIENT, "imagePullPolicy": "Never", "command": ["sh", "-c", script]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"nodeName": on, "terminationGracePeriodSeconds": 0, "containers": [container_spec]},
    }


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
}


def test_three_nodes(own: Up, container_engine: Engine) -> None:
    """Pods on different nodes reach each other, by address and by the Service's name, also after a node restarted."""
    before = traces(container_engine)
    own.up("--nodes=3", "--no-ingress", f"--image={CLIENT}")
    workers = [f"{own.name}-worker", f"{own.name}-worker2"]
    ready = own.kubectl("get", "nodes", "--output=jsonpath={.items[*].status.conditions[-1:].status}")
    assert ready.split() == ["True"] * 3
    items = [server("one", workers[0]), server("two", workers[1]), SERVICE]
    own.kubectl("apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    own.kubectl("wait", "pod/one", "pod/two", "--for=condition=Ready", "--timeout=90s")
    assert answers_across_nodes(own)
    container_engine("restart", workers[1])
    own.kubectl("wait", f"node/{workers[1]}", "--for=condition=Ready", "--timeout=90s")
    wait_until(lambda: answers_across_nodes(own), "pods on both workers to reach each other again", timeout=120)

    assert own.timonier("down", f"--name={own.name}").returncode == 0
    # The registry and the network go with the last cluster only.
    left = {what: held - before[what] for what, held in traces(container_engine).items()}
    shared = bool(kind.nodes(container_engine, ""))
    assert not left["volumes"]
    assert not left["containers"] or shared
    assert not left["networks"] - ({"kind"} if shared else set())
    assert own.name not in own.kubeconfig.read_text(encoding="utf-8")


def answers_across_nodes(own: Up) -> bool:
    """Whether each pod reaches the other by its address, and both through the Service's name."""
    address = {pod: own.kubectl("get", "pod", pod, "--output=jsonpath={.status.podIP}") for pod in ("one", "two")}
    for here, there in (("one", "two"), ("two", "one")):
        assert fetch(own, here, f"http://{address[there]}:8080/").strip() == there
    seen = {fetch(own, "one", "http://web.default.svc.cluster.local/").strip() for _ in range(20)}
    return seen == {"one", "two"}


def fetch(own: Up, pod: str, url: str) -> str:
    """The body of an answer, asked for from a pod."""
    return own.kubectl("exec", pod, "--", "timeout", "5", "wget", "-q", "-O", "-", url)


@contextlib.contextmanager
def mirror(engine: Engine, names: dict[str, str]) -> Iterator[None]:
    """A registry at the engine's mirror address that holds images under their public names, and the engine without.

    Args:
        engine: The engine.
        names: The public name by the name an image has here.
    """
    parked = {name: f"{MIRROR}/parked:{number}" for number, name in enumerate(names)}
    options = ("--name=timonier-mirror", f"--publish={MIRROR}:5000", "--tmpfs=/var/lib/registry")
    config = "version: 0.1\nstorage: {filesystem: {rootdirectory: /var/lib/registry}}\nhttp: {addr: ':5000'}\n"
    engine("create", *options, images.REGISTRY, "serve", "/config.yml")
    try:
        with_config(engine, "timonier-mirror", config)
        engine("start", "timonier-mirror")
        for name, public in names.items():
            wait_until(partial(pushed, engine, name, public), f"{name} to be pushed", timeout=120)
        for name, tag in parked.items():
            engine("tag", name, tag)
        for name in {*names, *names.values()}:
            engine("rmi", "--force", "--no-prune", name)
        yield
    finally:
        engine("rm", "--force", "--volumes", "timonier-mirror")
        for name, tag in parked.items():
            if engine.has(tag):
                engine("tag", tag, name)
                engine("rmi", tag)


def with_config(engine: Engine, name: str, config: str) -> None:
    """Copy a configuration into a container that has no shell to write it with."""
    content = config.encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as files:
        entry = tarfile.TarInfo("config.yml")
        entry.size = len(content)
        files.addfile(entry, io.BytesIO(content))
    subprocess.run([engine.program, "cp", "-", f"{name}:/"], input=archive.getvalue(), check=True)


def pushed(engine: Engine, name: str, public: str) -> bool:
    """Push an image under its public name and drop the tag that took."""
    there = f"{MIRROR}/{public if '/' in public else f'library/{public}'}"
    engine("tag", name, there)
    try:
        engine("push", "--quiet", there)
    finally:
        engine("rmi", "--no-prune", there)
    return True


def test_pulled(own: Up, container_engine: Engine, tmp_path: Path) -> None:
    """Where a registry has the images, `cluster up` pulls every one of them, and builds nothing."""
    if not any(MIRROR in address for address in container_engine.mirrors):
        pytest.skip(f"the engine has no registry mirror at {MIRROR}, as an engine provisioned by timonier has")
    parts = kind.prepare(Spec(images=tuple(project_images())), steps=quiet())
    if parts.node_image != node.OWN:
        pytest.skip(f"{parts.node_image} was pulled, so that path has been gone already")
    names = {node.OWN: node.TAG, images.REGISTRY: images.REGISTRY, **{name: name for name in parts.images}}
    found = {program: str(programs.find(program).path.parent) for program in ("kind", "kubectl", "helm")}
    # Nothing built before can be found, and nothing could be built: the cache is empty and there is no Go.
    path = os.pathsep.join([*found.values(), "/usr/bin", "/bin", str(Path(container_program()).parent)])
    alone = Up(own.name, own.kubeconfig, {"TIMONIER_CACHE": str(tmp_path / "cache"), "PATH": path})
    with mirror(container_engine, names):
        steps = alone.up()
        origins = container_engine("image", "inspect", node.TAG, "--format", "{{.RepoDigests}}")
        alone.timonier("down", f"--name={own.name}")
        container_engine("rmi", "--force", "--no-prune", node.TAG)
    assert "Build" not in steps, steps
    for public in names.values():
        assert f"✓ Pull {public}  " in steps, steps
    assert "kindest/node@sha256:" in origins


def container_program() -> str:
    """The path of the engine's command line."""
    engine = container.answering()
    return shutil.which(engine.program if engine else "docker") or ""


def project_images() -> list[images.Image]:
    """The images of this project's settings."""
    return [images.from_folder(name, folder) for name, folder in settings.load().images.items()]


def quiet() -> Steps:
    """Steps nobody sees."""
    return Steps(Console(file=io.StringIO()))
