"""What the functions of Helm's templates make of what they are given, as far as it matters for which values are read.

A function that is not here reads its arguments with all they hold, and gives what may be anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from timonier.check.templates.things import (
    ANYTHING,
    NOTHING,
    Thing,
    below,
    either,
    elements,
    joined,
    list_of,
    text,
    with_field,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from timonier.check.templates.valuesread import Reader
    from timonier.gotemplate import Command

    Making: TypeAlias = Callable[[Sequence[Thing]], Thing]
    Reading: TypeAlias = Callable[[Reader, Command, Sequence[Thing]], Thing]


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


# What these are given may be missing: they ask whether it is there, put something in its place, or hand it on.
LENIENT = _names(
    """
    default coalesce empty not and or eq ne hasKey dig get index ternary required kindIs kindOf typeIs typeOf len dict
    list tuple set merge mergeOverwrite mustMerge mustMergeOverwrite concat compact include tpl pick omit has hasPrefix
    contains
    """
)
# What these give is one of their arguments, or is made of what those hold.
_PASSING = _names(
    """
    default coalesce and or merge mergeOverwrite mustMerge mustMergeOverwrite deepCopy mustDeepCopy concat rest mustRest
    initial mustInitial uniq mustUniq compact mustCompact reverse mustReverse without mustWithout pick omit slice
    mustSlice chunk
    """
)
# What these give depends on what they are given, and on nothing it holds.
_ASKING = _names("empty not eq ne kindIs kindOf typeIs typeOf typeIsLike kindIsLike len lt le gt ge")
_VERB = re.compile(r"%[-+# 0]*\d*(?:\.\d+)?[a-zA-Z]")


def call(name: str, reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    """Return what a function gives.

    Args:
        name: The function.
        reader: Where it is called.
        command: The call.
        given: Its arguments, what a pipeline hands over among them.
    """
    if not given:
        return ANYTHING
    if make := _MAKING.get(name):
        return make(given)
    return _READING.get(name, _read_whole)(reader, command, given)


def _dict(given: Sequence[Thing]) -> Thing:
    made = NOTHING
    for name, held in zip(given[::2], given[1::2], strict=False):
        made = with_field(made, name, held)
    return made


_MAKING: dict[str, Making] = {
    **dict.fromkeys(_PASSING, lambda given: either(*given)),
    **dict.fromkeys(_ASKING, lambda _: ANYTHING),
    **dict.fromkeys(_names("list tuple"), lambda given: list_of(*given)),
    **dict.fromkeys(
        _names("append mustAppend push mustPush prepend mustPrepend"),
        lambda given: either(given[0], list_of(*given[1:])),
    ),
    **dict.fromkeys(_names("first mustFirst last mustLast"), lambda given: elements(given[-1])),
    "ternary": lambda given: either(*given[:2]),
    "required": lambda given: given[-1],
    "unset": lambda given: given[0],
    "dict": _dict,
}


def _read_whole(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    for thing in given:
        reader.use(thing, command)
    return ANYTHING


def _unchanged(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    """What makes text of text: a constant stays one."""
    _read_whole(reader, command, given)
    return given[-1] if given[-1].is_constant else ANYTHING


def _include(reader: Reader, _: Command, given: Sequence[Thing]) -> Thing:
    reader.include(given[0], either(*given[1:2]))
    return ANYTHING


def _tpl(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    reader.use(given[0], command)
    for content in given[0].texts:
        reader.template_text(content, either(*given[1:2]))
    return ANYTHING


def _get(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    """Go down key by key: `get map "a"`, `index map "a" "b"`. A key that is not known may be any."""
    thing, *keys = given
    for key in keys:
        if key.is_constant:
            of_list = [elements(thing)] if any(name.isdigit() for name in key.texts) else []
            thing = either(*(below(thing, name) for name in key.texts), *of_list)
            if len(key.texts) > 1:
                thing = reader.plausible(thing)
        else:
            reader.use_any_key(thing, command)
            thing = elements(thing)
    with reader.lenient():
        return reader.found(thing, command)


def _has_key(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    _get(reader, command, given)
    return ANYTHING


def _dig(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    if len(given) < 3:  # noqa: PLR2004 - a key, a default and a map
        return _read_whole(reader, command, given)
    *keys, default, thing = given
    return either(_get(reader, command, [thing, *keys]), default)


def _pluck(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    return list_of(*(_get(reader, command, [thing, given[0]]) for thing in given[1:]))


def _set(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    if len(given) != 3:  # noqa: PLR2004 - a map, a key and a value
        return _read_whole(reader, command, given)
    thing, name, held = given
    reader.written |= {(*path, key) for path in thing.paths for key in name.texts}
    changed = with_field(thing, name, held)
    reader.change(command.args[1], changed)
    return changed


def _print(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    _read_whole(reader, command, given)
    return joined(given)


def _printf(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    """Fill a constant format; what is not constant leaves a hole."""
    _read_whole(reader, command, given)
    return either(*(_filled(form, given[1:]) for form in given[0].texts)) if given[0].is_constant else ANYTHING


def _filled(form: str, arguments: Sequence[Thing]) -> Thing:
    first, *others = map(text, _VERB.split(form))
    arguments = [*arguments, *([ANYTHING] * len(others))]
    return joined([first, *(each for pair in zip(arguments, others, strict=False) for each in pair)])


def _split(reader: Reader, command: Command, given: Sequence[Thing]) -> Thing:
    """Split constants: `splitList "." "auth.password"`."""
    _read_whole(reader, command, given)
    if len(given) != 2 or not all(thing.is_constant for thing in given):  # noqa: PLR2004 - a separator and a text
        return ANYTHING
    return list_of(
        text(*(part for by in given[0].texts for whole in given[1].texts for part in whole.split(by or None)))
    )


_READING: dict[str, Reading] = {
    "include": _include,
    "tpl": _tpl,
    **dict.fromkeys(_names("get index"), _get),
    "hasKey": _has_key,
    "dig": _dig,
    "pluck": _pluck,
    "set": _set,
    "print": _print,
    "printf": _printf,
    **dict.fromkeys(_names("splitList split"), _split),
    **dict.fromkeys(_names("toString trim"), _unchanged),
}
