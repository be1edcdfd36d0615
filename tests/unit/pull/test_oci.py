"""A published chart is a source: `oci://HOST/PATH/CHART:VERSION`."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from timonier.engine import Release
from timonier.errors import EngineError, SourceError
from timonier.pull import pull, read_reference
from timonier.source import ChartSource, open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.pull.conftest import Registry

    from timonier.engine.program import ProgramEngine

    MakeChart = Callable[..., Path]
    Run = Callable[..., tuple[int, str, str]]

TEMPLATES = {"templates/a.yaml": "kind: A\nsize: {{ .Values.size }}\n", "ci/big-values.yaml": "# Many.\nsize: 9\n"}


@pytest.fixture(params=["embedded", "program"])
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Helm's client in this process, and the program where that is not installed."""
    if request.param == "program":
        program: ProgramEngine = request.getfixturevalue("program")
        monkeypatch.setitem(sys.modules, "helm_python", None)
        monkeypatch.setattr("timonier.engine.choose.find_program", lambda: program)
        return program.executable
    return "embedded"


@pytest.fixture
def published(make_chart: MakeChart, registry: Registry, packed: Callable[[Path], bytes]) -> str:
    """Three versions of a chart; returns its reference without version."""
    for version in ("0.1.0", "0.2.0", "1.0.0-rc.1"):
        chart = make_chart(
            {**TEMPLATES, "Chart.yaml": f"apiVersion: v2\nname: shop\nversion: {version}\n"}, values="size: 1\n"
        )
        registry.publish("charts/shop", packed(chart), version)
    return f"oci://{registry.address}/charts/shop"


@pytest.mark.parametrize(
    ("version", "found"),
    [
        (":0.1.0", "0.1.0"),
        (":^0.1", "0.1.0"),
        (":0.x", "0.2.0"),
        (":0.1", "0.1.0"),
        ("", "0.2.0"),
        (":1.0.0-rc.1", "1.0.0-rc.1"),
    ],
)
def test_a_published_chart_is_a_source(client: str, published: str, version: str, found: str) -> None:
    """With its cases, under the name it was asked for by; a constraint takes the newest that it allows."""
    source = open_source(f"{published}{version}", client)
    assert isinstance(source, ChartSource)
    assert (source.label, source.chart.name, source.chart.version) == (f"{published}{version}", "shop", found)
    assert source.chart.case("big").values == {"size": 9}
    assert [manifest.document for manifest in source.manifests({"size": 2}, Release("x"))] == [{"kind": "A", "size": 2}]


def test_it_is_compared_with_the_folder(run: Run, published: str, tmp_path: Path) -> None:
    """What would an upgrade from what is published change?"""
    code, out, err = run("diff", f"{published}:0.1.0", tmp_path / "shop", "--new-set", "size=2")
    assert (code, err) == (1, "")
    assert out.splitlines()[0] == f"{published}:0.1.0 → {tmp_path / 'shop'}: 1 changed"


def test_what_is_not_there_is_one_sentence(client: str, published: str, registry: Registry) -> None:
    """Neither the chart, nor the version."""
    for name in (f"{published}:9.9.9", f"oci://{registry.address}/charts/none:1.0.0"):
        with pytest.raises(SourceError, match=rf"^{name} is not there\. Check name and version\.$"):
            open_source(name, client)


def test_what_may_not_be_read_is_one_sentence(client: str, published: str, registry: Registry) -> None:
    """Without a login, with a wrong one, and where it is forbidden."""
    registry.login = "user:secret"
    sentence = r"may not be read: .*\. Log in: `helm registry login 127\.0\.0\.1:\d+`\."
    with pytest.raises(SourceError, match=sentence):
        open_source(f"{published}:0.1.0", client)
    registry.login, registry.answer = "", 403
    with pytest.raises(SourceError, match=sentence):
        open_source(f"{published}:0.1.0", client)


def logins(registry: Registry) -> str:
    """Return what `helm registry login` and `docker login` write."""
    return json.dumps({"auths": {registry.address: {"auth": base64.b64encode(registry.login.encode()).decode()}}})


def test_helms_login_is_used(client: str, published: str, registry: Registry) -> None:
    """Of the file that the environment names."""
    registry.login = "user:secret"
    with open(os.environ["HELM_REGISTRY_CONFIG"], "w", encoding="utf-8") as file:  # noqa: PTH123 - a name, as it is
        file.write(logins(registry))
    assert isinstance(open_source(f"{published}:0.1.0", client), ChartSource)


def test_dockers_login_is_used(published: str, registry: Registry, tmp_path: Path) -> None:
    """Where Helm has none. In a process of its own: Go reads the environment when it starts."""
    registry.login = "user:secret"
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/config.json").write_text(logins(registry))
    environment = {**os.environ, "DOCKER_CONFIG": str(tmp_path / "docker"), "TMPDIR": str(tmp_path / "scratch")}
    command = [sys.executable, "-m", "timonier", "render", f"{published}:0.1.0", "--set", "size=7"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "size: 7" in done.stdout


def test_what_cannot_be_reached_is_one_sentence(client: str) -> None:
    """Nobody listens there, or there is no such host."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        name = f"oci://127.0.0.1:{taken.getsockname()[1]}/shop:1.0.0"
        with pytest.raises(SourceError, match=rf"^{name} cannot be reached: .*refused\. Check the host's name"):
            open_source(name, client)


def test_other_hosts_are_asked_over_https(client: str, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the user says otherwise."""
    monkeypatch.setattr("timonier.publish.access.is_plain", lambda _: False)
    with pytest.raises(SourceError, match=r"is served over HTTP: .*\. Say --plain-http"):
        open_source(f"oci://{registry.address}/shop:1.0.0", client)
    with pytest.raises(SourceError, match="is not there"):
        open_source(f"oci://{registry.address}/shop:1.0.0", client, plain_http=True)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("oci://host", "oci://host is no reference of a chart. Write oci://HOST/PATH/CHART:VERSION."),
        ("oci://host/chart:latest", "latest is no version of a chart. Write it as in 1.2.3."),
        ("oci://user:secret@host/chart:1", "oci://…@host/chart:1 is no reference of a chart."),
    ],
)
def test_what_is_no_reference_is_refused(run: Run, name: str, sentence: str) -> None:
    """Before anybody is asked, and without repeating a password."""
    code, out, err = run("render", name)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert sentence in err
    assert "secret" not in err


def test_a_digest_is_a_version(client: str, published: str, registry: Registry) -> None:
    """The one that nobody can move."""
    digest = next(path.rpartition("/")[2] for path in registry.served if "manifests/sha256" in path)
    source = open_source(f"{published}@{digest}", client)
    assert isinstance(source, ChartSource)
    assert source.chart.version == "0.1.0"


def test_without_helm_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the sentence says what to install."""
    monkeypatch.setitem(sys.modules, "helm_python", None)
    monkeypatch.setattr("timonier.engine.choose.find_program", lambda: None)
    with pytest.raises(EngineError, match=r"nothing to fetch oci://127\.0\.0\.1/a:1 with\. Run `pip install"):
        pull(read_reference("oci://127.0.0.1/a:1"))
