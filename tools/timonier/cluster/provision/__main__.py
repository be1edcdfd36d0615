"""`python -m timonier.cluster.provision start|stop`: for scripts that bring a machine up and leave it as it was."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from timonier.cluster import provision
from timonier.cluster.provision import daemon
from timonier.cluster.steps import Steps
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Start or stop the engine; 0 when done, 2 when it could not be."""
    verbs: dict[tuple[str, ...], Callable[[], object]] = {
        ("start",): lambda: provision.ensure(Steps()),
        ("stop",): daemon.stop,
    }
    try:
        if (verb := verbs.get(tuple(sys.argv[1:]))) is None:
            sys.stderr.write("timonier: `python -m timonier.cluster.provision` takes one word: start or stop.\n")
            return 2
        verb()
    except TimonierError as error:
        sys.stderr.write(f"timonier: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
