"""Options that several verbs share, said once so that they read the same everywhere."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

SOURCE_HELP = (
    "A chart, a manifest file, git:REF:PATH, oci://HOST/PATH:VERSION, release:NAME[@REVISION], live:NAME, or -."
)
CLUSTER = "Release and cluster"
_VALUES = "Values"
SIGNATURE = "Signature"


class Format(StrEnum):
    """How a verb tells what it did, where there is no report to choose a form for."""

    TEXT = "text"
    JSON = "json"


ValuesFiles = Annotated[
    list[str] | None,
    typer.Option("--values", "-f", metavar="FILE", help="A values file, or -; repeatable.", rich_help_panel=_VALUES),
]
SetValues = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="As in Helm: a.b=1,list[0]=x.", rich_help_panel=_VALUES),
]
SetStrings = Annotated[
    list[str] | None,
    typer.Option("--set-string", metavar="KEY=TEXT", help="The value is always text.", rich_help_panel=_VALUES),
]
SetJson = Annotated[
    list[str] | None,
    typer.Option("--set-json", metavar="KEY=JSON", help="The value is JSON.", rich_help_panel=_VALUES),
]
SetFiles = Annotated[
    list[str] | None,
    typer.Option("--set-file", metavar="KEY=PATH", help="The value is a file's content.", rich_help_panel=_VALUES),
]
ReleaseName = Annotated[
    str | None,
    typer.Option("--release-name", metavar="NAME", help="The chart's name when left out.", rich_help_panel=CLUSTER),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NAME",
        help="HELM_NAMESPACE when left out, else default; of a release the context's.",
        rich_help_panel=CLUSTER,
    ),
]
KubeContext = Annotated[
    str,
    typer.Option(
        "--kube-context", metavar="NAME", help="HELM_KUBECONTEXT, else the current one.", rich_help_panel=CLUSTER
    ),
]
Kubeconfig = Annotated[
    str,
    typer.Option("--kubeconfig", metavar="FILE", help="KUBECONFIG, else ~/.kube/config.", rich_help_panel=CLUSTER),
]
IsUpgrade = Annotated[
    bool,
    typer.Option("--is-upgrade", help="Render as an upgrade, not as a first install.", rich_help_panel=CLUSTER),
]
KubeVersions = Annotated[
    list[str] | None,
    typer.Option(
        "--kube-version",
        metavar="VERSION",
        help="The cluster's Kubernetes: 1.34.0; repeatable. Helm's own when left out.",
        rich_help_panel=CLUSTER,
    ),
]
KubeVersion = Annotated[
    str | None,
    typer.Option(
        "--kube-version",
        metavar="VERSION",
        help="The cluster's Kubernetes: 1.34.0. Helm's own when left out.",
        rich_help_panel=CLUSTER,
    ),
]
ApiVersions = Annotated[
    list[str] | None,
    typer.Option(
        "--api-versions",
        "-a",
        metavar="GROUP/VERSION",
        help="What the cluster has beside Kubernetes' own: monitoring.coreos.com/v1; repeatable.",
        rich_help_panel=CLUSTER,
    ),
]
PlainHttp = Annotated[
    bool,
    typer.Option("--plain-http", help="Ask registries over HTTP; one on this machine that speaks no TLS is anyway."),
]
EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="NAME",
        help="auto, embedded, program (helm on PATH), or the path of a helm executable.",
    ),
]
Check = Annotated[
    bool, typer.Option("--check/--no-check", help="Refuse a chart in which `timonier check` finds errors.")
]
Sign = Annotated[
    bool,
    typer.Option(
        "--sign", help="Sign for `helm verify`: NAME.tgz.prov goes with the archive.", rich_help_panel=SIGNATURE
    ),
]
SigningKey = Annotated[
    str,
    typer.Option(
        "--key",
        metavar="KEY",
        help="A fingerprint or an address; GnuPG's default key when left out.",
        rich_help_panel=SIGNATURE,
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="The key's passphrase; else GnuPG's agent asks for it.",
        rich_help_panel=SIGNATURE,
    ),
]


def namespace_of_chart(namespace: str | None) -> str:
    """Return where a chart would be installed, which is told without asking a cluster."""
    return namespace or os.environ.get("HELM_NAMESPACE") or "default"
