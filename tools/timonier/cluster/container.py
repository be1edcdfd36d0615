"""The container engine: Docker, or Podman under its own name, through the program on PATH."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier.cluster.process import output, stream, succeeds
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from timonier.cluster.steps import Step

KEY_LABEL = "timonier.key"
_STEP_LINE = re.compile(r"^(?:Step (\d+)/(\d+) :|#\d+ \[[^\]]*?(\d+)/(\d+)\])")
_INFO_SECONDS = 20
_FREEZER = Path("/sys/fs/cgroup/freezer")


@dataclass(frozen=True)
class Engine:
    """A container engine that answers.

    Attributes:
        program: `docker` or `podman`.
    """

    program: str

    def __call__(self, *arguments: str | Path, stdin: str | None = None, timeout: float | None = None) -> str:
        """Run one of the engine's commands and return its output."""
        return output([self.program, *arguments], stdin=stdin, timeout=timeout)

    @functools.cached_property
    def info(self) -> dict[str, Any]:
        """What the engine says of itself."""
        told: dict[str, Any] = json.loads(self("info", "--format", "{{json .}}", timeout=_INFO_SECONDS))
        return told

    @property
    def version(self) -> str:
        """The engine's own version, not its command line's."""
        return str(self.info.get("ServerVersion") or self.info.get("version", {}).get("Version", "unknown"))

    @property
    def cgroup_v1(self) -> bool:
        """Whether containers live in cgroup v1, which the kubelet accepts only when told to."""
        return str(self.info.get("CgroupVersion", "2")) == "1"

    @property
    def mirrors(self) -> list[str]:
        """The registry mirrors the engine asks before the public registry."""
        return list(self.info.get("RegistryConfig", {}).get("Mirrors") or [])

    def has(self, image: str) -> bool:
        """Whether an image is there, under exactly this reference."""
        return succeeds([self.program, "image", "inspect", image])

    def labels(self, image: str) -> dict[str, str]:
        """An image's labels."""
        told = json.loads(self("image", "inspect", image, "--format", "{{json .Config.Labels}}"))
        return dict(told or {})

    def image_id(self, image: str) -> str:
        """The digest of an image's configuration: the same id is the same image."""
        return self("image", "inspect", image, "--format", "{{.Id}}").strip()

    def pull(self, image: str, step: Step) -> bool:
        """Pull an image; whether that worked. An unreachable registry says no at once."""
        layers: dict[str, bool] = {}

        def count(line: str) -> None:
            layer, _, state = line.partition(": ")
            if state.startswith(("Pulling", "Waiting", "Downloading")):
                layers.setdefault(layer, False)
            elif state.startswith("Pull complete"):
                layers[layer] = True
            step.advance(sum(layers.values()), max(len(layers), 1))

        try:
            stream([self.program, "pull", image], count)
        except ClusterError:
            return False
        return True

    def build(self, image: str, context: Path, step: Step, **arguments: str) -> None:
        """Build an image from a folder with a Dockerfile.

        Args:
            image: The reference to give it.
            context: The folder.
            step: Gets the bar's progress.
            arguments: Build arguments; `key` becomes the label by which a later build knows its inputs.

        Raises:
            ClusterError: The build failed.
        """
        key = arguments.pop("key", "")
        options = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        options += [f"--label={KEY_LABEL}={key}"] if key else []

        def count(line: str) -> None:
            if found := _STEP_LINE.match(line):
                done, total = (int(number) for number in found.groups() if number)
                step.advance(done - 1, total)

        # The host's network: a build only installs packages, and no bridge stands between it and their mirror.
        command: list[str | Path] = [
            self.program,
            "build",
            "--network=host",
            "--force-rm",
            *options,
            "--tag",
            image,
            context,
        ]
        stream(command, count, env=self._builder())

    def import_rootfs(self, image: str, rootfs: Path, changes: Sequence[str], labels: Mapping[str, str]) -> None:
        """Make an image of one layer from a folder, with changes as a Dockerfile would say them."""
        said = [*changes, *(f'LABEL "{name}"="{value}"' for name, value in labels.items())]
        with tempfile.TemporaryDirectory(prefix="timonier-") as scratch:
            archive = Path(scratch) / "rootfs.tar"
            options = ("--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner")
            output(["tar", *options, "-C", rootfs, "-cf", archive, "."])
            self("import", *(f"--change={change}" for change in said), archive, image)

    def thaw(self, name: str) -> None:
        """Let the frozen processes of a container go on, where it runs on this machine's cgroup v1.

        runc freezes a cgroup while it changes it. One that was killed meanwhile, with the cluster it worked in, leaves
        processes behind that no signal reaches, SIGKILL included, until they are thawed (cgroup-v1/freezer-subsystem).
        """
        identity = self("inspect", name, "--format", "{{.Id}}").strip()
        for state in _FREEZER.glob(f"**/{identity}/**/freezer.state"):
            with contextlib.suppress(OSError):
                state.write_text("THAWED", encoding="ascii")

    def _builder(self) -> dict[str, str]:
        """The classic builder where the command line has no BuildKit beside it."""
        if self.program != "docker" or os.environ.get("DOCKER_BUILDKIT"):
            return {}
        return {"DOCKER_BUILDKIT": "1" if succeeds(["docker", "buildx", "version"]) else "0"}


def answering() -> Engine | None:
    """The engine that answers, Docker before Podman; None where neither does."""
    for program in ("docker", "podman"):
        if shutil.which(program) and succeeds([program, "ps", "--quiet"], timeout=_INFO_SECONDS):
            return Engine(program)
    return None
