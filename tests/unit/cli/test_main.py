"""The command line as such: what it imports, how it ends, and that no failure is a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from timonier import __version__
from timonier.cli import main
from timonier.cli.app import VERBS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAVY = {"click", "rich", "yaml", "pydantic", "pyhelm3", "helm_python", "kr8s", "pytest_kind", "requests", "asyncio"}


def imported_by(*arguments: str) -> set[str]:
    """Run the command line in a process of its own, and return the top-level modules it imported."""
    program = (
        "import sys, json, contextlib, io\n"
        "from timonier.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({list(arguments)!r})\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_version_costs_nothing() -> None:
    """Answered before anything is imported that has to be read from disk."""
    assert imported_by("--version") & HEAVY == set()


def test_help_does_not_pay_for_engines_and_clusters() -> None:
    """Only for the command line's own library."""
    assert imported_by("--help") & HEAVY <= {"click", "rich"}


def test_a_check_does_not_pay_for_the_engine_that_is_not_asked(make_chart: Callable[..., Path]) -> None:
    """What runs programs takes longer to import than a small chart to check."""
    assert imported_by("check", str(make_chart()), "-o", "json") & {"asyncio", "pyhelm3", "kr8s"} == set()


def test_the_version_is_the_packages(run: Callable[..., tuple[int, str, str]]) -> None:
    """The one pip knows; both ways of asking."""
    from importlib.metadata import version

    assert version("timonier") == __version__
    assert run("--version") == (0, f"timonier {__version__}\n", "")
    assert run("-V") == (0, f"timonier {__version__}\n", "")


@pytest.mark.parametrize("command", [[], ["cluster", "up"], *([verb] for verb in VERBS if verb != "cluster")])
def test_help_has_examples(run: Callable[..., tuple[int, str, str]], command: list[str]) -> None:
    """Every verb's."""
    code, out, _ = run(*command, "--help")
    assert code == 0
    assert "Example" in out
    assert "timonier " + " ".join(command) in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--no-such"], "timonier: No such option '--no-such'. See `timonier --help`."),
        (["render"], "timonier: Missing argument 'SOURCE...'. See `timonier render --help`."),
        (["rendr"], "timonier: No such command 'rendr'. See `timonier --help`."),
        (["cluster", "upp"], "timonier: No such command 'upp'. Did you mean 'up'? See `timonier cluster --help`."),
        (["doctor", "-o", "yaml"], "'yaml' is not one of 'text', 'json'. See `timonier doctor --help`."),
        (["diff", "a", "b", "-U", "x"], "See `timonier diff --help`."),
    ],
)
def test_misuse_is_one_sentence(run: Callable[..., tuple[int, str, str]], arguments: list[str], sentence: str) -> None:
    """On standard error, with where to look, exit code 2."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_an_interrupt_is_one_sentence(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ctrl-C in the middle of whatever."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("timonier.source.open_source", interrupted)
    assert run("render", tmp_path) == (2, "", "timonier: Interrupted.\n")


def test_an_interrupt_from_outside_ends_the_program(tmp_path: Path) -> None:
    """The same by the signal, while it waits for its input."""
    command = [sys.executable, "-m", "timonier", "render", "-"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        # A job in the background of a script starts with the signal ignored, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )
    wait_until_reading(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (2, "timonier: Interrupted.\n")


def wait_until_reading(process: int) -> None:
    """Wait until a process sleeps in a read of its standard input."""
    for _ in range(200):
        time.sleep(0.05)
        with open(f"/proc/{process}/syscall", encoding="ascii") as state:  # noqa: PTH123 - no file, a kernel's answer
            if state.read().startswith("0 0x0 "):
                return
    pytest.fail("the process never read its standard input")


def test_a_closed_pipe_is_quiet(make_chart: Callable[..., Path]) -> None:
    """`timonier render … | head -1` has nothing to complain about."""
    chart = make_chart({"templates/a.yaml": "kind: A\ndata: {{ repeat 100000 `x` }}\n"})
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "timonier", "render", str(chart)]
    done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write_end)
    assert done.stderr == ""
    assert done.returncode != 0


def ended(run: str) -> subprocess.CompletedProcess[str]:
    """Run the program, with something else in place of every command."""
    program = f"import atexit, threading, time\nfrom timonier import cli\n{run}\ncli._run = run\ncli.main()\n"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_what_is_left_for_the_end_is_done() -> None:
    """Before the process is left: threads run to their end, and what was registered for it is called."""
    done = ended("""
def run(arguments):
    atexit.register(print, "what was registered")
    threading.Thread(target=lambda: (time.sleep(0.1), print("of a thread"))).start()
    print("of the command", end=", ")
    return 3
""")
    assert (done.returncode, done.stdout) == (3, "of the command, of a thread\nwhat was registered\n")


def test_a_defect_of_ours_ends_the_program_as_python_does() -> None:
    """With its traceback, and the code of that."""
    done = ended("def run(arguments): raise ZeroDivisionError('division')")
    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: division\n")


def test_a_defect_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What nobody expected keeps its traceback: a sentence would only hide where it comes from."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("timonier.source.open_source", broken)
    with pytest.raises(ZeroDivisionError):
        main(["render", str(tmp_path)])
