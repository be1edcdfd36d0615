"""Values: files and settings, merged as Helm merges them.

The rules are Helm's `pkg/cli/values/options.go`: files first, in the order given; then `--set-json`, `--set`,
`--set-string` and `--set-file`. A later one wins, maps are merged key by key, lists are replaced, and null deletes the
chart's own default.
"""

from __future__ import annotations

import copy
import functools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.errors import ValuesError
from timonier.settext import parse_json, parse_set

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user set on the command line, not read yet.

    Attributes:
        files: Values files; `-` is standard input.
        set: `key=value` with Helm's types: true, null, 3 are not text.
        set_string: `key=value`, always text.
        set_json: `key=JSON`, or one JSON object.
        set_file: `key=PATH`, the file's content as text.
    """

    files: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    set_string: tuple[str, ...] = ()
    set_json: tuple[str, ...] = ()
    set_file: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything was set."""
        return any((self.files, self.set, self.set_string, self.set_json, self.set_file))

    def __add__(self, other: Settings) -> Settings:
        """Return these settings followed by the others."""
        return Settings(
            self.files + other.files,
            self.set + other.set,
            self.set_string + other.set_string,
            self.set_json + other.set_json,
            self.set_file + other.set_file,
        )


def merge(base: Mapping[str, Any], *overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Merge values, the later ones winning; the arguments stay as they are.

    A null is kept, not dropped: it tells Helm to delete the chart's default of that name.
    """
    merged = dict(base)
    for override in overrides:
        for key, value in override.items():
            present = merged.get(key)
            if isinstance(present, dict) and isinstance(value, dict):
                merged[key] = merge(present, value)
            else:
                merged[key] = value
    return merged


def read_values(settings: Settings, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Read everything that was set and merge it, over `base` (a case's values) when given.

    Raises:
        ValuesError: When a file cannot be read or a setting cannot be understood.
    """
    # Settings write into lists and maps, and what is written into must not be the case's own.
    values = copy.deepcopy(merge(base or {}, *map(_read_file, settings.files)))
    for text in settings.set_json:
        values = parse_json(text, values)
    for text in settings.set:
        parse_set(text, values, option="--set")
    for text in settings.set_string:
        parse_set(text, values, option="--set-string", convert=str)
    for text in settings.set_file:
        parse_set(text, values, option="--set-file", convert=_read_text)
    return values


def to_json(values: Mapping[str, Any]) -> str:
    """Write values as JSON, the form in which both engines take them.

    Raises:
        ValuesError: When a value has no JSON form: infinity, and not a number.
    """
    try:
        return json.dumps(values, allow_nan=False)
    except ValueError as problem:
        raise ValuesError(f"The values hold a number that JSON cannot write: {problem}.", hint="Quote it.") from None


def _read_file(name: str) -> dict[str, Any]:
    text = _standard_input() if name == "-" else _read_text(name)
    origin = "standard input" if name == "-" else name
    values = yamlio.load(text, origin=origin, error=ValuesError)
    if not isinstance(values, dict | None):
        raise ValuesError(f"{origin} holds no mapping.", hint="Values are keys and what they are set to.")
    return values or {}


@functools.cache
def _standard_input() -> str:
    """Read standard input, which can be read once only, for however many cases want it."""
    return sys.stdin.read()


def _read_text(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValuesError(f"The values file {name} does not exist.", hint="Check the path.") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ValuesError(f"The values file {name} cannot be read: {problem}.") from None
