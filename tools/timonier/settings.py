"""The project's settings: `.timonier.yaml`, or `[tool.timonier]` in `pyproject.toml`, in the nearest folder upwards.

One key for now::

    images:                       # images the project builds itself, loaded into a cluster by `timonier cluster up`
      example/shop:1.0: images/shop
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from timonier.errors import TimonierError

_YAML = ".timonier.yaml"
_TOML = "pyproject.toml"
_KEYS = frozenset({"images"})


@dataclass(frozen=True)
class Settings:
    """What a project says of itself.

    Attributes:
        root: The folder with the settings; paths in them are relative to it.
        images: The folder with the Dockerfile of each image by the image's reference.
    """

    root: Path
    images: dict[str, Path] = field(default_factory=dict)


def load(start: Path | None = None) -> Settings:
    """The settings for a folder: the nearest file upwards that has any, else empty ones.

    Raises:
        TimonierError: A settings file cannot be read, or says what timonier does not know.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        for file, read in ((folder / _YAML, _from_yaml), (folder / _TOML, _from_toml)):
            if file.is_file() and (said := read(file)) is not None:
                return _settings(file, said)
    return Settings(here)


def _from_yaml(file: Path) -> object:
    import yaml

    try:
        said: object = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from None
    return {} if said is None else said


def _from_toml(file: Path) -> object:
    try:
        said: object = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("timonier")
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from None
    return said


def _unreadable(file: Path, error: Exception) -> TimonierError:
    return TimonierError(f"{file} cannot be read: {' '.join(str(error).split())}.", hint="Mend the file.")


def _settings(file: Path, said: object) -> Settings:
    if not isinstance(said, dict):
        raise TimonierError(f"{file}: the settings are no mapping.", hint="See docs/reference/settings.md.")
    if unknown := sorted(set(said) - _KEYS):
        raise TimonierError(f"{file}: unknown setting {unknown[0]!r}.", hint=f"Known: {', '.join(sorted(_KEYS))}.")
    return Settings(file.parent, _images(file, said.get("images") or {}))


def _images(file: Path, said: object) -> dict[str, Path]:
    if not isinstance(said, dict) or not all(isinstance(path, str) for path in said.values()):
        raise TimonierError(
            f"{file}: `images` maps image references to folders.", hint="For instance `app:1: images/app`."
        )
    return {str(name): file.parent / path for name, path in said.items()}
