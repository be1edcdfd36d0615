"""A difference is what two lists of manifests say differently, and nothing else."""

from __future__ import annotations

import itertools

import pytest

from timonier.diff.compare import Options, compare
from timonier.diff.generated import Side
from timonier.diff.model import Action, Change, Difference
from timonier.draft import drafts_of
from timonier.manifest import read_manifests

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: web
          image: web:1
          env: [{name: A, value: "1"}, {name: B, value: "2"}]
          ports: [{containerPort: 80}]
          resources: {limits: {cpu: 1}}
          securityContext: {runAsNonRoot: true}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ClusterIP}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: x}\n"
STREAM = [WEB, SERVICE, CONFIG]


def difference(old: str, new: str, context: int = 3) -> Difference:
    """Compare two streams, secrets shown."""
    before, after = (Side(tuple(drafts_of(text, origin="test"))) for text in (old, new))
    return compare(before, after, Options(context=context))


def only_change(old: str, new: str, context: int = 3) -> Change:
    """Compare two streams that differ in one object."""
    [change] = difference(old, new, context).changes
    return change


def test_nothing_differs_from_itself() -> None:
    """diff(a, a) is empty."""
    assert difference("---\n".join(STREAM), "---\n".join(STREAM)) == Difference((), 3)


@pytest.mark.parametrize("order", list(itertools.permutations(STREAM)))
def test_the_order_of_documents_is_no_difference(order: tuple[str, ...]) -> None:
    """Neither in what is found nor in how it is told."""
    assert difference("---\n".join(STREAM), "---\n".join(order)).changes == ()
    changed = [text.replace("ClusterIP", "NodePort").replace("a: x", "a: y") for text in order]
    kinds = [c.identity.kind for c in difference("---\n".join(order), "---\n".join(changed)).changes]
    assert kinds == ["ConfigMap", "Service"]


def test_how_it_is_written_is_no_difference() -> None:
    """Key order, quoting, comments and block style say nothing."""
    rewritten = 'metadata:\n  name: "web" # the name\nkind: ConfigMap\n# data\ndata:\n  a: |-\n    x\napiVersion: v1\n'
    assert difference(CONFIG, rewritten).changes == ()


def test_keys_in_another_order_make_no_noise() -> None:
    """Beside a real change either: only that is shown."""
    change = only_change("kind: A\nspec: {a: 1, b: 2, c: 3}\n", "spec: {c: 3, b: 9, a: 1}\nkind: A\n")
    assert [line for line in change.lines if line[0] in "+-"] == ["-  b: 2", "+  b: 9"]


@pytest.mark.parametrize(("old", "new"), [("1", '"1"'), ("1", "true"), ("0", "false"), ('""', "null"), ("1", "1.5")])
def test_another_type_is_a_difference(old: str, new: str) -> None:
    """Python takes 1 for true; the API server does not."""
    change = only_change(f"kind: A\nspec: {{x: {old}}}\n", f"kind: A\nspec: {{x: {new}}}\n")
    [removed, added] = [line for line in change.lines if line[0] in "+-"]
    assert removed.split() == ["-", "x:", old.replace('"', "'")]
    assert added.split() == ["+", "x:", new.replace('"', "'")]


def test_a_change_says_where_and_what() -> None:
    """The lines in unified form, under the keys they are below, and the values one by one."""
    change = only_change(WEB, WEB.replace("web:1", "web:2"), context=0)
    assert change.action is Action.CHANGED
    assert change.lines == ("@@ spec.template.spec.containers @@", "-        image: web:1", "+        image: web:2")
    assert only_change(WEB, WEB.replace("web:1", "web:2")).lines[0] == change.lines[0]
    [field] = change.fields
    assert (field.path, field.old, field.new) == ("spec.template.spec.containers[name=web].image", "web:1", "web:2")


def test_values_that_come_and_go_are_told() -> None:
    """In maps and in lists; elements of lists go by their keys."""
    new = WEB.replace(', {name: B, value: "2"}', "").replace("replicas: 1", "replicas: 1\n  paused: yes")
    assert sorted((field.path, field.old, field.new) for field in only_change(WEB, new).fields) == [
        ("spec.paused", None, True),
        ("spec.template.spec.containers[name=web].env[name=B]", {"name": "B", "value": "2"}, None),
    ]


def test_objects_that_come_and_go_are_shown_whole() -> None:
    """With every line."""
    added, removed = only_change("", SERVICE), only_change(SERVICE, "")
    assert (added.action, removed.action) == (Action.ADDED, Action.REMOVED)
    assert [line[1:] for line in added.lines] == [line[1:] for line in removed.lines]
    assert {line[0] for line in added.lines} == {"+"}
    assert {line[0] for line in removed.lines} == {"-"}


def test_the_api_version_is_not_the_identity() -> None:
    """autoscaling/v1 and autoscaling/v2 are the same object, networking.k8s.io and extensions are not."""
    assert only_change("apiVersion: g/v1\nkind: A\n", "apiVersion: g/v2\nkind: A\n").action is Action.CHANGED
    moved = difference("apiVersion: g/v1\nkind: A\n", "apiVersion: h/v1\nkind: A\n")
    assert (moved.count(Action.ADDED), moved.count(Action.REMOVED)) == (1, 1)


def test_an_object_given_twice_is_not_lost() -> None:
    """Some charts render the same object twice; each counts."""
    assert difference(f"{CONFIG}---\n{CONFIG}", f"{CONFIG}---\n{CONFIG.replace('a: x', 'a: y')}").unchanged == 1


@pytest.mark.parametrize("context", [0, 1, 3, 100])
def test_lines_give_the_new_document_back(context: int) -> None:
    """Applied to the old document's lines, with all of the context, they are the new one's."""
    from timonier.diff.lines import normal_lines

    old, new = WEB, WEB.replace("replicas: 1", "replicas: 3").replace('value: "1"', 'value: "9"')
    change = only_change(old, new, context)
    kept = [line[1:] for line in change.lines if line[0] in " +"]
    expected = normal_lines(read_manifests(new, origin="test")[0].document)
    if context == 100:
        assert kept == expected
    assert [line for line in kept if line in expected] == kept
