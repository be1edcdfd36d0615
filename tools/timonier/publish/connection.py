"""One request and its answer: connections are kept, proxies gone through, and nobody is waited for for ever."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from timonier import __version__
from timonier.errors import PublishError
from timonier.publish import http1
from timonier.publish.access import has_port
from timonier.publish.proxy import find_proxy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from timonier.publish.access import Access
    from timonier.publish.http1 import Answer
    from timonier.publish.proxy import Proxy

_SECONDS = 60.0
_PORTS = {"http": 80, "https": 443}
_OK = 200
_ALWAYS = {"User-Agent": f"timonier/{__version__}", "Accept-Encoding": "identity"}


class NoAnswerError(Exception):
    """A registry that gave no answer; the text says why, as what follows its name."""


class Connections:
    """The connections to a registry, and to where it leads. Threads may share them: each request has one to itself."""

    def __init__(self, access: Access) -> None:
        """Connect to nobody yet.

        Args:
            access: How to reach the registry.
        """
        self._access = access
        self._kept: dict[str, list[socket.socket]] = {}

    def close(self) -> None:
        """Close them."""
        for connections in self._kept.values():
            for connection in connections:
                connection.close()
        self._kept.clear()

    def exchange(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send one request; once more over a new connection when a kept one turns out to be closed.

        Raises:
            NoAnswerError: There was no answer, or none within a minute.
            PublishError: The certificates to trust cannot be read, or the proxy is of a kind that is not known.
        """
        place = urlsplit(url)
        if place.scheme not in _PORTS or not has_port(place.netloc):
            raise NoAnswerError("leads to a place that is none")
        kept = self._take(_key(url))
        try:
            if kept:
                try:
                    return self._send(kept, method, url, body, headers)
                except ConnectionError:
                    if method not in {"GET", "HEAD"}:
                        raise
            return self._send(self._connect(url), method, url, body, headers)
        except http1.NotHttpError:
            raise NoAnswerError("does not speak HTTP") from None
        except OSError as problem:
            raise NoAnswerError(_reason(problem)) from None

    def _take(self, key: str) -> socket.socket | None:
        try:
            return self._kept[key].pop()
        except LookupError:  # there is none, or another thread was faster
            return None

    def _send(
        self, connection: socket.socket, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        place, host = urlsplit(url), _host(url)
        proxy = find_proxy(place.scheme, place.netloc)
        target = f"{place.path or '/'}{f'?{place.query}' if place.query else ''}"
        said = {"Host": host, **_ALWAYS, **headers}
        if proxy and place.scheme == "http":  # asked for the whole URL; with TLS there is a tunnel to the registry
            target, said = f"http://{host}{target}", {**said, **proxy.login}
        if body is not None:
            said["Content-Length"] = str(len(body))
        try:
            answer = http1.exchange(connection, method, target, said, body or b"", _SECONDS)
        except BaseException:
            connection.close()
            raise
        if answer.is_last:
            connection.close()
        else:
            self._kept.setdefault(_key(url), []).append(connection)
        return answer

    def _connect(self, url: str) -> socket.socket:
        place = urlsplit(url)
        host, port = _ascii(place.hostname or ""), place.port or _PORTS[place.scheme]
        proxy = find_proxy(place.scheme, place.netloc)
        context = None if place.scheme == "http" else self._context()
        connection = _connected(_ascii(proxy.host), proxy.port, proxy) if proxy else _connected(host, port)
        if not context:
            return connection
        try:
            if proxy:
                _open_tunnel(connection, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", proxy)
            return context.wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise

    def _context(self) -> ssl.SSLContext:
        import ssl

        if not self._access.verify:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return context
        try:
            return ssl.create_default_context(cafile=self._access.ca_file or None)
        except (OSError, ssl.SSLError):
            message = f"{self._access.ca_file} holds no certificates that can be read."
            raise PublishError(message, hint="Name a file in the PEM form.") from None


def _key(url: str) -> str:
    """Return what two places have in common that one connection leads to."""
    place = urlsplit(url)
    return f"{place.scheme}://{place.netloc}"


def _host(url: str) -> str:
    """Return the host and port that a URL names, as HTTP writes them."""
    return _ascii(urlsplit(url).netloc.rpartition("@")[2])


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise NoAnswerError("is not known by that name") from None


def _connected(host: str, port: int, proxy: Proxy | None = None) -> socket.socket:
    try:
        # As bytes, which it takes, too: for text Python loads its tables of all languages' letters.
        connection = socket.create_connection((host.encode(), port), timeout=_SECONDS)  # type: ignore[arg-type]
    except OSError:
        if proxy:
            raise NoAnswerError(f"cannot be reached through the proxy {proxy.label}") from None
        raise
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _open_tunnel(connection: socket.socket, target: str, proxy: Proxy) -> None:
    """Ask a proxy to lead to a host; raises `NoAnswerError` with what it answers instead."""
    why = f"cannot be reached through the proxy {proxy.label}"
    try:
        answer = http1.exchange(connection, "CONNECT", target, {"Host": target, **proxy.login}, b"", _SECONDS)
    except (OSError, http1.NotHttpError):
        raise NoAnswerError(why) from None
    if answer.status != _OK:
        raise NoAnswerError(f"{why}: it answered {answer.status} {answer.reason}".rstrip())


def _reason(problem: OSError) -> str:
    """Say in few words why there was no answer."""
    import ssl

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
