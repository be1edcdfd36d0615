"""`timonier docs`: what is written, what is found, exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

README = "# Shop\n\n<!-- values:begin -->\nold\n<!-- values:end -->\n\nMore.\n"
TABLE = "| Key | Type | Default | Meaning |\n|---|---|---|---|\n| `size` | integer | `1` | How big |\n"


@pytest.fixture
def chart(make_chart: Callable[..., Path]) -> Path:
    """A chart with one value and a README whose table is out of date."""
    return make_chart({"README.md": README}, values="# -- How big\nsize: 1\n")


def test_the_table_is_written_between_the_markers(run: Run, chart: Path) -> None:
    """Once; the rest of the README stays, and a second run changes nothing."""
    readme = chart / "README.md"
    assert run("docs", chart) == (0, f"{readme}: 1 value, written\n", "")
    assert readme.read_text() == README.replace("old\n", f"\n{TABLE}\n")
    before = readme.stat().st_mtime_ns
    assert run("docs", chart) == (0, f"{readme}: 1 value, up to date\n", "")
    assert readme.stat().st_mtime_ns == before
    assert run("docs", chart, "--check") == (0, f"{readme}: 1 value, up to date\n", "")


def test_line_ends_stay_as_they_are(run: Run, chart: Path) -> None:
    """A README from Windows stays one."""
    (chart / "README.md").write_bytes(README.replace("\n", "\r\n").encode())
    run("docs", chart)
    written = (chart / "README.md").read_bytes()
    assert TABLE.replace("\n", "\r\n").encode() in written
    assert written.count(b"\n") == written.count(b"\r\n")


def test_check_shows_what_is_out_of_date_and_writes_nothing(run: Run, chart: Path) -> None:
    """A short difference, and one sentence."""
    run("docs", chart)
    (chart / "values.yaml").write_text("# -- How big\nsize: 2\n")
    before = (chart / "README.md").read_bytes()
    code, out, err = run("docs", chart, "--check")
    assert (code, out.splitlines()) == (
        1,
        ["-| `size` | integer | `1` | How big |", "+| `size` | integer | `2` | How big |"],
    )
    assert err == f"{chart}/README.md: the table is out of date. Run `timonier docs {chart}`.\n"
    assert (chart / "README.md").read_bytes() == before


def test_a_difference_is_shown_in_short(run: Run, chart: Path) -> None:
    """Hundreds of lines would hide the sentence."""
    (chart / "values.yaml").write_text("".join(f"# -- N\nv{number}: 1\n" for number in range(50)))
    out = run("docs", chart, "--check")[1]
    assert len(out.splitlines()) == 21
    assert out.splitlines()[-1] == "… and 35 lines more"


def test_a_key_without_a_comment_is_a_finding(run: Run, chart: Path) -> None:
    """Written with an empty meaning, and never taken for well by --check."""
    (chart / "values.yaml").write_text("size: 1\n")
    finding = f"{chart}/values.yaml:1: size has no comment `# -- …` above it\n"
    code, out, _ = run("docs", chart)
    assert (code, out) == (0, f"{finding}{chart}/README.md: 1 value, written\n")
    assert run("docs", chart, "--check") == (1, finding, "")


def test_json_has_the_rows_and_needs_no_readme(run: Run, chart: Path) -> None:
    """For another generator; gaps count with --check."""
    (chart / "README.md").unlink()
    code, out, err = run("docs", chart, "-o", "json")
    assert (code, err) == (0, "")
    row = {"key": "size", "types": ["integer"], "default": 1, "meaning": "How big", "line": 2}
    assert json.loads(out) == [{"chart": str(chart), "values": [row], "gaps": []}]
    (chart / "values.yaml").write_text("size: 1\n")
    assert run("docs", chart, "-o", "json")[0] == 0
    assert run("docs", chart, "-o", "json", "--check")[0] == 1


def test_one_chart_out_of_date_among_others_is_found(run: Run, chart: Path, make_chart: Callable[..., Path]) -> None:
    """Whatever their order."""
    other = make_chart({"README.md": README}, name="other", values="# -- X\na: 1\n")
    run("docs", other)
    assert run("docs", chart, other, "--check")[0] == 1
    assert run("docs", other, chart, "--check")[0] == 1


@pytest.mark.parametrize(
    ("readme", "sentence"),
    [
        (None, "README.md does not exist. Make one with the lines <!-- values:begin --> and"),
        ("# Shop\n", "README.md needs each of these lines once"),
        ("<!-- values:end -->\n<!-- values:begin -->\n", "README.md needs each of these lines once"),
        (README + README, "README.md needs each of these lines once"),
        (b"\xff\xfe", "README.md is not text in UTF-8"),
    ],
)
def test_no_place_for_the_table_is_one_sentence(
    run: Run, chart: Path, readme: str | bytes | None, sentence: str
) -> None:
    """Exit code 2, and the other charts of the same run are left as they were."""
    path = chart / "README.md"
    path.unlink()
    if readme is not None:
        path.write_bytes(readme if isinstance(readme, bytes) else readme.encode())
    for arguments in ([], ["--check"]):
        code, out, err = run("docs", chart, *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert sentence in err


def test_what_is_no_chart_is_one_sentence(run: Run, chart: Path, tmp_path: Path) -> None:
    """Neither a folder nor a chart without values."""
    (chart / "values.yaml").unlink()
    for path, sentence in ((tmp_path, "is not a chart's directory"), (chart, "values.yaml does not exist")):
        code, out, err = run("docs", path)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert sentence in err
