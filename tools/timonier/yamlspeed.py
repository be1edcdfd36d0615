"""Values of YAML nodes in less than half of PyYAML's time: reading manifests is most of what rendering them costs.

libyaml parses in C, but then PyYAML asks regular expressions what each plain scalar is, and makes each value by way of
a generator. Manifests are maps, lists and text, nearly always, and the few other scalars repeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from yaml import MappingNode, ScalarNode, SequenceNode

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


class _UnusualError(Exception):
    """Something that PyYAML is left to make."""


class QuickConstruction(_Base):
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
        """Return what a document says."""
        try:
            return self._value(node, {})
        except (_UnusualError, TypeError, RecursionError):
            # Merge keys, keys that are no keys, maps that hold themselves.
            return super().construct_document(node)
        finally:
            self.constructed_objects = {}

    def _value(self, node: Node, made: dict[int, Any]) -> Any:  # noqa: ANN401 - as above
        """Return what a node says; `made` holds the maps and lists there are, because an alias is the same one."""
        kind, tag = type(node), node.tag
        if kind is ScalarNode:
            return node.value if tag == _STR else self.construct_object(node, deep=True)
        if id(node) not in made:
            if kind is MappingNode and tag == _MAP:
                made[id(node)] = {self._key(key, made): self._value(value, made) for key, value in node.value}
            elif kind is SequenceNode and tag == _SEQ:
                made[id(node)] = [self._value(element, made) for element in node.value]
            else:
                raise _UnusualError
        return made[id(node)]

    def _key(self, node: Node, made: dict[int, Any]) -> Any:  # noqa: ANN401 - as above
        if node.tag == _MERGE:
            raise _UnusualError
        return self._value(node, made)
