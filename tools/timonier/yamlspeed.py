"""Values of YAML nodes in less than half of PyYAML's time: reading manifests is most of what rendering them costs.

libyaml parses in C, but then PyYAML asks regular expressions what each plain scalar is, and makes each value by way of
a generator. Manifests are maps, lists and text, nearly always, and the few other scalars repeat.
"""

from __future__ import annotations

import copy
import math
import struct
from typing import TYPE_CHECKING, Any, ClassVar

from yaml import MappingNode, ScalarNode, SequenceNode
from yaml.constructor import ConstructorError

if TYPE_CHECKING:
    from yaml import CSafeLoader as _Base
    from yaml import Node
else:
    _Base = object

_STR = "tag:yaml.org,2002:str"
_MAP = "tag:yaml.org,2002:map"
_SEQ = "tag:yaml.org,2002:seq"
_MERGE = "tag:yaml.org,2002:merge"
_MOST_KEPT = 8192
_LONGEST_KEPT = 40
_DEEPEST = 200
_MOST_NODES = 1_000_000
_LARGEST_FLOAT32 = 3.4e38


class _UnusualError(Exception):
    """Something that PyYAML is left to make."""


class TextKeys(_Base):
    """A base to put before a PyYAML loader: keys that are no text become it, as Helm reads YAML by way of JSON."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ANN401, FBT001, FBT002 - PyYAML's
        """Return what a mapping says; each key becomes text at once, because to Python `1` is `true`."""
        if isinstance(node, MappingNode):
            self.flatten_mapping(node)
            node = copy.copy(node)
            node.value = [(self._text_node(key), value) for key, value in node.value]
        return super().construct_mapping(node, deep)

    def _text_node(self, node: Node) -> Node:
        if node.tag == _STR or not isinstance(node, ScalarNode):
            return node
        text = self.text_key(self.construct_object(node), node)
        return ScalarNode(_STR, text, node.start_mark, node.end_mark)

    def text_key(self, key: Any, node: Node) -> str:  # noqa: ANN401 - whatever stands there
        """Return a key as text by the rules of sigs.k8s.io/yaml: `on` is `true`, `0x1f` is `31`.

        Raises:
            yaml.constructor.ConstructorError: The key is neither text nor a number nor a boolean.
        """
        if isinstance(key, str):
            return key
        if isinstance(key, bool):
            return "true" if key else "false"
        if isinstance(key, int):
            return str(key)
        if isinstance(key, float):
            return _float_text(key)
        raise ConstructorError(
            None, None, f"{'null' if key is None else type(key).__name__} is no key", node.start_mark
        )


class QuickConstruction(TextKeys):
    """A base to put before a PyYAML loader: the same values and the same errors, sooner."""

    _tags: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls) -> None:
        """Give each class a memory of its own: which scalars mean what is the class's."""
        super().__init_subclass__()
        cls._tags = {}

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> Any:  # noqa: ANN401 - PyYAML's signature
        """Return the tag of a node that names none."""
        if kind is not ScalarNode or not implicit[0]:
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # PyYAML's
        if value[:1] not in self.yaml_implicit_resolvers:
            return _STR
        if (tag := self._tags.get(value)) is None:
            tag = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # as above
            if len(self._tags) < _MOST_KEPT and len(value) <= _LONGEST_KEPT:
                self._tags[value] = tag
        return tag

    def construct_document(self, node: Node) -> Any:  # noqa: ANN401 - YAML is anything
        """Return what a document says.

        Raises:
            yaml.constructor.ConstructorError: It holds itself, is nested too deeply, or its aliases, written out, were
                more than anybody could read. Helm's parser refuses the first and the last as well.
        """
        self._is_shared = False
        try:
            value = self._value(node, {}, 0)
            if self._is_shared:
                _measure(node, {}, 0)
        except (_UnusualError, TypeError):
            # Merge keys, keys that are no keys.
            _measure(node, {}, 0)
            return super().construct_document(node)
        else:
            return value
        finally:
            self.constructed_objects = {}

    def _value(self, node: Node, made: dict[int, Any], depth: int) -> Any:  # noqa: ANN401 - as above
        """Return what a node says; `made` holds the maps and lists there are, because an alias is the same one."""
        kind, tag = type(node), node.tag
        if kind is ScalarNode:
            return node.value if tag == _STR else self.construct_object(node, deep=True)
        if id(node) in made:
            self._is_shared = True
            return made[id(node)]
        if depth > _DEEPEST:
            raise _too_deep(node)
        below = depth + 1
        if kind is MappingNode and tag == _MAP:
            value: Any = {self._key(key, made, below): self._value(item, made, below) for key, item in node.value}
        elif kind is SequenceNode and tag == _SEQ:
            value = [self._value(element, made, below) for element in node.value]
        else:
            raise _UnusualError
        made[id(node)] = value
        return value

    def _key(self, node: Node, made: dict[int, Any], depth: int) -> Any:  # noqa: ANN401 - as above
        if node.tag == _MERGE:
            raise _UnusualError
        key = self._value(node, made, depth)
        if not isinstance(key, str):
            hash(key)  # PyYAML says best what is wrong with a list for a key
            return self.text_key(key, node)
        return key


def _measure(node: Node, sizes: dict[int, int], depth: int) -> int:
    """Return how many nodes there are below a node when every alias is written out."""
    if isinstance(node, ScalarNode):
        return 1
    if id(node) not in sizes:
        if depth > _DEEPEST:
            raise _too_deep(node)
        pairs = isinstance(node, MappingNode)
        below = [part for entry in node.value for part in (entry if pairs else (entry,))]
        sizes[id(node)] = 1 + sum(_measure(part, sizes, depth + 1) for part in below)
        if sizes[id(node)] > _MOST_NODES:
            raise ConstructorError(None, None, "its aliases, written out, are too much", node.start_mark)
    return sizes[id(node)]


def _too_deep(node: Node) -> ConstructorError:
    return ConstructorError(None, None, "it is nested too deeply, or holds itself", node.start_mark)


def _float_text(number: float) -> str:
    """Write a number as Go's `strconv.FormatFloat(number, 'g', -1, 32)` does: as short as a float32 allows."""
    if not math.isfinite(number):
        return ".nan" if math.isnan(number) else ".inf" if number > 0 else "-.inf"
    digits = next((size for size in range(1, 9) if _float32(float(f"{number:.{size}g}")) == _float32(number)), 9)
    if -4 <= math.floor(math.log10(abs(number) or 1)) < 6:  # noqa: PLR2004 - where Go takes to exponents
        return f"{number:.{max(digits, 6)}g}"
    return f"{number:.{digits - 1}e}"


def _float32(number: float) -> bytes:
    return struct.pack("f", number) if abs(number) < _LARGEST_FLOAT32 else struct.pack("d", number)
