"""What the reader sees while something takes its time: one line a step, with how long it took.

Everything goes to standard error, so that standard output holds nothing but results.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.progress import Progress, TaskID


class Step:
    """A step under way: its bar and the note behind its title."""

    def __init__(self, title: str, progress: Progress | None = None, task: TaskID | None = None) -> None:
        self.title = title
        self.note = ""
        self._progress = progress
        self._task = task

    def advance(self, completed: int, total: int) -> None:
        """Set the bar to `completed` of `total` units."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=min(completed, total), total=total)


class Steps:
    """Prints steps as they begin and end.

    Attributes:
        console: Where to. A terminal gets a bar that moves; a log gets a line at the beginning and one at the end.
    """

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console

        self.console = console or Console(stderr=True, highlight=False)
        self._progress: Progress | None = None

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step while the block runs; a block that raises shows it as failed."""
        began = time.monotonic()
        with self._shown(title) as step:
            try:
                yield step
            except BaseException:
                self._line("✗", "red", step, began)
                raise
        self._line("✓", "green", step, began)

    def say(self, note: str) -> None:
        """Print a line that is no step."""
        self.console.print(f"  {note}", markup=False, soft_wrap=True)

    @contextmanager
    def _shown(self, title: str) -> Iterator[Step]:
        if not self.console.is_terminal:
            self.console.print(f"… {title}", markup=False, soft_wrap=True)
            yield Step(title)
            return
        with self._bars() as progress:
            task = progress.add_task(title, total=None)
            yield Step(title, progress, task)
            progress.remove_task(task)

    @contextmanager
    def _bars(self) -> Iterator[Progress]:
        """The bars on the terminal: one display, also for a step within a step."""
        if self._progress is not None:
            yield self._progress
            return
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            self._progress = progress
            try:
                yield progress
            finally:
                self._progress = None

    def _line(self, mark: str, style: str, step: Step, began: float) -> None:
        from rich.text import Text

        note = f" ({step.note})" if step.note else ""
        told = f" {step.title}{note}  {time.monotonic() - began:.1f} s"
        # In one piece: a bar below redraws itself after every print.
        self.console.print(Text.assemble((mark, style), told), soft_wrap=True)
