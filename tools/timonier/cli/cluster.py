"""`timonier cluster`: a kind cluster with an ingress controller and the project's images in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from timonier.cli import options
from timonier.cli.command import PATH, Group, OneOf, argument, option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from timonier.cluster.images import Image

cluster = Group("cluster", help="Bring a kind cluster up and down, and load images into it.")

_name = option("--name", "-n", default="timonier", metavar="NAME", help="The cluster's name; its context is kind-NAME.")
_kubeconfig = option(
    "--kubeconfig",
    type=PATH,
    metavar="FILE",
    help="The file for the context; by default kind's own choice: KUBECONFIG, else the user's.",
)


def _project_images(chosen: Sequence[str]) -> tuple[Image, ...]:
    """The images named on the command line, else those of the project's settings."""
    from timonier import settings
    from timonier.cluster import images

    known = settings.load().images
    names = chosen or list(known)
    return tuple(
        images.from_folder(name, known[name]) if name in known else images.Image(name, "", None) for name in names
    )


@cluster.command(epilog="Example: timonier cluster up --nodes 3 --http-port 8080 --https-port 8443")
@_name
@option("--nodes", type=click.IntRange(1, 9), default=1, metavar="N", help="One control plane, and workers.")
@option(
    "--node-image",
    metavar="IMAGE",
    envvar="TIMONIER_NODE_IMAGE",
    show_envvar=True,
    help="Instead of kindest/node, or the one built here.",
)
@option(
    "--image",
    multiple=True,
    metavar="IMAGE",
    help="Load this image (repeatable) instead of those of the project's settings.",
)
@option(
    "--http-port",
    type=click.IntRange(0, 65535),
    default=80,
    metavar="PORT",
    help="Loopback port of the ingress; 0: any free one.",
)
@option(
    "--https-port",
    type=click.IntRange(0, 65535),
    default=443,
    metavar="PORT",
    help="The same for TLS; 0: any free one.",
)
@option("--ingress/--no-ingress", default=True, help="Install an ingress controller.")
@_kubeconfig
def up(
    *,
    name: str,
    nodes: int,
    node_image: str | None,
    image: tuple[str, ...],
    http_port: int,
    https_port: int,
    ingress: bool,
    kubeconfig: Path | None,
) -> None:
    """Create the cluster, or take up the one of that name; load the project's images; wait until all is ready."""
    from timonier.cluster import kind
    from timonier.cluster.spec import Spec
    from timonier.cluster.steps import Steps

    steps = Steps()
    spec = Spec(name, nodes, node_image, kubeconfig, http_port, https_port, ingress, _project_images(image))
    running = kind.up(spec, steps)
    click.echo(f"context {running.context}")
    if running.http_port:
        click.echo(f"ingress http://127.0.0.1:{running.http_port} https://127.0.0.1:{running.https_port}")


@cluster.command(epilog="Example: timonier cluster status -o json")
@_name
@option("--output", "-o", type=OneOf(options.Format), default=options.Format.TEXT, help="How to tell it.")
def status(*, name: str, output: options.Format) -> None:
    """Show the cluster's nodes, the ingress's ports and the images on it. Exit code 1 when it does not run."""
    from timonier.cluster import kind

    told = kind.status(name)
    if output is options.Format.JSON:
        click.echo(json.dumps(told, indent=2))
    else:
        for one in told["nodes"]:
            click.echo(f"{one['name']}  {'running' if one['running'] else 'stopped'}")
        if not told["nodes"]:
            click.echo(f"There is no cluster {name}.")
        elif told["http_port"]:
            click.echo(f"ingress http://127.0.0.1:{told['http_port']} https://127.0.0.1:{told['https_port']}")
    raise Exit(0 if told["running"] else 1)


@cluster.command(epilog="Example: timonier cluster load example/shop:1.0")
@argument("image", metavar="[IMAGE...]", nargs=-1, help="Images of the engine; by default the project's.")
@_name
def load(image: tuple[str, ...], *, name: str) -> None:
    """Bring images to the cluster's nodes, moving only the layers that are not there."""
    from timonier.cluster import kind
    from timonier.cluster.steps import Steps

    steps = Steps()
    kind.load(name, _project_images(image), steps)


@cluster.command(epilog="Example: timonier cluster build")
def build() -> None:
    """Have everything a cluster needs, and start none: programs, the node image, the project's images."""
    from timonier.cluster import kind
    from timonier.cluster.spec import Spec
    from timonier.cluster.steps import Steps

    steps = Steps()
    kind.prepare(Spec(images=_project_images(())), steps)


@cluster.command(epilog="Example: timonier cluster down --name timonier")
@_name
@_kubeconfig
def down(*, name: str, kubeconfig: Path | None) -> None:
    """Remove the cluster, its context, and with the last cluster the registry and network they shared."""
    from timonier.cluster import kind
    from timonier.cluster.steps import Steps

    if not kind.down(name, Steps(), kubeconfig):
        click.echo(f"There is no cluster {name}.", err=True)
