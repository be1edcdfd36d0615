"""Which proxy leads to a host: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as Helm reads them.

The rules are those of Go's golang.org/x/net/http/httpproxy. Python's own differ: they do not know networks, and take
this machine for a host like any other.
"""

from __future__ import annotations

import base64
import ipaddress
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from timonier.errors import PublishError
from timonier.publish.access import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that is asked over HTTP.

    Attributes:
        host: Its name or address.
        port: Its port.
        login: The header that says who asks; nothing when nobody has to.
    """

    host: str
    port: int
    login: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def label(self) -> str:
        """What to call it in messages, which is without the login."""
        return f"{self.host}:{self.port}"


def find_proxy(scheme: str, host: str) -> Proxy | None:
    """Return the proxy that the environment names for a host; None for none, and always for this machine.

    Args:
        scheme: `http` or `https`, that of what is asked for.
        host: With its port where it has one.

    Raises:
        PublishError: The proxy is none that is asked over HTTP.
    """
    named = _environment(f"{scheme}_proxy")
    if not named or is_loopback(host) or _is_exempt(scheme, host):
        return None
    place = urlsplit(named if "://" in named else f"http://{named}")
    port = _port(place.netloc)
    if place.scheme != "http" or not place.hostname or port is None:
        message = f"{scheme.upper()}_PROXY names no proxy that is asked over HTTP."
        raise PublishError(message, hint="Write http://HOST:PORT.")
    login = f"{unquote(place.username or '')}:{unquote(place.password or '')}"
    header = {"Proxy-Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if place.username else {}
    return Proxy(place.hostname, port, header)


def _environment(name: str) -> str:
    return os.environ.get(name.upper()) or os.environ.get(name) or ""


def _port(place: str) -> int | None:
    """Return the port of a proxy, None when what stands there is none."""
    try:
        return urlsplit(f"//{place}").port or _PORTS["http"]
    except ValueError:
        return None


def _is_exempt(scheme: str, host: str) -> bool:
    """Whether NO_PROXY names a host: `*`, or by name, address, network, each with a port or without."""
    place = urlsplit(f"//{host}")
    name, port = (place.hostname or "").rstrip("."), place.port or _PORTS[scheme]
    rules = (rule.strip().lower() for rule in _environment("no_proxy").split(","))
    return any(_matches(rule, name, port) for rule in rules if rule)


def _matches(rule: str, name: str, port: int) -> bool:
    """Whether one rule names a host: `example.org` it and all below it, `.example.org` those below it only."""
    if rule == "*":
        return True
    if "/" in rule:
        return _is_within(rule, name)
    if rule.count(":") == 1 or rule.startswith("["):
        rule, _, wanted = rule.rpartition(":")
        if wanted != str(port):
            return False
    rule = rule.strip("[]").removeprefix("*")
    return name == rule or name.endswith(rule if rule.startswith(".") else f".{rule}")


def _is_within(network: str, name: str) -> bool:
    try:
        return ipaddress.ip_address(name) in ipaddress.ip_network(network, strict=False)
    except ValueError:  # a name is in no network
        return False
