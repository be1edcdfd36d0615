"""Which engine renders."""

from __future__ import annotations

import importlib.util
import os
import shutil
from typing import TYPE_CHECKING

from timonier.errors import EngineError

if TYPE_CHECKING:
    from timonier.engine import Engine
    from timonier.engine.program import ProgramEngine

AUTOMATIC = "auto"


def choose_engine(name: str = AUTOMATIC) -> Engine:
    """Return the engine of that name.

    Args:
        name: `embedded`, `program` (the `helm` on PATH), the path of a helm executable, or `auto`: embedded when it is
            installed, because it starts no process, else the program.

    Raises:
        EngineError: When there is none of that name on this machine.
    """
    if name == AUTOMATIC:
        name = _first_there()
    if name == "embedded":
        from timonier.engine.embedded import EmbeddedEngine

        return EmbeddedEngine(find_program)
    if name == "program" or os.sep in name:
        from timonier.engine.program import ProgramEngine

        return ProgramEngine("helm" if name == "program" else name)
    raise EngineError(
        f"There is no engine {name!r}.", hint="Say auto, embedded, program, or the path of a helm executable."
    )


def find_program() -> ProgramEngine | None:
    """Return the helm program on PATH, else the one that `timonier cluster` got or built; None when there is none."""
    from timonier.cluster.programs import present
    from timonier.engine.program import ProgramEngine

    found = shutil.which("helm") or ((there := present("helm")) and there.path)
    return ProgramEngine(found) if found else None


def _first_there() -> str:
    if importlib.util.find_spec("helm_python"):
        return "embedded"
    if shutil.which("helm"):
        return "program"
    raise EngineError(
        "There is nothing to render with.", hint="Run `pip install 'timonier[embedded]'`, or install Helm 3 or 4."
    )
