"""Telling the embedded engine a Kubernetes version: its library takes none, and renders for its own Helm's.

Templates that read `.Capabilities.KubeVersion.Version` (or `Major`, `Minor`, `GitVersion`) are told by an action put in
front of each template's first line, in memory. It prints nothing, so the output and the line numbers stay as they are.
Whatever else a chart does with `.Capabilities` is left to the helm program.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from timonier.chartfiles import is_template, unpack_subcharts
from timonier.constraints import satisfies
from timonier.engine.messages import no_kube_version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from timonier.chartfiles import ChartFiles

_WORD = "Capabilities"
# An action, with the strings and comments in it, in which `}}` does not end it.
_ACTION = re.compile(
    r"""\{\{(?:"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])+'|/\*.*?\*/|(?!\}\})[^"`])*+\}\}""", re.DOTALL
)
_COMMENT = re.compile(r"\{\{-?\s*/\*")
_VERSION_READ = re.compile(rf"\.{_WORD}\.KubeVersion\.(?:Version|GitVersion|Major|Minor)\b")
_APIS_READ = re.compile(rf"\.{_WORD}\.APIVersions\b")
_UNTOUCHED = re.compile(rf"\.{_WORD}\.HelmVersion\b")
# k8s.io/apimachinery/pkg/util/version, ParseGeneric.
_KUBE_VERSION = re.compile(r"\s*v?(?P<numbers>(?:0|[1-9]\d*)(?:\.\d+)+)[^\"\\\\]*")
_FIRST_LINE = re.compile(r"(?P<place>/(?!_)[^/:()\s]+:1:)(?P<column>\d+)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Use(Enum):
    """What a chart does with `.Capabilities`, from what can be told in process to what cannot."""

    NONE = "nothing"
    VERSION = "the version's parts"
    APIS = "the API versions"
    WHOLE = "something else"


class KubeVersion(NamedTuple):
    """A Kubernetes version as Helm takes it apart.

    Attributes:
        text: As given, with a leading `v`: `v1.30.2-gke.100`; what templates see.
        plain: Its numbers alone: `v1.30.2`; what a chart's `kubeVersion` is compared with.
        major: The first number.
        minor: The second.
    """

    text: str
    plain: str
    major: str
    minor: str

    @property
    def action(self) -> str:
        """The template action that tells it.

        A template may be included with something else than the root in its dot, which is left alone.
        """
        version = (
            f'dict "Version" "{self.text}" "GitVersion" "{self.text}" "Major" "{self.major}" "Minor" "{self.minor}"'
        )
        kept = f'"APIVersions" .{_WORD}.APIVersions "HelmVersion" .{_WORD}.HelmVersion'
        told = f'{{{{ $_ := set . "{_WORD}" (dict "KubeVersion" ({version}) {kept}) }}}}'
        return f'{{{{ if and (kindIs "map" .) (hasKey . "{_WORD}") }}}}{told}{{{{ end }}}}'


def read_kube_version(text: str) -> KubeVersion:
    """Read a Kubernetes version: at least two numbers, and whatever a vendor puts behind them.

    Raises:
        ValuesError: It is none.
    """
    match = _KUBE_VERSION.fullmatch(text)
    if not match or not text.isprintable():
        raise no_kube_version(text)
    numbers = [str(int(number)) for number in match["numbers"].split(".")]
    return KubeVersion(text if text.startswith("v") else f"v{text}", f"v{'.'.join(numbers)}", *numbers[:2])


def fits(kube_version: KubeVersion, constraint: str) -> bool:
    """Whether a chart that requires a Kubernetes version can be installed on one."""
    return not constraint or satisfies(kube_version.plain, constraint)


def use_in_chart(chart: ChartFiles) -> Use:
    """Return what a chart does with `.Capabilities`: its templates, subcharts, and texts that might go to `tpl`."""
    files = unpack_subcharts(chart).files
    texts = [content.decode(errors="replace") for name, content in files.items() if not name.endswith(".md")]
    use = max((use_in_text(text) for text in texts), key=list(Use).index, default=Use.NONE)
    # `.Subcharts` leads to a scope in which nothing was told yet.
    reaches_down = use is not Use.NONE and any(".Subcharts" in text for text in texts)
    return Use.WHOLE if reaches_down else use


def use_in_text(text: str) -> Use:
    """Return what the actions in a text do with `.Capabilities`."""
    if _WORD not in text:
        return Use.NONE
    actions = [action for action in _ACTION.findall(text) if not _COMMENT.match(action)]
    return max(map(_use_in_action, actions), key=list(Use).index, default=Use.NONE)


def use_in_values(value: object) -> Use:
    """Return what texts in values would do with `.Capabilities` when a chart hands them to `tpl`."""
    if isinstance(value, str):
        return use_in_text(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max(map(use_in_values, inner), key=list(Use).index, default=Use.NONE)


def _use_in_action(action: str) -> Use:
    if _WORD not in action:
        return Use.NONE
    found = sum(len(pattern.findall(action)) for pattern in (_VERSION_READ, _APIS_READ, _UNTOUCHED))
    if found < action.count(_WORD):
        return Use.WHOLE
    return Use.APIS if _APIS_READ.search(action) else Use.VERSION


def told(chart: ChartFiles, version: KubeVersion) -> ChartFiles:
    """Return the chart with every template that is rendered told the version."""
    unpacked = unpack_subcharts(chart)
    action = version.action.encode()
    return unpacked.replaced(
        {name: action + content.removeprefix(_BYTE_ORDER_MARK) for name, content in _rendered(unpacked)}
    )


def place_in_file(message: str, version: KubeVersion) -> str:
    """Return Helm's message about a chart that was `told`, with columns of first lines as in the chart's own files."""

    def moved(match: re.Match[str]) -> str:
        column = int(match["column"])
        shift = len(version.action)
        return f"{match['place']}{column - shift if column > shift else column}"

    return _FIRST_LINE.sub(moved, message)


def _rendered(chart: ChartFiles) -> Iterable[tuple[str, bytes]]:
    """Yield the templates that are not partials."""
    for name, content in chart.files.items():
        path = PurePosixPath(name)
        if is_template(path) and not path.name.startswith("_"):
            yield name, content
