"""`--set` is understood as Helm understands it."""

from __future__ import annotations

from typing import Any

import helm_python
import pytest

from timonier.errors import ValuesError
from timonier.settext import parse_json, parse_set, typed

UNDERSTOOD = [
    "a=1",
    "a=1,b.c=two,ports={80,443}",
    "a=",
    "a=,b=2",
    "a=NULL",
    "a=tRue",
    "a=0",
    "a=01",
    "a=-1",
    "a=+1",
    "a=1.5",
    "a=1e3",
    "a=1_000",
    "a=9223372036854775807",
    "a=9223372036854775808",
    "a[2]=x",
    "a[0].b=1,a[0].c=2",
    "a[1].b=1,a[0].c=2",
    "a[0][1]=3",
    "a={}",
    "a={,}",
    "a={1},b=2",
    "a={null,true,1}",
    r"a=b\,c",
    r"a\.b=c",
    r"a=\{1\}",
    r"a\\b=c",
    "a=b=c",
    "a={x},a[0]=y",
    "a[0]={1,2}",
    "a.b[0].c[1].d=e",
    "a= b ",
    'a="x"',
    "a=é",
]
REFUSED = ["a", ",", "a=1,,", "a={1,2", "a=1,a.b=2", "a[-1]=x", "a[x]=1", "a[0]x=1", "a[70000]=1", "a..b=1"]


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_settings_mean_what_helm_takes_them_for(text: str) -> None:
    """Helm's own parser is the measure, for `--set` and for `--set-string`."""
    values: dict[str, Any] = {}
    parse_set(text, values)
    assert values == helm_python.parse_set_string(text)
    strings: dict[str, Any] = {}
    parse_set(text, strings, convert=str)
    assert strings == helm_python.parse_set_string_values(text)


@pytest.mark.parametrize("text", REFUSED)
def test_what_helm_refuses_is_refused(text: str) -> None:
    """The sentence repeats what was written."""
    with pytest.raises(helm_python.HelmValuesError):
        helm_python.parse_set_string(text)
    with pytest.raises(ValuesError) as refused:
        parse_set(text, {})
    assert f"--set {text}: " in str(refused.value)


@pytest.mark.parametrize("text", ["=1", ".a=1", "a.=1"])
def test_an_empty_name_is_refused(text: str) -> None:
    """Helm ignores it, and the setting with it; that is never what was meant."""
    with pytest.raises(ValuesError, match="a key is missing"):
        parse_set(text, {})


def test_writing_into_a_list_leaves_the_rest_of_it() -> None:
    """This is what merging cannot express, and why settings are written into the values that are there."""
    values: dict[str, Any] = {"hosts": [{"name": "a", "port": 1}, {"name": "b"}]}
    parse_set("hosts[0].name=x", values)
    assert values == {"hosts": [{"name": "x", "port": 1}, {"name": "b"}]}


@pytest.mark.parametrize(
    "text", ['a={"b":[1,2]}', 'a=1,b="x"', "a= 1 , b=2", "a=", "a=,b=1", 'a[0]={"x":1}', "a.b=null"]
)
def test_json_settings_mean_what_helm_takes_them_for(text: str) -> None:
    """The same for `--set-json key=JSON`."""
    assert parse_json(text, {}) == helm_python.parse_set_json(text)


def test_a_json_object_is_merged() -> None:
    """`--set-json '{…}'` stands for a values file."""
    assert parse_json('{"a": {"c": 2}}', {"a": {"b": 1}}) == {"a": {"b": 1, "c": 2}}
    with pytest.raises(ValuesError, match="not valid JSON"):
        parse_json("{", {})


def test_types_are_helms() -> None:
    """A leading zero keeps a number text: an octal file mode or a postcode is not to be counted with."""
    assert [typed(text) for text in ("1", "01", "true", "null", "1.5")] == [1, "01", True, None, "1.5"]
