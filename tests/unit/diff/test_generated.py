"""What differs between two renderings of the same thing is generated, and no change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier.chart import load_chart
from timonier.diff.compare import Options, compare
from timonier.diff.generated import GENERATED, Settled, Side, settle
from timonier.diff.redact import Redactor
from timonier.draft import Draft
from timonier.engine import Release
from timonier.manifest import Identity, read_manifests
from timonier.render import render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.diff.model import Difference
    from timonier.engine.embedded import EmbeddedEngine


def compared(old: Settled, new: Settled) -> Difference:
    """Compare two settled renderings, secrets hidden."""
    before, after = (Side(tuple(map(Draft.of, one.manifests)), one.generated) for one in (old, new))
    return compare(before, after, Options(Redactor()))


SECRET = Identity("", "Secret", "", "db")
GENERATING = {
    "templates/secret.yaml": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"
        "data: {password: {{ randAlphaNum 16 | b64enc }}, user: {{ .Values.user | b64enc }}}\n"
    ),
    "templates/deployment.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: {{ .Values.replicas }}\n"
        "  template:\n    metadata:\n      annotations:\n        checksum: {{ randAlphaNum 9 | sha256sum }}\n"
    ),
    "templates/job.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate-{{ randAlphaNum 5 | lower }}}\n",
}


def test_a_chart_that_generates_does_not_differ_from_itself(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine
) -> None:
    """Password, checksum and name are generated; a changed value beside them is still a change."""
    chart = load_chart(make_chart(GENERATING, values="replicas: 1\nuser: shop\n"))

    def settled(values: dict[str, object]) -> Settled:
        return settle(*(render(chart, values, Release("shop"), embedded) for _ in range(2)))

    same = compared(settled({}), settled({}))
    assert same.changes == ()
    assert same.generated == (
        (SECRET, "data.password"),
        (Identity("apps", "Deployment", "", "web"), "spec.template.metadata.annotations.checksum"),
        (Identity("batch", "Job", "", GENERATED), "metadata.name"),
    )
    changed = compared(settled({}), settled({"user": "other", "replicas": 2}))
    assert [[field.path for field in change.fields] for change in changed.changes] == [["data.user"], ["spec.replicas"]]


def test_a_generated_value_that_is_set_is_a_change() -> None:
    """From generated to given: the upgrade changes the password."""
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: %s}\n"
    generated = settle(read_manifests(secret % "a", origin="1"), read_manifests(secret % "b", origin="2"))
    given = settle(read_manifests(secret % "c", origin="1"), read_manifests(secret % "c", origin="2"))
    [change] = compared(generated, given).changes
    assert re.fullmatch(r"\+ +password: <secret [0-9a-f]{12}>", change.lines[-1])
    assert change.lines[-2].split() == ["-", "password:", GENERATED]


def test_only_the_lines_that_differ_are_generated() -> None:
    """A changed line in a file with a generated one is still seen, and a certificate's length is not."""
    text = (
        "kind: ConfigMap\ndata:\n  conf: |\n    token={token}\n    size={size}\n  cert: |\n    BEGIN\n{cert}    END\n"
    )

    def settled(size: int, *certificates: str) -> Settled:
        first, second = (
            read_manifests(text.format(token=token, size=size, cert=certificate), origin="test")
            for token, certificate in zip("ab", certificates, strict=True)
        )
        return settle(first, second)

    two_lines = settled(1, "    a\n    b\n", "    c\n    d\n")
    one_line = settled(2, "    e\n", "    f\n")
    [change] = compared(two_lines, one_line).changes
    assert [line for line in change.lines if line[0] in "+-"] == ["-    size=1", "+    size=2"]


def test_a_list_that_grows_is_generated_as_a_whole() -> None:
    """There is no telling which of its entries are."""
    settled = settle(read_manifests("spec: {x: [1]}", origin="1"), read_manifests("spec: {x: [1, 2]}", origin="2"))
    assert settled.manifests[0].document == {"spec": {"x": GENERATED}}


def test_objects_are_paired_by_identity_when_their_number_changes() -> None:
    """A chart may render another number of objects each time; those in both are compared."""
    one = "kind: A\nmetadata: {name: a}\nspec: 1\n"
    two = "kind: B\nmetadata: {name: b}\n---\nkind: A\nmetadata: {name: a}\nspec: 2\n"
    settled = settle(read_manifests(one, origin="1"), read_manifests(two, origin="2"))
    assert settled.generated == ((Identity("", "A", "", "a"), "spec"),)
