"""Provenance: who vouches for an archive, in the form that `helm verify` reads.

A message of the chart's metadata and the archive's checksum, signed in clear text by the GnuPG program: keys, agents
and smart cards are its business. The form is Helm's: https://helm.sh/docs/topics/provenance/.
"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from typing import TYPE_CHECKING

import yaml

from timonier.errors import SigningError

if TYPE_CHECKING:
    from pathlib import Path

    from timonier.package import Archive

_SECONDS = 120
# What GnuPG says of signatures that Helm will not take; see doc/DETAILS of its sources.
_BAD = {
    "BADSIG": "was changed after it was signed",
    "EXPKEYSIG": "was signed with a key that has expired",
    "REVKEYSIG": "was signed with a key that is revoked",
    "EXPSIG": "is a signature that has expired",
}


def signed(archive: Archive, key: str, *, passphrase_file: Path | None = None) -> str:
    """Return what to write beside an archive, in `NAME-VERSION.tgz.prov`.

    Args:
        archive: The packaged chart.
        key: What GnuPG finds the key by: a fingerprint, an address; empty for its default key.
        passphrase_file: A file with the key's passphrase; else GnuPG's agent asks for it.

    Raises:
        SigningError: There is no GnuPG, no such key, or it cannot be used.
    """
    program = shutil.which("gpg")
    if not program:
        raise SigningError("There is no gpg to sign with.", hint="Install GnuPG, or leave --sign out.")
    command = [program, "--batch", "--yes", "--armor", "--digest-algo", "SHA512", "--clearsign"]
    command += ["--local-user", key] if key else []
    if passphrase_file:
        if not passphrase_file.is_file():
            raise SigningError(f"{passphrase_file} does not exist.", hint="Name a file that holds the passphrase.")
        command += ["--pinentry-mode", "loopback", "--passphrase-file", str(passphrase_file)]
    done = _run(command, _message(archive).encode())
    if done.returncode:
        what = f"GnuPG cannot sign {archive.file_name} with {key or 'its default key'}"
        raise _refusal(what, program, key, done.stderr.decode(errors="replace"))
    return done.stdout.decode()


def _run(command: list[str], said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, input=said, capture_output=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise SigningError(
            f"GnuPG did not answer within {_SECONDS} seconds.",
            hint="Does its agent wait for a passphrase? Say --passphrase-file.",
        ) from None


def _refusal(what: str, program: str, key: str, told: str) -> SigningError:
    if expired := _expiry(program, key):
        return SigningError(f"{what}: {expired}.", hint="`gpg --quick-set-expire` prolongs it, --key names another.")
    return SigningError(f"{what}: {_reason(told)}.", hint="`gpg --list-secret-keys` names the keys there are.")


def _expiry(program: str, key: str) -> str:
    """Say when all keys expired that a name stands for; empty when one did not. GnuPG itself calls them unusable."""
    command = [program, "--batch", "--with-colons", "--list-secret-keys", *([key] if key else [])]
    listed = _run(command).stdout.decode(errors="replace")
    # https://github.com/gpg/gnupg/blob/master/doc/DETAILS: the second field is the validity, the seventh the end of it.
    keys = [fields for line in listed.splitlines() if (fields := line.split(":"))[0] == "sec"]
    if not keys or any(fields[1] != "e" for fields in keys):
        return ""
    last = max(int(fields[6]) for fields in keys)
    return f"the key expired on {dt.datetime.fromtimestamp(last, dt.UTC):%Y-%m-%d}"


def check_signature(archive: Archive, provenance: bytes, label: str) -> None:
    """See that a signature is about an archive, and one that Helm may take.

    Whose it is only `helm verify` says, which is told whom to trust. Where there is no GnuPG, or it does not know the
    key, what was signed is compared with the archive, and no more.

    Raises:
        SigningError: It is about another file or about other content, was changed itself, or its key is good no more.
    """
    _check_sum(archive, provenance, label)
    program = shutil.which("gpg")
    if not program:
        return
    command = [program, "--batch", "--no-auto-key-retrieve", "--status-fd", "1", "--verify", "-"]
    told = _run(command, provenance).stdout.decode(errors="replace")
    said = {line.split()[1] for line in told.splitlines() if len(line.split()) > 1}
    for status in sorted(said & _BAD.keys()):
        raise SigningError(f"{label} {_BAD[status]}, and Helm refuses it.", hint="Package and sign the chart anew.")


def _check_sum(archive: Archive, provenance: bytes, label: str) -> None:
    text = provenance.decode("utf-8", errors="replace")
    if f"{archive.file_name}: {archive.digest}" not in text:
        raise SigningError(
            f"{label} was not made for the archive beside it: one of the two was changed.",
            hint="Package and sign the chart anew.",
        )


def _message(archive: Archive) -> str:
    metadata = yaml.dump(dict(archive.metadata), Dumper=yaml.CSafeDumper, sort_keys=True, allow_unicode=True)
    checksums = yaml.dump({"files": {archive.file_name: archive.digest}}, Dumper=yaml.CSafeDumper)
    return f"{metadata}\n...\n{checksums}"


def _reason(told: str) -> str:
    """Return what went wrong in GnuPG's own words, the last and most general of which says nothing."""
    lines = [line.removeprefix("gpg: ").strip() for line in told.splitlines() if line.startswith("gpg: ")]
    meant = [line for line in lines if "clear-sign failed" not in line and not line.startswith("using ")] or lines
    return "; ".join(dict.fromkeys(meant)).rstrip(".") or "it does not say why"
