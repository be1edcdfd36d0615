"""Signing what was published with cosign, where that program is there: https://docs.sigstore.dev/cosign/."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.errors import SigningError

if TYPE_CHECKING:
    from timonier.publish.access import Access

_SECONDS = 300
_SAYS_NOTHING = "error during command execution: "


def find_cosign() -> str:
    """Return the program.

    Raises:
        SigningError: There is none on PATH.
    """
    program = shutil.which("cosign")
    if not program:
        raise SigningError("There is no cosign to sign with.", hint="Install cosign, or leave --cosign out.")
    return program


def sign(program: str, reference: str, access: Access, *, key: str = "") -> None:
    """Sign a manifest by its digest, which nobody can change meanwhile.

    Args:
        program: See `find_cosign`.
        reference: `HOST/PATH@sha256:…`.
        access: How the registry was reached: cosign reaches it the same way.
        key: A file, or a place cosign knows; empty for an identity of the environment.

    Raises:
        SigningError: It was not signed; it is published all the same.
    """
    command = [program, "sign", "--yes", *_options(access), *(["--key", key] if key else []), reference]
    with tempfile.TemporaryDirectory(prefix="timonier-") as folder:
        environment = {**os.environ, **_login(access, Path(folder))}
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            message = f"{reference} is published, and cosign did not sign it within {_SECONDS} seconds."
            raise SigningError(message) from None
    if done.returncode:
        told = (done.stderr.strip().splitlines() or ["it does not say why"])[-1].removeprefix("Error: ")
        message = f"{reference} is published, and not signed: {told.removeprefix(_SAYS_NOTHING).rstrip('.')}."
        raise SigningError(message, hint="Publish it again to sign it.")


def _options(access: Access) -> list[str]:
    return [
        *(["--allow-http-registry"] if access.plain_http else []),
        *([] if access.verify else ["--allow-insecure-registry"]),
        *(["--registry-cacert", access.ca_file] if access.ca_file else []),
    ]


def _login(access: Access, folder: Path) -> dict[str, str]:
    """Return what lets cosign find the login: it reads Docker's file, and the login may be Helm's or a helper's."""
    if not access.login:
        return {}
    (folder / "config.json").write_text(access.login.as_file(access.host), encoding="utf-8")
    return {"DOCKER_CONFIG": str(folder)}
