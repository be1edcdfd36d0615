"""Programs built from pinned Go modules: a recipe is a folder with a go.mod that names them and a go.sum."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from timonier.cluster import cache, recipes
from timonier.cluster.process import output, stream
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path

    from timonier.cluster.steps import Step, Steps

_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -mod=readonly", "GOWORK": "off"}


@dataclass(frozen=True)
class Recipe:
    """What a recipe builds.

    Attributes:
        name: The recipe's folder, for instance `programs/helm`; an absolute path where it is not this project's.
        version: The programs' version, for people and cache folders.
        programs: The package of each program by the program's name.
        variables: What the linker sets, for instance the version a program calls itself.
    """

    name: str
    version: str
    programs: dict[str, str]
    variables: dict[str, str]


_BASE = "k8s.io/component-base/version"
KUBERNETES_VERSION = "1.36.4"
_MAJOR, _MINOR, _ = KUBERNETES_VERSION.split(".")
_KUBERNETES = (
    "kubelet",
    "kubeadm",
    "kubectl",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
)
_CONTAINERD = "github.com/containerd/containerd/v2"

KUBERNETES = Recipe(
    "programs/kubernetes",
    KUBERNETES_VERSION,
    {name: f"k8s.io/kubernetes/cmd/{name}" for name in _KUBERNETES},
    {
        f"{_BASE}.gitVersion": f"v{KUBERNETES_VERSION}",
        f"{_BASE}.gitMajor": _MAJOR,
        f"{_BASE}.gitMinor": _MINOR,
        f"{_BASE}.gitTreeState": "clean",
    },
)
HELM = Recipe(
    "programs/helm",
    "4.3.0",
    {"helm": "helm.sh/helm/v4/cmd/helm"},
    {"helm.sh/helm/v4/internal/version.version": "v4.3.0"},
)
KIND = Recipe("programs/kind", "0.33.0", {"kind": "sigs.k8s.io/kind"}, {})
ETCD = Recipe("programs/etcd", "3.6.8", {"etcd": "go.etcd.io/etcd/server/v3"}, {})
COREDNS = Recipe("programs/coredns", "1.14.7", {"coredns": "github.com/coredns/coredns"}, {})
CONTAINERD = Recipe(
    "programs/containerd",
    "2.2.1",
    {name: f"{_CONTAINERD}/cmd/{name}" for name in ("containerd", "ctr", "containerd-shim-runc-v2")},
    {f"{_CONTAINERD}/version.Version": "v2.2.1"},
)
TRAEFIK = Recipe(
    "programs/traefik",
    "3.7.5",
    {"traefik": "github.com/traefik/traefik/v3/cmd/traefik"},
    {"github.com/traefik/traefik/v3/pkg/version.Version": "v3.7.5"},
)
REGISTRY = Recipe(
    "programs/registry",
    "3.0.0",
    {"registry": "github.com/distribution/distribution/v3/cmd/registry"},
    {"github.com/distribution/distribution/v3/version.version": "v3.0.0"},
)
LOCAL_PATH = Recipe(
    "programs/local-path-provisioner",
    "0.0.30",
    {"local-path-provisioner": "github.com/rancher/local-path-provisioner"},
    {},
)
NODE = Recipe("node/src", "1", {"podnet": "./podnet", "pause": "./pause"}, {})


def built(recipe: Recipe, steps: Steps) -> Path:
    """The folder with a recipe's programs, built where the cache does not have them.

    Raises:
        ClusterError: There is no Go toolchain, or the build failed.
    """
    source = recipes.folder(recipe.name)
    return cache.entry(
        "programs",
        place(recipe).name,
        lambda into: _build(recipe, source, into, steps),
        waiting=lambda: steps.say("Another process is building the same; waiting for it."),
    )


def place(recipe: Recipe) -> Path:
    """Where the cache keeps a recipe's programs, whether they are there or not: a name made of all inputs."""
    source = recipes.folder(recipe.name)
    key = cache.key_of([source], *recipe.programs.values(), *recipe.variables.values(), platform.machine())
    return cache.folder() / "programs" / f"{recipe.name.rpartition('/')[2]}-{recipe.version}-{key}"


def _build(recipe: Recipe, source: Path, into: Path, steps: Steps) -> None:
    go = shutil.which("go")
    if go is None:
        raise ClusterError(
            f"{', '.join(recipe.programs)} cannot be downloaded, and there is no Go toolchain to build it with.",
            hint="Install Go 1.26 or later (go.dev/doc/install), or put the program on PATH.",
        )
    title = f"Build {recipe.name.rpartition('/')[2]} {recipe.version}"
    with steps.step(title) as step:
        # All at once: go downloads and compiles what the programs share side by side.
        _compile(go, recipe, source, into, step)


def _compile(go: str, recipe: Recipe, source: Path, into: Path, step: Step) -> None:
    total = len(output([go, "list", "-deps", *recipe.programs.values()], cwd=source, env=_ENVIRONMENT).splitlines())
    compiled = 0

    def count(line: str) -> None:
        nonlocal compiled
        if not line.startswith("go: "):
            compiled += 1
            step.advance(compiled, total)

    variables = "".join(f" -X {name}={value}" for name, value in recipe.variables.items())
    flags = ["-trimpath", "-v", "-ldflags", f"-s -w{variables}"]
    stream([go, "build", *flags, "-o", f"{into}/", *recipe.programs.values()], count, cwd=source, env=_ENVIRONMENT)
    for name, package in recipe.programs.items():
        _named(into, name, package)


def _named(into: Path, name: str, package: str) -> None:
    """Go names a program after its package's last part that is no major version; one recipe wants another name."""
    parts = [part for part in package.split("/") if not (part[0] == "v" and part[1:].isdigit())]
    if parts[-1] != name:
        (into / parts[-1]).rename(into / name)
