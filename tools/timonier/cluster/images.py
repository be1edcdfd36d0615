"""Images: what is there, else what can be pulled, else what can be built here."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from timonier.cluster import cache, gobuild, recipes
from timonier.cluster.container import KEY_LABEL
from timonier.cluster.process import output, succeeds
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.cluster.container import Engine
    from timonier.cluster.steps import Step, Steps

Origin = Literal["present", "pulled", "built"]
BASE = "debian:bookworm-slim"
TRAEFIK = "traefik:v3.7.5"
REGISTRY = "registry:3.0.0"
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_SUITE = "bookworm"


@dataclass(frozen=True)
class Image:
    """An image, and how it is built where it cannot be pulled.

    Attributes:
        name: The reference under which everyone knows it.
        key: The key of what it would be built from; empty where it cannot be built here.
        build: Builds it under that reference; None where it cannot be built here.
        public: Whether a registry can have it.
    """

    name: str
    key: str
    build: Callable[[Engine, Step], None] | None
    public: bool = True


def obtain(engine: Engine, image: Image, steps: Steps) -> Origin:
    """Make an image available to the engine, and say which way it came.

    An image that carries the label of our builds counts as there only while its key is that of today's inputs: an
    edited Dockerfile is built again. One without the label is somebody's own, and taken as it is.

    Raises:
        ClusterError: It is not there, cannot be pulled, and cannot be built.
    """
    if current(engine, image):
        return "present"
    with cache.lock(f"image-{image.name}", waiting=lambda: steps.say(f"Another process is at {image.name}; waiting.")):
        if current(engine, image):
            return "present"
        with steps.step(f"Pull {image.name}") if _may_pull(engine, image) else contextlib.nullcontext() as step:
            if step is not None:
                pulled = engine.pull(image.name, step) and current(engine, image)
                step.note = "" if pulled else "cannot be pulled"
                if pulled:
                    return "pulled"
        if image.build is None:
            raise ClusterError(
                f"The image {image.name} is not there, and it can be neither pulled nor built here.",
                hint=f"Load it into the engine (`{engine.program} load`), or name a registry the engine reaches.",
            )
        before = engine.image_id(image.name) if engine.has(image.name) else ""
        with steps.step(f"Build {image.name}") as step:
            image.build(engine, step)
        if before and before != engine.image_id(image.name):
            # Nobody can name it any more; where a container still runs on it, it stays.
            succeeds([engine.program, "rmi", before])
        return "built"


def _may_pull(engine: Engine, image: Image) -> bool:
    """Not where an older build of ours is there: its inputs changed here, so no registry can have the new one."""
    return image.public and not (engine.has(image.name) and image.build is not None)


def current(engine: Engine, image: Image) -> bool:
    """Whether the engine has an image as it would be built today, or somebody's own under its name."""
    if not engine.has(image.name):
        return False
    label = engine.labels(image.name).get(KEY_LABEL, "")
    return not label or not image.key or label == image.key


def from_folder(name: str, context: Path) -> Image:
    """An image built from a folder with a Dockerfile `FROM debian:bookworm-slim`.

    Raises:
        ClusterError: The folder has no Dockerfile.
    """
    if not (context / "Dockerfile").is_file():
        raise ClusterError(
            f"{context} has no Dockerfile to build {name} from.",
            hint="Mend the path in timonier's settings (`images`).",
        )
    key = cache.key_of([context], BASE)

    def build(engine: Engine, step: Step) -> None:
        base(engine)
        engine.build(name, context, step, key=key)

    return Image(name, key, build)


def from_program(name: str, recipe: gobuild.Recipe, steps: Steps, *, program: str = "") -> Image:
    """An image of one static program, built from its recipe, with nothing else in it."""
    program = program or next(iter(recipe.programs))
    key = gobuild.place(recipe).name.rsplit("-", 1)[-1]

    def build(engine: Engine, step: Step) -> None:
        step.note = "from source"
        one_program(engine, name, gobuild.built(recipe, steps) / program, key)

    return Image(name, key, build)


def one_program(engine: Engine, name: str, program: Path, key: str) -> None:
    """Make an image whose only file and entry point is a static program."""
    with tempfile.TemporaryDirectory(prefix="timonier-") as rootfs:
        # kubeadm's manifests find programs by PATH, chart authors by the entry point.
        shutil.copy(program, Path(rootfs) / program.name)
        for folder in ("tmp", "etc"):
            (Path(rootfs) / folder).mkdir(mode=0o777 if folder == "tmp" else 0o755)
        changes = [f'ENTRYPOINT ["/{program.name}"]', "ENV PATH=/"]
        engine.import_rootfs(name, Path(rootfs), changes, {KEY_LABEL: key})


def ingress_controller(steps: Steps) -> Image:
    """The ingress controller's image."""
    return from_program(TRAEFIK, gobuild.TRAEFIK, steps)


def registry(steps: Steps) -> Image:
    """The registry's image."""
    return from_program(REGISTRY, gobuild.REGISTRY, steps)


def base(engine: Engine) -> None:
    """Have Debian's slim base image: there, pulled, or made of the distribution's packages.

    Raises:
        ClusterError: None of the three is possible.
    """
    from timonier.cluster.steps import Step

    with cache.lock("image-base"):
        if engine.has(BASE) or engine.pull(BASE, Step(BASE)):
            return
        if os.geteuid() != 0 or shutil.which("debootstrap") is None:
            raise ClusterError(
                f"The image {BASE} can be neither pulled nor made here.",
                hint="Give the engine a registry it reaches, or install debootstrap and be root.",
            )
        with tempfile.TemporaryDirectory(prefix="timonier-", dir=scratch()) as place:
            rootfs = Path(place) / "rootfs"
            _debootstrap(rootfs)
            engine.import_rootfs(BASE, rootfs, ['CMD ["bash"]'], {KEY_LABEL: "debootstrap"})


def scratch() -> Path:
    """A folder for what is large and short-lived: in the cache, where a rename or a link stays on one file system."""
    place = cache.folder() / "tmp"
    place.mkdir(parents=True, exist_ok=True)
    return place


def _debootstrap(rootfs: Path) -> None:
    """A base as slim as the official one: no manuals, no translations, no package lists; the machine's own mirror."""
    output(["debootstrap", "--variant=minbase", _SUITE, rootfs, *_mirror()])
    for name, text in _sources().items():
        (rootfs / "etc/apt" / name).write_text(text, encoding="utf-8")
    slim = recipes.folder("node") / "slim"
    shutil.copy(slim / "dpkg.cfg", rootfs / "etc/dpkg/dpkg.cfg.d/slim")
    shutil.copy(slim / "apt.conf", rootfs / "etc/apt/apt.conf.d/slim")
    for left in ("usr/share/man", "usr/share/locale", "usr/share/info", "var/lib/apt/lists", "var/cache/apt"):
        for path in (rootfs / left).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (rootfs / "var/log/bootstrap.log").unlink(missing_ok=True)
    # Docker writes its own; the host's would end up in every image.
    for name in ("etc/resolv.conf", "etc/hostname"):
        (rootfs / name).unlink(missing_ok=True)


def _mirror() -> list[str]:
    """Where apt gets the suite from on this machine; empty for debootstrap's own default."""
    asked = ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Created-By: Packages"]
    found = (line.split() for line in output(asked).splitlines())
    return [address for suite, address in found if suite == _SUITE][:1]


def _sources(apt: Path = Path("/etc/apt")) -> dict[str, str]:
    """The machine's package sources of the suite, by file name below apt's folder; empty on another distribution.

    A name and password in a mirror's address stay here: an image is handed on.
    """
    files = [apt / "sources.list", *(apt / "sources.list.d").glob("*")]
    found = {}
    for file in files:
        if file.suffix not in {".list", ".sources"} or not file.is_file():
            continue
        text = file.read_text(encoding="utf-8")
        if _SUITE in text and "debian" in text:
            found[str(file.relative_to(apt))] = _CREDENTIALS.sub("", text)
    return found
