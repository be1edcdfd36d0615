"""The browser of the tests in `test_browser.py`: the distribution's Chromium, installed where that is allowed.

Usage: python tests/e2e/chromium.py

Prints its path, or why there is none: then the tests are skipped with the same words. The sessions `e2e` and `tests` of
nox run this before pytest hides what is printed.
"""

from __future__ import annotations

import shutil
import sys

from timonier.cluster import provision
from timonier.cluster.process import stream
from timonier.cluster.steps import Steps
from timonier.errors import TimonierError

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Without any font text has no size, and Playwright does not count it as visible.
PACKAGES = ("chromium", "fonts-dejavu-core")


def found() -> str | None:
    """The path of a Chromium that is there."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def missing() -> str:
    """The sentence for a machine that has none."""
    return f"There is no Chromium{provision.refusal() or ''}. Install the package chromium."


def install(steps: Steps) -> None:
    """Install it from the distribution's packages.

    Raises:
        ClusterError: apt-get failed.
    """
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with steps.step("Install Chromium from the distribution's packages") as step:
        step.note = "TIMONIER_PROVISION=0 forbids this"
        stream(["apt-get", "update"], lambda _: None, env=quiet)
        stream(["apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES], lambda _: None, env=quiet)


def main() -> int:
    """Have a Chromium, or say why not; 2 when it could not be installed."""
    try:
        if found() is None and provision.refusal() is None:
            install(Steps())
    except TimonierError as error:
        sys.stderr.write(f"timonier: {error}\n")
        return error.exit_code
    sys.stdout.write(f"{found() or missing()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
