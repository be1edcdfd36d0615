"""Engines: what turns a chart and values into rendered templates.

Two of them, behind one protocol: Helm's own library in this process (`embedded`), and the user's `helm` (`program`).
Both yield the same templates; ordering and reading them is done once, in `timonier.render`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from timonier.chartfiles import ChartFiles


@dataclass(frozen=True, slots=True)
class Release:
    """What a chart may ask about its release and the cluster it goes to: `.Release`, `.Capabilities`.

    Attributes:
        name: At most 53 characters, as a DNS name.
        namespace: Where it would be installed.
        is_upgrade: Whether it is there already.
        kube_version: The Kubernetes version of the cluster, `1.34.0`; empty for the one Helm itself was built for.
        api_versions: API versions the cluster has beside Kubernetes' own: `monitoring.coreos.com/v1`.
        include_crds: Whether what lies in `crds/` is rendered too; no chart can ask for it.
    """

    name: str
    namespace: str = "default"
    is_upgrade: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    include_crds: bool = False


class Template(NamedTuple):
    """One document a template rendered to, or a file of `crds/`.

    Attributes:
        source: The template, `CHART/templates/FILE`.
        text: The document, without separator, the white space behind it kept.
    """

    source: str
    text: str


class Engine(Protocol):
    """Whatever renders a chart."""

    @property
    def name(self) -> str:
        """What it is, with its version: `helm 4.3.0 (embedded)`."""

    def template(self, chart: Path | ChartFiles, values: Mapping[str, Any], release: Release) -> Sequence[Template]:
        """Render a chart's templates.

        Args:
            chart: A chart directory or archive, or a chart's files in memory.
            values: What the user set, over the chart's own values.
            release: What the chart may ask about its release.

        Raises:
            SourceError: The chart cannot be loaded.
            ValuesError: The chart's schema refuses the values.
            RenderError: A template failed.
        """
