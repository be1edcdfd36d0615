"""A difference as Markdown and as a page: nothing a manifest holds is taken for markup, and nothing is loaded."""

from __future__ import annotations

import re

from timonier.diff.model import Action, Change, Difference, Effect, Outcome
from timonier.manifest import Identity
from timonier.report.diff_html import difference_html
from timonier.report.diff_markdown import difference_markdown

EVIL = '<script>alert("{{rows}}")</script>```\n</details>|`'
WEB = Identity("apps", "Deployment", "", "web")
EFFECT = Effect(Outcome.REFUSED, (EVIL,), (EVIL,))
CHANGE = Change(WEB, Action.CHANGED, EVIL, ("@@ spec @@", f"-{EVIL}", f"+{EVIL}", " kept"), effect=EFFECT)
WHOLE = Difference((CHANGE,), 1, ((WEB, EVIL),), notes=(EVIL,))


def test_a_page_shows_markup_as_text() -> None:
    """The one script is the page's own."""
    page = difference_html(WHOLE, EVIL, "b")
    assert page.count("<script>") == 1
    assert "&lt;script&gt;alert(&quot;{{rows}}&quot;)" in page
    assert page.count("<details") == 2


def test_a_page_loads_nothing() -> None:
    """And may not, by its own policy."""
    page = difference_html(WHOLE, "a", "b")
    assert "default-src 'none'" in page
    assert re.findall(r"""(?:src|href)=|@import|url\(|https?:""", page) == []


def test_a_page_folds_what_is_many() -> None:
    """Up to twenty objects are open, more are not."""
    assert difference_html(Difference((CHANGE,) * 20, 0), "a", "b").count("<details open>") == 20
    assert difference_html(Difference((CHANGE,) * 21, 0), "a", "b").count("<details open>") == 0


def test_markdown_keeps_lines_within_their_fence() -> None:
    """A fence is longer than any that a line holds, and a table's cell on one line."""
    written = difference_markdown(WHOLE, "a", "b").splitlines()
    assert written.count("````diff") == 1
    assert written.count("````") == 1
    [row] = [line for line in written if line.startswith("| refused")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 4
    assert "<script>" not in row
