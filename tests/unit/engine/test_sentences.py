"""What Helm says is read the same way, whichever engine and version said it."""

from __future__ import annotations

from pathlib import Path

import pytest

from timonier.engine.messages import explain
from timonier.errors import RenderError, TimonierError, ValuesError
from timonier.manifest import pieces, read_manifest

SHOP = Path("charts/shop")
PARSE = "YAML parse error on shop/templates/a.yaml: error "
DECODE = f"{PARSE}unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
SCHEMA = "values don't meet the specifications of the schema(s) in the following chart(s):\n"

# A manifest, what Helm says of it, and the sentence: whoever parses it first, the reader is told the same.
NO_MANIFESTS = [
    (
        "- a\n",
        f"{DECODE}array into Go value of type releaseutil.SimpleHead",
        "1: a manifest has to be a mapping, this is a list.",
    ),
    (
        "text\n",
        f"{DECODE}string into Go value of type util.SimpleHead",
        "1: a manifest has to be a mapping, this is text.",
    ),
    (
        "kind: [A]\n",
        f"{DECODE}array into Go struct field SimpleHead.kind of type string",
        "1: kind has to be text, this is a list.",
    ),
    (
        "metadata: 3\n",
        f"{DECODE}number into Go struct field SimpleHead.metadata of type struct {{ Name string }}",
        "1: metadata has to be a mapping, this is a number.",
    ),
    (
        "metadata: {annotations: yes}\n",
        f"{DECODE}bool into Go struct field .metadata.annotations of type map[string]string",
        "1: metadata.annotations has to be a mapping, this is true or false.",
    ),
    (
        "metadata: {annotations: {a: {b: c}}}\n",
        f"{DECODE}object into Go struct field .metadata.annotations of type string",
        "1: an annotation has to be text, this is a mapping.",
    ),
    (
        "metadata: {name: {a: b}}\n",
        f"{DECODE}object into Go struct field .metadata.name of type string",
        "1: metadata.name has to be text, this is a mapping.",
    ),
    (
        "kind: A\nb: [1\nc: 2\n",
        f"{PARSE}converting YAML to JSON: yaml: line 2: did not find expected ',' or ']'",
        "3: this is not valid YAML: did not find expected ',' or ']'.",
    ),
    (
        "kind: A\nb: c: d\n",
        f"{PARSE}converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context",
        (
            "2: this is not valid YAML: mapping values are not allowed in this context. Mostly a block is indented "
            "wrongly: `nindent` begins a new line, `indent` does not."
        ),
    ),
    (
        "@\n",
        f"{PARSE}converting YAML to JSON: yaml: found character that cannot start any token",
        "1: this is not valid YAML: found character that cannot start any token.",
    ),
]


@pytest.mark.parametrize(("text", "said", "sentence"), NO_MANIFESTS)
def test_what_is_no_manifest(text: str, said: str, sentence: str) -> None:
    """Helm's parser and this project's find the same, and count lines the same."""
    origin = f"{SHOP}: rendered shop/templates/a.yaml"
    with pytest.raises(RenderError) as ours:
        read_manifest(text, origin=origin, error=RenderError)
    assert str(ours.value) == str(explain(said, SHOP)) == f"{origin}:{sentence}"


def test_numbers_in_a_head_are_text() -> None:
    """Helm takes numbers, truth values and null where it wants text; so does this project."""
    text = "apiVersion: 1\nkind: 2\nmetadata: {name: 3, annotations: {a: 4, b: yes, c: null}}\n"
    assert read_manifest(text, origin="x")
    assert read_manifest("metadata: null\n", origin="x")
    assert read_manifest("metadata: {annotations: null}\n", origin="x")


def test_schema_findings_are_in_the_order_of_keys() -> None:
    """Helm lists them in another order each time, and puts some under a heading that says nothing."""
    said = (
        f"{SCHEMA}shop:\n- at '/replicas': got string, want integer\n- at '/list': validation failed\n"
        "  - at '/list/1': got number, want string\n  - at '/list': 'oneOf' failed, none matched\n"
        "    - at '/list': a detail\n- at '': additional properties 'x' not allowed\n"
        "part:\n- at '/port': minimum: got 0, want 1\n"
    )
    problem = explain(said, SHOP)
    assert isinstance(problem, ValuesError)
    assert str(problem) == (
        f"{SHOP} refuses these values: top level: additional properties 'x' not allowed; list: 'oneOf' failed, none "
        "matched; list.1: got number, want string; replicas: got string, want integer; "
        "part: port: minimum: got 0, want 1."
    )


def test_a_subchart_that_refuses_alone_is_named() -> None:
    """A key of the subchart's is none of the chart's."""
    said = f"{SCHEMA}part:\n- at '/port': minimum: got 0, want 1\n"
    assert "refuses these values: part: port: minimum" in str(explain(said, SHOP))
    assert "refuses these values: port: minimum" in str(explain(said, Path("charts/part")))
    assert "refuses these values: port: minimum" in str(explain(said, Path("part-1.0.0.tgz")))


@pytest.mark.parametrize(
    "text", ["the release name is too long", "cannot load that", "Error: execution error at (x:1:1): no", "Chart.yaml!"]
)
def test_what_a_chart_says_is_not_taken_for_helms(text: str) -> None:
    """A chart may say anything when it refuses; that is not Helm failing to load it, nor another place."""
    problem: TimonierError = explain(f"execution error at (shop/templates/a.yaml:3:4): {text}", SHOP)
    assert type(problem) is RenderError
    assert str(problem) == f"{SHOP} says, at shop/templates/a.yaml:3:4: {text}"


def test_helm_3_and_4_name_a_place_alike() -> None:
    """Helm 3 writes `template: FILE:1:2: executing`, Helm 4 `FILE:1:2 executing`."""
    old = 'template: shop/templates/a b.yaml:1:2: executing "x" at <include "y" .>: template: no template "y"'
    new = 'shop/templates/a b.yaml:1:2 executing "x" at <include "y" .>: template: no template "y"'
    assert str(explain(old, SHOP)) == str(explain(new, SHOP))


def test_missing_dependencies_are_told_alike() -> None:
    """The program says it in more words than the library's caller."""
    said = (
        "an error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch "
        "missing dependencies: found in Chart.yaml, but missing in charts/ directory: a, b"
    )
    assert str(explain(said, SHOP)) == str(explain("missing in charts/ directory: a, b", SHOP))


def test_a_comment_of_the_author_stays() -> None:
    """`# Source:` is what Helm prints above a document, and what some authors write themselves."""
    assert list(pieces("\n# Source: x\na: 1\n---\n\n# b\nb: 2")) == [("# Source: x\na: 1\n", 2), ("# b\nb: 2", 6)]
