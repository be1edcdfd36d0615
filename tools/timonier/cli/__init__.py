"""The command line: the one place that prints errors and exits.

Exit codes: 0 done, 1 ran and found something (a difference, a finding), 2 could not do what was asked.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

TYPE_CHECKING = False  # typing's own takes longer to import than `--version` to answer
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

EXIT_UNABLE = 2
_OBJECTS = 50_000


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit the process.

    Args:
        argv: The arguments without the program's name; `sys.argv` when left out.
    """
    ended: list[int] = []
    if argv is None:
        gc.set_threshold(_OBJECTS)  # by far the most of them are modules' own, and stay: looking for garbage finds none
        atexit.register(_leave, ended)  # the first that is registered is the last that is called
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has seen enough. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_UNABLE
    ended.append(code)
    sys.exit(code)


def _leave(ended: Sequence[int]) -> None:
    """Leave the process to the system, which frees all memory at once: object by object takes Python 7 ms.

    Threads have ended by now, and files are closed; a traceback, after which there is no code, goes its usual way.
    """
    if ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended[0])


def _run(arguments: list[str]) -> int:
    """Run one command, with every expected failure turned into one sentence on standard error."""
    if arguments in (["--version"], ["-V"]):
        # Answered before anything is imported: scripts and `doctor`-like tools ask this often.
        from timonier import __version__

        print(f"timonier {__version__}")  # noqa: T201 - the command line's own output
        return 0

    from click import ClickException
    from click.exceptions import Abort, Exit

    from timonier.cli.app import run
    from timonier.errors import TimonierError

    try:
        run(arguments)
    except Exit as end:
        return end.exit_code
    except TimonierError as error:
        return _say(str(error), error.exit_code)
    except ClickException as error:
        sentence = error.format_message()
        return _say(f"{sentence}{'' if sentence.endswith(('.', '?')) else '.'} {_usage_hint(error)}", EXIT_UNABLE)
    except (Abort, KeyboardInterrupt):
        return _say("Interrupted.", EXIT_UNABLE)
    return 0


def _usage_hint(error: object) -> str:
    context = getattr(error, "ctx", None)
    return f"See `{context.command_path if context else 'timonier'} --help`."


def _say(sentence: str, code: int) -> int:
    from timonier.report.text import visible

    print(visible(f"timonier: {sentence}"), file=sys.stderr)  # noqa: T201 - the command line's own output
    return code
