"""The programs helm, kind and kubectl: from PATH, the cache, an official release, or built, in that order."""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from timonier.cluster import cache, gobuild
from timonier.cluster.process import output
from timonier.cluster.steps import Steps
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from timonier.cluster.steps import Step

Origin = Literal["PATH", "cache", "release", "built"]
Name = Literal["helm", "kind", "kubectl"]
_CONNECT_SECONDS = 10
_CHUNK = 1 << 18


class _UnreachableError(Exception):
    """A release cannot be downloaded, and so is to be built."""


@dataclass(frozen=True)
class Program:
    """A program and every way to it.

    Attributes:
        version: What is downloaded or built.
        minimum: The oldest version on PATH that will do.
        why: The reason for the minimum, as the end of a sentence.
        asked: The arguments that make it print its version.
        url: Its official release; `{version}` and `{arch}` are put in.
        digests: The release's SHA-256 by architecture, as its publisher states it.
        member: The program inside the release where that is an archive.
        recipe: How it is built.
    """

    version: str
    minimum: tuple[int, int]
    why: str
    asked: tuple[str, ...]
    url: str
    digests: dict[str, str]
    member: str
    recipe: gobuild.Recipe


@dataclass(frozen=True)
class Found:
    """A program that is there: its path, version, and where it came from."""

    name: str
    path: Path
    version: str
    origin: Origin


PROGRAMS: dict[Name, Program] = {
    "helm": Program(
        version="4.3.0",
        minimum=(3, 14),
        why="older ones do not know every function charts use today",
        asked=("version", "--template={{.Version}}"),
        url="https://get.helm.sh/helm-v{version}-linux-{arch}.tar.gz",
        digests={
            "amd64": "86584a54def73570558f66f5111cc53dfed56689637ae32c1201205d494f54fb",
            "arm64": "31c5794dd55c66a51e6b7d2e2ac7a114ae8b1de41ff1d9ba51748ac973b06a08",
        },
        member="linux-{arch}/helm",
        recipe=gobuild.HELM,
    ),
    "kind": Program(
        version="0.33.0",
        minimum=(0, 31),
        why="older ones cannot create today's Kubernetes",
        asked=("version",),
        url="https://github.com/kubernetes-sigs/kind/releases/download/v{version}/kind-linux-{arch}",
        digests={"amd64": "aee6151561422756b764a4ae28e7f44cda5af5a9eead3cc9985112b1de8d8e0d"},
        member="",
        recipe=gobuild.KIND,
    ),
    "kubectl": Program(
        version=gobuild.KUBERNETES_VERSION,
        minimum=(1, 35),
        why="Kubernetes supports one minor version of skew",
        asked=("version", "--client"),
        url="https://dl.k8s.io/release/v{version}/bin/linux/{arch}/kubectl",
        digests={
            "amd64": "8b8f088da2dab964f853b38464033b1be15ede2839eca751482357c45abdd05a",
            "arm64": "0ecf44450ee6063bf19dd166a103ee6df4a9034455c2abce626e6eea657d73fb",
        },
        member="",
        recipe=gobuild.KUBERNETES,
    ),
}


def find(name: Name, steps: Steps | None = None) -> Found:
    """A program of at least its minimum version, fetched or built where it is not there.

    Raises:
        ClusterError: It is nowhere, can be downloaded from nowhere, and cannot be built.
    """
    return present(name) or _obtained(name, steps or Steps())


def pinned(name: Name, steps: Steps | None = None) -> Found:
    """A program of exactly the version this project names, whatever is on PATH.

    Raises:
        ClusterError: It can be downloaded from nowhere, and cannot be built.
    """
    return _in_cache(name) or _obtained(name, steps or Steps())


def present(name: Name) -> Found | None:
    """A program that is there already, on PATH or in the cache; nothing is fetched."""
    return _on_path(name) or _in_cache(name)


def _on_path(name: Name) -> Found | None:
    if (path := shutil.which(name)) is None:
        return None
    version = version_of(Path(path), PROGRAMS[name].asked)
    if version is None or _numbers(version) < PROGRAMS[name].minimum:
        return None
    return Found(name, Path(path), version, "PATH")


def version_of(path: Path, asked: tuple[str, ...]) -> str | None:
    """The version a program states (three numbers and what follows), or None where it states none."""
    try:
        told = output([path, *asked], timeout=20)
    except (ClusterError, OSError):
        return None
    found = re.search(r"v?(\d+\.\d+\.\d+[-+.\w]*)", told)
    return found.group(1) if found else None


def _numbers(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def _in_cache(name: Name) -> Found | None:
    program = PROGRAMS[name]
    released = cache.folder() / "releases" / f"{name}-{program.version}" / name
    if released.is_file():
        return Found(name, released, program.version, "cache")
    folder = gobuild.place(program.recipe)
    return Found(name, folder / name, program.version, "cache") if folder.is_dir() else None


def _obtained(name: Name, steps: Steps) -> Found:
    program = PROGRAMS[name]
    try:
        return Found(name, _released(name, program, steps) / name, program.version, "release")
    except _UnreachableError as error:
        steps.say(f"The release of {name} {program.version} cannot be downloaded ({error}); building it.")
    return Found(name, gobuild.built(program.recipe, steps) / name, program.version, "built")


def _released(name: Name, program: Program, steps: Steps) -> Path:
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    if arch not in program.digests:
        raise _UnreachableError(f"no checksum is known for {arch}")
    url = program.url.format(version=program.version, arch=arch)

    def make(into: Path) -> None:
        with steps.step(f"Download {name} {program.version}") as step:
            archive = _download(url, into / "download", step)
            _verify(archive, program.digests[arch], url)
            _unpack(archive, program.member.format(arch=arch), into / name)

    return cache.entry("releases", f"{name}-{program.version}", make)


def _download(url: str, into: Path, step: Step) -> Path:
    if not url.startswith("https://"):
        raise ClusterError(f"{url} is not fetched: only https is.")
    try:
        answer = urllib.request.urlopen(url, timeout=_CONNECT_SECONDS)  # noqa: S310 - see above
    except (urllib.error.URLError, TimeoutError) as error:
        step.note = "cannot be reached"
        raise _UnreachableError(getattr(error, "reason", error)) from None
    with answer, into.open("wb") as file:
        total = int(answer.headers.get("Content-Length") or 0)
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            step.advance(file.tell(), max(total, file.tell()))
    return into


def _verify(archive: Path, digest: str, url: str) -> None:
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != digest:
        raise ClusterError(
            f"{url} has the SHA-256 {found}, not {digest}; it was thrown away.",
            hint="Try again later, or put a program you trust on PATH.",
        )


def _unpack(archive: Path, member: str, program: Path) -> None:
    if member:
        with tarfile.open(archive) as files, program.open("wb") as file:
            source = files.extractfile(member)
            if source is None:
                raise ClusterError(f"The release holds no {member}.")
            shutil.copyfileobj(source, file)
        archive.unlink()
    else:
        archive.rename(program)
    program.chmod(0o755)
