"""The node image of a kind cluster: `kindest/node` where it is there or can be pulled, else one built here."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.cluster import cache, gobuild, images, recipes
from timonier.cluster.images import Image
from timonier.cluster.process import output

if TYPE_CHECKING:
    from timonier.cluster.container import Engine
    from timonier.cluster.steps import Step, Steps

TAG = f"kindest/node:v{gobuild.KUBERNETES_VERSION}"
PINNED = f"{TAG}@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed"
"""What the notes of kind 0.33.0 name for this version of Kubernetes."""
OWN = f"timonier/node:v{gobuild.KUBERNETES_VERSION}"

_INTERNAL = "timonier.invalid"
_RECIPES = (
    gobuild.KUBERNETES,
    gobuild.ETCD,
    gobuild.COREDNS,
    gobuild.CONTAINERD,
    gobuild.LOCAL_PATH,
    gobuild.NODE,
)
_SYSTEM = {
    "kube-apiserver": gobuild.KUBERNETES,
    "kube-controller-manager": gobuild.KUBERNETES,
    "kube-scheduler": gobuild.KUBERNETES,
    "etcd": gobuild.ETCD,
    "coredns": gobuild.COREDNS,
    "pause": gobuild.NODE,
}


def obtain(engine: Engine, wanted: str | None, steps: Steps) -> tuple[str, images.Origin]:
    """The node image to use, and which way it came.

    Args:
        engine: Gets the image.
        wanted: The image the user named; it is pulled where it is not there, and never built.
        steps: Shows pulls and builds.

    Raises:
        ClusterError: No node image can be had.
    """
    if wanted:
        return wanted, images.obtain(engine, Image(wanted, "", None), steps)
    for name in (PINNED, TAG):
        if engine.has(name):
            return name, "present"
    own = Image(OWN, _key(), lambda _, step: _build(engine, step, steps), public=False)
    if images.current(engine, own):
        return OWN, "present"
    # A mirror may hold what it was given under another digest: its tag is asked for where there is a mirror.
    for name in (PINNED, *([TAG] if engine.mirrors else [])):
        with steps.step(f"Pull {name.split('@')[0]}") as step:
            if engine.pull(name, step):
                return name, "pulled"
            step.note = "cannot be pulled"
    return OWN, images.obtain(engine, own, steps)


def _key() -> str:
    return cache.key_of([recipes.folder("node")], *(gobuild.place(recipe).name for recipe in _RECIPES))


def _build(engine: Engine, step: Step, steps: Steps) -> None:
    programs = {recipe.name: gobuild.built(recipe, steps) for recipe in _RECIPES}
    kubeadm = programs[gobuild.KUBERNETES.name] / "kubeadm"
    listed = output([kubeadm, "config", "images", "list", f"--kubernetes-version=v{gobuild.KUBERNETES_VERSION}"])
    names = {name.rsplit("/", 1)[-1].split(":")[0]: name for name in listed.split()}
    images.base(engine)
    with tempfile.TemporaryDirectory(prefix="timonier-", dir=images.scratch()) as scratch:
        context = Path(scratch)
        shutil.copytree(recipes.folder("node"), context, dirs_exist_ok=True)
        _programs(context / "bin", programs)
        _archives(engine, context / "archives", names, programs, step)
        engine.build(OWN, context, step, key=_key(), VERSION=f"v{gobuild.KUBERNETES_VERSION}", PAUSE=names["pause"])


def _programs(into: Path, programs: dict[str, Path]) -> None:
    into.mkdir()
    for name in ("kubeadm", "kubectl", "kubelet", "kube-proxy"):
        os.link(programs[gobuild.KUBERNETES.name] / name, into / name)
    for name in gobuild.CONTAINERD.programs:
        os.link(programs[gobuild.CONTAINERD.name] / name, into / name)


def _archives(engine: Engine, into: Path, names: dict[str, str], programs: dict[str, Path], step: Step) -> None:
    """What the node runs, as archives under the names its manifests know them by."""
    into.mkdir()
    made = {names[name]: programs[recipe.name] / name for name, recipe in _SYSTEM.items()}
    made[f"{_INTERNAL}/podnet:1"] = programs[gobuild.NODE.name] / "podnet"
    made[f"{_INTERNAL}/local-path-provisioner:1"] = programs[gobuild.LOCAL_PATH.name] / "local-path-provisioner"
    for name, program in made.items():
        images.one_program(engine, name, program, "")
    proxy = into.parent / "kube-proxy"
    os.link(into.parent / "bin" / "kube-proxy", proxy / "kube-proxy")
    engine.build(names["kube-proxy"], proxy, step)
    engine.build(f"{_INTERNAL}/busybox:1", into.parent / "busybox", step)
    for number, name in enumerate([*made, names["kube-proxy"], f"{_INTERNAL}/busybox:1"]):
        engine("save", "--output", into / f"{number}.tar", name)
        # Only the node needs it from here on.
        engine("image", "rm", "--force", name)
