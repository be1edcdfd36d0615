"""What stands inside an action: pipelines, commands and their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.errors import SourceError
from timonier.gotemplate import nodes
from timonier.gotemplate.lexer import Kind, Token, lex
from timonier.gotemplate.literals import is_character, is_number, unquote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.gotemplate.nodes import Argument

_OPERANDS = frozenset(
    {
        *(Kind.BOOL, Kind.CHARACTER_CONSTANT, Kind.DOT, Kind.FIELD, Kind.IDENTIFIER, Kind.NUMBER, Kind.NIL),
        *(Kind.STRING, Kind.VARIABLE, Kind.LEFT_PAREN),
    }
)
_NOT_EXECUTABLE = (nodes.Bool, nodes.Dot, nodes.Nil, nodes.Number, nodes.String)


class Scope:
    """What may be named at a point of one definition: its variables, and whether it is inside a loop."""

    def __init__(self) -> None:
        self.variables = ["$"]
        self.loops = 0


class PipelineParser:
    """The tokens of a template, which one is next, and the variables that are declared there."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._text = text
        self._tokens = lex(text)
        self._next = 0
        self._scope = Scope()

    def _failure(self, token: Token, message: str) -> SourceError:
        return SourceError(f"{self._name}:{token.line}: {message}.", hint="Helm would refuse this template too.")

    def _unexpected(self, token: Token, context: str) -> SourceError:
        if token.kind is Kind.ERROR:
            return self._failure(token, token.text)
        what = "end of file" if token.kind is Kind.EOF else repr(token.text)
        return self._failure(token, f"unexpected {what} in {context}")

    def _take(self) -> Token:
        """Consume a token; the last one, which ends everything, is never used up."""
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _skip_space(self) -> Token:
        """Skip a space, and return the token that is next then."""
        if self._peek().kind is Kind.SPACE:
            self._take()
        return self._peek()

    def _expect(self, kind: Kind, context: str) -> Token:
        token = self._skip_space()
        if token.kind is not kind:
            raise self._unexpected(token, context)
        return self._take()

    def _string(self, context: str) -> nodes.String:
        token = self._expect(Kind.STRING, context)
        value = unquote(token.text)
        if value is None:
            raise self._failure(token, f"invalid syntax: {token.text}")
        return nodes.String(token.start, token.end, token.line, value)

    def _pipeline(self, context: str, closing: Kind = Kind.RIGHT) -> nodes.Pipe:
        """Parse a pipeline and what closes it; the closing token is the one taken last."""
        first = self._skip_space()
        declarations, is_assignment = self._declarations(context)
        commands: list[nodes.Command] = []
        while (token := self._skip_space()).kind is not closing:
            if token.kind not in _OPERANDS:
                raise self._unexpected(token, context)
            commands.append(self._command())
        self._take()
        if not commands:
            raise self._failure(token, f"missing value for {context}")
        for stage, command in enumerate(commands[1:], start=2):
            if isinstance(command.args[0], _NOT_EXECUTABLE):
                raise self._failure(first, f"non executable command in pipeline stage {stage}")
        return nodes.Pipe(first.start, commands[-1].end, first.line, declarations, tuple(commands), is_assignment)

    def _declarations(self, context: str) -> tuple[tuple[nodes.Variable, ...], bool]:
        """Parse `$x :=`, `$x =` and, of a range, `$i, $e :=`; a variable that is none of them is left alone."""
        found: list[nodes.Variable] = []
        while self._skip_space().kind is Kind.VARIABLE:
            begin = self._next
            token = self._take()
            following = self._skip_space()
            is_listed = following.kind is Kind.CHARACTER and following.text == ","
            if not is_listed and following.kind not in {Kind.ASSIGN, Kind.DECLARE}:
                self._next = begin
                break
            self._take()
            found.append(nodes.Variable(token.start, token.end, token.line, token.text))
            self._scope.variables.append(token.text)
            if not is_listed:
                return tuple(found), following.kind is Kind.ASSIGN
            self._check_list(context, len(found), following)
        return tuple(found), False

    def _check_list(self, context: str, count: int, comma: Token) -> None:
        """Refuse a comma that no second variable may follow."""
        if context != "range" or count > 1:
            raise self._failure(comma, f"too many declarations in {context}")
        if self._skip_space().kind not in {Kind.VARIABLE, Kind.RIGHT, Kind.RIGHT_PAREN}:
            raise self._failure(comma, "range can only initialize variables")

    def _command(self) -> nodes.Command:
        """Parse a command, and the `|` after it."""
        args: list[Argument] = []
        while (argument := self._operand()) is not None:
            args.append(argument)
            if self._peek().kind is not Kind.SPACE:
                break
        token = self._peek()
        if token.kind is Kind.PIPE:
            self._take()
        elif token.kind not in {Kind.RIGHT, Kind.RIGHT_PAREN}:
            raise self._unexpected(token, "operand")
        return nodes.Command(args[0].start, args[-1].end, args[0].line, tuple(args))

    def _operand(self) -> Argument | None:
        """Parse an argument with the fields that hang on it; None when there is none."""
        token = self._skip_space()
        node = self._term(token)
        if node is None:
            return None
        first = self._next
        while self._peek().kind is Kind.FIELD:
            self._take()
        hanging = self._tokens[first : self._next]
        return self._with_fields(node, hanging) if hanging else node

    def _with_fields(self, node: Argument, hanging: Sequence[Token]) -> Argument:
        """Hang fields on an argument; a literal can have none."""
        fields = tuple(token.text[1:] for token in hanging)
        end = hanging[-1].end
        match node:
            case nodes.Field():
                return nodes.Field(node.start, end, node.line, (*node.names, *fields))
            case nodes.Variable():
                return nodes.Variable(node.start, end, node.line, node.name, fields)
            case nodes.Bool() | nodes.Dot() | nodes.Nil() | nodes.Number() | nodes.String():
                term = self._text[node.start : node.end]
                raise self._failure(hanging[0], f"unexpected . after term {term!r}")
            case _:
                return nodes.Chain(node.start, end, node.line, node, fields)

    def _term(self, token: Token) -> Argument | None:
        """Parse an argument without what hangs on it."""
        if token.kind not in _OPERANDS:
            return None
        if token.kind is Kind.STRING:
            return self._string("operand")
        self._take()
        match token.kind:
            case Kind.LEFT_PAREN:
                return self._parenthesis(token)
            case Kind.VARIABLE:
                return self._variable(token)
            case Kind.NUMBER | Kind.CHARACTER_CONSTANT:
                return self._number(token)
            case _:
                return _simple_term(token)

    def _parenthesis(self, left: Token) -> nodes.Pipe:
        pipe = self._pipeline("parenthesized pipeline", Kind.RIGHT_PAREN)
        right = self._tokens[self._next - 1]
        return nodes.Pipe(left.start, right.end, left.line, pipe.declarations, pipe.commands, pipe.is_assignment)

    def _variable(self, token: Token) -> nodes.Variable:
        if token.text not in self._scope.variables:
            raise self._failure(token, f"undefined variable {token.text!r}")
        return nodes.Variable(token.start, token.end, token.line, token.text)

    def _number(self, token: Token) -> nodes.Number:
        is_right = is_number(token.text) if token.kind is Kind.NUMBER else is_character(token.text)
        if not is_right:
            raise self._failure(token, f"illegal number syntax: {token.text}")
        return nodes.Number(token.start, token.end, token.line, token.text)


def _simple_term(token: Token) -> Argument:
    """Make an argument of a token that says all there is to know."""
    place = token.start, token.end, token.line
    match token.kind:
        case Kind.FIELD:
            return nodes.Field(*place, (token.text[1:],))
        case Kind.BOOL:
            return nodes.Bool(*place, token.text == "true")
        case Kind.IDENTIFIER:
            return nodes.Identifier(*place, token.text)
        case _:
            return nodes.Dot(*place) if token.kind is Kind.DOT else nodes.Nil(*place)
