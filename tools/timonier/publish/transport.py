"""Asking a registry over HTTP: its challenges are answered, and what passes by itself is asked again.

How logins and tokens go: https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

from timonier.errors import PublishError
from timonier.publish.connection import Connections, NoAnswerError
from timonier.publish.credentials import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.publish.access import Access
    from timonier.publish.http1 import Answer

# Too many requests, and a server's faults that may pass.
PASSING = (429, 500, 502, 503, 504)
TRIES = 5
_OK, _UNAUTHORIZED, _FORBIDDEN = 200, 401, 403
_MOVED = (301, 302, 303, 307, 308)
_MOST_MOVES = 5
_CHALLENGE = r'(\w+)="([^"]*)"'
_DOCKER_HUB = {"docker.io": "registry-1.docker.io"}


def pause(seconds: float) -> None:
    """Wait before something is tried again."""
    time.sleep(seconds)


def backoff(attempt: int) -> float:
    """Return seconds to wait after so many tries, of which the first is 0."""
    return float(0.3 * 2**attempt)


class Transport:
    """The way to one repository of a registry."""

    def __init__(self, access: Access, name: str) -> None:
        """Connect to nobody yet.

        Args:
            access: How to reach the registry.
            name: The repository's path, `charts/eni-todo`.
        """
        self.access = access
        self.name = name
        self._authorization = ""
        self._connections = Connections(access)

    def close(self) -> None:
        """Close its connections."""
        self._connections.close()

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
        """Return what to tell of an answer that is of no use."""
        login = f"Run `helm registry login {self.access.host}`."
        if answer.status == _UNAUTHORIZED:
            why = "refuses the login" if self.access.login else "wants a login"
            return PublishError(f"{self.access.host} {why}: {what}.", hint=login)
        if answer.status == _FORBIDDEN:
            return PublishError(f"{self.access.host} does not allow it with this login: {what}.", hint=login)
        return PublishError(f"{self.access.host}: {what}: {answer.told}.")

    def _request(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Ask; what only reads is asked again when an answer may pass by itself."""
        # An upload may be led to a store on another host, which is none of the login's business.
        if self._authorization and urlsplit(url).netloc == urlsplit(self.url("")).netloc:
            headers = {**headers, "Authorization": self._authorization}
        if method not in {"GET", "HEAD"}:  # whoever sends something knows better what to repeat
            return self._connections.exchange(method, url, body, headers)
        for attempt in range(TRIES - 1):
            answer = self._follow(method, url, headers)
            if answer.status not in PASSING:
                return answer
            pause(answer.after or backoff(attempt))
        return self._follow(method, url, headers)

    def _follow(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        """Ask, and follow to where the answer leads; logins go no further than the registry's own host."""
        for _ in range(_MOST_MOVES):
            answer = self._connections.exchange(method, url, None, headers)
            if answer.status not in _MOVED or not (place := answer.headers.get("location")):
                return answer
            before, url = url, urljoin(url, place)
            if urlsplit(url).netloc != urlsplit(before).netloc:
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
        raise NoAnswerError("leads from one place to the next")

    def _authorize(self, challenge: str) -> bool:
        """Answer a registry's challenge; returns whether it is worth asking again."""
        scheme, _, rest = challenge.partition(" ")
        before, login = self._authorization, self.access.login
        if scheme.lower() == "basic" and login:
            self._authorization = f"Basic {login.basic}"
        elif scheme.lower() == "bearer":
            self._authorization = f"Bearer {self._token(dict(re.findall(_CHALLENGE, rest)))}"
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
        said = answer.json if answer.status == _OK else {}
        if token := said.get("token") or said.get("access_token"):
            return str(token)
        raise self.fault("it gives no token", answer)

    def _ask_for_token(self, realm: str, query: Mapping[str, str]) -> Answer:
        login = self.access.login
        if login and login.user == IDENTITY:
            fields = {**query, "grant_type": "refresh_token", "client_id": "timonier", "refresh_token": login.secret}
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._connections.exchange("POST", realm, urlencode(fields).encode(), kind)
        headers = {"Authorization": f"Basic {login.basic}"} if login else {}
        return self._follow("GET", f"{realm}?{urlencode(query)}", headers)
