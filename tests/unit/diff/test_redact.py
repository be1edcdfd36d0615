"""No value of a Secret is ever in a report, neither as it is nor in base64."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from timonier.diff.redact import LAST_APPLIED, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VALUES = ["correct-horse-battery", "s3cr3t", "two\nlines of it", "ü", ""]


def encoded(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


def secret(value: str, *, kind: str = "Secret") -> dict[str, object]:
    """Make a Secret with the value everywhere a Secret can have one."""
    body = {"apiVersion": "v1", "kind": kind, "data": {"a": encoded(value)}, "stringData": {"b": value}}
    return {**body, "metadata": {"name": "x", "annotations": {LAST_APPLIED: json.dumps(body), "keep": "this"}}}


@pytest.mark.parametrize("value", [value for value in VALUES if value])
@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"kind": "List", "items": [s]}], ids=["alone", "in a list"])
def test_nothing_of_a_secret_is_left(value: str, wrap: Callable[[object], dict[str, object]]) -> None:
    """Data, stringData and what kubectl apply keeps of both."""
    redacted = json.dumps(Redactor().redact(wrap(secret(value))), ensure_ascii=False)
    assert value not in redacted
    assert json.dumps(value)[1:-1] not in redacted
    assert encoded(value) not in redacted
    assert '"keep": "this"' in redacted


def test_the_rest_is_left_alone() -> None:
    """What is no Secret is no secret, and the object handed in stays as it is."""
    config, original = secret("shown", kind="ConfigMap"), secret("hidden")
    copy = json.dumps(original)
    assert Redactor().redact(config) == config
    Redactor().redact(original)
    assert json.dumps(original) == copy


def test_a_fingerprint_tells_same_from_different_and_nothing_else() -> None:
    """Same value, same fingerprint, whichever field it is in; another run has others, so none can be looked up."""
    redactor = Redactor()
    document = redactor.redact(secret("one"))
    assert document["data"]["a"] == document["stringData"]["b"]
    assert document["data"]["a"] != redactor.redact(secret("two"))["data"]["a"]
    assert document["data"]["a"] != Redactor().redact(secret("one"))["data"]["a"]
    assert len({len(redactor.redact(secret(value))["data"]["a"]) for value in VALUES}) == 1


@pytest.mark.parametrize("data", ["not base64!", 76543210.5, None, ["x"], "just text"])
def test_a_broken_secret_is_redacted_all_the_same(data: object) -> None:
    """A value that is no base64, or data that is no map."""
    for document in ({"data": {"a": data}}, {"data": data}):
        redacted = Redactor().redact({"apiVersion": "v1", "kind": "Secret", **document})
        assert data is None or str(data) not in json.dumps(redacted["data"])


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("change", ["--new-set=password=hunter2hunter2", "--new-set=enabled=false"])
def test_the_command_shows_no_secret(
    make_chart: Callable[..., Path], run: Callable[..., tuple[int, str, str]], output: str, change: str
) -> None:
    """Changed, removed or generated; with --show-secrets it is shown, or this test could not fail."""
    template = (
        "{{- if .Values.enabled }}\napiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"
        "data: {password: {{ .Values.password | b64enc }}}\nstringData: {again: {{ .Values.password }}}\n{{- end }}\n"
    )
    chart = make_chart({"templates/secret.yaml": template}, values="password: swordfish1\nenabled: true\n")
    code, out, err = run("diff", chart, chart, change, "-o", output)
    assert code == 1
    for value in ("swordfish1", "hunter2hunter2"):
        assert value not in out + err
        assert encoded(value) not in out + err
    assert encoded("swordfish1") in run("diff", chart, chart, change, "-o", output, "--show-secrets")[1]


@pytest.mark.parametrize("value", ["pass1w", "correct-horse-battery", "p€ss&wörd", 'with "quotes"'])
@pytest.mark.parametrize("write", ["{}", "--password={}", "jdbc:db://u:{}@db/x", "a {} b"])
def test_a_value_is_found_wherever_it_is(value: str, write: str) -> None:
    """As it is, in JSON, in base64, and in base64 of more than itself; in a ConfigMap, an annotation, an argument."""
    redactor = Redactor()
    redactor.learn([secret(value)], ["shop"])
    forms = [write.format(value), write.format(encoded(value)), json.dumps({"a": write.format(value)})]
    forms += [encoded(f"user:{value}"), encoded(f"{value}:user")] if len(value) > 7 else []
    for form in forms:
        shown = str(redactor.redact({"kind": "ConfigMap", "data": {"a": form}}))
        assert "<secret " in shown, form
        assert value not in shown
        assert encoded(value).rstrip("=")[:-1] not in shown


def test_what_is_everywhere_is_not_hidden_everywhere() -> None:
    """Names of objects, ports, single letters, and a short word within a longer one: nobody could read the rest."""
    redactor = Redactor()
    values = {"a": "shop", "b": "3306", "c": "x", "d": "true", "e": "todo"}
    redactor.learn([{"apiVersion": "v1", "kind": "Secret", "stringData": values}], ["shop"])
    document = {"kind": "ConfigMap", "data": {"a": "shop:3306 x true", "image": "timonier/eni-todo:1"}}
    assert redactor.redact(document) == document
    assert "todo" not in str(redactor.redact({"kind": "ConfigMap", "data": {"a": "user=todo"}}))
