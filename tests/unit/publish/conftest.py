"""A registry on this machine that takes uploads, and that can be told to fail in every way registries do."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from timonier.publish import transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass
class Fault:
    """What goes wrong with the next request of a kind.

    Attributes:
        method: The request's.
        part: Of its path.
        status: What is answered; 0: the connection breaks off instead.
        headers: Of the answer.
        after: Bytes of the body that are taken before the connection breaks off.
        body: Of the answer.
    """

    method: str
    part: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    after: int = 0
    body: bytes = b""


@dataclass
class FakeRegistry:
    """What a registry has, and what was asked of it.

    Attributes:
        address: `127.0.0.1:PORT`.
        manifests: By repository and tag or digest.
        blobs: By digest.
        uploads: What has arrived of each upload.
        asked: Each request's method and path.
        login: `user:password` that it wants; empty for none.
        token: The token it wants, and gives to whoever has the login; empty for none.
        faults: What goes wrong, each once.
        races: Manifests that somebody else publishes right before the next one is.
        numbers: The uploads' names.
        handler: What answers its requests: to serve it in another way, too.
    """

    address: str = ""
    manifests: dict[tuple[str, str], bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    login: str = ""
    token: str = ""
    faults: list[Fault] = field(default_factory=list)
    races: list[bytes] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    handler: type[BaseHTTPRequestHandler] = BaseHTTPRequestHandler

    def fails(
        self,
        method: str,
        part: str,
        status: int = 0,
        *,
        times: int = 1,
        headers: dict[str, str] | None = None,
        after: int = 0,
        body: bytes = b"",
    ) -> None:
        """Let the next requests of a kind go wrong; see `Fault`."""
        self.faults += [Fault(method, part, status, headers or {}, after, body) for _ in range(times)]

    def fault(self, method: str, path: str) -> Fault | None:
        """Take the fault that a request meets."""
        for one in self.faults:
            if one.method == method and one.part in path:
                self.faults.remove(one)
                return one
        return None

    @property
    def tags(self) -> set[str]:
        """The tags that can be seen."""
        return {tag for _, tag in self.manifests if not tag.startswith("sha256:")}


def digest(content: bytes) -> str:
    """Return a content's digest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class _Handler(BaseHTTPRequestHandler):
    registry: ClassVar[FakeRegistry]
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        self.registry.asked.append(f"{self.command} {self.path}")
        fault = self.registry.fault(self.command, self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if fault and not fault.status:
            self._take(self.rfile.read(fault.after))
            self.close_connection = True
            self.connection.close()
            return
        body = self.rfile.read(length)
        if fault:
            self._answer(fault.status, fault.body, fault.headers)
        elif self.path.startswith("/token"):
            self._give_token()
        elif not self._is_allowed():
            basic = f'Basic realm="{self.registry.address}"'
            bearer = f'Bearer realm="http://{self.registry.address}/token",service="here"'
            self._answer(401, b"{}", {"WWW-Authenticate": bearer if self.registry.token else basic})
        else:
            self._serve(body)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = _handle  # noqa: N815 - the names that http.server calls

    def _serve(self, body: bytes) -> None:
        place = urlsplit(self.path)
        repository, _, rest = place.path.removeprefix("/v2/").rpartition("/manifests/")
        if repository and self.command == "PUT":
            for other in self.registry.races:
                self.registry.manifests[repository, rest] = other
            if not self.registry.races:
                self.registry.manifests |= {(repository, rest): body, (repository, digest(body)): body}
            self._answer(201)
        elif repository:
            found = self.registry.manifests.get((repository, rest))
            absent = b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}'
            self._answer(404 if found is None else 200, absent if found is None else found)
        elif "/blobs/uploads/" in place.path:
            self._upload(place.path, parse_qs(place.query), body)
        else:
            found = self.registry.blobs.get(place.path.rpartition("/")[2])
            self._answer(404 if found is None else 200, found or b"")

    def _upload(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        number = path.rpartition("/")[2]
        if self.command == "POST":
            number = str(next(self.registry.numbers))
            self.registry.uploads[number] = b""
            self._answer(202, headers={"Location": f"{path}{number}"})
            return
        if number not in self.registry.uploads:
            self._answer(404, b'{"errors": [{"code": "BLOB_UPLOAD_UNKNOWN"}]}')
            return
        self._take(body)
        arrived = self.registry.uploads[number]
        if self.command == "PUT":
            wanted = query["digest"][0]
            if digest(arrived) != wanted:
                self._answer(400, b'{"errors": [{"code": "DIGEST_INVALID"}]}')
                return
            self.registry.blobs[wanted] = self.registry.uploads.pop(number)
            self._answer(201)
            return
        status = 204 if self.command == "GET" else 202
        self._answer(status, headers={"Location": path, "Range": f"0-{max(len(arrived) - 1, 0)}"})

    def _take(self, body: bytes) -> None:
        number = urlsplit(self.path).path.rpartition("/")[2]
        if number in self.registry.uploads and self.command in {"PATCH", "PUT"}:
            begin = int(
                (self.headers.get("Content-Range") or f"{len(self.registry.uploads[number])}-").partition("-")[0]
            )
            self.registry.uploads[number] = self.registry.uploads[number][:begin] + body

    def _is_allowed(self) -> bool:
        said = self.headers.get("Authorization")
        if self.registry.token:
            return said == f"Bearer {self.registry.token}"
        return not self.registry.login or said == f"Basic {base64.b64encode(self.registry.login.encode()).decode()}"

    def _give_token(self) -> None:
        wanted = f"Basic {base64.b64encode(self.registry.login.encode()).decode()}"
        if self.registry.login and self.headers.get("Authorization") != wanted:
            self._answer(401, b"{}")
            return
        self._answer(200, json.dumps({"token": self.registry.token}).encode())

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0" if status == 204 else str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture
def registry(serve: Callable[..., str]) -> FakeRegistry:
    """A registry that listens on this machine."""
    made = FakeRegistry()
    made.handler = type("Handler", (_Handler,), {"registry": made})
    made.address = serve(made.handler)
    return made


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The user's logins, keys and proxies have no say, and nobody waits between two tries."""
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "helm.json"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "gnupg"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(transport, "pause", lambda _: None)
