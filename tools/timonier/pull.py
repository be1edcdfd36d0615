"""Charts from registries (`oci://`) and repositories (`https://`), fetched by Helm's own client.

That is the embedded library's where it is installed, else the helm program's. Credentials are those of `helm registry
login` and `docker login`, as Helm finds them.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from timonier.chartfiles import ChartFiles, read_archive
from timonier.constraints import is_constraint, is_exact, parse_version
from timonier.errors import EngineError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEME = "oci://"
_MINUTES = 5
_REFERENCE = re.compile(r"oci://(?P<host>[^/\s@]+)/(?P<path>[^\s:@]+?)(?::(?P<tag>[^/\s:@]+))?(?P<digest>@[\w:]+)?")
_USER = re.compile(r"(?<=://)[^/\s@]+@")
_NOT_THERE = re.compile(r"\b404\b|not found|no chart (?:name|version)|name unknown")
_FAULTS = (
    (re.compile(r"\b40[13]\b|unauthorized|denied|credential", re.IGNORECASE), "may not be read", "Log in: {login}."),
    (_NOT_THERE, "is not there", "Check name and version."),
    (
        re.compile(r"HTTP response to HTTPS client|not look like a TLS handshake"),
        "is served over HTTP",
        "Say --plain-http if you trust the way there.",
    ),
    (
        re.compile(r"dial tcp|no such host|timeout|timed out|refused|unreachable|EOF|reset by peer|x509|tls:"),
        "cannot be reached",
        "Check the host's name and the network.",
    ),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A chart to fetch.

    Attributes:
        reference: `oci://HOST/PATH/CHART`, with a digest perhaps; or a chart's name in a repository.
        version: A version, or a constraint such as `1.2`; empty for the newest release.
        repository: The URL of the chart's repository; empty for a reference.
    """

    reference: str
    version: str = ""
    repository: str = ""

    def __str__(self) -> str:
        """Write it for messages, without anybody's password."""
        at = f" of {_USER.sub('…@', self.repository)}" if self.repository else ""
        joined = ":" if not self.repository else " "
        return f"{self.reference}{joined + self.version if self.version else ''}{at}"

    @property
    def is_exact(self) -> bool:
        """Whether one version alone will do."""
        return is_exact(self.version)

    @property
    def asked(self) -> str:
        """The version as Helm's client is told: it would take `1.2` for the name of a tag."""
        return f"~{self.version}" if parse_version(self.version) and not self.is_exact else self.version

    @property
    def host(self) -> str:
        """Where it is asked for, with the port where one is named."""
        return urlsplit(self.repository or self.reference).netloc.rpartition("@")[2]


def read_reference(name: str) -> Wanted:
    """Read `oci://HOST/PATH/CHART:VERSION`; a version may be a constraint, or left out for the newest.

    Raises:
        SourceError: It is no such reference.
    """
    match = _REFERENCE.fullmatch(name)
    if not match:
        raise SourceError(
            f"{_USER.sub('…@', name)} is no reference of a chart.", hint="Write oci://HOST/PATH/CHART:VERSION."
        )
    reference = f"oci://{match['host']}/{match['path']}{match['digest'] or ''}"
    tag = match["tag"] or ""
    if tag and not is_constraint(tag):
        raise SourceError(f"{name}: {tag} is no version of a chart.", hint="Write it as in 1.2.3.")
    return Wanted(reference, tag)


def pull(wanted: Wanted, *, plain_http: bool = False) -> bytes:
    """Fetch a chart's archive. Nothing of it stays on the disk.

    Args:
        wanted: The chart.
        plain_http: Whether to ask over HTTP. A registry on this machine is asked so where it speaks no TLS.

    Raises:
        SourceError: It is not there, may not be read, or cannot be reached.
        EngineError: There is no Helm to fetch it with.
    """
    from timonier.publish.access import is_plain

    plain = plain_http or is_plain(wanted.host)
    with tempfile.TemporaryDirectory(prefix="timonier-") as folder, _waiting(wanted):
        problem = _pull(wanted, Path(folder), plain_http=plain)
        found = next(Path(folder).glob("*.tgz"), None)
        if problem or not found:
            raise _explain(wanted, problem or "Helm fetched nothing")
        return found.read_bytes()


def pull_chart(name: str, *, plain_http: bool = False) -> ChartFiles:
    """Fetch the chart that an `oci://` reference names; see `pull`.

    Raises:
        SourceError: As `read_reference` and `pull`.
        EngineError: As `pull`.
    """
    label = Path(name.removeprefix(SCHEME))  # a path cannot hold two slashes in a row
    return read_archive(io.BytesIO(pull(read_reference(name), plain_http=plain_http)), label)


def _pull(wanted: Wanted, folder: Path, *, plain_http: bool) -> str:
    """Fetch into a folder; returns what Helm said went wrong."""
    try:
        import helm_python
    except Exception:  # noqa: BLE001 - not installed, or made for another machine: the program does the same
        return _pull_by_program(wanted, folder, plain_http=plain_http)
    try:
        with helm_python.RegistryClient(plain_http=plain_http, credentials_file=_credentials()) as client:
            client.pull(
                wanted.reference,
                destination=folder,
                version=wanted.asked or None,
                repo_url=wanted.repository or None,
                plain_http=plain_http,
            )
    except helm_python.HelmError as problem:
        return str(problem)
    return ""


def _pull_by_program(wanted: Wanted, folder: Path, *, plain_http: bool) -> str:
    from timonier.engine.choose import find_program

    helm = find_program()
    if not helm:
        raise EngineError(
            f"There is nothing to fetch {wanted} with.", hint="Run `pip install 'timonier[embedded]'`, or install Helm."
        )
    command = [helm.executable, "pull", wanted.reference, "--destination", str(folder)]
    command += ["--version", wanted.asked] if wanted.version else []
    command += ["--repo", wanted.repository] if wanted.repository else []
    command += ["--plain-http"] if plain_http else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_MINUTES * 60)
    except subprocess.TimeoutExpired:
        return f"timeout after {_MINUTES} minutes"
    return done.stderr.strip().rpartition("Error: ")[2] if done.returncode else ""


def _credentials() -> Path | None:
    """Return the registry credentials file that the environment names (`helm env`), which the library leaves unread."""
    if named := os.environ.get("HELM_REGISTRY_CONFIG"):
        return Path(named)
    if home := os.environ.get("HELM_CONFIG_HOME"):
        return Path(home) / "registry/config.json"
    return None


def _explain(wanted: Wanted, problem: str) -> SourceError:
    told = _USER.sub("…@", " ".join(problem.split())).rstrip(".")
    login = f"`helm registry login {wanted.host}`" if not wanted.repository else "`helm repo add --username`"
    for pattern, what, hint in _FAULTS:
        if pattern.search(problem):
            # Helm would only say the same once more.
            why = "" if pattern is _NOT_THERE else f": {told}"
            return SourceError(f"{wanted} {what}{why}.", hint=hint.format(login=login))
    return SourceError(f"{wanted} cannot be fetched: {told}.")


@contextlib.contextmanager
def _waiting(wanted: Wanted) -> Iterator[None]:
    """Show on a terminal that something is under way."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"Fetching {wanted}"):
        yield
