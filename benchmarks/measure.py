"""Measuring side by side: contenders take turns, and the median of each is compared."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

README = Path(__file__).parent / "README.md"
Command = list[str | Path]
TIMONIER = (str(Path(sys.executable).with_name("timonier")),)  # as people run it


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: What was done.
        ours: Seconds that timonier took.
        peer: What it is compared with.
        theirs: Seconds that one took; None when it could not be had.
        goal: How many times the peer's time timonier may take at most: 0.2 is five times faster, 2 twice as slow.
        note: Why there is nothing to compare, or what else to know.
        is_memory: Whether `ours` and `theirs` are MiB held at most, in place of seconds.
    """

    what: str
    ours: float
    peer: str
    theirs: float | None
    goal: float
    note: str = ""
    is_memory: bool = False

    @property
    def ratio(self) -> str:
        """Say how the two compare."""
        if self.theirs is None:
            return "-"
        factor = self.theirs / self.ours
        better, worse = self._words
        return f"{factor:.1f} times {better}" if factor >= 1 else f"{1 / factor:.2f} times {worse}"

    @property
    def goal_text(self) -> str:
        """Say what was aimed at."""
        better, worse = self._words
        return f"{1 / self.goal:.0f} times {better}" if self.goal < 1 else f"{self.goal:g} times {worse}"

    @property
    def _words(self) -> tuple[str, str]:
        return ("less", "the memory") if self.is_memory else ("faster", "the time")

    def amount(self, value: float) -> str:
        """Write a time or a memory with as many digits as mean something."""
        if self.is_memory:
            return f"{value:.0f} MiB"
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"

    @property
    def met(self) -> str:
        """Say whether the goal was reached."""
        if self.theirs is None:
            return f"left out: {self.note}"
        return "yes" if self.ours <= self.goal * self.theirs else "**no**"


def take_turns(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Run every contender in turn, `rounds` times over, and return the median seconds of each."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, run in contenders.items():
            print(f"  round {number + 1} of {rounds}: {name}", file=sys.stderr)
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def environment() -> dict[str, str]:
    """Return what to measure in: Python keeps compiled modules, as it does wherever a package is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(command: Sequence[str | Path], *, codes: Sequence[int] = (0,), cwd: Path | None = None) -> str:
    """Run a command and return its output.

    Raises:
        RuntimeError: It ended with another exit code than one of `codes`: what fails is not to be measured.
    """
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode not in codes:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-500:]}")
    return done.stdout


def run_piped(first: Sequence[str | Path], second: Sequence[str | Path]) -> None:
    """Run `first | second`.

    Raises:
        RuntimeError: Either failed.
    """
    with (
        subprocess.Popen([str(part) for part in first], stdout=subprocess.PIPE) as producer,
        subprocess.Popen(
            [str(part) for part in second], stdin=producer.stdout, stdout=subprocess.PIPE, text=True
        ) as consumer,
    ):
        if producer.stdout:
            producer.stdout.close()
        output, _ = consumer.communicate()
    if producer.returncode or consumer.returncode:
        raise RuntimeError(f"{first[0]} | {second[0]} failed: {output[-500:]}")


def peak_memory(command: Sequence[str | Path]) -> float:
    """Return the most memory a command held, in MiB: its own, or that of the largest process it started."""
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    kibibytes = int(run([sys.executable, "-c", script, *command]))
    return kibibytes / 1024


def starter_chart(folder: Path) -> Path:
    """Make the chart that `helm create` makes."""
    import helm_python

    helm_python.Chart.create("starter", folder).close()
    return folder / "starter"


def write_yaml(path: Path, document: Any) -> Path:  # noqa: ANN401 - YAML is anything
    """Write a document, its folder made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that goes away with the context."""
    return tempfile.TemporaryDirectory(prefix="timonier-bench-")


def machine() -> str:
    """Name the machine: processor, how many, memory, Python, and what else ran on it just now."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = next((line.partition(": ")[2] for line in info.splitlines() if line.startswith("model name")), "processor")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    load = os.getloadavg()[0]
    python = platform.python_version()
    return f"{os.cpu_count()} times {model}, {memory:.0f} GiB, Python {python}, load {load:.1f} at the start"


def put(name: str, told: str) -> None:
    """Put results into benchmarks/README.md, between the comments `NAME: begin` and `NAME: end`."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    README.write_text(f"{before}{begin}\n\n{told}\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")
