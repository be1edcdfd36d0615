"""The page of a difference in a real browser: found and folded by keyboard, as wide as the screen, nothing loaded."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from timonier.diff.model import Action, Change, Difference, Effect, Outcome
from timonier.manifest import Identity
from timonier.report.diff_html import difference_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium")
LONG = "a-word-that-is-longer-than-any-narrow-screen-is-wide-" * 4

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="There is no Chromium. Install the package chromium.")


def change(name: str) -> Change:
    """Return an object that differs, in more than fits on a line."""
    effect = Effect(Outcome.ROLLED, (f"image {LONG}",), (f"downtime: {LONG}",))
    lines = ("@@ spec @@", f"-image: {name}-old {LONG}", f"+image: {name}-new", " kept: 1")
    return Change(
        Identity("apps", "Deployment", "", name), Action.CHANGED, "shop/templates/a.yaml", lines, effect=effect
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The distribution's Chromium."""
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=arguments, timeout=60_000) as started,
    ):
        yield started


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Return what shows so many objects on a screen so wide; what a page asks for, or complains of, fails the test."""
    contexts, asked = [], []

    def show(objects: int = 3, width: int = 1000) -> Page:
        (tmp_path / "page.html").write_text(
            difference_html(Difference(tuple(change(f"web-{number}") for number in range(objects)), 0), "old", "new")
        )
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: asked.append(message.text))
        page.on("pageerror", lambda problem: asked.append(str(problem)))
        page.goto((tmp_path / "page.html").as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert asked == [(tmp_path / "page.html").as_uri()] * len(contexts)


def test_objects_are_found_by_keyboard(shown: Callable[..., Page]) -> None:
    """From the first tab stop: what is typed is looked for in names and lines, and Escape shows all again."""
    page = shown(30)
    expect(page.get_by_text("web-7-old")).to_be_hidden()
    page.keyboard.press("Tab")
    page.keyboard.type("WEB-7-NEW")
    expect(page.get_by_role("status")).to_have_text("1 of 30")
    expect(page.locator("main > details:visible")).to_have_count(1)
    expect(page.get_by_text("web-7-old")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("main > details:visible")).to_have_count(30)


def test_objects_are_folded_by_keyboard(shown: Callable[..., Page]) -> None:
    """All at once by the buttons behind the search, one by one on their headings."""
    page = shown(3)
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("details[open]")).to_have_count(0)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("details[open]")).to_have_count(1)
    expect(page.get_by_text("+image: web-0-new")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1000])
def test_only_lines_are_wider_than_the_screen(shown: Callable[..., Page], width: int) -> None:
    """They are scrolled to, coloured to their end; nothing else is."""
    page = shown(3, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    pre, line = page.locator("pre").first, page.locator("pre .gone").first
    assert pre.evaluate("element => element.scrollWidth > element.clientWidth")
    assert line.evaluate("element => element.scrollWidth <= element.clientWidth")
