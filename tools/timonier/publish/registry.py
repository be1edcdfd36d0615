"""A registry, as far as publishing asks it: https://github.com/opencontainers/distribution-spec/blob/main/spec.md."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urljoin

from timonier.errors import PublishError
from timonier.publish import transport
from timonier.publish.connection import NoAnswerError
from timonier.publish.transport import PASSING, TRIES, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from timonier.publish.http1 import Answer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_READ = f"{MANIFEST}, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json"
_OK, _CREATED, _TAKEN, _NO_CONTENT, _NOT_FOUND = 200, 201, 202, 204, 404
# What registries mean by "there is none": the spec's codes, and Harbor's.
_ABSENT = {"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"}
_CHUNK = 4 * 1024 * 1024
_SMALL = 16 * 1024  # sent as soon as asked for
_BINARY = "application/octet-stream"


class Found(NamedTuple):
    """A manifest that a registry has.

    Attributes:
        digest: Of its bytes.
        manifest: What it says.
    """

    digest: str
    manifest: Mapping[str, Any]


class Blob(NamedTuple):
    """A content that a registry is to have.

    Attributes:
        media_type: What it is.
        content: Its bytes.
        digest: Theirs.
    """

    media_type: str
    content: bytes
    digest: str


def digest_of(content: bytes) -> str:
    """Return `sha256:` and the checksum of a content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Registry:
    """One repository of a registry: what is there, and what is sent."""

    def __init__(self, way: Transport, progress: Callable[[int, int], None] = lambda *_: None) -> None:
        """Ask nothing yet.

        Args:
            way: The way there.
            progress: Told how many bytes of a blob were sent, of how many.
        """
        self._transport = way
        self._progress = progress

    @property
    def label(self) -> str:
        """What to call it in messages."""
        return f"{self._transport.access.host}/{self._transport.name}"

    def find(self, reference: str) -> Found | None:
        """Return the manifest of a tag or digest; None when the registry says that there is none.

        Raises:
            PublishError: It could not be found out.
        """
        answer = self._ask("GET", f"/manifests/{reference}", headers={"Accept": _READ})
        if answer.status == _OK:
            return Found(digest_of(answer.data), answer.json)
        if answer.status == _NOT_FOUND and _ABSENT.intersection(answer.codes):
            return None
        raise self._transport.fault(f"whether {self.label}:{reference} is there cannot be found out", answer)

    def upload(self, blobs: Sequence[Blob]) -> None:
        """Send blobs side by side, unless they are there. What breaks off is taken up where it broke off, a few times.

        Raises:
            PublishError: One did not arrive.
        """
        faults: list[Exception] = []

        def send(blob: Blob) -> None:
            try:
                self._upload(blob)
            except Exception as fault:  # noqa: BLE001 - raised below, where it is waited for
                faults.append(fault)

        # As daemons, so that nobody who interrupts waits for them.
        senders = [threading.Thread(target=send, args=(blob,), daemon=True) for blob in blobs]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        if faults:
            raise faults[0]

    def _upload(self, blob: Blob) -> None:
        if len(blob.content) > _SMALL and self._ask("HEAD", f"/blobs/{blob.digest}").status == _OK:
            return
        upload = _Upload(self._transport, blob, self._progress)
        for attempt in range(TRIES):
            try:
                upload.go_on()
            except _PassingError as problem:
                if attempt == TRIES - 1:
                    message = f"{self._transport.access.host} {problem}, {TRIES} times."
                    raise PublishError(message, hint="Nothing was published. Try again later.") from None
                transport.pause(problem.after or transport.backoff(attempt))
            else:
                return

    def put(self, reference: str, manifest: bytes) -> None:
        """Publish a manifest under a tag, and see that it is what the registry then has.

        Raises:
            PublishError: The registry did not take it, or has another one now.
        """
        answer = self._ask("PUT", f"/manifests/{reference}", body=manifest, headers={"Content-Type": MANIFEST})
        if answer.status != _CREATED:
            raise self._transport.fault(f"{self.label}:{reference} was not published", answer)
        found = self.find(reference)
        if not found or found.digest != digest_of(manifest):
            message = f"{self.label}:{reference} was published by somebody else at the same time."
            raise PublishError(message, hint="Compare the two.")

    def _ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        try:
            return self._transport.ask(method, path, body=body, headers=headers)
        except NoAnswerError as problem:
            host = self._transport.access.host
            raise PublishError(f"{host} {problem}.", hint="Check the host's name and the network.") from None


class _PassingError(Exception):
    """An upload that broke off, and may go on; the text is what follows the registry's name.

    Attributes:
        after: Seconds the registry asks to wait.
    """

    def __init__(self, message: str, *, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


class _Upload:
    """A blob on its way, and how far it got."""

    def __init__(self, way: Transport, blob: Blob, progress: Callable[[int, int], None]) -> None:
        self._transport = way
        self._content = blob.content
        self._digest = blob.digest
        self._progress = progress
        self._place = ""
        self._sent = 0
        self._broke_off = False

    def go_on(self) -> None:
        """Send what is still to be sent.

        Raises:
            _PassingError: It broke off.
            PublishError: The registry refused it.
        """
        if self._broke_off:
            self._resume()
        self._broke_off = True
        if not self._place:
            self._locate(self._ask("POST", "/blobs/uploads/", "an upload could not begin", _TAKEN))
        total = len(self._content)
        while total - self._sent > _CHUNK:
            chunk = self._content[self._sent : self._sent + _CHUNK]
            answer = self._ask("PATCH", self._place, "an upload broke off", _TAKEN, chunk)
            self._locate(answer)
            self._sent += len(chunk)
            self._progress(self._sent, total)
        joined = "&" if "?" in self._place else "?"
        last = f"{self._place}{joined}{urlencode({'digest': self._digest})}"
        self._ask("PUT", last, "an upload was not accepted", _CREATED, self._content[self._sent :])
        self._progress(total, total)

    def _resume(self) -> None:
        """Ask how far it got; begin anew where the registry no longer knows it."""
        place, self._place, self._sent = self._place, "", 0
        if not place:
            return
        try:
            answer = self._transport.ask("GET", place)
        except NoAnswerError as problem:
            raise _PassingError(str(problem)) from None
        end = str(answer.headers.get("range", "")).rpartition("-")[2]
        if answer.status == _NO_CONTENT and end.isdecimal():
            self._place = urljoin(place, answer.headers.get("location") or place)
            # Of nothing it is told as `0-0`, as it is of one byte: that one is sent again, in a new upload.
            self._sent = int(end) + 1 if end != "0" else 0

    def _locate(self, answer: Answer) -> None:
        where = answer.headers.get("location")
        if not where:
            raise self._transport.fault("it does not say where to upload to", answer)
        self._place = urljoin(self._transport.url("/blobs/uploads/"), where)

    def _ask(self, method: str, path: str, what: str, wanted: int, body: bytes | None = None) -> Answer:
        headers = {"Content-Length": "0"} if body is None else {"Content-Type": _BINARY}
        if body and (self._sent or method == "PATCH"):
            headers["Content-Range"] = f"{self._sent}-{self._sent + len(body) - 1}"
        try:
            answer = self._transport.ask(method, path, body=body, headers=headers)
        except NoAnswerError as problem:
            raise _PassingError(str(problem)) from None
        if answer.status == wanted:
            return answer
        if answer.status not in PASSING:
            raise self._transport.fault(what, answer)
        raise _PassingError(f"did not take it: {answer.told}", after=answer.after)
