"""YAML as Helm reads it, and as this project writes it.

Helm parses with Go's YAML library by way of JSON (sigs.k8s.io/yaml). PyYAML's defaults differ from it in a few plain
scalars, enough to render something else from the same values file: dates and `12:30` are text to Helm, `1e3` is a
number, `y` and `n` are booleans. The rules here are those of go.yaml.in/yaml/v2, `resolve.go`.
"""

from __future__ import annotations

import base64
import contextlib
import re
from typing import TYPE_CHECKING, Any

import yaml

from timonier.yamlspeed import QuickConstruction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.errors import TimonierError

try:
    from yaml import CSafeDumper as _SafeDumper
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML without libyaml: the same results, ten times slower
    from yaml import SafeDumper as _SafeDumper  # type: ignore[assignment]
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

_TAG = "tag:yaml.org,2002:"
_TRUE = frozenset({"y", "yes", "true", "on"})
_INTEGER = re.compile(r"[-+]?(?:0[bB][01_]+|0[oO]?[0-7_]+|0[xX][0-9a-fA-F_]+|[1-9][0-9_]*|0)$")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
)
_BOOLEAN = re.compile(
    r"(?:y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$",
)
_NULL = re.compile(r"(?:~|null|Null|NULL|)$")


# As the origin of what a template gave is written.
_RENDERED = ": rendered "
_INDENTATION = r"mapping values are not allowed|did not find expected (?:key|'-' indicator)"
_BYTES = r"UTF-8|control characters"


class _Loader(QuickConstruction, _SafeLoader):
    """PyYAML's safe loader with Go's idea of what a plain scalar is."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own form


_Loader.add_implicit_resolver(f"{_TAG}bool", _BOOLEAN, list("yYnNtTfFoO"))
_Loader.add_implicit_resolver(f"{_TAG}int", _INTEGER, list("-+0123456789"))
_Loader.add_implicit_resolver(f"{_TAG}float", _FLOAT, list("-+.0123456789"))
_Loader.add_implicit_resolver(f"{_TAG}null", _NULL, ["~", "n", "N", ""])
_Loader.add_implicit_resolver(f"{_TAG}merge", re.compile(r"<<$"), ["<"])


def _construct_bool(loader: _Loader, node: yaml.ScalarNode) -> bool:
    return str(loader.construct_scalar(node)).lower() in _TRUE


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    # Go reads a leading zero as octal, Python refuses it.
    return int(re.sub(r"^([-+]?)0(?=[0-7])", r"\g<1>0o", text), 0)


def _construct_float(loader: _Loader, node: yaml.ScalarNode) -> float:
    text = str(loader.construct_scalar(node)).replace("_", "").lower()
    return float(re.sub(r"\.(?=inf|nan)", "", text))


def _construct_binary(loader: _Loader, node: yaml.ScalarNode) -> str:
    return base64.b64decode(str(loader.construct_scalar(node))).decode("utf-8", errors="replace")


def _construct_merge_as_text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_Loader.add_constructor(f"{_TAG}bool", _construct_bool)
_Loader.add_constructor(f"{_TAG}int", _construct_int)
_Loader.add_constructor(f"{_TAG}float", _construct_float)
_Loader.add_constructor(f"{_TAG}binary", _construct_binary)
_Loader.add_constructor(f"{_TAG}merge", _construct_merge_as_text)


def load_all(text: str, *, origin: str, error: type[TimonierError], first_line: int = 1) -> Iterator[Any]:
    """Parse every document of a YAML stream.

    Args:
        text: The YAML.
        origin: Where it came from, for the sentence when it is no YAML.
        error: What to raise then.
        first_line: The line of `origin` at which `text` begins, counted from 1.

    Raises:
        TimonierError: Of the class `error`, naming `origin`, line and problem.
    """
    with _explained(text, origin, error, first_line):
        yield from yaml.load_all(text, Loader=_Loader)


@contextlib.contextmanager
def _explained(text: str, origin: str, error: type[TimonierError], first_line: int) -> Iterator[None]:
    """Turn what PyYAML raises into one sentence with file and line."""
    try:
        yield
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = first_line + (mark.line if mark else 0)
        said = problem.problem or problem.context or ""
        hint = hint_for(said) if _RENDERED in origin else ""
        raise error(f"{origin}:{line}: this is not valid YAML: {said}.", hint=hint) from None
    except yaml.reader.ReaderError as problem:
        line = first_line + text.encode()[: problem.position].count(b"\n")
        said = f"{problem.reason}, and U+{problem.character:04X} is one"
        hint = hint_for(said) if _RENDERED in origin else ""
        raise error(f"{origin}:{line}: this is not valid YAML: {said}.", hint=hint) from None
    except (yaml.YAMLError, ValueError) as problem:
        raise error(f"{origin}: this is not valid YAML: {problem}.") from None


def load(text: str, *, origin: str, error: type[TimonierError], first_line: int = 1) -> Any:  # noqa: ANN401 - YAML is anything
    """Parse one YAML document, None when there is none; see `load_all`.

    Raises:
        TimonierError: Of the class `error`; also when there is more than one document, because Helm would silently
            leave out all but the first.
    """
    documents = list(load_all(text, origin=origin, error=error, first_line=first_line))
    if len(documents) > 1:
        raise error(f"{origin}: holds {len(documents)} YAML documents where one is read.", hint="Merge them.")
    return documents[0] if documents else None


@contextlib.contextmanager
def nodes(
    text: str, *, origin: str, error: type[TimonierError]
) -> Iterator[tuple[yaml.Node | None, Callable[[yaml.Node], Any]]]:
    """Parse one YAML document into nodes, which know their lines, for as long as the context lasts.

    Yields:
        The root, None when there is no document; and what makes a node the value that `load` gives.

    Raises:
        TimonierError: Of the class `error`, naming `origin`, line and problem.
    """
    with _explained(text, origin, error, first_line=1):
        loader = _Loader(text)
        try:
            yield loader.get_single_node(), lambda node: loader.construct_object(node, deep=True)
        finally:
            loader.dispose()


class _Dumper(_SafeDumper):
    """Block style, text of several lines as a literal block, no aliases: what a person would have written."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


# Text is quoted when either Go's rules or YAML 1.1's take it for something else, so that every reader sees text.
_Dumper.yaml_implicit_resolvers = {
    first: _Loader.yaml_implicit_resolvers.get(first, []) + _SafeDumper.yaml_implicit_resolvers.get(first, [])
    for first in {*_Loader.yaml_implicit_resolvers, *_SafeDumper.yaml_implicit_resolvers}
}


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar(f"{_TAG}str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def dump(document: object, *, sort_keys: bool = False) -> str:
    """Write one document as YAML in block style, lines as long as they need to be."""
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=sort_keys, allow_unicode=True, width=1_000_000, default_flow_style=False
    )


def hint_for(problem: str) -> str:
    """Return what mostly is the matter where a template renders to no YAML; empty when that cannot be guessed.

    Args:
        problem: What the parser says, PyYAML's or Go's: they are ports of one and use the same words.
    """
    if re.search(_INDENTATION, problem):
        return "Mostly a block is indented wrongly: `nindent` begins a new line, `indent` does not."
    if re.search(_BYTES, problem):
        return "What is no text goes through `b64enc`: into a ConfigMap's binaryData, or a Secret's data."
    return ""
