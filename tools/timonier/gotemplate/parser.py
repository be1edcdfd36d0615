"""Tokens to nodes, by the rules of Go's text/template/parse/parse.go: the statements of a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from timonier.errors import SourceError
from timonier.gotemplate import nodes
from timonier.gotemplate.lexer import Kind, Token
from timonier.gotemplate.pipelines import PipelineParser, Scope

if TYPE_CHECKING:
    from timonier.gotemplate.nodes import Statement

_Control: TypeAlias = type[nodes.If] | type[nodes.With] | type[nodes.Range]
_CONTROLS: dict[str, _Control] = {"if": nodes.If, "with": nodes.With, "range": nodes.Range}
_LOOP_ENDS: dict[str, type[nodes.Break | nodes.Continue]] = {"break": nodes.Break, "continue": nodes.Continue}


def parse(text: str, name: str) -> nodes.Tree:
    """Parse a template.

    Args:
        text: The template.
        name: What to call it in messages: its path.

    Raises:
        SourceError: It is no template; the sentence begins with file and line.
    """
    try:
        return nodes.Tree(name, text, _Parser(text, name).file())
    except RecursionError:
        raise SourceError(f"{name}: the template is nested too deeply to be read.") from None


class _Clause(NamedTuple):
    """An `else` or an `end`: where it begins, and the closing of it, or the word an `else if` goes on with."""

    word: str
    left: Token
    last: Token
    chained: str = ""


class _Parser(PipelineParser):
    """The statements of a template, from the first to the last."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text, name)
        self._has_content: dict[str, bool] = {}

    def file(self) -> nodes.Body:
        """Parse a whole file: only here may there be definitions."""
        found: list[Statement] = []
        while self._peek().kind is not Kind.EOF:
            node = self._definition() if self._keyword() == "define" else self._statement()
            if isinstance(node, _Clause):
                raise self._failure(node.left, f"unexpected {{{{{node.word}}}}}")
            found.append(node)
        return nodes.Body(0, len(self._text), 1, tuple(found))

    def _keyword(self) -> str:
        """Return the keyword of the action that comes next, or nothing."""
        if self._peek().kind is not Kind.LEFT:
            return ""
        following = self._tokens[self._next + 1]
        if following.kind is Kind.SPACE:
            following = self._tokens[self._next + 2]
        return following.text if following.kind is Kind.KEYWORD else ""

    def _open(self) -> Token:
        """Take the `{{` and the keyword after it, and return the `{{`."""
        left = self._take()
        self._skip_space()
        self._take()
        return left

    def _definition(self) -> nodes.Define:
        left = self._open()
        name = self._string("define clause").value
        self._expect(Kind.RIGHT, "define clause")
        body, end = self._defined_body(name, "define clause")
        return nodes.Define(left.start, end, left.line, name, body)

    def _block(self) -> nodes.Block:
        left = self._open()
        name = self._string("block clause").value
        pipe = self._pipeline("block clause")
        body, end = self._defined_body(name, "block clause")
        return nodes.Block(left.start, end, left.line, name, pipe, body)

    def _defined_body(self, name: str, context: str) -> tuple[nodes.Body, int]:
        """Parse what has variables of its own, and may be there but once unless it is empty."""
        outer, self._scope = self._scope, Scope()
        body, clause = self._list()
        self._scope = outer
        if clause.word != "end":
            raise self._failure(clause.left, f"unexpected {{{{else}}}} in {context}")
        has_content = not all(_is_empty(node) for node in body)
        if has_content and self._has_content.get(name):
            raise self._failure(clause.left, f"multiple definition of template {name!r}")
        self._has_content[name] = has_content or self._has_content.get(name, False)
        return body, clause.last.end

    def _list(self) -> tuple[nodes.Body, _Clause]:
        """Parse statements up to an `else` or `end`, from the delimiter on that was taken last."""
        opening = self._tokens[self._next - 1]
        first = self._peek()
        found: list[Statement] = []
        while self._peek().kind is not Kind.EOF:
            node = self._statement()
            if isinstance(node, _Clause):
                return nodes.Body(opening.end, node.left.start, first.line, tuple(found)), node
            found.append(node)
        raise self._failure(self._peek(), "unexpected end of file: an {{end}} is missing")

    def _statement(self) -> Statement | _Clause:
        token = self._peek()
        match token.kind:
            case Kind.LEFT:
                return self._action()
            case Kind.TEXT:
                self._take()
                return nodes.Text(token.start, token.end, token.line, token.text)
            case Kind.COMMENT:
                self._take()
                return nodes.Comment(token.start, token.end, token.line, token.text)
            case _:
                raise self._unexpected(token, "input")

    def _action(self) -> Statement | _Clause:
        match self._keyword():
            case "if" | "with" | "range" as word:
                left = self._open()
                return self._control(word, left)[0]
            case "end" | "else" as word:
                return self._clause(word)
            case "block":
                return self._block()
            case "template":
                return self._template_call()
            case "break" | "continue" as word:
                return self._loop_end(word)
        left = self._take()
        pipe = self._pipeline("command")
        return nodes.Action(left.start, self._taken_end, left.line, pipe)

    @property
    def _taken_end(self) -> int:
        return self._tokens[self._next - 1].end

    def _clause(self, word: str) -> _Clause:
        left = self._open()
        following = self._skip_space()
        if word == "else" and following.kind is Kind.KEYWORD and following.text in {"if", "with"}:
            return _Clause(word, left, self._take(), following.text)
        return _Clause(word, left, self._expect(Kind.RIGHT, word))

    def _loop_end(self, word: str) -> nodes.Break | nodes.Continue:
        left = self._open()
        right = self._expect(Kind.RIGHT, f"{{{{{word}}}}}")
        if not self._scope.loops:
            raise self._failure(left, f"{{{{{word}}}}} outside {{{{range}}}}")
        return _LOOP_ENDS[word](left.start, right.end, left.line)

    def _template_call(self) -> nodes.TemplateCall:
        left = self._open()
        name = self._string("template clause").value
        pipe = None
        if self._skip_space().kind is Kind.RIGHT:
            self._take()
        else:
            pipe = self._pipeline("template clause")
        return nodes.TemplateCall(left.start, self._taken_end, left.line, name, pipe)

    def _control(
        self, word: str, left: Token, *, is_chained: bool = False
    ) -> tuple[nodes.If | nodes.With | nodes.Range, _Clause]:
        """Parse what follows `{{ if`, `{{ with` or `{{ range`, and the `end` of it."""
        declared = len(self._scope.variables)
        pipe = self._pipeline(word)
        self._scope.loops += word == "range"
        body, clause = self._list()
        self._scope.loops -= word == "range"
        orelse = None
        if clause.chained:
            orelse, clause = self._chained(word, clause)
        elif clause.word == "else":
            orelse, clause = self._list()
        if clause.word != "end":
            raise self._failure(clause.left, "expected end; found {{else}}")
        del self._scope.variables[declared:]
        end = clause.left.start if is_chained else clause.last.end
        return _CONTROLS[word](left.start, end, left.line, pipe, body, orelse, is_chained), clause

    def _chained(self, word: str, clause: _Clause) -> tuple[nodes.Body, _Clause]:
        """Parse what follows `{{ else if`: the same as an `if` of its own inside an `else`, but for the `end`."""
        if clause.chained != word:
            raise self._failure(clause.left, f"unexpected {clause.chained!r} after else in {word}")
        node, end = self._control(word, clause.left, is_chained=True)
        return nodes.Body(node.start, node.end, node.line, (node,)), end


def _is_empty(node: Statement) -> bool:
    """Whether Go sees nothing in it: a definition of nothing may be given again."""
    return isinstance(node, nodes.Comment) or (isinstance(node, nodes.Text) and not node.text.strip())
