"""`timonier publish` behind a proxy: HTTP_PROXY, HTTPS_PROXY and NO_PROXY mean what they mean to Helm."""

from __future__ import annotations

import base64
import datetime as dt
import http.client
import select
import socket
import ssl
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from timonier.chartfiles import ChartFiles
from timonier.package import package
from timonier.publish.proxy import find_proxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.publish.conftest import FakeRegistry

    Run = Callable[..., tuple[int, str, str]]

HOST = "registry.example.invalid"  # no name service knows it: only a proxy can lead there


@dataclass
class Proxy:
    """A proxy on this machine, which leads to one registry whatever it is asked for.

    Attributes:
        target: Where it leads: `127.0.0.1:PORT`.
        address: Its own.
        asked: The first line of each request.
        logins: What each was allowed by.
        refusal: The status that it answers with instead; 0 for none.
    """

    target: str
    address: str = ""
    asked: list[str] = field(default_factory=list)
    logins: set[str | None] = field(default_factory=set)
    refusal: int = 0


class _Handler(BaseHTTPRequestHandler):
    proxy: ClassVar[Proxy]
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        self.proxy.asked.append(f"{self.command} {self.path}")
        self.proxy.logins.add(self.headers.get("Proxy-Authorization"))
        if self.proxy.refusal:
            self.send_error(self.proxy.refusal)
        elif self.command == "CONNECT":
            self._tunnel()
        else:
            self._pass_on()

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_CONNECT = _handle  # noqa: N815 - the names http.server calls

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        place = urlsplit(self.path)
        connection = http.client.HTTPConnection(self.proxy.target, timeout=10)
        connection.request(self.command, f"{place.path}?{place.query}", body, dict(self.headers))
        answer = connection.getresponse()
        data = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        connection.close()

    def _tunnel(self) -> None:
        host, _, port = self.proxy.target.partition(":")
        self.close_connection = True
        with socket.create_connection((host, int(port)), timeout=10) as there:
            self.send_response(200)
            self.end_headers()
            other = {there: self.connection, self.connection: there}
            while True:
                for one in select.select(list(other), [], [], 10)[0]:
                    if not (data := one.recv(65536)):
                        return
                    other[one].sendall(data)

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture
def proxied(serve: Callable[..., str]) -> Callable[[str], Proxy]:
    """What starts a proxy to a registry."""

    def start(target: str) -> Proxy:
        made = Proxy(target)
        made.address = serve(type("Handler", (_Handler,), {"proxy": made}))
        return made

    return start


@pytest.fixture
def publish(run: Run, tmp_path: Path) -> Run:
    """Publishes an archive to a registry that only a proxy leads to."""
    archive = package(ChartFiles(Path("shop"), "shop", {"Chart.yaml": b"name: shop\nversion: 1.2.3\n"}))
    path = tmp_path / archive.file_name
    path.write_bytes(archive.content)
    return lambda *more: run("publish", path, f"oci://{HOST}/charts", "--no-check", *more)


def test_without_tls_the_proxy_is_asked_for_the_url(
    publish: Run, registry: FakeRegistry, proxied: Callable[[str], Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own login, which the environment names."""
    proxy = proxied(registry.address)
    monkeypatch.setenv("http_proxy", f"http://ann:hunter%32@{proxy.address}")
    assert publish("--plain-http")[0] == 0
    assert registry.tags == {"1.2.3"}
    assert f"PUT http://{HOST}/v2/charts/shop/manifests/1.2.3" in proxy.asked
    assert proxy.logins == {f"Basic {base64.b64encode(b'ann:hunter2').decode()}"}


def certificate(folder: Path) -> Path:
    """Write a certificate of the registry that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "tls.pem"
    file.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return file


def test_with_tls_there_is_a_tunnel(
    publish: Run,
    registry: FakeRegistry,
    serve: Callable[..., str],
    proxied: Callable[[str], Proxy],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The proxy sees the registry's name and nothing else; the certificate is that of the registry."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate(tmp_path))
    proxy = proxied(serve(registry.handler, tls))
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    code, out, err = publish("--ca-file", tmp_path / "tls.pem")
    assert (code, err) == (0, ""), out
    assert registry.tags == {"1.2.3"}
    assert set(proxy.asked) == {f"CONNECT {HOST}:443"}


def test_a_proxy_that_refuses_is_named_without_its_login(
    publish: Run, registry: FakeRegistry, proxied: Callable[[str], Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what it answered."""
    proxy = proxied(registry.address)
    proxy.refusal = 407
    monkeypatch.setenv("HTTPS_PROXY", f"http://ann:hunter2@{proxy.address}")
    code, _, err = publish()
    assert code == 2
    told = f"{HOST} cannot be reached through the proxy {proxy.address}: it answered 407 Proxy Authentication Required."
    assert told in " ".join(err.split())
    assert "hunter2" not in err


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("127.0.0.1:1", f"{HOST} cannot be reached through the proxy 127.0.0.1:1."),
        ("socks5://127.0.0.1:1", "HTTPS_PROXY names no proxy that is asked over HTTP. Write http://HOST:PORT."),
        ("http://127.0.0.1:port", "HTTPS_PROXY names no proxy that is asked over HTTP. Write http://HOST:PORT."),
    ],
)
def test_a_proxy_that_is_none_is_one_sentence(
    publish: Run, monkeypatch: pytest.MonkeyPatch, named: str, told: str
) -> None:
    """It is not the registry that cannot be reached."""
    monkeypatch.setenv("HTTPS_PROXY", named)
    code, out, err = publish()
    assert (code, out) == (2, "")
    assert told in " ".join(err.split())


@pytest.mark.parametrize(
    ("rules", "host", "is_asked_directly"),
    [
        ("", "registry.example.org", False),
        ("", "127.0.0.1:5000", True),
        ("", "localhost:5000", True),
        ("*", "registry.example.org", True),
        ("registry.example.org", "registry.example.org:5000", True),
        ("other.org, EXAMPLE.org", "registry.example.org", True),
        (".example.org", "registry.example.org", True),
        (".example.org", "example.org", False),
        ("*.example.org", "registry.example.org", True),
        ("ample.org", "registry.example.org", False),
        ("registry.example.org:5000", "registry.example.org:5000", True),
        ("registry.example.org:5000", "registry.example.org", False),
        ("registry.example.org:443", "registry.example.org", True),
        ("10.0.0.0/8", "10.1.2.3:5000", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.1.2.3", "10.1.2.3:5000", True),
        ("fd00::/8", "[fd00::1]:5000", True),
        ("[fd00::1]:5000", "[fd00::1]:5000", True),
    ],
)
def test_no_proxy_names_what_is_asked_directly(
    monkeypatch: pytest.MonkeyPatch, rules: str, host: str, *, is_asked_directly: bool
) -> None:
    """By the rules of Go's httpproxy, which are Helm's."""
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example.org:3128")
    monkeypatch.setenv("NO_PROXY", rules)
    assert (find_proxy("https", host) is None) is is_asked_directly
