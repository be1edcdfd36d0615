"""Quoted text and numbers: what Go's `strconv` makes of them, and what it refuses."""

from __future__ import annotations

import re

_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_LARGEST_BYTE = 0xFF
_LARGEST_RUNE = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)

# Go's syntax for integer literals: underscores stand between digits, or after the base's prefix.
_INTEGER = re.compile(
    r"(?P<sign>[+-]?)(?:0[xX](?P<hex>(?:_?[0-9a-fA-F])+)|0[oO](?P<oct>(?:_?[0-7])+)|0[bB](?P<bin>(?:_?[01])+)|"
    r"0(?P<old>(?:_?[0-7])*)|(?P<dec>[1-9](?:_?[0-9])*))"
)
_BASES = {"hex": 16, "oct": 8, "bin": 2, "old": 8, "dec": 10}
_DIGITS = r"[0-9](?:_?[0-9])*"
_FLOAT = re.compile(rf"[+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?")
_HEX = r"[0-9a-fA-F](?:_?[0-9a-fA-F])*"
_HEX_FLOAT = re.compile(rf"[+-]?0[xX]_?(?:{_HEX}\.?(?:{_HEX})?|\.{_HEX})[pP][+-]?{_DIGITS}")
_COMPLEX = re.compile(r"(?P<real>.+?(?<![eEpP]))(?P<imaginary>[+-].+)i")


def unquote(text: str) -> str | None:
    """Return what a quoted or raw string says, as `strconv.Unquote` does; None when it is no valid one."""
    if text.startswith("`"):
        return text[1:-1].replace("\r", "")
    return _unescape(text[1:-1], text[0])


def is_character(text: str) -> bool:
    """Whether a character constant, quotes included, holds exactly one character."""
    inner = text[1:-1]
    value = _unescape(inner, "'")
    single = len(inner) == 1 or _ESCAPE.fullmatch(inner) is not None
    return value is not None and single


def _unescape(text: str, quote: str) -> str | None:
    """Resolve the escapes of a string between quotes; None when one is not valid."""
    pieces = []
    position = 0
    for match in _ESCAPE.finditer(text):
        value = _escaped(match, quote)
        if value is None:
            return None
        pieces += [text[position : match.start()].encode("utf-8", "surrogatepass"), value]
        position = match.end()
    pieces.append(text[position:].encode("utf-8", "surrogatepass"))
    return b"".join(pieces).decode("utf-8", "replace")


def _escaped(match: re.Match[str], quote: str) -> bytes | None:
    """Return the bytes an escape stands for: hexadecimal and octal ones name bytes, the rest characters."""
    byte, short, long, octal, simple = match.groups()
    if byte or octal:
        value = int(byte, 16) if byte else int(octal, 8)
        return bytes([value]) if value <= _LARGEST_BYTE else None
    if rune := short or long:
        value = int(rune, 16)
        return chr(value).encode() if value <= _LARGEST_RUNE and value not in _SURROGATES else None
    if simple == quote:
        return quote.encode()
    return bytes([_SIMPLE[simple]]) if simple in _SIMPLE else None


def is_number(text: str) -> bool:
    """Whether `text` is a number that Go can hold: 64 bits, a float, or an imaginary or complex one."""
    if match := _COMPLEX.fullmatch(text):
        return all(_is_float(match[part]) for part in ("real", "imaginary"))
    if text.endswith("i"):
        return _is_float(text[:-1])
    if match := _INTEGER.fullmatch(text):
        return _fits(match)
    # What reads as a float only because it is too long for an integer, or has digits of no base, is refused.
    return any(mark in text for mark in ".eEpP") and _is_float(text)


def _fits(match: re.Match[str]) -> bool:
    """Whether an integer is a Go int64, or without a sign a uint64."""
    base, digits = next((base, match[name]) for name, base in _BASES.items() if match[name] is not None)
    size = int(digits.replace("_", "") or "0", base)
    return size <= {"": 2**64 - 1, "+": 2**63 - 1, "-": 2**63}[match["sign"]]


def _is_float(text: str) -> bool:
    """Whether `strconv.ParseFloat` takes it: the syntax, and not beyond the largest float."""
    plain = text.replace("_", "")
    if _FLOAT.fullmatch(text):
        return float(plain) not in {float("inf"), float("-inf")}
    if not _HEX_FLOAT.fullmatch(text):
        return False
    try:
        float.fromhex(plain)
    except OverflowError:
        return False
    return True
