"""Streams are split as Helm splits them, and manifests know who they are."""

from __future__ import annotations

import pytest

from timonier.errors import SourceError
from timonier.manifest import Identity, Manifest, in_install_order, read_manifest, read_manifests, split_documents

STREAM = """\

---
# Source: shop/templates/a.yaml
# what it is for
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
---
# Source: shop/templates/b.yaml
# nothing but a comment
--- # said behind the separator
kind: Service
apiVersion: v1
metadata:
  generateName: web-


---apiVersion: v1
kind: ConfigMap
data:
  text: |
    a
      ---
    b
"""


def manifest(kind: str, name: str = "x", hook: str | None = None) -> Manifest:
    """Make a manifest of a few lines."""
    annotations = f"\n  annotations: {{helm.sh/hook: '{hook}'}}" if hook is not None else ""
    text = f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}{annotations}\n"
    made = read_manifest(text, origin="test")
    assert made is not None
    return made


def test_a_stream_is_split_as_helm_splits_it() -> None:
    """Documents of comments are none, the source is taken off, and `---apiVersion` passes as it does with Helm."""
    one, two, three = read_manifests(STREAM, origin="stream.yaml")
    assert one.source == "shop/templates/a.yaml"
    assert one.text == (
        "# what it is for\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    )
    assert one.identity == Identity("apps", "Deployment", "shop", "web")
    assert str(one.identity) == "Deployment shop/web"
    assert two.identity == Identity("", "Service", "", "web-*")
    assert three.document["data"]["text"] == "a\n  ---\nb\n"


def test_lines_are_counted_in_the_stream() -> None:
    """An error further down has to name the line the reader sees."""
    lines = STREAM.splitlines()
    for _, text, line in split_documents(STREAM):
        assert text.splitlines()[0] in lines[line - 1]
    with pytest.raises(SourceError, match=r"^x\.yaml:5: this is not valid YAML"):
        read_manifests("a: 1\n---\n# c\nb: [1\nc: 2\n", origin="x.yaml")


def test_what_is_no_mapping_is_refused() -> None:
    """A values file that is a list is no manifest."""
    with pytest.raises(SourceError, match=r"^x\.yaml:3: a manifest has to be a mapping, this is a list\."):
        read_manifests("a: 1\n---\n- b\n", origin="x.yaml")


def test_text_ends_in_one_newline() -> None:
    """Helm 3 and 4 differ in the blank lines they leave behind a document."""
    assert {m.text for m in read_manifests("a: 1\n---\na: 1\n\n\n---\na: 1", origin="x")} == {"a: 1\n"}


def test_install_order_is_helms() -> None:
    """By kind; unknown kinds last and by name; hooks behind everything; what has the same kind keeps its order."""
    kinds = ["Zebra", "Deployment", "Ant", "Service", "Secret", "Namespace"]
    hooks = [manifest("Job", "hook-b", "post-install"), manifest("ConfigMap", "hook-a", "pre-install, pre-upgrade")]
    ordered = in_install_order([*hooks, *map(manifest, kinds), manifest("Secret", "second")])
    assert [f"{m.identity.kind} {m.identity.name}" for m in ordered] == [
        "Namespace x",
        "Secret x",
        "Secret second",
        "Service x",
        "Deployment x",
        "Ant x",
        "Zebra x",
        "ConfigMap hook-a",
        "Job hook-b",
    ]


@pytest.mark.parametrize("hook", ["crd-install", "", "pre-install,never"])
def test_a_hook_for_an_unknown_event_is_left_out(hook: str) -> None:
    """Helm drops it from what it installs."""
    assert in_install_order([manifest("Job", "x", hook)]) == []
