"""How a registry is reached: by whom, with or without TLS, whom to trust."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from timonier.publish.credentials import Login


class Access(NamedTuple):
    """How a registry is reached.

    Attributes:
        host: Its name, with the port where it has one.
        login: Who asks; None for anybody.
        plain_http: Whether to ask without TLS.
        ca_file: Certificates to trust in place of the system's; empty for the system's.
        verify: Whether to check the registry's certificate.
    """

    host: str
    login: Login | None = None
    plain_http: bool = False
    ca_file: str = ""
    verify: bool = True


def has_port(host: str) -> bool:
    """Whether a host's port is one, where it names any."""
    try:
        return urlsplit(f"//{host}").port != 0
    except ValueError:
        return False


def is_plain(host: str) -> bool:
    """Whether to ask a registry without TLS though nobody said so: one on this machine that speaks none."""
    return is_loopback(host) and not speaks_tls(host)


def is_loopback(host: str) -> bool:
    """Whether a host (with or without a port) is this machine, to which nobody listens on the way."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def speaks_tls(host: str) -> bool:
    """Whether something at a host answers a TLS handshake, whoever it may be; no when nothing answers."""
    import ssl

    if not has_port(host):
        return False
    place = urlsplit(f"//{host}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((place.hostname or "", place.port or 443), timeout=5) as connection:
            context.wrap_socket(connection).close()
    except OSError:
        return False
    return True
