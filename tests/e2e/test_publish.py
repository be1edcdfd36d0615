"""From a change to a chart that others install: packaged, published, pulled, installed, raised, and refused."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.e2e.conftest import Served, Todo

    from timonier.testing.cluster import TestCluster
    from timonier.testing.pod import Client

pytestmark = pytest.mark.e2e
CHARTS = Path(__file__).parents[2] / "charts"
USER, PASSWORD = "ann", "wooden-horse"
# bcrypt's, of that password: the registry takes no other form.
LOGINS = f"{USER}:$2b$05$COZ3ctF9WbbKIlKXtQ1D7ez3B2x2yXTq7uwMKumiBwZo0xdUt3xbO\n"
KEY = "releases@shop.example"


def certificate() -> tuple[str, str]:
    """A certificate of this machine's loopback address that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a registry of a test")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = builder.add_extension(address, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode(), private


@pytest.fixture(scope="module")
def registry(
    serve_registry: Callable[..., AbstractContextManager[Served]],
    tmp_path_factory: pytest.TempPathFactory,
    cluster: TestCluster,
) -> Iterator[Served]:
    """A registry with TLS and a password, to which Helm's user has logged in."""
    folder = tmp_path_factory.mktemp("registry")
    with serve_registry(folder, tls=certificate(), logins=LOGINS) as served, pytest.MonkeyPatch.context() as patched:
        patched.setenv("HELM_REGISTRY_CONFIG", str(folder / "logins.json"))
        patched.setenv("DOCKER_CONFIG", str(folder / "docker"))
        helm(cluster, "registry", "login", served.address, "-u", USER, "-p", PASSWORD, "--ca-file", str(served.trust))
        yield served


def helm(cluster: TestCluster, *arguments: str | Path, fails: bool = False) -> str:
    """Run the helm program on this machine, as a user would; return what it says."""
    command = [str(cluster.helm_program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert bool(done.returncode) is fails, done.stderr
    return done.stdout + done.stderr


def timonier(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as its users do."""
    command = [sys.executable, "-m", "timonier", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def publish(registry: Served, chart: str | Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    """Publish a chart to the registry, which was checked already by whoever packaged it."""
    return timonier(
        "publish", chart, f"oci://{registry.address}/charts", "--ca-file", str(registry.trust), "--no-check", *more
    )


@pytest.fixture(scope="module")
def published(registry: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both charts, packaged and checked by the tool, and published; their archives by name."""
    dist = tmp_path_factory.mktemp("dist")
    packed = timonier("package", CHARTS / "mariadb", CHARTS / "eni-todo", "-d", dist, "-o", "json")
    assert packed.returncode == 0, packed.stderr
    archives = {one["name"]: Path(one["path"]) for one in json.loads(packed.stdout)}
    for archive in archives.values():
        done = publish(registry, archive)
        assert (done.returncode, done.stderr) == (0, "")
    return archives


def version(archive: Path) -> str:
    """The version of an archive."""
    return re.fullmatch(r".+-(\d+\.\d+\.\d+.*)\.tgz", archive.name)[1]  # type: ignore[index]  # as it was packaged


def test_helm_pulls_what_was_published(
    registry: Served, published: dict[str, Path], cluster: TestCluster, tmp_path: Path
) -> None:
    """The same bytes, by name and version."""
    for name, archive in published.items():
        reference = f"oci://{registry.address}/charts/{name}"
        told = ["--version", version(archive), "--ca-file", str(registry.trust)]
        helm(cluster, "pull", reference, *told, "--destination", tmp_path)
        assert (tmp_path / archive.name).read_bytes() == archive.read_bytes()
        assert f"version: {version(archive)}" in helm(cluster, "show", "chart", reference, *told)


def test_helm_installs_it_and_upgrades_to_the_next_version(
    registry: Served,
    published: dict[str, Path],
    cluster: TestCluster,
    namespace: str,
    client: Client,
    todo: Callable[[Client, str], Todo],
    tmp_path: Path,
) -> None:
    """`helm install eni-todo oci://…` answers over HTTP; a raised version is published, and the items stay."""
    reference = f"oci://{registry.address}/charts/eni-todo"
    quick = tmp_path / "quick.json"
    quick.write_text(json.dumps({"lifecycle": {"preStopSleepSeconds": 1}, "terminationGracePeriodSeconds": 10}))
    options: list[str | Path] = [
        "--ca-file",
        str(registry.trust),
        "-n",
        namespace,
        "-f",
        quick,
        "--wait",
        "--timeout",
        "180s",
    ]
    options += ["--kubeconfig", cluster.kubeconfig, "--kube-context", cluster.context]
    helm(cluster, "install", "eni-todo", reference, "--version", version(published["eni-todo"]), *options)
    application = todo(client, "http://eni-todo")
    application.add("installed from the registry")
    packed = timonier("package", CHARTS / "eni-todo", "-d", tmp_path, "--version", "9.0.0", "--no-check")
    assert packed.returncode == 0, packed.stderr
    assert publish(registry, tmp_path / "eni-todo-9.0.0.tgz").returncode == 0
    helm(cluster, "upgrade", "eni-todo", reference, "--version", "9.0.0", *options)
    assert application.items() == ["installed from the registry"]
    deployed = cluster.get("deployment", "eni-todo", namespace)
    assert deployed["metadata"]["labels"]["helm.sh/chart"] == "eni-todo-9.0.0"


def test_a_published_version_stays(registry: Served, published: dict[str, Path], tmp_path: Path) -> None:
    """The same again is success; another one under that version is refused, and what is there is as it was."""
    archive = published["mariadb"]
    again = publish(registry, archive)
    assert (again.returncode, again.stdout.rpartition("  ")[2]) == (0, "already there\n")
    other = tmp_path / "mariadb"
    shutil.copytree(CHARTS / "mariadb", other)
    (other / "README.md").write_text("changed\n")
    refused = publish(registry, other)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"charts/mariadb:{version(archive)} is published already, with other content." in refused.stderr
    assert publish(registry, archive).returncode == 0


def test_helm_verifies_the_signature_that_was_published(
    registry: Served, cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`helm pull --verify`, by the public key alone."""
    if not shutil.which("gpg"):
        pytest.skip("there is no gpg on PATH")
    home = tmp_path_factory.mktemp("g")
    home.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    gpg = ["gpg", "--batch", "--pinentry-mode", "loopback"]
    subprocess.run([*gpg, "--quick-gen-key", "--passphrase", "", KEY, "ed25519", "sign", "never"], check=True)
    subprocess.run([*gpg, "--output", home / "ring.gpg", "--export", KEY], check=True)
    chart = tmp_path_factory.mktemp("signed")
    packed = timonier(
        "package", CHARTS / "mariadb", "-d", chart, "--version", "7.0.0", "--no-check", "--sign", "--key", KEY
    )
    subprocess.run(["gpgconf", "--kill", "all"], check=False)  # noqa: S607 - as gpg is found
    assert packed.returncode == 0, packed.stderr
    assert publish(registry, chart / "mariadb-7.0.0.tgz").returncode == 0
    reference = f"oci://{registry.address}/charts/mariadb"
    told: list[str | Path] = ["--version", "7.0.0", "--ca-file", str(registry.trust), "--destination", home]
    said = helm(cluster, "pull", reference, *told, "--verify", "--keyring", home / "ring.gpg")
    assert f"Signed by: {KEY}" in said


def test_whoever_may_not_is_told_so_and_no_password(
    registry: Served, published: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a login, with a wrong one, and without trust in the certificate."""
    archive = published["mariadb"]
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "none.json"))
    done = publish(registry, archive)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{registry.address} wants a login" in done.stderr
    (tmp_path / "none.json").write_text(json.dumps({"auths": {registry.address: {"auth": "YW5uOm5vdC1zbw=="}}}))
    done = publish(registry, archive)
    assert done.returncode == 2
    assert f"{registry.address} refuses the login" in done.stderr
    assert "not-so" not in done.stderr
    done = timonier("publish", archive, f"oci://{registry.address}/charts", "--no-check")
    assert done.returncode == 2
    assert f"{registry.address} has a certificate that is not trusted" in done.stderr


def test_two_publishers_at_once_publish_one(registry: Served, tmp_path: Path) -> None:
    """Two contents under one version: one is there, the other is refused."""
    archives = [packaged(tmp_path / name, "twice", "1.0.0", name.encode()) for name in ("one", "two")]
    ended: list[subprocess.CompletedProcess[str]] = []
    running = [threading.Thread(target=lambda path=path: ended.append(publish(registry, path))) for path in archives]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert sorted(one.returncode for one in ended) == [0, 2], [one.stderr for one in ended]


def test_a_registry_that_dies_in_the_middle_has_nothing_half_published(
    serve_registry: Callable[..., AbstractContextManager[Served]], tmp_path: Path
) -> None:
    """One sentence, exit code 2; once it is back, the same command publishes."""
    data = tmp_path / "registry"
    data.mkdir()
    archive = packaged(tmp_path / "big", "big", "1.0.0", os.urandom(4_900_000))
    ended: list[subprocess.CompletedProcess[str]] = []
    with serve_registry(data) as served:
        place = f"oci://{served.address}/charts"
        running = threading.Thread(target=lambda: ended.append(timonier("publish", archive, place, "--no-check")))
        running.start()
        uploads = data / "data" / "docker" / "registry" / "v2" / "repositories" / "charts" / "big" / "_uploads"
        wait_until(lambda: uploads.is_dir() and any(uploads.iterdir()), "an upload began", timeout=60, interval=0.001)
        served.process.kill()
        running.join()
    [done] = ended
    assert (done.returncode, done.stdout) == (2, ""), done
    assert served.address in done.stderr
    assert "Traceback" not in done.stderr
    with serve_registry(data) as served:
        again = timonier("publish", archive, f"oci://{served.address}/charts", "--no-check", "-o", "json")
        assert again.returncode == 0, again.stderr
        [told] = json.loads(again.stdout)
        assert told["outcome"] == "published"


def packaged(folder: Path, name: str, chart_version: str, content: bytes) -> Path:
    """Package a chart that holds something."""
    (folder / "files").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {chart_version}\n")
    (folder / "files" / "some.bin").write_bytes(content)
    packed = timonier("package", folder, "-d", folder / "dist", "--no-check", "-o", "json")
    assert packed.returncode == 0, packed.stderr
    told: list[dict[str, Any]] = json.loads(packed.stdout)
    return Path(told[0]["path"])


SHOP = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: {version}\n",
    "templates/all.yaml": """\
{{{{- $kept := lookup "v1" "Secret" .Release.Namespace "shop" }}}}
apiVersion: v1
kind: Secret
metadata: {{name: shop}}
data:
  password: {{{{ {password} }}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: shop}}
spec:
  accessModes: [ReadWriteOnce]
  resources: {{requests: {{storage: 1Mi}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop}}
spec:
  strategy: {{type: Recreate}}
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}, annotations: {{version: "{version}"}}}}
    spec:
      terminationGracePeriodSeconds: 0
      securityContext:
        {{runAsNonRoot: true, runAsUser: 65534, fsGroup: 65534, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
        - name: shop
          image: busybox:stable
          imagePullPolicy: IfNotPresent
          command: [sleep, "3600"]
          securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
          volumeMounts: [{{name: data, mountPath: /data}}]
      volumes: [{{name: data, persistentVolumeClaim: {{claimName: shop}}}}]
""",
}
KEPT = "if $kept }}{{ $kept.data.password }}{{ else }}{{ randAlphaNum 9 | b64enc }}{{ end"
NEW_EACH_TIME = "randAlphaNum 9 | b64enc"


def shop(folder: Path, chart_version: str, password: str) -> Path:
    """A chart with a password, and a pod that keeps something on a claim."""
    for name, text in SHOP.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.format(version=chart_version, password=password))
    return folder


def test_an_upgrade_from_the_registry_is_tried_and_a_bad_one_is_found_out(
    registry: Served, cluster: TestCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`timonier upgrade-test`: one version keeps the password and what the claim holds; the next makes a new one."""
    monkeypatch.setenv("SSL_CERT_FILE", str(registry.trust))
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    assert publish(registry, shop(tmp_path / "first", "1.0.0", KEPT)).returncode == 0
    since = ["--from", f"oci://{registry.address}/charts/shop:1.0.0", "--kube-context", cluster.context]
    good = timonier("upgrade-test", shop(tmp_path / "good", "1.1.0", KEPT), *since)
    assert good.returncode == 0, good.stdout + good.stderr
    bad = timonier("upgrade-test", shop(tmp_path / "bad", "1.1.0", NEW_EACH_TIME), *since)
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "Secret shop: key password has another value" in bad.stdout
