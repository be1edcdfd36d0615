"""Asking a registry over HTTP: its challenges are answered, and what passes by itself is asked again.

How logins and tokens go: https://distribution.github.io/distribution/spec/auth/token/. This stands on the standard
library's client: a chart of 1 MB is pushed in less time than it takes to import any other.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

from timonier.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.publish.access import Access
    from timonier.publish.credentials import Login

# Too many requests, and a server's faults that may pass.
PASSING = (429, 500, 502, 503, 504)
TRIES = 5
_OK, _UNAUTHORIZED, _FORBIDDEN = 200, 401, 403
_MOVED = (301, 302, 303, 307, 308)
_MOST_MOVES = 5
_SECONDS = 60.0
_LONGEST_PAUSE = 60.0
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_DOCKER_HUB = {"docker.io": "registry-1.docker.io"}
_IDENTITY = "<token>"  # the user's name that comes with an identity token in place of a password


class NoAnswerError(Exception):
    """A registry that gave no answer; the text says why, as what follows its name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a registry answered.

    Attributes:
        status: HTTP's.
        headers: By their names in lower case.
        data: The body.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def after(self) -> float:
        """Seconds the registry asks to wait, a minute at most; 0 when it does not say."""
        said = self.headers.get("retry-after", "")
        return min(float(said), _LONGEST_PAUSE) if said.isdecimal() else 0.0


def pause(seconds: float) -> None:
    """Wait before something is tried again."""
    time.sleep(seconds)


def backoff(attempt: int) -> float:
    """Return seconds to wait after so many tries, of which the first is 0."""
    return float(0.3 * 2**attempt)


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
    _open: dict[str, http.client.HTTPConnection] = field(default_factory=dict, repr=False)

    def close(self) -> None:
        """Close its connections."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def url(self, path: str) -> str:
        """Return where a path below the repository is; a URL stays what it is."""
        if path.startswith(("http://", "https://")):
            return path
        host = _DOCKER_HUB.get(self.access.host, self.access.host)
        return f"{'http' if self.access.plain_http else 'https'}://{host}/v2/{self.name}{path}"

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask, and once more with a login or a token when the registry wants one.

        Raises:
            NoAnswerError: There was no answer.
            PublishError: The registry wants a token, and there is none to be had.
        """
        url = self.url(path)
        answer = self._request(method, url, body, headers or {})
        if answer.status == _UNAUTHORIZED and self._authorize(answer.headers.get("www-authenticate", "")):
            answer = self._request(method, url, body, headers or {})
        return answer

    def fault(self, what: str, answer: Answer) -> PublishError:
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

    def _request(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Ask; what only reads is asked again when an answer may pass by itself."""
        # An upload may be led to a store on another host, which is none of the login's business.
        if self._authorization and urlsplit(url).netloc == urlsplit(self.url("")).netloc:
            headers = {**headers, "Authorization": self._authorization}
        if method not in {"GET", "HEAD"}:  # whoever sends something knows better what to repeat
            return self._exchange(method, url, body, headers)
        for attempt in range(TRIES - 1):
            answer = self._follow(method, url, headers)
            if answer.status not in PASSING:
                return answer
            pause(answer.after or backoff(attempt))
        return self._follow(method, url, headers)

    def _follow(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        """Ask, and follow to where the answer leads; logins go no further than the registry's own host."""
        for _ in range(_MOST_MOVES):
            answer = self._exchange(method, url, None, headers)
            if answer.status not in _MOVED or not (place := answer.headers.get("location")):
                return answer
            before, url = url, urljoin(url, place)
            if urlsplit(url).netloc != urlsplit(before).netloc:
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
        raise NoAnswerError("leads from one place to the next")

    def _exchange(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send one request; once more over a new connection when a kept one turns out to be closed."""
        place = urlsplit(url)
        key = f"{place.scheme}://{place.netloc}"
        target = f"{place.path or '/'}{f'?{place.query}' if place.query else ''}"
        kept = self._open.pop(key, None)
        try:
            if kept:
                try:
                    return self._send(kept, key, method, target, body, headers)
                except (http.client.RemoteDisconnected, ConnectionError):
                    kept.close()
                    if method not in {"GET", "HEAD"}:
                        raise
            return self._send(self._connect(key), key, method, target, body, headers)
        except (OSError, http.client.HTTPException) as problem:
            raise NoAnswerError(_reason(problem)) from None

    def _send(
        self,
        connection: http.client.HTTPConnection,
        key: str,
        method: str,
        target: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        connection.request(method, target, body=body, headers=dict(headers))
        response = connection.getresponse()
        data = response.read()
        if response.will_close:
            connection.close()
        else:
            self._open[key] = connection
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)

    def _connect(self, key: str) -> http.client.HTTPConnection:
        place = urlsplit(key)
        through = _proxy(place.scheme, place.netloc)
        host, port = (through.hostname or "", through.port) if through else (place.hostname or "", place.port)
        if place.scheme == "http":
            connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
        else:
            connection = http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=self._context())
        if through:
            login = f"{through.username}:{through.password}" if through.username else ""
            headers = {"Proxy-Authorization": f"Basic {_encoded(login)}"} if login else {}
            connection.set_tunnel(place.hostname or "", place.port, headers)
        return connection

    def _context(self) -> ssl.SSLContext:
        if not self.access.verify:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return context
        try:
            return ssl.create_default_context(cafile=self.access.ca_file or None)
        except (OSError, ssl.SSLError):
            message = f"{self.access.ca_file} holds no certificates that can be read."
            raise PublishError(message, hint="Name a file in the PEM form.") from None

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
        if not realm.startswith("https://") and not (self.access.plain_http and realm.startswith("http://")):
            raise PublishError(f"{self.access.host} wants the login sent to {realm or 'nowhere'}, without TLS.")
        query = {"scope": f"repository:{self.name}:pull,push"}
        if service := challenge.get("service"):
            query["service"] = service
        try:
            answer = self._ask_for_token(realm, query)
        except NoAnswerError as problem:
            raise PublishError(f"{urlsplit(realm).netloc}, which gives tokens, {problem}.") from None
        said = as_json(answer.data) if answer.status == _OK else {}
        if token := said.get("token") or said.get("access_token"):
            return str(token)
        raise self.fault("it gives no token", answer)

    def _ask_for_token(self, realm: str, query: Mapping[str, str]) -> Answer:
        login = self.access.login
        if login and login.user == _IDENTITY:
            fields = {**query, "grant_type": "refresh_token", "client_id": "timonier", "refresh_token": login.secret}
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._exchange("POST", realm, urlencode(fields).encode(), kind)
        headers = {"Authorization": f"Basic {_basic(login)}"} if login else {}
        return self._follow("GET", f"{realm}?{urlencode(query)}", headers)


def as_json(content: bytes) -> dict[str, Any]:
    """Return what a JSON object says; nothing when it is none."""
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def codes(answer: Answer) -> set[str]:
    """Return the codes of the errors that a registry answers with."""
    return {str(one.get("code")) for one in as_json(answer.data).get("errors") or [] if isinstance(one, dict)}


def told(answer: Answer) -> str:
    """Say what a registry answered: the status, and its own codes."""
    named = ", ".join(sorted(codes(answer)))
    return f"it answered {answer.status}{f' ({named})' if named else ''}"


def _proxy(scheme: str, host: str) -> Any:  # noqa: ANN401 - a split URL or None
    """Return the proxy that the environment names for a host, as curl and Go read it; None for none."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    named = getproxies().get(scheme, "")
    return urlsplit(named) if named and not proxy_bypass(host) else None


def _basic(login: Login) -> str:
    return _encoded(f"{login.user}:{login.secret}")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _reason(problem: Exception) -> str:
    """Say in few words why there was no answer."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"has a certificate that is not trusted ({problem.verify_message})"
    if isinstance(problem, ssl.SSLError):
        return "does not speak TLS"
    if isinstance(problem, socket.gaierror):
        return "is not known by that name"
    if isinstance(problem, TimeoutError):
        return "did not answer in time"
    if isinstance(problem, ConnectionRefusedError):
        return "cannot be reached"
    return "broke off the connection"
