"""HTTP/1.1 over one connection, as far as registries speak it: https://www.rfc-editor.org/rfc/rfc9112.

This is not the standard library's client, because `timonier publish` has to be about as fast as `helm push`: importing
that one, with the parser of mails that reads its headers and the TLS that a registry on this machine does not speak,
takes as long as all else that publishing a chart does.
"""

from __future__ import annotations

import io
import json
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    _Received = io.BufferedReader["_InTime"]

_BLOCK = 256 * 1024
_LONGEST_LINE = 64 * 1024
_MOST_LINES = 100
_LARGEST = 64 * 1024 * 1024  # manifests have 4 MiB at most, and tokens less
_LONGEST_PAUSE = 60.0
_NO_BODY = (204, 304)
_OK, _FINAL = 200, 200


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
    rest = memoryview(body)[_BLOCK:]
    parts: list[bytes | memoryview] = [_head(method, target, headers) + body[:_BLOCK]]
    parts += [rest[begin : begin + _BLOCK] for begin in range(0, len(rest), _BLOCK)]
    for part in parts:
        connection.settimeout(seconds)  # each part's own, so that a slow line may take as long as it needs
        connection.sendall(part)
    with io.BufferedReader(_InTime(connection, seconds)) as received:
        return _read(received, method)


def _head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    # A registry names the next place itself: no line of it must become two.
    if not all(line.isascii() and line.isprintable() for line in lines) or " " in target:
        raise NotHttpError
    return "\r\n".join([*lines, "", ""]).encode("ascii")


class _InTime(io.RawIOBase):
    """What a socket receives until a moment: the socket's own time-out begins anew with every byte."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._socket = connection
        self._end = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        return self._socket.recv_into(buffer)


def _read(received: _Received, method: str) -> Answer:
    version, status, reason = _status(received)
    headers = _headers(received)
    while status < _FINAL:  # only says to go on
        version, status, reason = _status(received)
        headers = _headers(received)
    data, has_end = b"", True
    # What follows the answer to CONNECT is the other side's.
    if not (method == "HEAD" or status in _NO_BODY or (method == "CONNECT" and status == _OK)):
        data, has_end = _body(received, headers)
    is_last = not has_end or version == "HTTP/1.0" or "close" in headers.get("connection", "").lower()
    return Answer(status, reason, headers, data, is_last)


def _status(received: _Received) -> tuple[str, int, str]:
    """Read an answer's first line: `HTTP/1.1 404 Not Found`."""
    version, _, rest = _line(received).partition(" ")
    status, _, reason = rest.partition(" ")
    if version not in {"HTTP/1.0", "HTTP/1.1"} or not re.fullmatch(r"[1-5][0-9][0-9]", status):
        raise NotHttpError
    return version, int(status), reason


def _headers(received: _Received) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_LINES):
        line = _line(received)
        if not line:
            return headers
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    raise NotHttpError


def _body(received: _Received, headers: Mapping[str, str]) -> tuple[bytes, bool]:
    """Return the body, and whether it had an end other than that of the connection."""
    coding, length = headers.get("transfer-encoding", "").lower(), headers.get("content-length")
    if coding == "chunked":
        return _chunks(received), True
    if length is None and not coding:
        return received.read(), False
    if coding or not (length or "").isdecimal():
        raise NotHttpError
    return _exactly(received, int(length or 0)), True


def _chunks(received: _Received) -> bytes:
    parts = []
    while size := _size(_line(received)):
        parts.append(_exactly(received, size))
        _line(received)
    _headers(received)  # trailers, which nobody needs
    return b"".join(parts)


def _size(line: str) -> int:
    """Read a chunk's length, which other things may follow."""
    digits = line.partition(";")[0].strip()
    if not re.fullmatch(r"[0-9a-fA-F]+", digits):
        raise NotHttpError
    return int(digits, 16)


def _line(received: _Received) -> str:
    line = received.readline(_LONGEST_LINE)
    if not line:
        raise ConnectionResetError
    if not line.endswith(b"\n"):
        raise NotHttpError
    return line.decode("latin-1").rstrip("\r\n")


def _exactly(received: _Received, size: int) -> bytes:
    if size > _LARGEST:
        raise NotHttpError
    data = received.read(size)
    if len(data) < size:
        raise ConnectionResetError
    return data
