"""Text to tokens, by the rules of Go's text/template/parse/lex.go."""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(Enum):
    """What a token is."""

    ERROR = auto()
    EOF = auto()
    TEXT = auto()
    COMMENT = auto()
    LEFT = auto()
    RIGHT = auto()
    SPACE = auto()
    ASSIGN = auto()
    DECLARE = auto()
    PIPE = auto()
    LEFT_PAREN = auto()
    RIGHT_PAREN = auto()
    CHARACTER = auto()
    CHARACTER_CONSTANT = auto()
    STRING = auto()
    NUMBER = auto()
    BOOL = auto()
    DOT = auto()
    NIL = auto()
    FIELD = auto()
    VARIABLE = auto()
    IDENTIFIER = auto()
    KEYWORD = auto()


class Token(NamedTuple):
    """A piece of a template.

    Attributes:
        kind: What it is.
        start: Where it begins, in characters; a delimiter begins at its braces, whatever it trims.
        end: Where it ends.
        text: What it says: of text what is left after trimming, of an error what is wrong.
        line: Where it begins, from 1.
    """

    kind: Kind
    start: int
    end: int
    text: str
    line: int


_SPACES = " \t\r\n"
_RIGHT = re.compile(r"[ \t\r\n]-\}\}|\}\}")
_LEFT_TRIM = re.compile(r"\{\{-[ \t\r\n]")
_KEYWORDS = frozenset({"block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"})
_TERMINATORS = frozenset(" \t\r\n.,|:)(")
_SINGLE = {"|": Kind.PIPE, "=": Kind.ASSIGN, "(": Kind.LEFT_PAREN, ")": Kind.RIGHT_PAREN}
_SPACE = re.compile(r"[ \t\r\n]+")
_WORD = re.compile(r"\w+")
_REAL = (
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|"
    r"0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
_NUMBER = re.compile(rf"{_REAL}(?:(?=[+-]){_REAL})?")
_QUOTED = {
    '"': (re.compile(r'"(?:\\[^\n]|[^"\\\n])*"'), Kind.STRING, "unterminated quoted string"),
    "'": (re.compile(r"'(?:\\[^\n]|[^'\\\n])*'"), Kind.CHARACTER_CONSTANT, "unterminated character constant"),
    "`": (re.compile(r"`[^`]*`"), Kind.STRING, "unterminated raw quoted string"),
}


class _LexError(Exception):
    """Something that is no token; the arguments are where it begins and what is wrong."""


def lex(text: str) -> list[Token]:
    """Take a template apart.

    Returns:
        The tokens, in order; the last one is an EOF, or an ERROR where it is no template.
    """
    return list(_Lexer(text).tokens())


class _Lexer:
    """The text, where in it we are, and how many parentheses are open."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._depth = 0
        self._newlines = [match.start() for match in re.finditer("\n", text)]

    def tokens(self) -> Iterator[Token]:
        try:
            while (left := self._text.find("{{", self._position)) >= 0:
                yield from self._text_before(left)
                yield from self._comment(left) if self._is_comment(left) else self._action(left)
            yield from self._text_before(len(self._text))
            yield self._token(Kind.EOF, len(self._text), len(self._text))
        except _LexError as problem:
            start, message = problem.args
            yield self._token(Kind.ERROR, start, start)._replace(text=message)

    def _token(self, kind: Kind, start: int, end: int) -> Token:
        return Token(kind, start, end, self._text[start:end], bisect_right(self._newlines, start - 1) + 1)

    def _text_before(self, end: int) -> Iterator[Token]:
        """Yield the text up to an action, what the actions around it trim taken off its value."""
        start = self._position
        if start == end:
            return
        value = self._text[start:end]
        if self._text.endswith("-}}", 0, start) and self._text[start - 4] in _SPACES:
            value = value.lstrip(_SPACES)
        if _LEFT_TRIM.match(self._text, end):
            value = value.rstrip(_SPACES)
        yield self._token(Kind.TEXT, start, end)._replace(text=value)
        self._position = end

    def _after_left(self, left: int) -> int:
        return left + 4 if _LEFT_TRIM.match(self._text, left) else left + 2

    def _is_comment(self, left: int) -> bool:
        return self._text.startswith("/*", self._after_left(left))

    def _comment(self, left: int) -> Iterator[Token]:
        begin = self._after_left(left) + 2
        close = self._text.find("*/", begin)
        if close < 0:
            raise _LexError(left, "unclosed comment")
        right = _RIGHT.match(self._text, close + 2)
        if not right:
            raise _LexError(left, "comment ends before closing delimiter")
        yield self._token(Kind.COMMENT, left, right.end())._replace(text=self._text[begin:close])
        self._position = right.end()

    def _action(self, left: int) -> Iterator[Token]:
        yield self._token(Kind.LEFT, left, left + 2)
        self._position = self._after_left(left)
        self._depth = 0
        while not (right := _RIGHT.match(self._text, self._position)):
            yield self._inside()
        if self._depth:
            raise _LexError(self._position, "unclosed left paren")
        yield self._token(Kind.RIGHT, self._position, right.end())
        self._position = right.end()

    def _inside(self) -> Token:
        """Return the next token of an action."""
        kind, end = self._next(self._position)
        token = self._token(kind, self._position, end)
        self._position = end
        return token

    def _next(self, start: int) -> tuple[Kind, int]:
        """Return what begins at `start`, and where it ends."""
        character = self._text[start : start + 1]
        if not character:
            raise _LexError(start, "unclosed action")
        if match := _SPACE.match(self._text, start):
            # The last space before `-}}` belongs to the delimiter.
            return Kind.SPACE, match.end() - self._text.startswith("-}}", match.end())
        if character in _QUOTED:
            return self._quoted(start, *_QUOTED[character])
        if character in "$.":
            return self._field_or_variable(start)
        if character in "+-0123456789":
            return self._number(start)
        if _is_word(character):
            return self._word(start)
        return self._punctuation(start, character)

    def _quoted(self, start: int, pattern: re.Pattern[str], kind: Kind, problem: str) -> tuple[Kind, int]:
        match = pattern.match(self._text, start)
        if not match:
            raise _LexError(start, problem)
        return kind, match.end()

    def _field_or_variable(self, start: int) -> tuple[Kind, int]:
        is_variable = self._text[start] == "$"
        following = self._text[start + 1 : start + 2]
        if not is_variable and (not following or following in "0123456789"):
            return self._number(start)
        if self._at_terminator(start + 1):
            return (Kind.VARIABLE if is_variable else Kind.DOT), start + 1
        end = self._word_end(start + 1)
        return (Kind.VARIABLE if is_variable else Kind.FIELD), end

    def _number(self, start: int) -> tuple[Kind, int]:
        match = _NUMBER.match(self._text, start)
        end = match.end() if match else start
        if self._text[end : end + 1] and _is_word(self._text[end]):
            raise _LexError(start, f"bad number syntax: {self._text[start : end + 1]!r}")
        return Kind.NUMBER, end

    def _word(self, start: int) -> tuple[Kind, int]:
        end = self._word_end(start)
        word = self._text[start:end]
        if word in _KEYWORDS:
            return Kind.KEYWORD, end
        if word in {"true", "false"}:
            return Kind.BOOL, end
        return (Kind.NIL if word == "nil" else Kind.IDENTIFIER), end

    def _word_end(self, start: int) -> int:
        """Return where a name ends, which must be where one may end: `$x+2` needs a space."""
        match = _WORD.match(self._text, start)
        end = match.end() if match else start
        # Go's letters and digits are fewer than those of Python's `\w`: no `²`, no `Ⅷ`.
        end = next((at for at in range(start, end) if not _is_word(self._text[at])), end)
        if not self._at_terminator(end):
            raise _LexError(start, f"bad character {self._text[end]!r}")
        return end

    def _at_terminator(self, position: int) -> bool:
        character = self._text[position : position + 1]
        return not character or character in _TERMINATORS or self._text.startswith("}}", position)

    def _punctuation(self, start: int, character: str) -> tuple[Kind, int]:
        if character == ":":
            if not self._text.startswith("=", start + 1):
                raise _LexError(start, "expected :=")
            return Kind.DECLARE, start + 2
        self._depth += {"(": 1, ")": -1}.get(character, 0)
        if self._depth < 0:
            raise _LexError(start, "unexpected right paren")
        if character not in _SINGLE and not (character.isascii() and character.isprintable()):
            raise _LexError(start, f"unrecognized character in action: {character!r}")
        return _SINGLE.get(character, Kind.CHARACTER), start + 1


def _is_word(character: str) -> bool:
    """Whether Go takes it for part of a name: a letter, a decimal digit, an underscore."""
    return character == "_" or character.isalpha() or character.isdecimal()
