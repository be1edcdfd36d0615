"""Signing what was published with cosign, where that program is there: https://docs.sigstore.dev/cosign/."""

from __future__ import annotations

import shutil
import subprocess

from timonier.errors import SigningError

_SECONDS = 300


def find_cosign() -> str:
    """Return the program.

    Raises:
        SigningError: There is none on PATH.
    """
    program = shutil.which("cosign")
    if not program:
        raise SigningError("There is no cosign to sign with.", hint="Install cosign, or leave --cosign out.")
    return program


def sign(program: str, reference: str, *, key: str = "") -> None:
    """Sign a manifest by its digest, which nobody can change meanwhile.

    Args:
        program: See `find_cosign`.
        reference: `HOST/PATH@sha256:…`.
        key: A file, or a place cosign knows; empty for an identity of the environment.

    Raises:
        SigningError: It was not signed; it is published all the same.
    """
    command = [program, "sign", "--yes", *(["--key", key] if key else []), reference]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise SigningError(f"{reference} is published, and cosign did not sign it within {_SECONDS} seconds.") from None
    if done.returncode:
        told = (done.stderr.strip().splitlines() or ["it does not say why"])[-1]
        message = f"{reference} is published, and not signed: {told.removeprefix('Error: ').rstrip('.')}."
        raise SigningError(message, hint="Publish it again to sign it.")
