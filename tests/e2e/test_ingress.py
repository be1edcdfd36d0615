"""The Ingress: which host, which path and which certificate lead to the application, and what passes through."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from timonier.testing.browser import certificate
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Visitor

    from timonier.testing import Release, TestCluster

pytestmark = pytest.mark.e2e

LARGEST = 1024 * 1024
REQUESTS = 20
EMBEDDED = {"mariadb": {"enabled": False}}


@pytest.fixture(scope="module")
def host(module_namespace: str) -> str:
    """A host no other test has: the ingress controller knows those of the whole cluster."""
    return f"todo.{module_namespace}.test"


@pytest.fixture(scope="module")
def shop(module_eni_todo: Callable[..., Release], host: str, visit: Callable[..., Visitor]) -> Release:
    """The application with its database, at the host."""
    installed = module_eni_todo(_at(host))
    with visit(host) as visitor:
        wait_until(visitor.page, f"{host} to lead to the application")
    return installed


def _at(*hosts: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - values are any YAML
    """The values of an Ingress behind the cluster's controller."""
    named = [{"host": host} for host in hosts]
    return {"ingress": {"enabled": True, "className": "traefik", "controller": "traefik", "hosts": named, **more}}


def _pods(installed: Release) -> set[str]:
    return {pod["metadata"]["name"] for pod in installed.pods("eni-todo", ready=True)}


@pytest.mark.chapter("Ingress: virtual hosts", "Ingress: IngressClass")
def test_host_leads_to_the_application(shop: Release, host: str, visit: Callable[..., Visitor]) -> None:
    """The Ingress's host is answered by the release's pods."""
    with visit(host) as visitor:
        assert visitor.page().pod in _pods(shop)


@pytest.mark.chapter("Ingress: virtual hosts")
@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("other", ["other.{host}", "{namespace}.test"])
def test_another_host_is_not_found(other: str, host: str, module_namespace: str, visit: Callable[..., Visitor]) -> None:
    """A host no Ingress names is answered 404: one below the Ingress's host and one above it too."""
    with visit(other.format(host=host, namespace=module_namespace)) as stranger:
        assert stranger.get("/eni-todo/").status_code == 404


@pytest.mark.chapter("Ingress: application root", "Ingress: path")
@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("path", ["/", "/eni-todo"])
def test_root_leads_to_the_application(path: str, host: str, visit: Callable[..., Visitor]) -> None:
    """Who types the host alone is led to /eni-todo/, at the same host and port."""
    with visit(host) as visitor:
        answer = visitor.get(path, follow=False)
        assert answer.status_code in (301, 302, 307, 308)
        assert urljoin(visitor.url + path, answer.headers["Location"]) == f"{visitor.url}/eni-todo/"
        assert "This app hostname is" in visitor.get(path).text


@pytest.mark.chapter("Ingress: body size")
@pytest.mark.usefixtures("shop")
def test_upload_of_one_megabyte_comes_back_unchanged(host: str, visit: Callable[..., Visitor]) -> None:
    """A file of 1024 KB, the largest the application takes, passes the ingress both ways byte by byte."""
    name, content = f"{os.urandom(6).hex()}.bin", os.urandom(LARGEST)
    with visit(host) as visitor:
        item = visitor.add(file=(name, content))
        assert visitor.page().shows(item)
        given_back = visitor.get(f"/eni-todo/files/{name}")
    assert given_back.status_code == 200
    assert given_back.content == content


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("size", [LARGEST + 1, 16 * LARGEST])
def test_larger_upload_is_refused(size: int, host: str, visit: Callable[..., Visitor]) -> None:
    """A larger file is answered 413, by a byte or by far, and nothing of it is added."""
    name = f"{os.urandom(6).hex()}.bin"
    with visit(host) as visitor:
        assert visitor.send(f"refused-{name}", file=(name, os.urandom(size))).status_code == 413
        assert not visitor.page().shows(f"refused-{name}")
        assert visitor.get(f"/eni-todo/files/{name}").status_code == 404


@pytest.mark.chapter("Ingress: annotations")
def test_annotations_of_ones_own(shop: Release, host: str, visit: Callable[..., Visitor]) -> None:
    """The controller heeds them: told to listen for HTTPS only, it does not know the host by HTTP any more."""
    secure_only = {"traefik.ingress.kubernetes.io/router.entrypoints": "websecure"}
    with visit(host) as visitor:
        assert visitor.get("/eni-todo/").status_code == 200
        shop.upgrade({"ingress": {"annotations": secure_only}})
        wait_until(lambda: visitor.get("/eni-todo/").status_code == 404, "the host to be gone from HTTP")
        shop.upgrade({"ingress": {"annotations": dict.fromkeys(secure_only, "web")}})
        wait_until(visitor.page, f"{host} to lead to the application again")


def test_second_release_in_the_namespace_does_not_mix(
    shop: Release, host: str, module_eni_todo: Callable[..., Release], visit: Callable[..., Visitor]
) -> None:
    """Two releases in one namespace, told apart by their names alone, share neither pods nor items."""
    other_host = f"other.{shop.namespace}.test"
    other = module_eni_todo(_at(other_host), name="other")
    with visit(host, keeps_cookies=False) as here, visit(other_host, keeps_cookies=False) as there:
        _assert_apart((here, shop), (there, other))


@pytest.mark.chapter("Namespace: namespaced names")
def test_release_of_the_same_name_elsewhere_does_not_mix(
    shop: Release, host: str, namespace: str, eni_todo: Callable[..., Release], visit: Callable[..., Visitor]
) -> None:
    """Two releases of the same name in two namespaces share neither pods nor items."""
    other_host = f"todo.{namespace}.test"
    other = eni_todo(_at(other_host), name=shop.name)
    with visit(host, keeps_cookies=False) as here, visit(other_host, keeps_cookies=False) as there:
        _assert_apart((here, shop), (there, other))


def _assert_apart(*places: tuple[Visitor, Release]) -> None:
    """Each host is answered by its release's pods only, and shows what was added there, never the other's items."""
    for visitor, _ in places:
        wait_until(visitor.page, f"{visitor.host} to lead to the application")
    added = [visitor.add() for visitor, _ in places]
    for (visitor, installed), own in zip(places, added, strict=True):
        pages = [visitor.page() for _ in range(REQUESTS)]
        assert {page.pod for page in pages} == _pods(installed)
        assert {item for item in added for page in pages if page.shows(item)} == {own}


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for one host, and its key.

    Attributes:
        signed: The certificate.
        key: Its key (PEM).
    """

    signed: x509.Certificate
    key: str

    @property
    def pem(self) -> str:
        """The certificate as a file holds it."""
        return self.signed.public_bytes(Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        """The certificate as a server shows it."""
        return self.signed.public_bytes(Encoding.DER)

    def secret(self, name: str) -> dict[str, Any]:
        """The manifest of a Secret that holds it."""
        data = {"tls.crt": self.pem, "tls.key": self.key}
        metadata = {"name": name}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": "kubernetes.io/tls",
            "stringData": data,
        }


def self_signed(host: str) -> Certificate:
    """A certificate for a host, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test of this project")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=1))
    # The identifiers are what a strict check of a chain asks of a certificate that is trusted as it is.
    own, issuer = x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier
    for extension, critical in (
        (x509.SubjectAlternativeName([x509.DNSName(host)]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (own.from_public_key(key.public_key()), False),
        (issuer.from_issuer_public_key(key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Certificate(builder.sign(key, hashes.SHA256()), private)


@pytest.mark.chapter("Ingress: TLS")
def test_tls_answers_with_the_secrets_certificate(
    cluster: TestCluster,
    namespace: str,
    eni_todo: Callable[..., Release],
    visit: Callable[..., Visitor],
    tmp_path: Path,
) -> None:
    """HTTPS shows the very certificate of the Secret, the renewed one after a renewal, and leads to the application."""
    host, port, trusted = f"secure.{namespace}.test", cluster.https_port or 0, tmp_path / "trusted.pem"
    tls = [{"hosts": [host], "secretName": "todo-tls"}]
    first, renewed = self_signed(host), self_signed(host)
    cluster.apply(first.secret("todo-tls"), namespace=namespace)
    eni_todo(EMBEDDED | _at(host, tls=tls))
    _assert_shown(first, host, port)
    cluster.apply(renewed.secret("todo-tls"), namespace=namespace)
    _assert_shown(renewed, host, port)

    trusted.write_text(renewed.pem)
    with visit(host, trust=trusted) as visitor:
        wait_until(visitor.page, f"{visitor.url} to lead to the application")
        assert visitor.cookies() == {"JSESSIONID": True, "eni-todo-pod": True}
        assert visitor.get("/", follow=False).headers["Location"] in ("/eni-todo/", f"{visitor.url}/eni-todo/")
    # The control: who asks for another host is not shown it.
    assert certificate(f"other.{host}", port) != renewed.der


def _assert_shown(expected: Certificate, host: str, port: int) -> None:
    wait_until(lambda: certificate(host, port) == expected.der, f"{host} to show the certificate of its Secret")
