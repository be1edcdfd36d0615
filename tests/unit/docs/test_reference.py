"""The reference: every verb has a page with the options it really has, and every page is listed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"


def write(docs: Path, *arguments: str) -> tuple[int, str]:
    """Run the script that writes the options, and return its exit code and what it complains of."""
    ended = subprocess.run([sys.executable, docs / "cli.py", *arguments], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the reference and of the script, to be altered."""
    shutil.copytree(DOCS / "reference", tmp_path / "docs" / "reference")
    shutil.copy(DOCS / "cli.py", tmp_path / "docs")
    return tmp_path / "docs"


def test_the_reference_is_up_to_date() -> None:
    """Options, defaults and meanings are the code's; `python docs/cli.py` writes them."""
    assert write(DOCS, "--check") == (0, "")


def test_what_is_out_of_date_is_found_and_mended(copied: Path) -> None:
    """An option that was renamed, and a page that was added; text around the markers stays."""
    page, index = copied / "reference" / "fuzz.md", copied / "reference" / "README.md"
    before = page.read_text(), index.read_text()
    page.write_text(before[0].replace("`--seed` N", "`--random` N"))
    (copied / "reference" / "more.md").write_text("# More\n\nThere is more. And more.\n")
    code, said = write(copied, "--check")
    assert code == 1
    assert [line.partition(":")[0] for line in said.splitlines()] == [str(page), str(index)]
    assert write(copied) == (0, "")
    assert page.read_text() == before[0]
    assert set(index.read_text().splitlines()) - set(before[1].splitlines()) == {"- [More](more.md): There is more."}
    assert write(copied, "--check") == (0, "")


def test_a_verb_without_a_page_is_found(copied: Path) -> None:
    """Nobody adds one and forgets to describe it."""
    (copied / "reference" / "fuzz.md").unlink()
    code, said = write(copied)
    assert code == 1
    assert said == f"{copied}/reference/fuzz.md: needs the lines <!-- options:begin --> and <!-- options:end -->\n"
