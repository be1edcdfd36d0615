"""A cluster as `helm` and `kubectl` reach it: the same kubeconfig, context, namespace and credentials.

The program kubectl asks: it knows every way to log in, and whoever has releases has it.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What Helm takes from its environment, and what kubectl calls it: helm.sh/docs/helm/helm; the token goes by `_login`.
_ENVIRONMENT = {
    "HELM_KUBEAPISERVER": "--server",
    "HELM_KUBECAFILE": "--certificate-authority",
    "HELM_KUBEASUSER": "--as",
    "HELM_KUBETLS_SERVER_NAME": "--tls-server-name",
    "HELM_KUBEINSECURE_SKIP_TLS_VERIFY": "--insecure-skip-tls-verify",
}
_TOKEN = "HELM_KUBETOKEN"  # noqa: S105 - a variable's name
_USER = "timonier"
_SECONDS = 60
_REMARK = re.compile(r"Warning:|[WI]\d{4} ")


class Answer(NamedTuple):
    """What kubectl said: objects, and why it has no others."""

    objects: list[dict[str, Any]]
    problems: list[str]


@dataclass(frozen=True)
class Access:
    """The way to a cluster.

    Attributes:
        kubeconfig: The file; that of KUBECONFIG or the home folder when empty.
        context: The context; HELM_KUBECONTEXT's or the file's current one when empty.
        chosen_namespace: The namespace; HELM_NAMESPACE's or the context's when empty.
    """

    kubeconfig: str = ""
    context: str = ""
    chosen_namespace: str = ""

    @functools.cached_property
    def namespace(self) -> str:
        """The namespace that Helm would take."""
        named = self.chosen_namespace or os.environ.get("HELM_NAMESPACE")
        if named:
            return named
        said = self._run(["config", "view", "--minify", "--output=jsonpath={..namespace}"])
        return said.stdout.split(" ")[0].strip() or "default"

    def _options(self) -> list[str]:
        """What tells kubectl the way, but for the kubeconfig."""
        context = self.context or os.environ.get("HELM_KUBECONTEXT", "")
        options = [f"--context={context}"] if context else []
        options += [f"--as-group={group}" for group in os.environ.get("HELM_KUBEASGROUPS", "").split(",") if group]
        return options + [f"{flag}={value}" for name, flag in _ENVIRONMENT.items() if (value := os.environ.get(name))]

    def ask(self, *arguments: str, stdin: str = "") -> Answer:
        """Run kubectl with `--output=json` and return the objects it prints, and what it complains of.

        Raises:
            ClusterError: There is no kubectl, it takes longer than a minute, or what it prints is no JSON.
        """
        done = self._run([*arguments, "--output=json"], stdin)
        return Answer(list(_objects(done.stdout)), [line for line in done.stderr.splitlines() if _is_problem(line)])

    def get(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what `kubectl get` prints, all or nothing.

        Raises:
            ClusterError: kubectl complains.
        """
        answer = self.ask("get", *arguments)
        if answer.problems:
            raise ClusterError(f"The cluster cannot be asked: {answer.problems[-1].rstrip('.')}.")
        return answer.objects

    def _run(self, arguments: Sequence[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
        with self._login() as (login, environment):
            command = [_kubectl(), *arguments, *self._options(), *login]
            try:
                return subprocess.run(
                    command,
                    input=stdin,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=_SECONDS,
                    env=environment,
                )
            except subprocess.TimeoutExpired:
                raise ClusterError(
                    f"The cluster does not answer within {_SECONDS} s.", hint="Check its context."
                ) from None

    @contextmanager
    def _login(self) -> Iterator[tuple[list[str], dict[str, str]]]:
        """Yield the options and the environment that say who asks.

        Everybody on the machine can read a command line: a token is handed over as a user in a kubeconfig of its own,
        which nobody else can read, and which is there as long as kubectl runs.
        """
        token = os.environ.get(_TOKEN)
        if not token:
            yield [f"--kubeconfig={self.kubeconfig}"] if self.kubeconfig else [], {**os.environ}
            return
        files = self.kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
        with tempfile.NamedTemporaryFile("w", prefix="timonier-", suffix=".json") as config:
            json.dump({"apiVersion": "v1", "kind": "Config", "users": [_user(token)]}, config)
            config.flush()
            yield [f"--user={_USER}"], {**os.environ, "KUBECONFIG": f"{config.name}{os.pathsep}{files}"}


def _user(token: str) -> dict[str, object]:
    return {"name": _USER, "user": {"token": token}}


@functools.cache
def _kubectl() -> str:
    from timonier.cluster.programs import present

    found = shutil.which("kubectl") or ((there := present("kubectl")) and str(there.path))
    if not found:
        raise ClusterError("There is no program kubectl to ask the cluster with.", hint="Install it.")
    return found


def _objects(printed: str) -> Iterator[dict[str, Any]]:
    """Yield the objects in what kubectl printed: nothing, one object, a list, or several one behind the other.

    Raises:
        ClusterError: It is something else.
    """
    decoder = json.JSONDecoder()
    rest = printed.lstrip()
    while rest:
        try:
            one, end = decoder.raw_decode(rest)
        except ValueError:
            one, end = None, 0
        if not isinstance(one, dict):
            # What it is instead is not shown: it may be part of a Secret.
            raise ClusterError("What kubectl prints is no JSON.", hint="See what `kubectl get -o json` prints.")
        yield from one["items"] if one.get("kind") == "List" and "items" in one else [one]
        rest = rest[end:].lstrip()


def _is_problem(line: str) -> bool:
    return bool(line.strip()) and not _REMARK.match(line)
