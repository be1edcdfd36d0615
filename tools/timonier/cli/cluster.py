"""`timonier cluster`: a kind cluster with an ingress controller and the project's images in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from timonier.cluster.images import Image

app = typer.Typer(no_args_is_help=True, help="Bring a kind cluster up and down, and load images into it.")

Name = Annotated[str, typer.Option("--name", "-n", help="The cluster's name; its context is kind-NAME.")]
Kubeconfig = Annotated[
    Path | None,
    typer.Option(
        "--kubeconfig", help="The file for the context; by default kind's own choice: KUBECONFIG, else the user's."
    ),
]


def _project_images(chosen: list[str] | None) -> tuple[Image, ...]:
    """The images named on the command line, else those of the project's settings."""
    from timonier import settings
    from timonier.cluster import images

    known = settings.load().images
    names = list(known) if chosen is None else chosen
    return tuple(
        images.from_folder(name, known[name]) if name in known else images.Image(name, "", None) for name in names
    )


@app.command(epilog="Example: timonier cluster up --nodes 3 --http-port 8080 --https-port 8443")
def up(
    *,
    name: Name = "timonier",
    nodes: Annotated[int, typer.Option("--nodes", min=1, max=9, help="One control plane, and workers.")] = 1,
    node_image: Annotated[
        str | None,
        typer.Option(
            "--node-image", envvar="TIMONIER_NODE_IMAGE", help="Instead of kindest/node, or the one built here."
        ),
    ] = None,
    image: Annotated[
        list[str] | None,
        typer.Option("--image", help="Load this image (repeatable) instead of those of the project's settings."),
    ] = None,
    http_port: Annotated[
        int, typer.Option("--http-port", min=0, max=65535, help="Loopback port of the ingress; 0: any free one.")
    ] = 80,
    https_port: Annotated[
        int, typer.Option("--https-port", min=0, max=65535, help="The same for TLS; 0: any free one.")
    ] = 443,
    ingress: Annotated[bool, typer.Option("--ingress/--no-ingress", help="Install an ingress controller.")] = True,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Create the cluster, or take up the one of that name; load the project's images; wait until all is ready."""
    from timonier.cluster import kind
    from timonier.cluster.spec import Spec
    from timonier.cluster.steps import Steps

    steps = Steps()
    spec = Spec(name, nodes, node_image, kubeconfig, http_port, https_port, ingress, _project_images(image))
    cluster = kind.up(spec, steps)
    typer.echo(f"context {cluster.context}")
    if cluster.http_port:
        typer.echo(f"ingress http://127.0.0.1:{cluster.http_port} https://127.0.0.1:{cluster.https_port}")


@app.command(epilog="Example: timonier cluster status -o json")
def status(
    *,
    name: Name = "timonier",
    output: Annotated[str, typer.Option("--output", "-o", help="text or json.")] = "text",
) -> None:
    """Show the cluster's nodes, the ingress's ports and the images on it. Exit code 1 when it does not run."""
    from timonier.cluster import kind

    told = kind.status(name)
    if output == "json":
        typer.echo(json.dumps(told, indent=2))
    else:
        for one in told["nodes"]:
            typer.echo(f"{one['name']}  {'running' if one['running'] else 'stopped'}")
        if not told["nodes"]:
            typer.echo(f"There is no cluster {name}.")
        elif told["http_port"]:
            typer.echo(f"ingress http://127.0.0.1:{told['http_port']} https://127.0.0.1:{told['https_port']}")
    raise typer.Exit(0 if told["running"] else 1)


@app.command(epilog="Example: timonier cluster load example/shop:1.0")
def load(
    image: Annotated[list[str] | None, typer.Argument(help="Images of the engine; by default the project's.")] = None,
    *,
    name: Name = "timonier",
) -> None:
    """Bring images to the cluster's nodes, moving only the layers that are not there."""
    from timonier.cluster import kind
    from timonier.cluster.steps import Steps

    steps = Steps()
    kind.load(name, _project_images(image or None), steps)


@app.command(epilog="Example: timonier cluster build")
def build() -> None:
    """Have everything a cluster needs, and start none: programs, the node image, the project's images."""
    from timonier.cluster import kind
    from timonier.cluster.spec import Spec
    from timonier.cluster.steps import Steps

    steps = Steps()
    kind.prepare(Spec(images=_project_images(None)), steps)


@app.command(epilog="Example: timonier cluster down --name timonier")
def down(*, name: Name = "timonier", kubeconfig: Kubeconfig = None) -> None:
    """Remove the cluster, its context, and with the last cluster the registry and network they shared."""
    from timonier.cluster import kind
    from timonier.cluster.steps import Steps

    if not kind.down(name, Steps(), kubeconfig):
        typer.echo(f"There is no cluster {name}.", err=True)
