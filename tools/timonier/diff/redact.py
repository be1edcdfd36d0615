"""Redacting: what Secrets hold is shown as fingerprints, which say whether two are the same and nothing else.

Hidden are a Secret's values, and the same values wherever else they occur: in annotations, in ConfigMaps, in variables
and command lines, as they are and in base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from timonier.diff.generated import GENERATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl keeps the whole object, a Secret's values included."""

_DIGITS = 12
_SHORTEST = 4
_LONG = 8
_BETWEEN = frozenset(" \t\r\n=:;,\"'`@/?&|<>()[]{}\\")
_SAID_EVERYWHERE = frozenset(("true", "false", "null", "none", "yes", "default"))
_LONGEST_NUMBER = 5  # a port, a size, a number of seconds


class Redactor:
    """Replaces what is secret by fingerprints.

    They are keyed with a random key that lives as long as this object: nobody can find a short password by trying
    fingerprints, and fingerprints of two runs cannot be compared.
    """

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._forms: dict[str, dict[str, bytes]] = {}
        self._values: set[str] = set()

    def learn(self, documents: Iterable[Mapping[str, Any]], public: Iterable[str] = ()) -> None:
        """Take up what Secrets hold, so that it is found elsewhere, too.

        A value of fewer than four characters, and a number that may be a port, are found nowhere else: they would be
        everywhere. So would a short word that is public anyway.

        Args:
            documents: Objects; those that are no Secrets are passed over.
            public: Words that are no secret, such as the names of objects.
        """
        known = _SAID_EVERYWHERE.union(public)
        for document in documents:
            for value in _values(document):
                text = value.decode(errors="replace").strip()
                # As a Secret's own data has it, however short: nothing else looks like that.
                self._values |= {base64.b64encode(value).decode()} if len(value) > 1 else set()
                number = text.isdigit() and len(text) <= _LONGEST_NUMBER
                if len(text) >= _SHORTEST and not number and text not in known and GENERATED not in text:
                    self._learn(text, value)

    def _learn(self, text: str, value: bytes) -> None:
        for form in _forms(text, value):
            self._forms.setdefault(form[:_SHORTEST], {}).setdefault(form, value)

    def redact(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document without secrets: a Secret's, those of Secrets in a list of objects, and what was learnt.

        Of a Secret, `data`, `stringData` and the annotation of `kubectl apply` are redacted as a whole.
        """
        if isinstance(items := document.get("items"), list):
            document = {**document, "items": [self.redact(item) if isinstance(item, dict) else item for item in items]}
        if document.get("kind") != "Secret" or document.get("apiVersion") != "v1":
            return self._hidden_in(document)
        redacted = dict(document)
        for field, decode in (("data", _decoded), ("stringData", _encoded)):
            if isinstance(values := document.get(field), dict):
                redacted[field] = {key: self.fingerprint(decode(value)) for key, value in values.items()}
            elif values is not None:
                redacted[field] = self.fingerprint(_encoded(values))
        return self._hidden_in(self._redact_annotation(redacted))

    def fingerprint(self, value: bytes) -> str:
        """Return what stands for a value: the same for the same value, within this object's life."""
        if value == GENERATED.encode():
            return GENERATED
        digest = hmac.new(self._key, value, hashlib.sha256).hexdigest()
        return f"<secret {digest[:_DIGITS]}>"

    def is_shown(self, text: str) -> bool:
        """Whether a value of a Secret, be it as short as it may, stands on a line of text that changes."""
        lines = [line[1:] for line in text.splitlines() if line[:1] in ("+", "-")]
        return any(value in line for value in self._values for line in lines)

    def text(self, text: str) -> str:
        """Return text with fingerprints for what was learnt."""
        shown, position = [], 0
        for place in range(len(text) - _SHORTEST + 1):
            forms = self._forms.get(text[place : place + _SHORTEST])
            if forms is None or place < position:
                continue
            if found := max((form for form in forms if _is_at(form, text, place)), key=len, default=""):
                shown += [text[position:place], self.fingerprint(forms[found])]
                position = place + len(found)
        return "".join([*shown, text[position:]])

    def _hidden_in(self, document: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self._hidden(value) for key, value in document.items()}

    def _hidden(self, value: Any) -> Any:  # noqa: ANN401 - any part of a document
        """Return a part of a document with fingerprints for what was learnt."""
        if not self._forms:
            return value
        if isinstance(value, dict):
            return {key: self._hidden(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._hidden(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def _redact_annotation(self, document: dict[str, Any]) -> dict[str, Any]:
        metadata = document.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
        if not isinstance(annotations, dict) or LAST_APPLIED not in annotations:
            return document
        hidden = {**annotations, LAST_APPLIED: self.fingerprint(_encoded(annotations[LAST_APPLIED]))}
        return {**document, "metadata": {**document["metadata"], "annotations": hidden}}


def _values(document: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield what a Secret holds; nothing of another object."""
    if document.get("kind") != "Secret" or document.get("apiVersion") != "v1":
        return
    for field, decode in (("data", _decoded), ("stringData", _encoded)):
        if isinstance(values := document.get(field), dict):
            yield from (decode(value) for value in values.values() if value is not None)


def _forms(text: str, value: bytes) -> set[str]:
    """Return how a value may be written: as it is, in JSON, in a URL, in base64, and within something in base64."""
    forms = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], quote(text, safe="")}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for whole in (value, text.encode()):
            encoded = encode(whole).decode()
            forms |= {encoded, encoded.rstrip("=")}
    if len(text) >= _LONG:
        forms |= {_inside(text.encode(), offset) for offset in range(3)}
    return {form for form in forms if len(form) >= _SHORTEST}


def _inside(value: bytes, offset: int) -> str:
    """Return the characters that a value always gives when it is encoded in base64 behind so many other bytes."""
    encoded = base64.b64encode(bytes(offset) + value).decode().rstrip("=")
    begin = (offset * 8 + 5) // 6
    return encoded[begin : (offset + len(value)) * 8 // 6]


def _is_at(form: str, text: str, place: int) -> bool:
    """Whether a form is at a place of a text; a short one only as a word of its own."""
    if not text.startswith(form, place):
        return False
    if len(form) >= _LONG:
        return True
    around = text[max(place - 1, 0) : place] + text[place + len(form) : place + len(form) + 1]
    return all(character in _BETWEEN for character in around)


def _encoded(value: object) -> bytes:
    return str(value).encode()


def _decoded(value: object) -> bytes:
    """Take the base64 off, so that the same secret has the same fingerprint in `data` and in `stringData`."""
    try:
        return base64.b64decode(_encoded(value), validate=True)
    except (binascii.Error, ValueError):
        return _encoded(value)
