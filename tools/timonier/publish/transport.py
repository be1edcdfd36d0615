"""Asking a registry over HTTP: its challenges are answered, and what passes by itself is asked again.

How logins and tokens go: https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.util import Retry, Timeout

from timonier.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.publish.access import Access
    from timonier.publish.credentials import Login

# Too many requests, and a server's faults that may pass.
PASSING = (429, 500, 502, 503, 504)
TRIES = 5
_OK, _UNAUTHORIZED, _FORBIDDEN = 200, 401, 403
_BACKOFF = 0.3
_TIMEOUT = Timeout(connect=10, read=60)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_DOCKER_HUB = {"docker.io": "registry-1.docker.io"}
_IDENTITY = "<token>"  # the user's name that comes with an identity token in place of a password


class NoAnswerError(Exception):
    """A registry that gave no answer; the text says why, as what follows its name."""


@dataclass
class Transport:
    """The way to one repository of a registry.

    Attributes:
        access: How to reach the registry.
        name: The repository's path, `charts/eni-todo`.
    """

    access: Access
    name: str
    _authorization: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Connect to nothing yet."""
        retry = Retry(
            total=TRIES,
            connect=1,  # a host that is not there is seldom there a second later
            backoff_factor=_BACKOFF,
            backoff_max=20,
            status_forcelist=PASSING,
            allowed_methods={"GET", "HEAD"},  # whoever sends something knows better what to repeat
            raise_on_status=False,
            respect_retry_after_header=True,
        )
        self._pool = urllib3.PoolManager(retries=retry, timeout=_TIMEOUT, **self._tls())

    def _tls(self) -> dict[str, Any]:
        if self.access.plain_http:
            return {}
        if not self.access.verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            return {"cert_reqs": "CERT_NONE"}
        return {"ca_certs": self.access.ca_file} if self.access.ca_file else {}

    def url(self, path: str) -> str:
        """Return where a path below the repository is; a URL stays what it is."""
        if path.startswith(("http://", "https://")):
            return path
        host = _DOCKER_HUB.get(self.access.host, self.access.host)
        return f"{'http' if self.access.plain_http else 'https'}://{host}/v2/{self.name}{path}"

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Ask, and once more with a login or a token when the registry wants one.

        Raises:
            NoAnswerError: There was no answer.
            PublishError: The registry wants a token, and there is none to be had.
        """
        url = self.url(path)
        answer = self._request(method, url, body, headers or {})
        if answer.status == _UNAUTHORIZED and self._authorize(answer.headers.get("WWW-Authenticate", "")):
            answer = self._request(method, url, body, headers or {})
        return answer

    def fault(self, what: str, answer: urllib3.BaseHTTPResponse) -> PublishError:
        """Return what to tell of an answer that is of no use: the status and the registry's codes.

        Its texts stay untold: they may quote what was sent.
        """
        login = f"Run `helm registry login {self.access.host}`."
        if answer.status == _UNAUTHORIZED:
            why = "refuses the login" if self.access.login else "wants a login"
            return PublishError(f"{self.access.host} {why}: {what}.", hint=login)
        if answer.status == _FORBIDDEN:
            return PublishError(f"{self.access.host} does not allow it with this login: {what}.", hint=login)
        return PublishError(f"{self.access.host}: {what}: {told(answer)}.")

    def _request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        # An upload may be led to a store on another host, which is none of the login's business.
        if self._authorization and urlsplit(url).netloc == urlsplit(self.url("")).netloc:
            headers = {**headers, "Authorization": self._authorization}
        try:
            return self._pool.request(method, url, body=body, headers=headers, redirect=method in {"GET", "HEAD"})
        except urllib3.exceptions.HTTPError as problem:
            raise NoAnswerError(_reason(problem)) from None

    def _authorize(self, challenge: str) -> bool:
        """Answer a registry's challenge; returns whether it is worth asking again."""
        scheme, _, rest = challenge.partition(" ")
        before, login = self._authorization, self.access.login
        if scheme.lower() == "basic" and login:
            self._authorization = f"Basic {_basic(login)}"
        elif scheme.lower() == "bearer":
            self._authorization = f"Bearer {self._token(dict(_CHALLENGE.findall(rest)))}"
        return self._authorization != before

    def _token(self, challenge: Mapping[str, str]) -> str:
        realm = challenge.get("realm", "")
        if not realm.startswith("https://") and not self.access.plain_http:
            raise PublishError(f"{self.access.host} wants the login sent to {realm or 'nowhere'}, without TLS.")
        query = {"scope": f"repository:{self.name}:pull,push"}
        if service := challenge.get("service"):
            query["service"] = service
        try:
            answer = self._ask_for_token(realm, query)
        except urllib3.exceptions.HTTPError as problem:
            raise PublishError(f"{urlsplit(realm).netloc}, which gives tokens, {_reason(problem)}.") from None
        said = as_json(answer.data) if answer.status == _OK else {}
        if token := said.get("token") or said.get("access_token"):
            return str(token)
        raise self.fault("it gives no token", answer)

    def _ask_for_token(self, realm: str, query: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        login = self.access.login
        if login and login.user == _IDENTITY:
            fields = {**query, "grant_type": "refresh_token", "client_id": "timonier", "refresh_token": login.secret}
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._pool.request("POST", realm, body=urlencode(fields).encode(), headers=kind)
        headers = {"Authorization": f"Basic {_basic(login)}"} if login else {}
        return self._pool.request("GET", f"{realm}?{urlencode(query)}", headers=headers)


def as_json(content: bytes) -> dict[str, Any]:
    """Return what a JSON object says; nothing when it is none."""
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def codes(answer: urllib3.BaseHTTPResponse) -> set[str]:
    """Return the codes of the errors that a registry answers with."""
    return {str(one.get("code")) for one in as_json(answer.data).get("errors") or [] if isinstance(one, dict)}


def told(answer: urllib3.BaseHTTPResponse) -> str:
    """Say what a registry answered: the status, and its own codes."""
    named = ", ".join(sorted(codes(answer)))
    return f"it answered {answer.status}{f' ({named})' if named else ''}"


def _basic(login: Login) -> str:
    return base64.b64encode(f"{login.user}:{login.secret}".encode()).decode()


def _reason(problem: Exception) -> str:
    """Say in few words why there was no answer."""
    cause = getattr(problem, "reason", None) or problem
    if isinstance(cause, urllib3.exceptions.SSLError):
        why = str(cause).partition("certificate verify failed: ")[2].partition(" (_ssl")[0]
        return f"has a certificate that is not trusted ({why})" if why else "does not speak TLS"
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        return "is not known by that name"
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        return "cannot be reached"
    if isinstance(cause, urllib3.exceptions.TimeoutError):
        return "did not answer in time"
    return "broke off the connection"
