"""A browser of a user outside the cluster: it reaches the ingress controller by this machine's loopback."""

from __future__ import annotations

import socket
import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Self

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1"
ANSWER_SECONDS = 10


class Browser:
    """Requests to one host behind the ingress, with that host's cookies, and each with a bounded time to answer.

    The host needs no DNS: the connection goes to the loopback address, and the host's name is sent along with the
    port, as a browser does it.

    Attributes:
        host: The host of the Ingress.
        url: What a user would type: scheme, host and port.
    """

    def __init__(self, host: str, port: int, *, keeps_cookies: bool = True, trust: Path | None = None) -> None:
        """Open nothing yet.

        Args:
            host: The host of the Ingress.
            port: The port of 127.0.0.1 that leads to the ingress controller.
            keeps_cookies: Whether it sends back the cookies it was given.
            trust: The certificates it trusts (PEM); given, it speaks HTTPS, and refuses any other certificate.
        """
        scheme = "https" if trust else "http"
        self.host = host
        self.url = f"{scheme}://{host}:{port}"
        self._address = f"{scheme}://{LOOPBACK}:{port}"
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of this machine's does not know its loopback
        self._session.headers["Host"] = f"{host}:{port}"
        if not keeps_cookies:
            self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if trust:
            self._session.verify = str(trust)
            self._session.mount("https://", _NamedHost(host))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def get(self, path: str, *, follow: bool = True) -> requests.Response:
        """Ask for a path; with `follow`, go where a redirect leads.

        Raises:
            requests.RequestException: No answer within ten seconds, or a connection refused, broken or not trusted.
        """
        return self._session.get(self._address + path, allow_redirects=follow, timeout=ANSWER_SECONDS)

    def post(self, path: str, fields: dict[str, str], file: tuple[str, bytes] | None = None) -> requests.Response:
        """Send a form as multipart, with a file (its name and content) or without; redirects are followed.

        Raises:
            requests.RequestException: As `get`.
        """
        # Fields without a file name: only in `files` do they make the form a multipart one.
        parts: dict[str, tuple[str | None, str | bytes]] = {name: (None, value) for name, value in fields.items()}
        if file:
            parts["file"] = file
        return self._session.post(self._address + path, files=parts, timeout=ANSWER_SECONDS)

    def cookies(self) -> dict[str, bool]:
        """The names of the cookies it holds, and whether each is for HTTPS only."""
        return {cookie.name: cookie.secure for cookie in self._session.cookies}


def certificate(host: str, port: int) -> bytes:
    """The certificate (DER) that is shown to who asks for a host (SNI) at a port of 127.0.0.1, trusted or not.

    Raises:
        OSError: Nobody listens there, or the handshake failed.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((LOOPBACK, port), timeout=ANSWER_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


class _NamedHost(HTTPAdapter):
    """Names the host in the TLS handshake (SNI) and checks the certificate against it, not against the address."""

    def __init__(self, host: str) -> None:
        self._host = host
        super().__init__()

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - requests' own signature
        **options: Any,  # noqa: ANN401 - the same
    ) -> None:
        options |= {"server_hostname": self._host, "assert_hostname": self._host}
        super().init_poolmanager(connections, maxsize, block, **options)
