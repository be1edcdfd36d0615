"""What a template's failure says of the values: which key is not set, or is not what the template takes it for."""

from __future__ import annotations

import re

# The innermost action that failed, and Go's reason: text/template/exec.go.
_FAILED = re.compile(r'executing "[^"]*" at <(?P<at>[^<>]*)>: (?P<reason>[^<>]*)$')
_NIL = re.compile(r"nil pointer evaluating .*\.(?P<field>\w+)$")
_NO_FIELD = re.compile(r"can't evaluate field (?P<field>\w+) in type ")
_NOT_ITERABLE = re.compile(r"range can't iterate over ")
_UNENDED = re.compile(r"parse error at \(\S+: unexpected EOF\.?$")
# What begins alike and is none of Helm's built-in objects: `.Value`, `.Chart` written small.
_BUILT_IN = {name.lower(): name for name in ("Values", "Chart", "Release", "Capabilities", "Files", "Template")}
_FIELDS = re.compile(r"\$?(?:\.[\w-]+)+")
_VALUES = re.compile(r"\$?\.Values\.")
# Go shows the value itself, which may be somebody's password, and the template that values gave to `tpl`.
_SHOWN = (
    (re.compile(r"(range can't iterate over) .*", re.DOTALL), r"\1 it"),
    (re.compile(r'(error during tpl function execution) for ".*?(?<!\\)": ', re.DOTALL), r"\1: "),
)


def without_values(message: str) -> str:
    """Return Helm's message without the values that it repeats."""
    for pattern, replacement in _SHOWN:
        message = pattern.sub(replacement, message)
    return message


def hint_for(message: str) -> str:
    """Return what a failure says of the values, as a sentence; empty when it says nothing of them."""
    if _UNENDED.search(message):
        return "Something that `if`, `range`, `with` or `define` begins has no `end`."
    match = _FAILED.search(message.rstrip("."))
    if not match or not _FIELDS.fullmatch(match["at"]):
        return ""
    if nil := _NIL.match(match["reason"]):
        return _sentence(_above(match["at"], nil["field"]), "not set")
    if missing := _NO_FIELD.match(match["reason"]):
        return _sentence(_above(match["at"], missing["field"]), "no mapping")
    if _NOT_ITERABLE.match(match["reason"]):
        return _sentence(match["at"], "neither a list nor a mapping")
    return ""


def _above(fields: str, field: str) -> str:
    """Return the part of `.Values.a.b.c` in which a field was looked for; empty when it may be either of two."""
    names = fields.split(".")
    return ".".join(names[: names.index(field)]) if names.count(field) == 1 else ""


def _sentence(fields: str, what: str) -> str:
    if match := _VALUES.match(fields):
        return f"{fields[match.end() :]} is {what} in the values."
    if fields in {"", "$", ".Values", "$.Values"}:
        return ""
    meant = _BUILT_IN.get(fields.strip("$.").lower()) or _BUILT_IN.get(f"{fields.strip('$.').lower()}s")
    hint = f" Did you mean .{meant}?" if meant else ""
    return f"{fields} is {what} where the template looks for it.{hint}"
