"""`timonier publish`: an archive to registries and repositories, once and for all."""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from timonier.cli import options
from timonier.cli.command import PATH, SOURCE, OneOf, argument, command, option
from timonier.errors import PublishError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.package import Archive
    from timonier.publish.oci import Published

_REGISTRY = "Registries"
_REPOSITORY = "Repositories"
_SHOWN_AFTER = 1.0


class _Request(NamedTuple):
    """What the command line asks for, the same for every place."""

    tags: tuple[str, ...]
    dry_run: bool
    plain_http: bool
    ca_file: str
    verify: bool
    url: str
    message: str
    cosign: bool
    cosign_key: str


@command()
@argument("source", type=SOURCE, metavar="ARCHIVE|CHART", help="A packaged chart, or a chart to package.")
@argument(
    "places",
    type=SOURCE,
    nargs=-1,
    required=True,
    metavar="PLACE...",
    help="oci://HOST/PATH, a folder with an index.yaml, or git:BRANCH[:PATH].",
)
@option("--dry-run", is_flag=True, help="Find out and tell what would be done; do nothing.")
@option("--tag", multiple=True, metavar="TAG", help="Publish under this tag, too: latest; repeatable.", panel=_REGISTRY)
@options.plain_http
@option("--ca-file", type=PATH, metavar="FILE", help="Trust these certificates, not the system's.", panel=_REGISTRY)
@option("--insecure-skip-tls-verify", "insecure", is_flag=True, help="Trust any certificate.", panel=_REGISTRY)
@option(
    "--url",
    default="",
    metavar="URL",
    help="Where the repository is served; else its index has relative URLs.",
    panel=_REPOSITORY,
)
@option("--message", "-m", default="", metavar="TEXT", help="Of the commit.", panel=_REPOSITORY)
@options.check
@options.sign
@options.key
@options.passphrase_file
@option("--cosign", is_flag=True, help="Sign what is in a registry by cosign.", panel=options.SIGNATURE)
@option(
    "--cosign-key",
    default="",
    metavar="KEY",
    help="A file or place cosign knows; an identity of the environment when left out.",
    panel=options.SIGNATURE,
)
@option("--output", "-o", type=OneOf(options.Format), default=options.Format.TEXT, help="How to tell what was done.")
@options.engine
def publish(
    source: str,
    places: tuple[str, ...],
    *,
    dry_run: bool,
    tag: tuple[str, ...],
    plain_http: bool,
    ca_file: Path | None,
    insecure: bool,
    url: str,
    message: str,
    check: bool,
    sign: bool,
    key: str,
    passphrase_file: Path | None,
    cosign: bool,
    cosign_key: str,
    output: options.Format,
    engine: str,
) -> None:
    """Publish a chart to registries (`oci://`) and repositories: once and for all.

    A published version is never overwritten. The same archive again is success; another one under that version is
    refused, and so is whatever cannot be found out. In a registry the chart's name and version are added to the place,
    as `helm push` does. Logins are those of `helm registry login` and `docker login`.

    Examples:
    - `timonier publish charts/eni-todo oci://registry.example.org/charts`
    - `timonier publish dist/eni-todo-1.2.0.tgz oci://localhost:5000/charts --tag 1.2 --dry-run`
    - `timonier publish charts/eni-todo docs/charts --url https://charts.example.org`
    - `timonier publish charts/eni-todo git:gh-pages --sign --key releases@example.org`

    Exit codes: 0 published, or there already; 1 the chart has errors; 2 it could not be done, or must not be.
    """
    archive, provenance = _archive(source, check=check, engine=engine)
    if sign:
        from timonier.provenance import signed

        provenance = signed(archive, key, passphrase_file=passphrase_file).encode()
    if cosign:
        from timonier.publish.cosign import find_cosign

        find_cosign()
    request = _Request(
        tag,
        dry_run,
        plain_http,
        str(ca_file) if ca_file else "",
        not insecure,
        url,
        message or f"Publish {archive.name} {archive.version}",
        cosign,
        cosign_key,
    )
    told = []
    for place in places:
        told.append(_publish(archive, provenance, place, request))
        if output is options.Format.TEXT:
            click.echo(f"{told[-1].place}  {told[-1].digest}  {told[-1].outcome}")
    if output is options.Format.JSON:
        from timonier.report import json

        click.echo(json.published_json(told))


def _archive(source: str, *, check: bool, engine: str) -> tuple[Archive, bytes | None]:
    """Return what to publish: an archive as it is, with the signature that lies beside it; of a chart a new one."""
    from timonier.chartfiles import is_archive

    if check:
        from timonier.cli.package import check_charts

        check_charts([source], engine)
    path = Path(source)
    if not (path.is_file() and is_archive(path)):
        from timonier.cli.package import packaged

        return packaged(source), None
    from timonier.package import PROVENANCE_SUFFIX, read_archive_file

    archive = read_archive_file(path)
    beside = Path(f"{source}{PROVENANCE_SUFFIX}")
    if not beside.is_file():
        return archive, None
    from timonier.provenance import check_signature

    provenance = beside.read_bytes()
    check_signature(archive, provenance, str(beside))
    return archive, provenance


def _publish(archive: Archive, provenance: bytes | None, place: str, request: _Request) -> Published:
    from timonier.cluster.cache import lock
    from timonier.publish import oci

    # Two publishers on one machine take turns: between "is it there?" and "put it there" nobody else gets in.
    with lock(f"publish-{_lock_of(place)}"):
        if place.startswith(oci.SCHEME):
            return _to_registry(archive, provenance, place, request)
        from timonier.publish import branch

        if place.startswith(branch.SCHEME):
            return _to_branch(archive, provenance, place, request)
        return _to_folder(archive, provenance, place, request)


def _lock_of(place: str) -> str:
    """Return a name that is the same for every way to write a place, and no longer than files' names may be."""
    from hashlib import sha256

    one = place.rstrip("/") if place.startswith(("oci:", "git:")) else str(Path(place).resolve())
    return sha256(one.encode()).hexdigest()[:16]


def _to_registry(archive: Archive, provenance: bytes | None, place: str, request: _Request) -> Published:
    from timonier.publish import oci
    from timonier.publish.access import Access, is_plain
    from timonier.publish.credentials import find_login
    from timonier.publish.registry import Registry
    from timonier.publish.transport import Transport

    host, path = oci.read_place(place)
    plain = request.plain_http or is_plain(host)
    access = Access(host, find_login(host), plain, request.ca_file, request.verify)
    transport = Transport(access, f"{path}/{archive.name}")
    with closing(transport), _progress(f"publishing {archive.file_name} to {host}") as progress:
        registry = Registry(transport, progress)
        told = oci.publish(archive, provenance, registry, tags=request.tags, dry_run=request.dry_run)
    if request.cosign and not request.dry_run:
        from timonier.publish.cosign import find_cosign
        from timonier.publish.cosign import sign as sign_by_cosign

        sign_by_cosign(find_cosign(), f"{registry.label}@{told.digest}", access, key=request.cosign_key)
    return told


def _to_folder(archive: Archive, provenance: bytes | None, place: str, request: _Request) -> Published:
    from timonier.publish.oci import Outcome
    from timonier.publish.repository import INDEX, added
    from timonier.report.files import write_files

    folder = Path(place)
    if not folder.is_dir():
        raise PublishError(f"{place} is no folder.", hint="Make it, or write oci://HOST/PATH or git:BRANCH.")
    try:
        known = {name: (folder / name).read_bytes() for name in (INDEX, archive.file_name) if (folder / name).exists()}
    except OSError as problem:
        raise SourceError(f"{problem.filename} cannot be read: {problem.strerror}.") from None
    files, [told] = added([(archive, provenance)], known, str(folder), url=request.url)
    if files and request.dry_run:
        return _replaced(told, Outcome.MISSING)
    write_files({folder / name: content for name, content in files.items()}, folder)
    return told


def _to_branch(archive: Archive, provenance: bytes | None, place: str, request: _Request) -> Published:
    from timonier.publish.branch import read_branch
    from timonier.publish.oci import Outcome
    from timonier.publish.repository import INDEX, added

    branch = read_branch(place)
    known = branch.read([INDEX, archive.file_name])
    files, [told] = added([(archive, provenance)], known, str(branch), url=request.url)
    if files and request.dry_run:
        return _replaced(told, Outcome.MISSING)
    if files:
        branch.commit(files, request.message)
    return told


def _replaced(told: Published, outcome: str) -> Published:
    from timonier.publish.oci import Outcome

    return told._replace(outcome=Outcome(outcome))


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on standard error how far an upload is, on a terminal, once it takes longer than a second."""
    import sys
    import time

    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    started = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(what)

    def show(sent: int, total: int) -> None:
        if time.monotonic() - started > _SHOWN_AFTER:
            bar.start()
        bar.update(task, completed=sent, total=total)

    try:
        yield show
    finally:
        bar.stop()
