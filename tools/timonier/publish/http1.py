"""HTTP/1.1 over one connection: h11 knows the protocol, this sends and receives what it says, in bounded time.

Not the standard library's client: with its parser of mails, and TLS that a registry on this machine does not speak, it
takes twice as long to import, and `timonier publish` is to be about as fast as `helm push`.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import h11

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

_BLOCK = 256 * 1024
_LONGEST_HEAD = 64 * 1024
_LARGEST = 64 * 1024 * 1024  # manifests have 4 MiB at most, and tokens less
_LONGEST_PAUSE = 60.0
_BEGINNING = b"HTTP/"


class NotHttpError(Exception):
    """What was received, or what would have to be sent, is not HTTP."""


class Answer(NamedTuple):
    """What a registry answered.

    Attributes:
        status: HTTP's.
        reason: What follows it, for people.
        headers: By their names in lower case.
        data: The body.
        is_last: Whether the connection ends with it.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    data: bytes = b""
    is_last: bool = False

    @property
    def after(self) -> float:
        """Seconds the registry asks to wait, a minute at most; 0 when it does not say."""
        said = self.headers.get("retry-after", "")
        return min(float(said), _LONGEST_PAUSE) if said.isdecimal() else 0.0

    @property
    def json(self) -> dict[str, Any]:
        """What the body says as a JSON object; nothing when it is none."""
        try:
            said = json.loads(self.data)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def codes(self) -> set[str]:
        """The registry's own codes of what went wrong."""
        return {str(one.get("code")) for one in self.json.get("errors") or [] if isinstance(one, dict)}

    @property
    def told(self) -> str:
        """The status, and the registry's codes. Its texts stay untold: they may quote what was sent."""
        named = ", ".join(sorted(self.codes))
        return f"it answered {self.status}{f' ({named})' if named else ''}"


def exchange(
    connection: socket.socket, method: str, target: str, headers: Mapping[str, str], body: bytes, seconds: float
) -> Answer:
    """Send a request and return its answer.

    Args:
        connection: What nobody else uses meanwhile.
        method: HTTP's.
        target: The path, or the URL for a proxy, or host and port for a tunnel.
        headers: `Host` among them.
        body: What to send; its length is told for the methods that have a body.
        seconds: How long each part that is sent may take, and the whole answer.

    Raises:
        OSError: The connection broke off; a `TimeoutError` when it took too long.
        NotHttpError: Target or headers cannot be sent, or the answer cannot be read.
    """
    protocol = h11.Connection(h11.CLIENT, _LONGEST_HEAD)
    try:
        for part in _parts(protocol, h11.Request(method=method, target=target, headers=list(headers.items())), body):
            connection.settimeout(seconds)  # each part's own, so that a slow line may take as long as it needs
            connection.sendall(part)
        return _answer(protocol, _events(protocol, connection, seconds))
    except (h11.ProtocolError, UnicodeError):
        raise NotHttpError from None


def _parts(protocol: h11.Connection, request: h11.Request, body: bytes) -> Iterator[bytes]:
    """Yield what to send. The first block goes with the headers: nobody waits for the rest of a packet."""
    head = protocol.send(request) or b""
    for begin in range(0, max(len(body), 1), _BLOCK):
        yield head + (protocol.send(h11.Data(data=body[begin : begin + _BLOCK])) or b"")
        head = b""
    protocol.send(h11.EndOfMessage())


def _events(protocol: h11.Connection, connection: socket.socket, seconds: float) -> Iterator[h11.Event]:
    """Yield what is received until the answer ends, in time: a socket's own limit begins anew with every byte."""
    end, has_begun, is_broken = time.monotonic() + seconds, False, False
    while True:
        try:
            event = protocol.next_event()
        except h11.RemoteProtocolError:
            if is_broken:
                raise ConnectionResetError from None
            raise
        if event is h11.PAUSED or isinstance(event, h11.EndOfMessage):  # it pauses for what follows CONNECT
            return
        if event is not h11.NEED_DATA:
            has_begun = True
            yield cast("h11.Event", event)
            continue
        if (left := end - time.monotonic()) <= 0:
            raise TimeoutError
        connection.settimeout(left)
        data = connection.recv(_BLOCK)
        # What is closed after something else than the beginning of an answer was none.
        is_broken = not data and (has_begun or _BEGINNING.startswith(protocol.trailing_data[0][: len(_BEGINNING)]))
        protocol.receive_data(data)


def _answer(protocol: h11.Connection, events: Iterator[h11.Event]) -> Answer:
    head, data = None, bytearray()
    for event in events:
        if isinstance(event, h11.Response):
            head = event
            length = dict(event.headers).get(b"content-length", b"")
            if length.isdigit() and int(length) > _LARGEST:
                raise NotHttpError
        elif isinstance(event, h11.Data):
            data += event.data
        if len(data) > _LARGEST:
            raise NotHttpError
    if head is None:
        raise ConnectionResetError
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
    is_last = (protocol.our_state, protocol.their_state) != (h11.DONE, h11.DONE) or protocol.trailing_data[1]
    return Answer(head.status_code, bytes(head.reason).decode("latin-1"), headers, bytes(data), is_last)
