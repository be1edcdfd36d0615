"""Secrets that can be read where no Secret protects them. No message ever says what the secret is."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, case_rule, object_rule
from timonier.check.objects.podspec import pod_of
from timonier.check.objects.reading import entries, join, mapping, pairs, sequence, string

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Container
    from timonier.manifest import Manifest

# What a key is called whose value is a secret; a user name and a host may be in a Secret too, and are none.
_SECRET_KEY = re.compile(r"pass|pwd|token|secret|credential|api-?_?key|private|\.key$|^key$", re.IGNORECASE)
_SHORTEST = 8  # what is shorter is found everywhere by chance
_SECRET_VARIABLE = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|(?P<token>TOKEN)|SECRET|SECRET_KEY|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)$",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[\w.+/=-]{20,}")  # what is shorter mostly names a cluster, or a kind of token
_HARMLESS = re.compile(r"true|false|yes|no|on|off|\d{1,5}|\$\(.*\)|/.*", re.IGNORECASE | re.DOTALL)


@case_rule("exposed-secret", Severity.WARNING)
def exposed_secret(context: CaseContext) -> Iterator[Problem]:
    """What a Secret holds is in a ConfigMap, a variable, a command or an annotation too.

    Whoever may look at pods or ConfigMaps reads it there, `kubectl describe` prints it, and it ends up in logs and
    backups. Only values under a key that sounds secret are looked for, and only those of at least 8 characters.

    Refer to the Secret: `valueFrom.secretKeyRef`, a mounted file, or `$(VARIABLE)` in a command.
    """
    secrets = _secrets(context)
    if not secrets:
        return
    longest_first = sorted(secrets, key=len, reverse=True)
    search = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9])")
    for manifest in context.manifests:
        for path, text in _readable(manifest):
            for found in sorted({match[0] for match in search.finditer(text)}):
                if found == text.strip() or not found.islower() or not found.isalpha():
                    yield Problem(f"The value of {secrets[found]} can be read here.", path, manifest)


def _secrets(context: CaseContext) -> dict[str, str]:
    """Return the secret values of a rendering, each with the name of where it belongs."""
    names = {manifest.identity.name for manifest in context.manifests}
    return {
        value: f"{key} in Secret {manifest.identity.name}"
        for manifest in context.manifests
        if manifest.identity[:2] == ("", "Secret")
        for key, value in _decoded(manifest.document).items()
        if len(value) >= _SHORTEST and _SECRET_KEY.search(key) and value not in names and not _HARMLESS.fullmatch(value)
    }


def _decoded(document: Mapping[str, object]) -> dict[str, str]:
    decoded = {key: value.strip() for key, value in pairs(document, "stringData").items()}
    for key, value in mapping(document, "data").items():
        try:
            decoded[str(key)] = base64.b64decode(str(value), validate=True).decode().strip()
        except (binascii.Error, ValueError):
            continue  # no text, which nobody would write down elsewhere
    return decoded


def _readable(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield the texts of an object that everybody may read, with their paths."""
    for key, value in pairs(manifest.document, "metadata", "annotations").items():
        yield f"metadata.annotations.{key}", value
    if manifest.identity[:2] == ("", "ConfigMap"):
        yield from ((f"data.{key}", value) for key, value in pairs(manifest.document, "data").items())
    if pod := pod_of(manifest):
        for key, value in pairs(pod.template, "metadata", "annotations").items() if pod.path else ():
            yield join(pod.path, "metadata.annotations", key), value
        for container in pod.containers:
            yield from _told(container)


def _told(container: Container) -> Iterator[tuple[str, str]]:
    """Yield the command line and the variables of a container, with their paths."""
    for field in ("command", "args"):
        for index, argument in enumerate(sequence(container.spec, field)):
            yield f"{container.path}.{field}[{index}]", str(argument)
    for index, variable in entries(container.spec, "env"):
        yield f"{container.path}.env[{index}].value", string(variable, "value")


@object_rule("plain-credential", Severity.WARNING)
def plain_credential(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A variable that sounds like a password or a token has its value written beside it.

    Whoever may look at pods reads it. Put it into a Secret, and refer to that by `valueFrom.secretKeyRef`.
    """
    pod = pod_of(manifest)
    for container in pod.containers if pod else ():
        for index, variable in entries(container.spec, "env"):
            name, value = string(variable, "name"), string(variable, "value")
            if _is_credential(name, value):
                yield Problem(
                    f"The value of {name} can be read here.",
                    f"{container.path}.env[{index}].value",
                    hint="Put it into a Secret, and refer to that by valueFrom.secretKeyRef.",
                )


def _is_credential(name: str, value: str) -> bool:
    match = _SECRET_VARIABLE.search(name)
    if match is None or not value or _HARMLESS.fullmatch(value):
        return False
    return not match["token"] or bool(_TOKEN.fullmatch(value))


RULES: tuple[Rule, ...] = (exposed_secret, plain_credential)
