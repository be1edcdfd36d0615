"""One request and its answer: connections are kept, proxies gone through, and nobody is waited for for ever.

This stands on the standard library's client: a chart of 1 MB is pushed in less time than it takes to import any other.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from timonier import __version__
from timonier.errors import PublishError
from timonier.publish.proxy import find_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from timonier.publish.access import Access
    from timonier.publish.proxy import Proxy

_SECONDS = 60.0
_LONGEST_PAUSE = 60.0
_BLOCK = 256 * 1024


class NoAnswerError(Exception):
    """A registry that gave no answer; the text says why, as what follows its name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a registry answered.

    Attributes:
        status: HTTP's.
        headers: By their names in lower case.
        data: The body.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes

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


class _InTime(io.RawIOBase):
    """What a socket receives until a moment: the socket's own time-out begins anew with every byte."""

    def __init__(self, received: io.RawIOBase, connection: socket.socket) -> None:
        self._received = received
        self._socket = connection
        self._end = time.monotonic() + _SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any buffer
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer that has to be there, whole, within a minute."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - its base's
        super().__init__(sock, *arguments, **named)
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), sock))


@dataclass
class Connections:
    """The connections to a registry, and to where it leads.

    Attributes:
        access: How to reach the registry.
    """

    access: Access
    _open: dict[str, http.client.HTTPConnection] = field(default_factory=dict, repr=False)

    def close(self) -> None:
        """Close them."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def exchange(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send one request; once more over a new connection when a kept one turns out to be closed.

        Raises:
            NoAnswerError: There was no answer, or none within a minute.
            PublishError: The certificates to trust cannot be read, or the proxy is of a kind that is not known.
        """
        place = urlsplit(url)
        key = f"{place.scheme}://{place.netloc}"
        kept = self._open.pop(key, None)
        try:
            if kept:
                try:
                    return self._send(kept, method, url, body, headers)
                except (http.client.RemoteDisconnected, ConnectionError):
                    if method not in {"GET", "HEAD"}:
                        raise
            return self._send(self._connect(key), method, url, body, headers)
        except (OSError, http.client.HTTPException) as problem:
            raise NoAnswerError(_reason(problem)) from None

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        place = urlsplit(url)
        proxy = find_proxy(place.scheme, place.netloc)
        target = f"{place.path or '/'}{f'?{place.query}' if place.query else ''}"
        said = {"User-Agent": f"timonier/{__version__}", **headers}
        if proxy and place.scheme == "http":  # asked for the whole URL; with TLS there is a tunnel to the registry
            target, said = f"http://{place.netloc}{target}", {**said, **proxy.login}
        if body is not None:
            said["Content-Length"] = str(len(body))
        try:
            connection.sock.settimeout(_SECONDS)
            connection.request(method, target, body=None if body is None else _blocks(body), headers=said)
            response = connection.getresponse()
            data = response.read()
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._open[f"{place.scheme}://{place.netloc}"] = connection
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)

    def _connect(self, key: str) -> http.client.HTTPConnection:
        place = urlsplit(key)
        proxy = find_proxy(place.scheme, place.netloc)
        host, port = (proxy.host, proxy.port) if proxy else (place.hostname or "", place.port)
        if place.scheme == "http":
            connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
        else:
            connection = http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=self._context())
            if proxy:
                connection.set_tunnel(place.hostname or "", place.port, proxy.login)
        connection.response_class = _Response
        try:
            connection.connect()
        except OSError as problem:
            connection.close()
            if proxy and not isinstance(problem, ssl.SSLError):
                raise NoAnswerError(_reason_of_proxy(proxy, problem)) from None
            raise
        return connection

    def _context(self) -> ssl.SSLContext:
        if not self.access.verify:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return context
        try:
            return ssl.create_default_context(cafile=self.access.ca_file or None)
        except (OSError, ssl.SSLError):
            message = f"{self.access.ca_file} holds no certificates that can be read."
            raise PublishError(message, hint="Name a file in the PEM form.") from None


def _blocks(body: bytes) -> Iterator[memoryview]:
    """Yield a body in parts: the time-out is each part's own, so that a slow line may take as long as it needs."""
    whole = memoryview(body)
    yield from (whole[begin : begin + _BLOCK] for begin in range(0, len(body), _BLOCK))


def _reason_of_proxy(proxy: Proxy, problem: Exception) -> str:
    """Say why there was no way through a proxy; the one that has answered says so in the problem's text."""
    answered = str(problem).partition("Tunnel connection failed: ")[2]
    return f"cannot be reached through the proxy {proxy.label}{f': it answered {answered}' if answered else ''}"


def _reason(problem: Exception) -> str:
    """Say in few words why there was no answer."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"has a certificate that is not trusted ({problem.verify_message})"
    if isinstance(problem, ssl.SSLError):
        return "does not speak TLS"
    if isinstance(problem, socket.gaierror):
        return "is not known by that name"
    if isinstance(problem, TimeoutError):
        return "did not answer in time"
    if isinstance(problem, ConnectionRefusedError):
        return "cannot be reached"
    return "broke off the connection"
