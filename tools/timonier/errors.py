"""Everything timonier raises on purpose.

The hierarchy::

    TimonierError
    ├── SourceError         a chart, an archive or a manifest file that cannot be read
    ├── ValuesError         values that cannot be read, merged, or that the chart's schema refuses
    ├── RenderError         a template that failed
    ├── EngineError         no engine to render with, or one that cannot do what was asked
    ├── SigningError        an archive that cannot be signed
    ├── PublishError        an archive that cannot be published, or must not be
    └── ClusterError        a container engine, a program, an image or a cluster that is missing or does not work

Each carries one sentence that says what is wrong and where, and a hint that says what to do. Only the command line
turns them into an exit code; everyone else lets them pass.
"""

from __future__ import annotations


class TimonierError(Exception):
    """Something the user can put right.

    Attributes:
        message: What is wrong, and where. One sentence, ending in a full stop.
        hint: What to do about it. One sentence, or empty when the message says it all.
        exit_code: What the command line exits with. 1 is left to "ran, and found something".
    """

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class SourceError(TimonierError):
    """A chart, an archive or a manifest file cannot be read."""


class ValuesError(TimonierError):
    """Values cannot be read or merged, or the chart's schema refuses them."""


class RenderError(TimonierError):
    """A template failed to render."""


class EngineError(TimonierError):
    """There is no engine to render with, or it cannot do what was asked."""


class SigningError(TimonierError):
    """An archive cannot be signed."""


class PublishError(TimonierError):
    """An archive cannot be published, or another one has been under its version."""


class ClusterError(TimonierError):
    """No container engine, a program or an image that cannot be had, a cluster that does not come up."""
