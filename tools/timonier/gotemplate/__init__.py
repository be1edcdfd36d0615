"""Go's template language, as Helm's templates use it: text to tokens to nodes that know where they stand.

What is accepted and what is refused is what Go's `text/template/parse` (lex.go, parse.go of Go 1.26) accepts and
refuses, with two exceptions: functions are not looked up, because who parses a chart has no function map, and the
delimiters are always `{{` and `}}`.

- `lexer`: text to tokens.
- `literals`: quoted text and numbers.
- `nodes`: what a template is made of, and `walk`.
- `parser`: tokens to nodes.
"""

from timonier.gotemplate.nodes import (
    Action,
    Argument,
    Block,
    Body,
    Bool,
    Break,
    Chain,
    Command,
    Comment,
    Continue,
    Define,
    Dot,
    Field,
    Identifier,
    If,
    Nil,
    Node,
    Number,
    Pipe,
    Range,
    Statement,
    String,
    TemplateCall,
    Text,
    Tree,
    Variable,
    With,
    walk,
)
from timonier.gotemplate.parser import parse

__all__ = [
    "Action",
    "Argument",
    "Block",
    "Body",
    "Bool",
    "Break",
    "Chain",
    "Command",
    "Comment",
    "Continue",
    "Define",
    "Dot",
    "Field",
    "Identifier",
    "If",
    "Nil",
    "Node",
    "Number",
    "Pipe",
    "Range",
    "Statement",
    "String",
    "TemplateCall",
    "Text",
    "Tree",
    "Variable",
    "With",
    "parse",
    "walk",
]
