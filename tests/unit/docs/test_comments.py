"""Which comment of a values.yaml belongs to which key."""

from __future__ import annotations

import pytest

from timonier.docs.comments import Key, read_outline
from timonier.errors import ValuesError


def told(text: str) -> dict[str, str]:
    """Return what is said of each key, by its path."""

    def flat(keys: tuple[Key, ...]) -> dict[str, str]:
        return {
            name: said for key in keys for name, said in [(".".join(key.path), key.comment), *flat(key.keys).items()]
        }

    return flat(read_outline(text, "values.yaml").keys)


def test_a_comment_belongs_to_the_key_directly_below() -> None:
    """With the lines that continue it; what comes before its `# --` is for whoever reads the file."""
    text = "# A note.\n# -- First\n# and more\n# of it\na: 1\n\n# -- Gone astray\n\nb:\n  # -- Inner\n  c: {}\n"
    assert told(text) == {"a": "First and more of it", "b": "", "b.c": "Inner"}
    assert read_outline(text, "values.yaml").stray == (7,)


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  x: 1\n  # -- Of nothing\nb: 1\n",
        "a:\n# -- Of nothing\n  b: 1\n",
        "a: 1 # -- Behind\nb: 1\n",
        "# Without the dashes\nb: 1\n",
        "# ---- A line\nb: 1\n",
    ],
)
def test_what_is_indented_otherwise_or_not_begun_is_no_comment_of_a_key(text: str) -> None:
    """Or a key would be told by what was meant for another."""
    assert set(told(text).values()) == {""}


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  # -- Text\nb: 1\n",
        "a: |\n  # -- Text\n\n\nb: 1\n",
        "a:\n  - |\n    # -- Text\n  - x\nb: 1\n",
        'a: "x\n\n  # -- Text\n\n  "\nb: 1\n',
        "a:\n  k: >-\n    x\n    # -- Text\n  b: 1\n",
    ],
)
def test_text_of_several_lines_holds_no_comments(text: str) -> None:
    """A my.cnf in a value has lines that look like comments, and are the user's."""
    assert set(told(text).values()) == {""}
    assert read_outline(text, "values.yaml").stray == ()


@pytest.mark.parametrize(
    "block", ["|\n  text\n", "|+\n  text\n\n", "|-\n  text\n", ">\n  text\n  more\n", '"x\n  y"\n']
)
def test_a_comment_after_text_of_several_lines_is_one(block: str) -> None:
    """The text ends where the parser says."""
    assert told(f"a: {block}# -- Said\nb: 1\n") == {"a": "", "b": "Said"}


def test_keys_and_defaults_are_as_helm_reads_them() -> None:
    """`12:30` is text, a repeated key is its last one, `<<` takes over what is not said again."""
    text = "a: &a\n  # -- One\n  x: 12:30\n  z: 1\nb:\n  <<: *a\n  # -- Other\n  z: 2\n  z: 3\n8080: off\n"
    outline = read_outline(text, "values.yaml")
    assert [(key.path, key.line, key.default) for key in outline.keys] == [
        (("a",), 1, {"x": "12:30", "z": 1}),
        (("b",), 5, {"x": "12:30", "z": 3}),
        (("8080",), 10, False),
    ]
    assert told(text) == {"a": "", "a.x": "One", "a.z": "", "b": "", "b.x": "One", "b.z": "", "8080": ""}


def test_windows_line_ends_and_an_empty_file_are_read() -> None:
    """Neither is an error."""
    assert told("# -- One\r\n# two\r\na: 1\r\n") == {"a": "One two"}
    assert told("# nothing yet\n") == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- 1\n", "holds no mapping"),
        ("a: [1\nb: 2\n", r"values\.yaml:2: this is not valid YAML"),
        ("a: &a\n  b: *a\n", r"values\.yaml:1: this refers to itself"),
        ("a: 1\n---\nb: 1\n", r"values\.yaml:2: this is not valid YAML: but found another document"),
    ],
)
def test_what_are_no_values_is_refused(text: str, sentence: str) -> None:
    """One sentence with the line."""
    with pytest.raises(ValuesError, match=sentence):
        read_outline(text, "values.yaml")
