"""Reading YAML quickly: the same values and the same errors as PyYAML's own construction."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from timonier import yamlio
from timonier.errors import SourceError
from timonier.yamlspeed import QuickConstruction, TextKeys

CONSTRUCTORS = yamlio._Loader.yaml_constructors


class Slow(TextKeys, yaml.CSafeLoader):
    """What `yamlio` reads with, without the quick construction."""

    yaml_implicit_resolvers = yamlio._Loader.yaml_implicit_resolvers
    yaml_constructors = CONSTRUCTORS


ODD = [
    *("", "~", "a: ~", "- 1\n- 0x1f\n- 017\n- 1e3\n- .5\n- y\n- No\n- 12:30\n- 2024-01-01\n- =\n", "a: 1\na: 2\n"),
    *("<<: a", "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", "a: &x [1]\nb: *x\n", "? [1, 2]\n: 3\n", "? {a: b}\n: 3\n"),
    *(
        "a: !!str 1",
        "a: !!int '1'",
        "a: !!set {b}",
        "a: !!binary aGk=",
        "a: !!omap [b: 1]",
        "a: !!map b",
        "a: !other b",
    ),
    *("a: *x", "a: [", "1: a\ntrue: b\n1.5: d\n", "a: !!bool maybe", "- !!null ''", "a: !!str {b: c}"),
]


def read(loader: type[Any], text: str) -> object:
    """Return what a loader reads, or the error's class and words."""
    try:
        return repr(list(yaml.load_all(text, Loader=loader)))
    except (yaml.YAMLError, ValueError) as error:
        return type(error), str(error)


def test_the_reader_of_manifests_is_the_quick_one() -> None:
    """Or this would compare PyYAML with itself."""
    assert issubclass(yamlio._Loader, QuickConstruction)
    assert not issubclass(Slow, QuickConstruction)


@pytest.mark.parametrize("text", ODD)
def test_odd_documents_read_the_same(text: str) -> None:
    """Values, their types, and the words of an error."""
    assert read(yamlio._Loader, text) == read(Slow, text)
    assert read(yamlio._Loader, text) == read(Slow, text), "the second time, from memory"


def test_an_alias_is_the_same_object() -> None:
    """As in PyYAML, so that what is repeated costs nothing."""
    [value] = yaml.load_all("a: &x [1]\nb: *x\n", Loader=yamlio._Loader)
    assert value["a"] is value["b"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 100)), "aliases, written"),
        (
            "a0: &a0 {x: y}\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30)),
            "aliases, written",
        ),
        ("&x [*x]", "holds itself"),
        ("a: &x {b: *x}", "holds itself"),
        ("<<: {a: 1}\nb: &x {c: *x}", "holds itself"),
        ("[" * 3000 + "]" * 3000, "nested too deeply"),
        ("~: a", "null is no key"),
    ],
)
def test_what_nobody_could_read_is_refused(text: str, problem: str) -> None:
    """A document that doubles itself a hundred times would take all memory of whoever writes it out."""
    with pytest.raises(SourceError, match=problem):
        yamlio.load(text, origin="a.yaml", error=SourceError)


def test_keys_are_text() -> None:
    """As they are once Helm has made JSON of them: what each became was printed by helm 4.3.0."""
    text = "{on: 0, n: 0, 1.5: 0, 1e3: 0, 1e30: 0, 0x1f: 0, .inf: 0, 2024-01-01: 0, 0.1: 0, 1234567.891: 0}"
    expected = ["true", "false", "1.5", "1000", "1e+30", "31", ".inf", "2024-01-01", "0.1", "1.2345679e+06"]
    assert list(yamlio.load(text, origin="a.yaml", error=SourceError)) == expected
    assert list(yamlio.load(f"{{<<: {{}}, a: {text}}}", origin="a.yaml", error=SourceError)["a"]) == expected


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats().filter(lambda number: not math.isnan(number)) | st.text()
)
KEYS = st.text() | st.integers() | st.booleans()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(VALUES)
def test_whatever_is_written_reads_the_same(value: object) -> None:
    """In block style and in flow style."""
    for flow in (False, True):
        text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
        assert read(yamlio._Loader, text) == read(Slow, text)


@given(st.text(alphabet="ab:-{}[]&*!,'\"|>\n #<1.~", max_size=30))
def test_whatever_is_no_yaml_fails_the_same(text: str) -> None:
    """With the same words at the same place."""
    assert read(yamlio._Loader, text) == read(Slow, text)
