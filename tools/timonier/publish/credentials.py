"""Logins for registries, as `helm registry login` and `docker login` keep them: in files, or with a helper program.

The form is that of https://docs.docker.com/reference/cli/docker/login/#credential-stores, the helpers' that of
https://github.com/docker/docker-credential-helpers.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from timonier.errors import PublishError

IDENTITY = "<token>"
"""The user's name that comes with an identity token in place of a password."""

_SECONDS = 30
# Helpers say so with exit code 1; anything else is a fault.
_NOT_FOUND = "credentials not found"
_DOCKER_HUB = {"docker.io", "registry-1.docker.io", "index.docker.io"}
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks a registry.

    Attributes:
        user: The name; `<token>` where the secret is an identity token.
        secret: The password or token. It is in no `repr`.
    """

    user: str
    secret: str = field(repr=False)

    @property
    def basic(self) -> str:
        """What HTTP's basic authentication sends."""
        return base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()

    def as_file(self, host: str) -> str:
        """Return the file of logins in which Docker finds this one for a registry."""
        entry = {"identitytoken": self.secret} if self.user == IDENTITY else {"auth": self.basic}
        return json.dumps({"auths": {_DOCKER_HUB_KEY if host in _DOCKER_HUB else host: entry}})


def find_login(host: str) -> Login | None:
    """Return the login for a registry, None when nobody logged in.

    Args:
        host: Its name, with the port where it has one.

    Raises:
        PublishError: A file of logins cannot be read, or a helper program fails.
    """
    for file in _files():
        if file.is_file() and (login := _login_of(file, host)):
            return login
    return None


def _files() -> list[Path]:
    """Return where logins are kept, Helm's first, as `helm env` and `docker --config` say."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    helm = Path(os.environ.get("HELM_CONFIG_HOME") or config / "helm")
    docker = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    return [Path(os.environ.get("HELM_REGISTRY_CONFIG") or helm / "registry" / "config.json"), docker / "config.json"]


def _login_of(file: Path, host: str) -> Login | None:
    said = _read(file)
    for key in _keys(host):
        helper = (said.get("credHelpers") or {}).get(key) or ""
        if helper and (login := _ask(helper, key)):
            return login
        entry = (said.get("auths") or {}).get(key)
        if isinstance(entry, dict) and (login := _decoded(entry, file, key)):
            return login
    if store := said.get("credsStore"):
        return next((login for key in _keys(host) if (login := _ask(str(store), key))), None)
    return None


def _keys(host: str) -> list[str]:
    """Return what a registry may be called in a file of logins."""
    names = [_DOCKER_HUB_KEY] if host in _DOCKER_HUB else []
    return [host, *names, f"https://{host}", f"http://{host}"]


def _read(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # the problem itself might quote what the file holds
        raise PublishError(f"{file} is no file of logins that can be read.", hint="Log in anew.") from None
    return said if isinstance(said, dict) else {}


def _decoded(entry: dict[str, Any], file: Path, key: str) -> Login | None:
    if token := entry.get("identitytoken"):
        return Login(IDENTITY, str(token))
    if not entry.get("auth"):
        return None
    try:
        user, colon, secret = base64.b64decode(entry["auth"], validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        user = colon = secret = ""
    if not colon:
        raise PublishError(f"{file}: the login of {key} cannot be read.", hint=f"Run `helm registry login {key}`.")
    return Login(user, secret.rstrip("\0"))


def _ask(helper: str, key: str) -> Login | None:
    """Ask a helper program, `docker-credential-NAME`.

    Raises:
        PublishError: There is none of that name, or it fails.
    """
    name = f"docker-credential-{helper}"
    program = shutil.which(name)
    if not program:
        raise PublishError(f"There is no {name}, which keeps the login of {key}.", hint="Put it on PATH.")
    try:
        done = subprocess.run(
            [program, "get"], input=key, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        raise PublishError(f"{name} did not answer within {_SECONDS} seconds.", hint="Try it by hand.") from None
    if done.returncode and _NOT_FOUND in done.stdout + done.stderr:
        return None
    try:
        said = json.loads(done.stdout) if not done.returncode else {}
        return Login(str(said["Username"]), str(said["Secret"]))
    except (ValueError, KeyError, TypeError):  # what it printed may hold the secret
        raise PublishError(f"{name} gave no login of {key}.", hint="Try it by hand.") from None
