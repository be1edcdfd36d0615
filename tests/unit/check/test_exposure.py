"""Secrets that can be read where no Secret protects them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import exposure

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]

VALUE = "hunter2-hunter2"


def secret(key: str = "password", value: str = VALUE, field: str = "stringData") -> str:
    """Return a Secret."""
    written = base64.b64encode(value.encode()).decode() if field == "data" else value
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\n{field}: {{{key}: '{written}'}}\n---\n"


def pod(container: str, annotations: str = "{}") -> str:
    """Return a Deployment of one container."""
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
        f"    metadata: {{annotations: {annotations}}}\n    spec: {{containers: [{{{container}}}]}}\n"
    )


def config(data: str) -> str:
    """Return a ConfigMap."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{{data}}}\n"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (config(f"url: 'mysql://app:{VALUE}@db/app'"), "data.url"),
        (config(f"only: {VALUE}"), "data.only"),
        (pod(f"env: [{{name: URL, value: 'x:{VALUE}'}}]"), "spec.template.spec.containers[0].env[0].value"),
        (pod(f"command: [login, '-p{' '}{VALUE}']"), "spec.template.spec.containers[0].command[1]"),
        (pod(f"args: ['--password={VALUE}']"), "spec.template.spec.containers[0].args[0]"),
        (pod("", f"{{note: '{VALUE}'}}"), "spec.template.metadata.annotations.note"),
        (f"kind: Service\nmetadata: {{annotations: {{note: '{VALUE}'}}}}", "metadata.annotations.note"),
    ],
)
@pytest.mark.parametrize("field", ["data", "stringData"])
def test_a_secret_that_can_be_read(found: Found, text: str, path: str, field: str) -> None:
    """The message says whose value it is, and never the value."""
    [problem] = found(exposure.exposed_secret, secret(field=field) + text)
    assert (problem.path, problem.message) == (path, "The value of password in Secret db can be read here.")
    assert VALUE not in repr(problem.message) + problem.hint + problem.path
    assert found(exposure.exposed_secret, text) == []


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        (secret("username", "application"), config("user: application")),
        (secret("password", "short"), config("a: short")),
        (secret("password", "password"), config("a: 'the password is secret'")),
        (secret("password", "settings"), config("a: settings")),
        (secret(), config(f"a: 'x{VALUE}x'")),
        (secret(), pod("env: [{valueFrom: {secretKeyRef: {name: db, key: password}}}]")),
        (secret("tls.crt", VALUE), config(f"a: {VALUE}")),
        (secret(value="/run/secrets/db"), config("a: /run/secrets/db")),
    ],
)
def test_what_is_no_secret(found: Found, kept: str, text: str) -> None:
    """User names, short and common words, names of objects, certificates, paths, and parts of other words."""
    assert found(exposure.exposed_secret, kept + text) == []


def test_a_word_that_is_a_password(found: Found) -> None:
    """Alone it is reported, because then it is no word of a sentence; and so is one that is no common word."""
    assert len(found(exposure.exposed_secret, secret(value="CorrectHorse") + config("a: 'p=CorrectHorse'"))) == 1
    assert len(found(exposure.exposed_secret, secret(value="changeme") + config("a: changeme"))) == 1


def test_what_is_no_text_is_left_alone(found: Found) -> None:
    """A keystore, and what is not even encoded."""
    for data in ("/u3+7Q==", "not base64"):
        kept = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\ndata: {{password: '{data}'}}\n---\n"
        assert found(exposure.exposed_secret, kept + config("a: b")) == []


@pytest.mark.parametrize("name", ["PASSWORD", "DB_PASSWORD", "API_KEY", "APIKEY", "github_token", "CLIENT_SECRET"])
def test_a_password_in_a_variable(found: Found, name: str) -> None:
    """By what the variable is called; its value is not said. A token is long."""
    value = VALUE * 2 if "token" in name else VALUE
    [problem] = found(exposure.plain_credential, pod(f"env: [{{name: {name}, value: {value}}}]"))
    assert problem.message == f"The value of {name} can be read here."


@pytest.mark.parametrize(
    "variable",
    [
        "{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: a, key: b}}}",
        "{name: DB_PASSWORD, value: ''}",
        "{name: DB_PASSWORD, value: $(OTHER)}",
        "{name: DB_PASSWORD, value: /run/secrets/password}",
        "{name: ALLOW_EMPTY_PASSWORD, value: 'yes'}",
        "{name: MAX_TOKEN, value: '4096'}",
        "{name: DB_PASSWORD_FILE, value: x}",
        "{name: INITIAL_CLUSTER_TOKEN, value: cluster-1}",
        "{name: AUTH_TOKEN, value: 'jwt,priv-key=/a/b,sign-method=RS256'}",
        "{name: DB_USER, value: x}",
        "{name: KEYBOARD, value: x}",
    ],
)
def test_a_variable_that_is_no_password(found: Found, variable: str) -> None:
    """It refers to one, says where one is, or whether one is wanted."""
    assert found(exposure.plain_credential, pod(f"env: [{variable}]")) == []
