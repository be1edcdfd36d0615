"""What unit tests share: charts made on the spot, both engines, and the command line in this process."""

from __future__ import annotations

import shutil
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from timonier.cli import main
from timonier.cluster.programs import pinned
from timonier.engine.embedded import EmbeddedEngine
from timonier.engine.program import ProgramEngine

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler

ROOT = Path(__file__).parents[2]

CHART_YAML = "apiVersion: v2\nname: {name}\nversion: 0.1.0\nappVersion: '1'\ntype: application\n"


class Ended(NamedTuple):
    """How a command ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def charts_folder() -> Path:
    """The project's charts."""
    return ROOT / "charts"


@pytest.fixture(scope="session")
def embedded() -> EmbeddedEngine:
    """The engine in this process."""
    return EmbeddedEngine()


@pytest.fixture(scope="session")
def program() -> ProgramEngine:
    """The helm this project pins, whatever is on PATH; got when it is not there, and never a reason to skip."""
    return ProgramEngine(pinned("helm").path)


@pytest.fixture
def make_chart(tmp_path: Path) -> Callable[..., Path]:
    """Return what makes a chart: `make_chart({"templates/a.yaml": "…"}, values="…")`."""

    def make(files: dict[str, str] | None = None, *, name: str = "shop", values: str = "") -> Path:
        written = {"Chart.yaml": CHART_YAML.format(name=name), "values.yaml": values, **(files or {})}
        for path, text in written.items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return tmp_path / name

    return make


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Return what runs the command line: `run("render", chart)`."""

    def call(*arguments: str | Path) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, out, err)

    return call


@pytest.fixture
def gpg(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """What runs GnuPG, without asking anybody, in a home whose path is short enough for the agent's socket."""
    if not shutil.which("gpg"):
        pytest.skip("there is no gpg on PATH")
    home = tmp_path_factory.mktemp("g")
    home.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    yield _gpg
    subprocess.run(["gpgconf", "--kill", "all"], check=False)  # noqa: S607 - as gpg itself is found


def _gpg(*arguments: str) -> str:
    command = ["gpg", "--batch", "--pinentry-mode", "loopback", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """What starts servers on free ports of this machine, and says where: they run for as long as the test lasts."""
    with ExitStack() as running:
        yield lambda handler, tls=None: running.enter_context(_serving(handler, tls))


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
