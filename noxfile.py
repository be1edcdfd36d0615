"""What is done to this repository, and how: `./nox -s NAME`, `./nox --list` for all of it.

Every session installs from a lock in `requirements/` with hashes. What follows `--` goes to pytest.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import nox
from nox.command import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

nox.needs_version = ">=2025.2"
nox.options.sessions = ["lint", "unit"]
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True

CHARTS = ("charts/mariadb", "charts/eni-todo")
MARKDOWN = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs", "charts")

# What of the charts' templates their tests have to reach, and to notice when it is altered, in percent.
NOTICED = ("--fail-under-reached", "95", "--fail-under-noticed", "90")

# How pytest ends when no test was picked: docs.pytest.org, "Exit codes".
NOTHING_PICKED = 5

# Sessions that need a container engine or a browser may install one where there is none; the user forbids it by 0.
ENGINE = {"TIMONIER_PROVISION": os.environ.get("TIMONIER_PROVISION", "1")}

# What renders much: Helm's library, as all of Go, then collects garbage when the heap has grown fivefold, not twofold.
FASTER = {"GOGC": "400"}

# Each lock, and the extras of the package that go into it. `lint` comes after `tests`, whose versions it takes over.
LOCKS: dict[str, tuple[str, ...]] = {
    "nox": (),
    "demo": ("embedded",),
    "tests": ("embedded", "check", "fuzz", "testing"),
    "lint": ("embedded", "check", "fuzz", "testing"),
}
# Hashes pin what is installed; where it is downloaded from is the machine's own business, and no part of a lock.
LOCK_OPTIONS = (
    *("--quiet", "--generate-hashes", "--strip-extras", "--allow-unsafe", "--no-header"),
    *("--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links"),
)

LINT_STEPS: tuple[tuple[str, ...], ...] = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
    ("yamllint", "--strict", "."),
    ("pymarkdown", "scan", "--recurse", *MARKDOWN),
    ("timonier", "docs", *CHARTS, "--check"),
    ("timonier", "check", *CHARTS, "--strict"),
    ("python", "docs/cli.py", "--check"),
    ("python", "docs/rules.py", "--check"),
    ("python", "docs/chapter.py", "--check"),
    ("python", ".ci/helm_lint.py", *CHARTS),
)


def install(session: nox.Session, lock: str) -> None:
    """Install locked packages, and this project as it lies here."""
    session.install("--quiet", "--require-hashes", "-r", f"requirements/{lock}.txt")
    # The build backend is locked as well: isolation would fetch another one.
    session.install("--quiet", "--no-deps", "--no-build-isolation", "-e", ".")


@nox.session
def demo(session: nox.Session) -> None:
    """The main job without a cluster: both charts in every case, and what a change of values would change."""
    install(session, "demo")
    show(session, "render", *CHARTS, "--all-cases", "-o", "summary")
    change = ("--new-set", "replicas=3", "--new-set", "ingress.enabled=true")
    show(session, "diff", "charts/eni-todo", "charts/eni-todo", *change, differs=True)


def show(session: nox.Session, *arguments: str, differs: bool = False) -> None:
    """Run a command of the tool as a reader would, with the embedded engine."""
    session.run("timonier", *arguments, "--engine", "embedded", success_codes=[1] if differs else [0])


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, mypy strict, YAML, Markdown, what is generated, `timonier check` and `helm lint` of both charts."""
    install(session, "lint")
    fail_if_any(session, run_lint(session))


def run_lint(session: nox.Session) -> list[str]:
    """Run every step, so that one run shows all there is to mend; return what failed."""
    failed = []
    for step in LINT_STEPS:
        try:
            session.run(*step, env=FASTER)
        except CommandFailed:
            failed.append(" ".join(step[:2]))
    return failed


def fail_if_any(session: nox.Session, failed: Sequence[str]) -> None:
    """End the session as failed when anything did."""
    if failed:
        session.error(f"failed: {', '.join(failed)}")


@nox.session
def unit(session: nox.Session) -> None:
    """The tests that need neither cluster nor network."""
    install(session, "lint")  # mypy, too: one of them asks it about a user's test
    session.run("pytest", "tests/unit", *session.posargs, env=FASTER)


@contextmanager
def engine(session: nox.Session) -> Iterator[None]:
    """A container engine with all that a cluster is made of, got in plain sight before pytest hides what is printed.

    An engine that was started here is stopped again, unless something still runs in it (a cluster that was kept).
    """
    session.run("python", "-m", "timonier.cluster.provision", "start", env=ENGINE)
    try:
        session.run("timonier", "cluster", "build", env=ENGINE)
        yield
    finally:
        session.run("python", "-m", "timonier.cluster.provision", "stop", env=ENGINE)


def takes_another_cluster(session: nox.Session) -> bool:
    """Whether pytest is told of a cluster that is there, on which nothing need be built."""
    return any(argument.startswith("--kube-context") for argument in session.posargs)


@nox.session
def e2e(session: nox.Session) -> None:
    """The tests on a real cluster, which is made when there is none; `-- --kube-context NAME` takes another."""
    install(session, "tests")
    session.run("python", "tests/e2e/chromium.py", env=ENGINE)
    with nullcontext() if takes_another_cluster(session) else engine(session):
        session.run("pytest", "tests/e2e", *session.posargs, env=ENGINE)


@nox.session
def tests(session: nox.Session) -> None:
    """Everything: lint, coverage of the charts, the unit tests and the peers' view, then a real cluster."""
    install(session, "lint")
    failed = run_lint(session)
    failed += run_coverage(session)
    session.run("python", "tests/corpus/helm3.py")
    session.run("python", "tests/corpus/peers.py")
    session.run("python", "tests/e2e/chromium.py", env=ENGINE)
    failed += run_pytest(session, "tests/unit", "tests/peers", "--numprocesses=auto", env=FASTER)
    with nullcontext() if takes_another_cluster(session) else engine(session):
        failed += run_pytest(session, "tests/e2e", env=ENGINE)
    fail_if_any(session, failed)


def run_pytest(session: nox.Session, *arguments: str, env: dict[str, str] | None = None) -> list[str]:
    """Run tests; return what failed. That what follows `--` picks none of these is no failure."""
    try:
        session.run("pytest", *arguments, *session.posargs, env=env, success_codes=[0, NOTHING_PICKED])
    except CommandFailed:
        return [f"pytest {arguments[0]}"]
    return []


@nox.session
def coverage(session: nox.Session) -> None:
    """Alter the charts' templates in memory, one place at a time: do their tests notice?"""
    install(session, "lint")
    fail_if_any(session, run_coverage(session))


def run_coverage(session: nox.Session) -> list[str]:
    """Hold both charts to the shares of their templates that have to be reached and noticed; return what fell short."""
    short = []
    for chart in CHARTS:
        try:
            session.run("timonier", "coverage", chart, "--tests", "tests/unit/charts", *NOTICED, env=FASTER)
        except CommandFailed:
            short.append(f"coverage of {chart}")
    return short


@nox.session
def fuzz(session: nox.Session) -> None:
    """Draw 5,000 values for each chart: is there one that is neither refused nor renders? Some ten minutes."""
    install(session, "lint")
    for chart in CHARTS:
        session.run("timonier", "fuzz", chart, "--examples", "5000", "--time", "30m", *session.posargs, env=FASTER)


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve the dependencies anew and write the locks; what follows `--` goes to pip-compile (`--upgrade`)."""
    session.install("--quiet", "pip-tools")
    for name, extras in LOCKS.items():
        arguments = [f"--extra={extra}" for extra in extras] + (["pyproject.toml"] if extras else [])
        target = f"--output-file=requirements/{name}.txt"
        session.run("pip-compile", *LOCK_OPTIONS, target, *arguments, f"requirements/{name}.in", *session.posargs)


@nox.session
def images(session: nox.Session) -> None:
    """Build the images, cached by what they are built from."""
    install(session, "tests")
    with engine(session):
        session.log("All that a cluster is made of is there.")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure, side by side with what else does the same; `-- --write` puts the results into benchmarks/README.md."""
    install(session, "tests")
    session.run("python", "benchmarks/render.py", *CHARTS)
    session.run("python", "-m", "benchmarks.run", *session.posargs)
    with engine(session):
        session.run("python", "benchmarks/cluster_up.py", env=ENGINE)
