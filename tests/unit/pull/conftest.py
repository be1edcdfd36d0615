"""A registry and a repository on this machine, as much of them as Helm's client asks for."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import tempfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_CONFIG = b"{}"


@dataclass
class Registry:
    """What is published, and how it is served.

    Attributes:
        address: `127.0.0.1:PORT`.
        served: What each path holds, with its media type.
        asked: The paths that were asked for.
        login: `user:password` that it wants to see.
        answer: The status it always answers with; 0 when all is well.
    """

    address: str
    served: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    login: str = ""
    answer: int = 0

    def publish(self, repository: str, archive: bytes, version: str = "0.1.0") -> None:
        """Serve a chart under `oci://ADDRESS/REPOSITORY:VERSION`."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self._blob(repository, _CONFIG, "application/vnd.cncf.helm.config.v1+json"),
            "layers": [self._blob(repository, archive, "application/vnd.cncf.helm.chart.content.v1.tar+gzip")],
        }
        content = json.dumps(manifest).encode()
        for reference in (version, digest(content)):
            self.served[f"/v2/{repository}/manifests/{reference}"] = (str(manifest["mediaType"]), content)
        listing = f"/v2/{repository}/tags/list"
        tags = [*json.loads(self.served.get(listing, ("", b'{"tags": []}'))[1])["tags"], version]
        self.served[listing] = ("application/json", json.dumps({"name": repository, "tags": tags}).encode())

    def _blob(self, repository: str, content: bytes, media_type: str) -> dict[str, object]:
        self.served[f"/v2/{repository}/blobs/{digest(content)}"] = ("application/octet-stream", content)
        return {"mediaType": media_type, "digest": digest(content), "size": len(content)}

    def index(self, charts: dict[tuple[str, str], bytes]) -> None:
        """Serve charts, by name and version, as the repository `http://ADDRESS/repo`."""
        entries: dict[str, list[dict[str, object]]] = {}
        for (name, version), archive in charts.items():
            file = f"{name}-{version}.tgz"
            self.served[f"/repo/{file}"] = ("application/gzip", archive)
            about: dict[str, object] = {
                "apiVersion": "v2",
                "name": name,
                "version": version,
                "urls": [file],
                "digest": digest(archive)[7:],
            }
            entries.setdefault(name, []).append(about)
        written = json.dumps({"apiVersion": "v1", "entries": entries}).encode()
        self.served["/repo/index.yaml"] = ("text/yaml", written)


def digest(content: bytes) -> str:
    """Return a content's digest as registries write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _packed(chart: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(chart, chart.name)
    return buffer.getvalue()


@pytest.fixture
def packed() -> Callable[[Path], bytes]:
    """What makes an archive of a chart's folder."""
    return _packed


def _handler(registry: Registry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append(self.path)
            kind, content = registry.served.get(self.path, ("", b""))
            status = registry.answer or self._refusal() or (200 if kind or self.path == "/v2/" else 404)
            self.send_response(status)
            self.send_header("Content-Type", kind or "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Docker-Content-Digest", digest(content))
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="here"')
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

        def _refusal(self) -> int:
            wanted = base64.b64encode(registry.login.encode()).decode()
            return 401 if registry.login and self.headers.get("Authorization") != f"Basic {wanted}" else 0

        def log_message(self, *_: object) -> None:
            """Be silent."""

    return Handler


@pytest.fixture
def registry(serve: Callable[..., str]) -> Registry:
    """A registry that listens on this machine."""
    made = Registry("")
    made.address = serve(_handler(made))
    return made


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Neither the user's credentials nor repositories have a say; nothing temporary stays behind."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "registry.json"))
    monkeypatch.setenv("HELM_REPOSITORY_CONFIG", str(tmp_path / "repositories.yaml"))
    monkeypatch.setenv("HELM_REPOSITORY_CACHE", str(tmp_path / "helm-cache"))
    yield
    assert list(scratch.iterdir()) == []
