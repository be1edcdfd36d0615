"""Options that several verbs share, said once so that they read the same everywhere."""

from __future__ import annotations

import functools
import os
from enum import StrEnum
from typing import TYPE_CHECKING

from timonier.cli.command import PATH, SOURCE, all_of, option

if TYPE_CHECKING:
    from collections.abc import Callable

    Given = tuple[str, ...]

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


values = option(
    "--values", "-f", multiple=True, type=SOURCE, metavar="FILE", help="A values file, or -; repeatable.", panel=_VALUES
)
set_values = option(
    "--set", "set_values", multiple=True, metavar="KEY=VALUE", help="As in Helm: a.b=1,list[0]=x.", panel=_VALUES
)
set_string = option("--set-string", multiple=True, metavar="KEY=TEXT", help="The value is always text.", panel=_VALUES)
set_json = option("--set-json", multiple=True, metavar="KEY=JSON", help="The value is JSON.", panel=_VALUES)
set_file = option("--set-file", multiple=True, metavar="KEY=PATH", help="The value is a file's content.", panel=_VALUES)
release_name = option(
    "--release-name", default="", metavar="NAME", help="The chart's name when left out.", panel=CLUSTER
)
namespace = option(
    "--namespace",
    "-n",
    default="",
    metavar="NAME",
    help="HELM_NAMESPACE when left out, else default; of a release the context's.",
    panel=CLUSTER,
)
kube_context = option(
    "--kube-context", default="", metavar="NAME", help="HELM_KUBECONTEXT, else the current one.", panel=CLUSTER
)
kubeconfig = option(
    "--kubeconfig", type=SOURCE, default="", metavar="FILE", help="KUBECONFIG, else ~/.kube/config.", panel=CLUSTER
)
access = all_of(kube_context, kubeconfig)
is_upgrade = option("--is-upgrade", is_flag=True, help="Render as an upgrade, not as a first install.", panel=CLUSTER)
kube_versions = option(
    "--kube-version",
    multiple=True,
    metavar="VERSION",
    help="The cluster's Kubernetes: 1.34.0; repeatable. Helm's own when left out.",
    panel=CLUSTER,
)
kube_version = option(
    "--kube-version",
    metavar="VERSION",
    help="The cluster's Kubernetes: 1.34.0. Helm's own when left out.",
    panel=CLUSTER,
)
api_versions = option(
    "--api-versions",
    "-a",
    multiple=True,
    metavar="GROUP/VERSION",
    help="What the cluster has beside Kubernetes' own: monitoring.coreos.com/v1; repeatable.",
    panel=CLUSTER,
)
plain_http = option(
    "--plain-http", is_flag=True, help="Ask registries over HTTP; one on this machine that speaks no TLS is anyway."
)
engine = option(
    "--engine",
    default="auto",
    metavar="NAME",
    help="auto, embedded, program (helm on PATH), or the path of a helm executable.",
)
check = option("--check/--no-check", default=True, help="Refuse a chart in which `timonier check` finds errors.")
sign = option(
    "--sign", is_flag=True, help="Sign for `helm verify`: NAME.tgz.prov goes with the archive.", panel=SIGNATURE
)
key = option(
    "--key",
    default="",
    metavar="KEY",
    help="A fingerprint or an address; GnuPG's default key when left out.",
    panel=SIGNATURE,
)
passphrase_file = option(
    "--passphrase-file",
    type=PATH,
    metavar="FILE",
    help="The key's passphrase; else GnuPG's agent asks for it.",
    panel=SIGNATURE,
)


def chart_values(function: Callable[..., None]) -> Callable[..., None]:
    """Add what sets a chart's values to a command, which is handed them as one argument, `settings`."""

    @functools.wraps(function)
    def call(
        *, values: Given, set_values: Given, set_string: Given, set_json: Given, set_file: Given, **rest: object
    ) -> None:
        from timonier.values import Settings

        function(settings=Settings(values, set_values, set_string, set_json, set_file), **rest)

    return all_of(values, set_values, set_string, set_json, set_file)(call)


def namespace_of_chart(namespace: str) -> str:
    """Return where a chart would be installed, which is told without asking a cluster."""
    return namespace or os.environ.get("HELM_NAMESPACE") or "default"
