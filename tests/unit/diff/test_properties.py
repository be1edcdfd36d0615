"""What holds for any manifests: nothing differs from itself, order says nothing, and a patch leads from old to new."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from timonier import yamlio
from timonier.diff.compare import Options, compare
from timonier.diff.filters import Filter, read_rules
from timonier.diff.generated import Side
from timonier.diff.lines import lines, normal_lines
from timonier.diff.model import Difference, Renames
from timonier.diff.patch import patch
from timonier.diff.tree import Overlay
from timonier.draft import drafts_of
from timonier.errors import SourceError
from timonier.source import FileSource

GIT = shutil.which("git")
TEXT = st.text("ab1:-# '\"\n.é", max_size=12)
SCALARS = TEXT | st.integers(-9, 99) | st.booleans() | st.none() | st.floats(-9, 9).map(lambda x: round(x, 2))
NAMED = st.lists(st.fixed_dictionaries({"name": st.sampled_from("abcd"), "value": SCALARS}), min_size=1, max_size=4)
KEYS = st.sampled_from(["a", "b", "c.d", "env"])


def says_something(mapping: dict[str, Any]) -> bool:
    """Whether any of its values is set."""
    return any(value is not None for value in mapping.values())


# None empty, nor of nulls alone, which say nothing: `a:` with all of its keys added says nothing of what it was before.
VALUES = st.recursive(
    SCALARS | NAMED,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c.d", "env"]), inner, min_size=1, max_size=3).filter(
            says_something
        )
    ),
    max_leaves=8,
)
OBJECTS = st.fixed_dictionaries(
    {
        "apiVersion": st.sampled_from(["v1", "apps/v1"]),
        "kind": st.sampled_from(["ConfigMap", "Deployment", "Service"]),
        "metadata": st.fixed_dictionaries({"name": st.sampled_from("xyz")}),
    },
    optional={"spec": VALUES, "data": st.dictionaries(st.sampled_from("pqr"), TEXT, min_size=1, max_size=3)},
)
# None of a place in a list: which one that is depends on what else is there.
RULES = st.lists(
    st.sampled_from(
        ["Service", "ConfigMap", "*/x", "Deployment/y", ":data", ":data.p", "ConfigMap:data.q", ":spec", ":spec.a"]
    ),
    min_size=1,
    max_size=3,
)
STREAMS = st.lists(OBJECTS, max_size=5)


def written(objects: list[dict[str, Any]]) -> str:
    """Write objects as a stream."""
    return "".join(f"---\n{yamlio.dump(one)}" for one in objects)


def difference(old: str, new: str, rules: Filter | None = None) -> Difference:
    """Compare two streams."""
    before, after = (Side(tuple(drafts_of(text, origin="test"))) for text in (old, new))
    return compare(before, after, Options(renames=Renames.NONE, filter=rules or Filter()))


def unique(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return objects without those of the same name: which of two is which depends on their order."""
    return list({(one["apiVersion"], one["kind"], one["metadata"]["name"]): one for one in objects}.values())


@settings(deadline=None)
@given(STREAMS)
def test_nothing_differs_from_itself(objects: list[dict[str, Any]]) -> None:
    """diff(a, a) is empty, also when no text is the same."""
    one, other = written(objects), "".join(f"---\n# other\n{yamlio.dump(item, sort_keys=True)}" for item in objects)
    assert difference(one, one).changes == ()
    assert difference(one, other).changes == ()
    assert difference(one, other).unchanged == len(objects)


@settings(deadline=None)
@given(STREAMS.map(unique), STREAMS.map(unique), st.randoms())
def test_the_order_of_documents_makes_no_difference(old: list[Any], new: list[Any], random: Any) -> None:  # noqa: ANN401 - hypothesis' own
    """Neither on the one side nor on the other."""
    found = difference(written(old), written(new))
    shuffled = random.sample(old, len(old)), random.sample(new, len(new))
    assert difference(written(shuffled[0]), written(shuffled[1])) == found


def holding(spec: object) -> dict[str, Any]:
    """An object with a spec."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "spec": spec}


@settings(deadline=None)
@given(OBJECTS, OBJECTS)
@example(holding([[{"name": "a"}]]), holding([[{"name": "b"}]]))
@example(holding([{"a": 1, "b": 2}]), holding([{"b": 2}]))
@example(holding([[[{"name": "a"}, 1]]]), holding([[[1]]]))
def test_the_lines_lead_from_old_to_new(old: dict[str, Any], new: dict[str, Any]) -> None:
    """What is kept and what goes is the old document, what is kept and what comes the new, in meaning."""
    shown = lines(Overlay().lay(old, new))
    for document, gone in ((old, "+"), (new, "-")):
        text = "".join(f"{line.text}\n" for line in shown if line.sign != gone)
        kept = Overlay()
        kept.lay(document, yamlio.load(text, origin="lines", error=SourceError))
        assert {field.path for field in kept.fields} == set(), text


@settings(deadline=None)
@given(OBJECTS)
def test_the_normal_form_is_yaml(document: dict[str, Any]) -> None:
    """That says the same."""
    again = yamlio.load("".join(f"{line}\n" for line in normal_lines(document)), origin="lines", error=SourceError)
    overlay = Overlay()
    overlay.lay(document, again)
    assert overlay.fields == []


@pytest.mark.skipif(GIT is None, reason="there is no git to apply a patch with")
@settings(max_examples=25, deadline=None)
@given(STREAMS.map(unique), STREAMS.map(unique))
def test_a_patch_leads_from_old_to_new(old: list[Any], new: list[Any]) -> None:
    """Applied by git to the old file, it makes a file that says what the new one says."""
    before, after = written(old), written(new)
    result, made = patched(before, after, Filter())
    assert bool(made) == bool(difference(before, after).changes)
    assert difference(result, after).changes == ()


@pytest.mark.skipif(GIT is None, reason="there is no git to apply a patch with")
@settings(max_examples=50, deadline=None)
@given(STREAMS.map(unique), STREAMS.map(unique), RULES, st.booleans())
def test_a_patch_leaves_what_is_passed_over(old: list[Any], new: list[Any], texts: list[str], ignore: bool) -> None:  # noqa: FBT001 - hypothesis gives them by position
    """Applied to the old file, it makes one that differs from the new one in that alone, and has that of the old."""
    before, after = written(old), written(new)
    rules = read_rules(texts, ())
    heeded, rest = Filter(ignore=rules), Filter(only=rules)
    if not ignore:
        heeded, rest = rest, heeded
    result, made = patched(before, after, heeded)
    assert bool(made) == bool(difference(before, after, heeded).changes)
    assert difference(result, after, heeded).changes == ()
    assert difference(before, result, rest).changes == ()


def patched(before: str, after: str, rules: Filter) -> tuple[str, str]:
    """Return what git makes of the old file by the patch, and the patch."""
    old, new = (drafts_of(text, origin="test") for text in (before, after))
    made = patch(FileSource("all.yaml", before), old, new, rules)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "all.yaml"
        file.write_bytes(before.encode())
        (Path(folder) / "patch").write_bytes(made.encode())
        if made:
            subprocess.run([str(GIT), "apply", "patch"], cwd=folder, check=True, capture_output=True)
        return (file.read_bytes().decode() if file.exists() else ""), made
