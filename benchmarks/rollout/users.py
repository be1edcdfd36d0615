"""Users of the to-do application behind an ingress, each with a session of their own and a draft that only it keeps."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from timonier.testing.browser import Browser

if TYPE_CHECKING:
    from requests import Response

_OK = 200
_HOST = re.compile(r"This app hostname is: <b>([^<]+)</b>")


class User(Browser):
    """A browser with a draft.

    Attributes:
        pod: The name of the pod that answered last.
        draft: The (unique) name of the draft; empty until there is one.
        shown: Whether the last page showed the draft.
    """

    def __init__(self, host: str, port: int) -> None:
        """Open nothing yet."""
        super().__init__(host, port)
        self.pod = self.draft = ""
        self.shown = False

    def keep_draft(self) -> None:
        """Open a session, and put a draft into it.

        Raises:
            AssertionError: Another answer than a list.
            requests.RequestException: No answer.
        """
        self.read()
        self.draft = f"draft-{secrets.token_hex(6)}"
        self._look_at(self.post("/eni-todo/add", {"name": self.draft, "category": "draft", "onlyinsession": "true"}))

    def add(self) -> str:
        """Add an item to the database; returns its name."""
        item = f"item-{secrets.token_hex(6)}"
        self._look_at(self.post("/eni-todo/add", {"name": item, "category": "item"}))
        return item

    def read(self) -> str:
        """Ask for the list, and look whether the draft is on it; returns the page. Raises as `keep_draft`."""
        return self._look_at(self.get("/eni-todo/"))

    def _look_at(self, answer: Response) -> str:
        pod = _HOST.search(answer.text)
        if answer.status_code != _OK or pod is None:
            raise AssertionError(f"{answer.status_code} {' '.join(answer.text.split())[:80]}")
        self.pod, self.shown = pod[1], bool(self.draft) and self.draft in answer.text
        return answer.text
