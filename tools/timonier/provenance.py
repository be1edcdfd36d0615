"""Provenance: who vouches for an archive, in the form that `helm verify` reads.

A message of the chart's metadata and the archive's checksum, signed in clear text by the GnuPG program: keys, agents
and smart cards are its business. The form is Helm's: https://helm.sh/docs/topics/provenance/.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import yaml

from timonier.errors import SigningError

if TYPE_CHECKING:
    from pathlib import Path

    from timonier.package import Archive

SUFFIX = ".prov"
_SECONDS = 120


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
    try:
        done = subprocess.run(
            command, input=_message(archive), capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise SigningError(
            f"GnuPG did not sign {archive.file_name} within {_SECONDS} seconds.",
            hint="Does its agent wait for a passphrase? Say --passphrase-file.",
        ) from None
    if done.returncode:
        raise SigningError(
            f"GnuPG cannot sign {archive.file_name} with {key or 'its default key'}: {_reason(done.stderr)}.",
            hint="`gpg --list-secret-keys` names the keys there are.",
        )
    return done.stdout


def check_sum(archive: Archive, provenance: bytes, label: str) -> None:
    """See that a signature is about an archive. Whose it is only `helm verify` says, which is told whom to trust.

    Raises:
        SigningError: It is about another file, or about other content.
    """
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
