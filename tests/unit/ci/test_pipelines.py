"""The pipelines in use: that their steps run, as far as they need neither a forge nor a cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
GITHUB = ROOT / ".github" / "workflows" / "charts.yml"
GITLAB = ROOT / ".gitlab-ci.yml"
IN_THE_PIPELINE = "origin/main"


def jobs_of_github() -> dict[str, str]:
    """The script of each job, what needs the forge left out."""
    jobs = yaml.safe_load(GITHUB.read_text())["jobs"]
    return {name: "\n".join(step["run"] for step in job["steps"] if "run" in step) for name, job in jobs.items()}


def jobs_of_gitlab() -> dict[str, str]:
    """The same of the other pipeline."""
    said: dict[str, Any] = yaml.safe_load(GITLAB.read_text())
    return {name: "\n".join(job["script"]) for name, job in said.items() if isinstance(job, dict) and "script" in job}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The project as a pipeline has it, one commit after main."""
    folder = tmp_path / "checkout"
    run("git", "clone", "--quiet", "--shared", str(ROOT), str(folder), cwd=tmp_path)
    # What is not committed yet is part of what is tested.
    for name in ("charts", "pyproject.toml"):
        there = folder / name
        shutil.rmtree(there) if there.is_dir() else there.unlink()
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, there)
    for key, value in (("user.name", "Ann"), ("user.email", "ann@shop.example")):
        run("git", "config", key, value, cwd=folder)
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "--quiet", "--allow-empty", "-m", "As it is here", cwd=folder)
    run("git", "update-ref", f"refs/remotes/{IN_THE_PIPELINE}", "HEAD", cwd=folder)
    values = folder / "charts" / "eni-todo" / "values.yaml"
    values.write_text(values.read_text().replace("maxBodySize: 2m", "maxBodySize: 3m"))
    metadata = folder / "charts" / "eni-todo" / "Chart.yaml"
    metadata.write_text(metadata.read_text().replace("\nversion: 0.", "\nversion: 1.", 1))
    run("git", "commit", "--quiet", "--all", "-m", "Take bigger uploads", cwd=folder)
    return folder


def run(*command: str, cwd: Path) -> None:
    """Run a command that has to end well."""
    subprocess.run(command, check=True, cwd=cwd, capture_output=True)


def act(script: str, checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a job's script as a runner does; what would go to the forge, or is installed already, is written down."""
    tools = checkout.parent / "bin"
    tools.mkdir(exist_ok=True)
    for name in ("pip", "gh", "curl", "helm"):
        # What is piped in has to be read: the one who writes it would end by a broken pipe.
        (tools / name).write_text(f'#!/bin/sh\ncat >/dev/null\necho "{name} $*" >> "{tools}/told"\n')
        (tools / name).chmod(0o755)
    environment = {**os.environ, "HOME": str(checkout.parent), "COLUMNS": "200", **variables}
    environment["PATH"] = f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = ["bash", "-e", "-o", "pipefail", "-c", script]
    return subprocess.run(
        command, cwd=checkout, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("jobs", [jobs_of_github(), jobs_of_gitlab()], ids=["github", "gitlab"])
def test_a_change_is_checked_and_shown(jobs: dict[str, str], checkout: Path) -> None:
    """No finding, a version that says what changed, and a comment that shows it."""
    names = [name for name in ("check", "versions", "diff") if name in jobs]
    for name in names:
        done = act(jobs[name], checkout, BASE=IN_THE_PIPELINE, NUMBER="7")
        assert done.returncode == 0, (name, done.stdout, done.stderr)
    comment = (checkout / "comment.md").read_text()
    assert "eni-todo" in comment
    assert "client_max_body_size" in comment or "helm.sh/chart" in comment


def test_a_version_that_was_not_raised_ends_the_pipeline(checkout: Path) -> None:
    """A default is another, and the version the same."""
    run("git", "checkout", "--quiet", IN_THE_PIPELINE, "--", "charts/eni-todo/Chart.yaml", cwd=checkout)
    done = act(jobs_of_gitlab()["versions"], checkout, BASE=IN_THE_PIPELINE)
    assert done.returncode == 1
    assert "value ingress.maxBodySize has another default" in done.stdout


@pytest.mark.parametrize("jobs", [jobs_of_github(), jobs_of_gitlab()], ids=["github", "gitlab"])
def test_a_tag_publishes_and_may_be_run_again(jobs: dict[str, str], checkout: Path) -> None:
    """To a folder here, in place of a registry."""
    place = checkout.parent / "place"
    place.mkdir()
    variables = {"REGISTRY": "none", "TOKEN": "none", "CI_REGISTRY": "none", "CI_REGISTRY_USER": "ann"}
    for _ in range(2):
        done = act(jobs["publish"], checkout, PLACE=str(place), CI_REGISTRY_PASSWORD="none", USER="ann", **variables)
        assert done.returncode == 0, (done.stdout, done.stderr)
    names = {path.name.rpartition("-")[0] for path in place.glob("*.tgz")}
    assert names == {"mariadb", "eni-todo"}


def test_the_forges_run_the_same_tests_as_everybody() -> None:
    """The command of CONTRIBUTING.md."""
    assert "./nox -s tests" in jobs_of_github()["test"]
    assert jobs_of_gitlab()["test"] == "./nox -s tests"
    assert "./nox -s tests" in (ROOT / ".ci" / "run").read_text()
