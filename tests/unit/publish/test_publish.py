"""`timonier publish` to a registry: once and for all, and what becomes of every fault."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.chartfiles import ChartFiles
from timonier.package import Archive, package
from timonier.publish import registry as asking
from timonier.publish import transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.publish.conftest import FakeRegistry

    Run = Callable[..., tuple[int, str, str]]

CHART_YAML = """\
apiVersion: v2
name: shop
version: 1.2.3
description: Sells things
home: https://shop.example
maintainers: [{name: Ann, email: ann@shop.example}]
annotations: {artifacthub.io/license: Apache-2.0}
"""


def made(config: bytes = b"", *, version: str = "1.2.3") -> Archive:
    """An archive of a chart that holds something."""
    files = {"Chart.yaml": CHART_YAML.replace("1.2.3", version).encode(), "files/some.bin": config}
    return package(ChartFiles(Path("shop"), "shop", files))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A packaged chart."""
    return written(tmp_path, made())


def written(folder: Path, archive: Archive) -> Path:
    """Write an archive where nothing else is."""
    path = folder / archive.digest[-8:] / archive.file_name
    path.parent.mkdir()
    path.write_bytes(archive.content)
    return path


@pytest.fixture
def publish(run: Run, registry: FakeRegistry) -> Run:
    """Publishes to the registry, without checking the chart."""
    return lambda path, *more: run("publish", path, f"oci://{registry.address}/charts", "--no-check", *more)


def test_an_archive_is_laid_there_as_helm_does(publish: Run, archive: Path, registry: FakeRegistry) -> None:
    """Under the chart's name and version; what the chart says of itself is said again where registries show it."""
    code, out, err = publish(archive)
    place, digest, outcome = out.split(maxsplit=2)
    assert (code, err, outcome) == (0, "", "published\n")
    assert place == f"oci://{registry.address}/charts/shop:1.2.3"
    manifest = json.loads(registry.manifests["charts/shop", "1.2.3"])
    assert registry.manifests["charts/shop", digest] == registry.manifests["charts/shop", "1.2.3"]
    [layer] = manifest["layers"]
    assert layer["mediaType"] == "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
    assert registry.blobs[layer["digest"]] == archive.read_bytes()
    assert json.loads(registry.blobs[manifest["config"]["digest"]])["name"] == "shop"
    assert manifest["annotations"] == {
        "artifacthub.io/license": "Apache-2.0",
        "org.opencontainers.image.authors": "Ann (ann@shop.example)",
        "org.opencontainers.image.description": "Sells things",
        "org.opencontainers.image.title": "shop",
        "org.opencontainers.image.url": "https://shop.example",
        "org.opencontainers.image.version": "1.2.3",
    }


def test_the_same_again_is_success_and_sends_nothing(publish: Run, archive: Path, registry: FakeRegistry) -> None:
    """A pipeline that runs twice ends well twice."""
    publish(archive)
    registry.asked.clear()
    code, out, _ = publish(archive, "-o", "json")
    [told] = json.loads(out)
    assert (code, told["outcome"]) == (0, "already there")
    assert [asked.split()[0] for asked in registry.asked] == ["GET"]


def test_another_archive_of_that_version_is_refused(
    publish: Run, archive: Path, registry: FakeRegistry, tmp_path: Path
) -> None:
    """What others installed by a version is what they get by it again."""
    publish(archive)
    before = dict(registry.manifests)
    code, out, err = publish(written(tmp_path, made(b"other")))
    assert (code, out) == (2, "")
    assert "charts/shop:1.2.3 is published already, with other content." in err
    assert registry.manifests == before


def test_more_tags_move_unless_they_are_versions(
    publish: Run, archive: Path, registry: FakeRegistry, tmp_path: Path
) -> None:
    """`1.2` is the newest patch of it; `1.2.3` is one for ever."""
    assert publish(archive, "--tag", "1.2")[0] == 0
    newer = written(tmp_path, made(version="1.2.4"))
    assert publish(newer, "--tag", "1.2", "--tag", "latest")[0] == 0
    assert registry.tags == {"1.2.3", "1.2.4", "1.2", "latest"}
    assert registry.manifests["charts/shop", "1.2"] == registry.manifests["charts/shop", "1.2.4"]
    code, _, err = publish(newer, "--tag", "1.2.3")
    assert code == 2
    assert "charts/shop:1.2.3 is published already" in err


def test_a_dry_run_tells_and_does_nothing(publish: Run, archive: Path, registry: FakeRegistry) -> None:
    """It finds out as much as without."""
    assert publish(archive, "--dry-run")[1].endswith("would be published\n")
    assert (registry.manifests, registry.blobs, registry.uploads) == ({}, {}, {})
    publish(archive)
    assert publish(archive, "--dry-run")[1].endswith("already there\n")


def test_a_plus_in_a_version_is_an_underscore_in_the_tag(publish: Run, registry: FakeRegistry, tmp_path: Path) -> None:
    """As Helm has it: tags have no plus."""
    assert publish(written(tmp_path, made(version="1.2.3+build.5")))[0] == 0
    assert registry.tags == {"1.2.3_build.5"}


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "body": b"<html>no such page</html>"},
        {"status": 500},
        {"status": 403},
        {"status": 200, "body": b"", "headers": {"X": "y"}},
    ],
    ids=["a proxy's 404", "500", "403", "nothing"],
)
def test_not_knowing_is_not_absent(publish: Run, archive: Path, registry: FakeRegistry, answer: dict[str, Any]) -> None:
    """Only the registry's own word that there is none lets anything be sent."""
    registry.fails("GET", "/manifests/", times=6, **answer)
    code, out, err = publish(archive)
    assert (registry.manifests, registry.blobs) == ({}, {}), (code, out, err)
    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_a_registry_that_broke_off_is_taken_up_where_it_broke_off(
    publish: Run, registry: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a big chart on a bad line the part that arrived is not sent again."""
    path = written(tmp_path, made(bytes(range(256)) * 40))
    size = len(path.read_bytes())
    monkeypatch.setattr(asking, "_CHUNK", size // 3)
    registry.fails("PATCH", "/blobs/uploads/1", after=size // 6)
    assert publish(path)[0] == 0
    asked = [one for one in registry.asked if "/blobs/uploads/1" in one]
    assert [one.split()[0] for one in asked[:3]] == ["PATCH", "GET", "PATCH"]
    assert all(one.endswith("/uploads/1") or one.startswith("PUT") for one in asked)
    assert path.read_bytes() in registry.blobs.values()


@pytest.mark.parametrize(
    "broken",
    [
        {"method": "POST", "part": "/blobs/uploads/"},
        {"method": "PUT", "part": "/blobs/uploads/", "after": 10},
        {"method": "PUT", "part": "/blobs/uploads/", "status": 500},
        {"method": "POST", "part": "/blobs/uploads/", "status": 429, "headers": {"Retry-After": "7"}},
    ],
    ids=["began not", "broke off", "500", "429"],
)
def test_what_passes_by_itself_is_tried_again(
    publish: Run, archive: Path, registry: FakeRegistry, broken: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a pause: the one the registry asks for, where it does."""
    pauses: list[float] = []
    monkeypatch.setattr(transport, "pause", pauses.append)
    registry.fails(**broken)
    assert publish(archive)[0] == 0
    assert pauses == [7.0 if broken.get("headers") else 0.3]
    assert registry.tags == {"1.2.3"}


def test_what_does_not_pass_ends_and_leaves_nothing_to_be_seen(
    publish: Run, archive: Path, registry: FakeRegistry
) -> None:
    """A full disk: some tries, one sentence, no version."""
    registry.fails("PUT", "/blobs/uploads/", 500, times=9, body=b'{"errors": [{"code": "UNKNOWN"}]}')
    code, out, err = publish(archive)
    assert (code, out) == (2, "")
    assert f"{registry.address} did not take it: it answered 500 (UNKNOWN), 5 times. Nothing was published." in err
    assert registry.tags == set()


def test_what_arrives_corrupted_is_not_published(publish: Run, archive: Path, registry: FakeRegistry) -> None:
    """The registry's word on it is passed on."""
    registry.fails("PUT", "/blobs/uploads/", 400, body=b'{"errors": [{"code": "DIGEST_INVALID"}]}')
    code, _, err = publish(archive)
    assert code == 2
    assert "an upload was not accepted: it answered 400 (DIGEST_INVALID)" in err
    assert registry.tags == set()


def test_blobs_are_sent_side_by_side(
    publish: Run, archive: Path, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for one is not kept from sending the other: here the first is answered when the second is asked."""
    both, answer = threading.Barrier(2, timeout=10), registry.handler.do_POST  # type: ignore[attr-defined] # ours

    def answered_together(handler: object) -> None:
        both.wait()
        answer(handler)

    monkeypatch.setattr(registry.handler, "do_POST", answered_together)
    assert publish(archive)[0] == 0
    assert registry.tags == {"1.2.3"}


def test_without_tls_nothing_is_loaded_for_it(registry: FakeRegistry, archive: Path) -> None:
    """Nor what reads mails: loading them takes longer than sending a chart does."""
    place = f"oci://{registry.address}/charts"
    command = [sys.executable, "-X", "importtime", "-m", "timonier"]
    command += ["publish", str(archive), place, "--no-check", "--plain-http"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "socket" in loaded
    assert loaded & {"ssl", "http.client", "email", "asyncio", "encodings.idna", "rich", "pyhelm3", "logging"} == set()


@pytest.mark.parametrize("place", ["http://127.0.0.1:99999/", "http://{}/a b"])
def test_an_upload_that_leads_nowhere_is_one_sentence(
    publish: Run, archive: Path, registry: FakeRegistry, place: str
) -> None:
    """Whatever a registry names as the place to send to."""
    registry.fails("POST", "/blobs/uploads/", 202, times=99, headers={"Location": place.format(registry.address)})
    code, out, err = publish(archive)
    assert (code, out, registry.tags) == (2, "", set())
    assert f"timonier: {registry.address} " in err
    assert "Nothing was published" in err
    assert "Traceback" not in err


def test_somebody_who_was_faster_is_noticed(publish: Run, archive: Path, registry: FakeRegistry) -> None:
    """Between the question and the answer: what is there in the end is looked at once more."""
    registry.races.append(b'{"layers": []}')
    code, out, err = publish(archive)
    assert (code, out) == (2, "")
    assert "was published by somebody else at the same time" in err


def test_two_at_once_publish_one(registry: FakeRegistry, tmp_path: Path) -> None:
    """Two programs, one version, two contents: one is there, the other is refused."""
    archives = [written(tmp_path, made(content)) for content in (b"one", b"two")]
    command = [str(Path(sys.executable).with_name("timonier")), "publish"]
    told = [
        subprocess.Popen(
            [*command, str(path), f"oci://{registry.address}/charts", "--no-check"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for path in archives
    ]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in told]
    assert sorted(code for _, _, code in ended) == [0, 2], ended
    assert any(b"is published already, with other content" in err for _, err, _ in ended), ended


def test_a_login_is_that_of_docker_or_helm(publish: Run, archive: Path, registry: FakeRegistry, tmp_path: Path) -> None:
    """Asked without it at first; wrong or missing, it is named, and never its password."""
    registry.login = "ann:hunter2"
    code, _, err = publish(archive)
    assert code == 2
    assert f"{registry.address} wants a login" in err
    assert f"helm registry login {registry.address}" in err
    log_in(tmp_path, registry, "ann:wrong")
    code, _, err = publish(archive)
    assert code == 2
    assert f"{registry.address} refuses the login" in err
    assert "wrong" not in err
    log_in(tmp_path, registry, "ann:hunter2")
    assert publish(archive)[0] == 0


def test_a_token_is_fetched_with_the_login(publish: Run, archive: Path, registry: FakeRegistry, tmp_path: Path) -> None:
    """For pulling and pushing this repository, and nothing else."""
    registry.login, registry.token = "ann:hunter2", "t0ken"
    log_in(tmp_path, registry, "ann:hunter2")
    assert publish(archive)[0] == 0
    [asked] = [one for one in registry.asked if "/token" in one]
    assert "scope=repository%3Acharts%2Fshop%3Apull%2Cpush" in asked


def log_in(folder: Path, registry: FakeRegistry, login: str) -> None:
    """Write a login as `docker login` does."""
    config = {"auths": {registry.address: {"auth": base64.b64encode(login.encode()).decode()}}}
    (folder / "docker").mkdir(exist_ok=True)
    (folder / "docker" / "config.json").write_text(json.dumps(config))


def test_a_helper_program_keeps_the_login(
    publish: Run, archive: Path, registry: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`docker-credential-NAME`, as Docker calls it; what it prints is told to nobody."""
    registry.login = "ann:hunter2"
    (tmp_path / "helm.json").write_text(json.dumps({"credsStore": "here"}))
    code, _, err = publish(archive)
    assert code == 2
    assert "There is no docker-credential-here" in err
    helper = tmp_path / "bin" / "docker-credential-here"
    helper.parent.mkdir()
    helper.write_text('#!/bin/sh\nread host\necho "{\\"Username\\": \\"ann\\", \\"Secret\\": \\"hunter2\\"}"\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(helper.parent), prepend=":")
    assert publish(archive)[0] == 0
    helper.write_text("#!/bin/sh\necho hunter2\nexit 3\n")
    code, _, err = publish(archive)
    assert code == 2
    assert "docker-credential-here gave no login" in err
    assert "hunter2" not in err


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("oci://registry.example.org", "is no place for charts in a registry"),
        ("oci://127.0.0.1:99999/charts", "is no place for charts in a registry"),
        ("oci://registry.example.org/charts/shop:1.2.3", "is no place for charts in a registry"),
        ("oci://127.0.0.1:1/charts", "127.0.0.1:1 cannot be reached"),
        ("oci://registry.invalid/charts", "registry.invalid is not known by that name"),
    ],
)
def test_a_place_that_is_none_is_one_sentence(run: Run, archive: Path, place: str, message: str) -> None:
    """What is wrong, and where."""
    code, out, err = run("publish", archive, place, "--no-check")
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())
    assert "Traceback" not in err


def test_an_archive_that_was_tampered_with_is_not_published(
    publish: Run, archive: Path, registry: FakeRegistry
) -> None:
    """By the checksum of its signature, by its name, and by not being one."""
    archive.with_name("shop-1.2.3.tgz.prov").write_text("files:\n  shop-1.2.3.tgz: sha256:0000\n")
    assert "was not made for the archive beside it" in " ".join(publish(archive)[2].split())
    other = archive.with_name("shop-9.9.9.tgz")
    other.write_bytes(archive.read_bytes())
    assert "holds shop 1.2.3, and is not called so" in " ".join(publish(other)[2].split())
    other.write_bytes(archive.read_bytes()[:-40])
    assert "is not a chart archive" in " ".join(publish(other)[2].split())
    assert registry.asked == []


def test_a_signature_beside_the_archive_is_published_with_it(
    publish: Run, archive: Path, registry: FakeRegistry
) -> None:
    """`helm pull --prov` gets it."""
    signature = f"files:\n  shop-1.2.3.tgz: {made().digest}\n"
    archive.with_name("shop-1.2.3.tgz.prov").write_text(signature)
    assert publish(archive)[0] == 0
    layers = json.loads(registry.manifests["charts/shop", "1.2.3"])["layers"]
    assert layers[1]["mediaType"] == "application/vnd.cncf.helm.chart.provenance.v1.prov"
    assert registry.blobs[layers[1]["digest"]] == signature.encode()


def test_a_chart_is_packaged_and_checked_first(
    run: Run, registry: FakeRegistry, make_chart: Callable[..., Path]
) -> None:
    """One with errors gets nowhere."""
    broken = make_chart({"templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: [1]\n"})
    code, out, _ = run("publish", broken, f"oci://{registry.address}/charts")
    assert (code, out, registry.asked) == (1, "", [])
    (broken / "templates/a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    assert run("publish", broken, f"oci://{registry.address}/charts")[0] == 0
    assert registry.tags == {"0.1.0"}
