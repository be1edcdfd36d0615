"""Parsing templates: what the nodes say, where they stand, and what is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timonier.errors import SourceError
from timonier.gotemplate import (
    Action,
    Chain,
    Command,
    Comment,
    Define,
    Identifier,
    If,
    Node,
    Pipe,
    Range,
    String,
    TemplateCall,
    Text,
    Tree,
    With,
    parse,
    walk,
)

if TYPE_CHECKING:
    from timonier.engine.program import ProgramEngine

ROOT = Path(__file__).parents[3]
TEMPLATES = [
    path
    for chart in sorted((ROOT / "charts").iterdir())
    for path in sorted((chart / "templates").rglob("*"))
    if path.is_file()
]
AnyNode = TypeVar("AnyNode", bound=Node)


def only(kind: type[AnyNode], text: str) -> AnyNode:
    """Return the one node of a kind in a template."""
    (node,) = (node for node in walk(parse(text, "a.yaml")) if isinstance(node, kind))
    return node


def check_places(tree: Tree) -> None:
    """Nothing of the text is lost between statements, and every line is the one the node starts in."""
    bodies = [node for node in walk(tree) if hasattr(node, "nodes")]
    for body in bodies:
        assert "".join(tree.source(node) for node in body.nodes) == tree.source(body)
    assert tree.source(bodies[0]) == tree.text
    for node in walk(tree):
        if node.start < node.end:
            assert node.line == tree.text.count("\n", 0, node.start) + 1


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_template_of_the_charts_is_read_without_loss(path: Path) -> None:
    """The top-level statements' places give the file again, and so do those of every body."""
    check_places(parse(path.read_text(encoding="utf-8"), str(path)))


def test_a_chart_of_helm_create_is_read(program: ProgramEngine, tmp_path: Path) -> None:
    """What most charts begin as."""
    subprocess.run([program.executable, "create", "web"], cwd=tmp_path, check=True, capture_output=True)
    templates = [path for path in (tmp_path / "web/templates").rglob("*") if path.is_file()]
    assert len(templates) > 5
    for path in templates:
        check_places(parse(path.read_text(encoding="utf-8"), path.name))


def test_arguments_say_what_they_are() -> None:
    """One of each kind."""
    template = "{{ $x := 1 }}{{ f . .a.b $ $x.c nil true 1.5 'c' \"q\\n\" `r\\n` (g).h }}"
    (command,) = [node for node in walk(parse(template, "a.yaml")) if isinstance(node, Command)][1:2]
    described = [
        (type(argument).__name__, *(getattr(argument, name) for name in type(argument).__slots__))
        for argument in command.args
    ]
    assert described[:11] == [
        ("Identifier", "f"),
        ("Dot",),
        ("Field", ("a", "b")),
        ("Variable", "$", ()),
        ("Variable", "$x", ("c",)),
        ("Nil",),
        ("Bool", True),
        ("Number", "1.5"),
        ("Number", "'c'"),
        ("String", "q\n"),
        ("String", "r\\n"),
    ]
    chain = command.args[11]
    assert isinstance(chain, Chain)
    assert chain.fields == ("h",)
    assert isinstance(chain.node, Pipe)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (r'"a\tb"', "a\tb"),
        (r'"\x41\101\u00e9\U0001F600"', "AAé😀"),
        (r'"\""', '"'),
        (r'"\\"', "\\"),
        ("`a\r\nb`", "a\nb"),
        (r"`\x`", r"\x"),
        (r'"\xc3\xa9"', "é"),
    ],
)
def test_text_is_unquoted_as_go_does(written: str, says: str) -> None:
    """Escapes, bytes that make a character together, and raw text without its carriage returns."""
    assert only(String, f"{{{{ {written} }}}}").value == says


@pytest.mark.parametrize(
    ("template", "texts"),
    [
        ("a {{ .x }} b", ["a ", " b"]),
        ("a {{- .x -}} b", ["a", "b"]),
        ("a\n\t {{-\n.x\n-}}\n b", ["a", "b"]),
        ("a {{- /* c */ -}} b", ["a", "b"]),
        (" {{- .x -}} ", ["", ""]),
        ("a {{3-}} b", None),
        ("a {{-3}} b", ["a ", " b"]),
    ],
)
def test_trim_markers_take_white_space(template: str, texts: list[str] | None) -> None:
    """Only where a space stands beside the dash; the place of the text is all of it nevertheless."""
    if texts is None:
        with pytest.raises(SourceError):
            parse(template, "a.yaml")
        return
    tree = parse(template, "a.yaml")
    assert [node.text for node in walk(tree) if isinstance(node, Text)] == texts
    check_places(tree)


def test_else_if_is_an_if_in_an_else() -> None:
    """And ends before the `end` that it shares with the first one."""
    tree = parse("{{ if .a }}A{{ else if .b }}B{{ else }}C{{ end }}.", "a.yaml")
    outer, inner = (node for node in walk(tree) if isinstance(node, If))
    assert outer.orelse is not None
    assert list(outer.orelse) == [inner]
    assert inner.orelse is not None
    assert (outer.is_chained, inner.is_chained) == (False, True)
    assert tree.source(outer) == "{{ if .a }}A{{ else if .b }}B{{ else }}C{{ end }}"
    assert tree.source(inner) == "{{ else if .b }}B{{ else }}C"
    assert [tree.source(body) for body in (outer.body, inner.body, inner.orelse)] == ["A", "B", "C"]


def test_with_and_range_have_an_else_too() -> None:
    """`else with` chains like `else if`; a loop's else is for no element."""
    first, second = (
        node for node in walk(parse("{{ with .a }}A{{ else with .b }}B{{ end }}", "a.yaml")) if isinstance(node, With)
    )
    assert (second.is_chained, first.orelse is not None, second.orelse) == (True, True, None)
    loop = only(Range, "{{ range $i, $e := .l }}{{ break }}{{ continue }}{{ else }}none{{ end }}")
    assert [variable.name for variable in loop.pipe.declarations] == ["$i", "$e"]
    assert loop.orelse is not None


def test_pipelines_know_their_stages() -> None:
    """Declaration, assignment, stages, and parentheses that count as part of their pipeline."""
    text = "{{ $x := default 1 (.a | int) | quote }}{{ $x = 2 }}"
    tree = parse(text, "a.yaml")
    outer, inner, assigned = (node for node in walk(tree) if isinstance(node, Pipe))
    assert [tree.source(command) for command in outer.commands] == ["default 1 (.a | int)", "quote"]
    assert tree.source(inner) == "(.a | int)"
    assert [variable.name for variable in outer.declarations] == ["$x"]
    assert (outer.is_assignment, assigned.is_assignment) == (False, True)


def test_definitions_and_calls_are_named() -> None:
    """`define`, `block` and `template`."""
    text = '{{ define "a" }}A{{ end }}{{ block `b` .x }}B{{ end }}{{ template "a" }}'
    assert only(Define, text).name == "a"
    assert only(TemplateCall, text).pipe is None
    tree = parse(text, "a.yaml")
    assert [type(node).__name__ for node in tree.body] == ["Define", "Block", "TemplateCall"]


def test_a_comment_is_no_action() -> None:
    """Even one that holds delimiters."""
    assert only(Comment, "{{/* {{ .x }} */}}").text == " {{ .x }} "


def test_lines_count_from_one() -> None:
    """The line a node starts in, whatever trims before it."""
    tree = parse("\n\n  {{- .a }}\n{{ .b\n| quote }}\n", "a.yaml")
    assert [node.line for node in walk(tree) if isinstance(node, Action)] == [3, 4]
    assert [node.line for node in walk(tree) if isinstance(node, Identifier)] == [5]


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{{ .a", "unclosed action"),
        ("{{ (.a }}", "unclosed left paren"),
        ("{{ .a) }}", "unexpected right paren"),
        ("{{ /* a */ }}", "unexpected '/' in command"),
        ("{{/* a", "unclosed comment"),
        ("{{/* a */ }}", "comment ends before closing delimiter"),
        ("{{ 'a }}", "unterminated character constant"),
        ('{{ "a }}', "unterminated quoted string"),
        ("{{ `a }}", "unterminated raw quoted string"),
        (r'{{ "\q" }}', "invalid syntax"),
        (r'{{ "\ud800" }}', "invalid syntax"),
        ("{{ 'ab' }}", "illegal number syntax"),
        ("{{ 089 }}", "illegal number syntax"),
        ("{{ 1__0 }}", "illegal number syntax"),
        ("{{ 18446744073709551616 }}", "illegal number syntax"),
        ("{{ 3k }}", "bad number syntax"),
        ("{{ $x+2 }}", "bad character '+'"),
        ("{{ a² }}", "bad character"),
        ("{{ $x }}", "undefined variable '$x'"),
        ("{{ if .a }}{{ $x := 1 }}{{ end }}{{ $x }}", "undefined variable '$x'"),
        ('{{ $x := 1 }}{{ define "a" }}{{ $x }}{{ end }}', "undefined variable '$x'"),
        ("{{}}", "missing value for command"),
        ("{{ if }}{{ end }}", "missing value for if"),
        ("{{ .a | 1 }}", "non executable command in pipeline stage 2"),
        ("{{ 1.a }}", "bad number syntax"),
        ("{{ true.a }}", "unexpected . after term 'true'"),
        ("{{ .a .b:=1 }}", "unexpected ':=' in operand"),
        ("{{ $a, $b := .c }}", "too many declarations in command"),
        ("{{ range $a, 1 := .c }}{{ end }}", "range can only initialize variables"),
        ("{{ range $a, $b, $c := .c }}{{ end }}", "too many declarations in range"),
        ("{{ break }}", "{{break}} outside {{range}}"),
        ("{{ end }}", "unexpected {{end}}"),
        ("{{ else }}", "unexpected {{else}}"),
        ("{{ if .a }}", "unexpected end of file"),
        ("{{ if .a }}{{ else }}{{ else }}{{ end }}", "expected end; found {{else}}"),
        ("{{ if .a }}{{ else with .b }}{{ end }}", "unexpected 'with' after else in if"),
        ('{{ if .a }}{{ define "b" }}{{ end }}{{ end }}', "unexpected 'define' in command"),
        ('{{ define "a" }}{{ else }}{{ end }}', "unexpected {{else}} in define clause"),
        ('{{ define "a" }}1{{ end }}{{ define "a" }}2{{ end }}', "multiple definition of template 'a'"),
        ("{{ define a }}{{ end }}", "unexpected 'a' in define clause"),
        ("{{ template .a }}", "unexpected '.a' in template clause"),
        ("{{ \x01 }}", "unrecognized character in action"),
    ],
)
def test_what_go_refuses_is_refused_in_one_sentence(template: str, problem: str) -> None:
    """With file and line: as a fact the maintainer can act on."""
    with pytest.raises(SourceError) as raised:
        parse("text\n" + template, "templates/a.yaml")
    assert raised.value.message.startswith("templates/a.yaml:2: ")
    assert problem in raised.value.message
    assert raised.value.message.endswith(".")


@pytest.mark.parametrize(
    "template",
    [
        "{{ .a | }}",
        "{{ $x = 1 }}",
        "{{ 1_000 0x_F 0b1 0o7 1e3 .5 1i 1+2i -1 +1 0x1p4 }}",
        "{{ 'é' '\\n' '\\'' }}",
        "{{ break1 }}{{ endif }}",
        '{{ define "a" }} {{ end }}{{ define "a" }}2{{ end }}',
        "{{ .é }}",
        "}} {",
        "",
    ],
)
def test_what_go_takes_is_taken(template: str) -> None:
    """However odd it is."""
    check_places(parse(template, "a.yaml"))


def test_a_parenthesis_too_deep_is_told_in_a_sentence() -> None:
    """No traceback of Python's recursion limit."""
    with pytest.raises(SourceError, match="nested too deeply"):
        parse("{{" + "(" * 5000 + "1" + ")" * 5000 + "}}", "a.yaml")


PIECES = [
    "{{",
    "}}",
    "{{- ",
    " -}}",
    " ",
    "\n",
    "if ",
    ".a",
    "$x",
    ":=",
    "(",
    ")",
    "|",
    '"q"',
    "{{ if .a }}",
    "{{ end }}",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_parses_loses_nothing(text: str) -> None:
    """And what does not parse raises nothing but the one error."""
    try:
        tree = parse(text, "a.yaml")
    except SourceError:
        return
    check_places(tree)
