"""The application as its users have it: in a real browser, through the ingress, found by what the page says."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator

    from timonier.testing import Release

pytestmark = pytest.mark.e2e

SECONDS = 15
LARGEST = 1024 * 1024


@pytest.fixture(scope="module")
def program() -> str:
    """Chromium's path."""
    got = subprocess.run(
        [sys.executable, Path(__file__).with_name("chromium.py")], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    if not Path(got).is_file():
        pytest.skip(got)
    return got


@pytest.fixture(scope="module")
def chromium(program: str, module_replicated: Release) -> Iterator[Browser]:
    """The browser, to which the hosts of the tests are this machine, and every other is nowhere."""
    # There already: while Playwright runs, nothing else in this thread can have an event loop, and pyhelm3 needs one.
    del module_replicated
    arguments = ["--disable-dev-shm-usage", "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=arguments, timeout=60_000) as browser,
    ):
        yield browser


@pytest.fixture
def opened(chromium: Browser, module_replicated: Release) -> Iterator[Callable[[], Page]]:
    """Opens the list as one more user, who has no cookie yet."""
    host, port = module_replicated.values["ingress"]["hosts"][0]["host"], module_replicated.cluster.http_port
    expect.set_options(timeout=SECONDS * 1000)
    contexts = []

    def open_page() -> Page:
        contexts.append(chromium.new_context(base_url=f"http://{host}:{port}"))
        contexts[-1].set_default_timeout(SECONDS * 1000)
        page = contexts[-1].new_page()
        page.goto("/")
        expect(page.get_by_role("heading", name="To-do list")).to_be_visible()
        return page

    yield open_page
    for context in contexts:
        context.close()


def _add(page: Page, *, draft: bool = False, file: tuple[str, bytes] | None = None) -> str:
    """Fill in the form and send it; returns the task's name, a unique one."""
    name = f"task {secrets.token_hex(6)}"
    page.get_by_label("Name").fill(name)
    page.get_by_label("Category").fill("in a browser")
    if file:
        page.get_by_label("File").set_input_files(
            {"name": file[0], "mimeType": "application/octet-stream", "buffer": file[1]}
        )
    page.get_by_label("Keep it as a draft").set_checked(draft)
    page.get_by_role("button", name="Add task").click()
    return name


def _row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def test_a_task_is_added_done_and_deleted(opened: Callable[[], Page]) -> None:
    """What one user adds another one sees; it can be ticked off, and deleted."""
    page, other = opened(), opened()
    name = _add(page)
    expect(_row(page, name)).to_contain_text("in a browser")
    other.reload()
    other.get_by_label(f"Done: {name}").check()
    other.get_by_role("button", name="Save changes").click()
    page.reload()
    expect(page.get_by_label(f"Done: {name}")).to_be_checked()
    page.get_by_label(f"Delete: {name}").check()
    page.get_by_role("button", name="Save changes").click()
    expect(_row(page, name)).to_have_count(0)
    other.reload()
    expect(_row(other, name)).to_have_count(0)


def test_a_file_is_uploaded_and_downloaded(opened: Callable[[], Page]) -> None:
    """A file of the largest size, whose name is not plain ASCII, comes back byte by byte, under its name."""
    page = opened()
    file = (f"équipe {secrets.token_hex(6)}.bin", os.urandom(LARGEST))
    name = _add(page, file=file)
    with page.expect_download() as download:
        _row(page, name).get_by_role("link", name=file[0]).click()
    assert download.value.suggested_filename == file[0]
    assert download.value.path().read_bytes() == file[1]


def test_a_file_that_is_too_large_is_refused(opened: Callable[[], Page]) -> None:
    """The user is told so on a page that leads back to the list, and nothing was added."""
    page = opened()
    name = _add(page, file=("large.bin", os.urandom(LARGEST + 1)))
    expect(page.get_by_role("heading", name="Too large")).to_be_visible()
    page.get_by_role("link", name="To the list").click()
    expect(page.get_by_role("heading", name="New task")).to_be_visible()
    expect(_row(page, name)).to_have_count(0)


@pytest.mark.chapter("Deployment: zero-downtime rollout")
def test_a_draft_is_kept_through_a_rollout(opened: Callable[[], Page], module_replicated: Release) -> None:
    """With session replication a user who reloads through a rollout sees no error, and the draft on every list."""
    web, page, other = module_replicated, opened(), opened()
    old = {pod["metadata"]["name"] for pod in web.pods()}
    draft = _add(page, draft=True)
    expect(_row(page, draft)).to_contain_text("draft")
    other.reload()
    expect(_row(other, draft)).to_have_count(0)
    web.cluster.kubectl("rollout", "restart", "deployment/eni-todo", namespace=web.namespace)
    new = wait_until(lambda: _reloaded(page, draft, web.replaced(old)), "both pods to be replaced", timeout=120)
    assert _pod(page) in new
    page.get_by_label(f"Done: {draft}").check()
    page.get_by_role("button", name="Save changes").click()
    other.reload()
    expect(_row(other, draft)).to_be_visible()


def _reloaded(page: Page, draft: str, pods: set[str]) -> set[str]:
    """Reload, see the draft, and return the pods: what is wrong here ends the test, and is not waited for."""
    answer = page.reload()
    if answer is None or not answer.ok or _row(page, draft).count() != 1:
        pytest.fail(f"instead of a list with the draft, {_pod(page)} showed:\n{page.inner_text('body')}")
    return pods


def _pod(page: Page) -> str:
    """The name of the pod that answered, as the page shows it."""
    told = re.search(r"This app hostname is: (\S+)", page.inner_text("body"))
    return told[1] if told else ""
