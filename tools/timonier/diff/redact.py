"""Redacting: a Secret's values are shown as fingerprints, which say whether two are the same and nothing else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

from timonier.diff.generated import GENERATED

if TYPE_CHECKING:
    from collections.abc import Mapping

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl keeps the whole object, a Secret's values included."""

_DIGITS = 12


class Redactor:
    """Replaces what is secret by fingerprints.

    They are keyed with a random key that lives as long as this object: nobody can find a short password by trying
    fingerprints, and fingerprints of two runs cannot be compared.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def redact(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document without secrets: a Secret's, or the Secrets' in a list of objects.

        Redacted are `data`, `stringData` and the annotation of `kubectl apply`.
        """
        if isinstance(items := document.get("items"), list):
            document = {**document, "items": [self.redact(item) if isinstance(item, dict) else item for item in items]}
        if document.get("kind") != "Secret" or document.get("apiVersion") != "v1":
            return dict(document)
        redacted = dict(document)
        for field, decode in (("data", _decoded), ("stringData", _encoded)):
            if isinstance(values := document.get(field), dict):
                redacted[field] = {key: self.fingerprint(decode(value)) for key, value in values.items()}
            elif values is not None:
                redacted[field] = self.fingerprint(_encoded(values))
        return self._redact_annotation(redacted)

    def fingerprint(self, value: bytes) -> str:
        """Return what stands for a value: the same for the same value, within this object's life."""
        if value == GENERATED.encode():
            return GENERATED
        digest = hmac.new(self._key, value, hashlib.sha256).hexdigest()
        return f"<secret {digest[:_DIGITS]}>"

    def _redact_annotation(self, document: dict[str, Any]) -> dict[str, Any]:
        metadata = document.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
        if not isinstance(annotations, dict) or LAST_APPLIED not in annotations:
            return document
        hidden = {**annotations, LAST_APPLIED: self.fingerprint(_encoded(annotations[LAST_APPLIED]))}
        return {**document, "metadata": {**document["metadata"], "annotations": hidden}}


def _encoded(value: object) -> bytes:
    return str(value).encode()


def _decoded(value: object) -> bytes:
    """Take the base64 off, so that the same secret has the same fingerprint in `data` and in `stringData`."""
    try:
        return base64.b64decode(_encoded(value), validate=True)
    except (binascii.Error, ValueError):
        return _encoded(value)
