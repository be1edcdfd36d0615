"""The project's settings: `.timonier.yaml`, or `[tool.timonier]` in `pyproject.toml`, in the nearest folder upwards.

Two keys, the same in both files::

    images:                       # images the project builds itself, loaded into a cluster by `timonier cluster up`
      example/shop:1.0: images/shop
    check:                        # what `timonier check` asks; see docs/reference/settings.md
      rules: {icon-missing: off}
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from timonier.check.model import Finding

_YAML = ".timonier.yaml"
_TOML = "pyproject.toml"
_KEYS = ("images", "check")
_CHECK_KEYS = ("rules", "kube-versions", "crds", "ignore")
_IGNORE_KEYS = ("rule", "kind", "name", "path", "reason")


@dataclass(frozen=True, slots=True)
class Ignore:
    """Findings that a project knows of and leaves as they are.

    Attributes:
        rule: The rule's name.
        reason: Why, for the next reader.
        kind: Only objects of this kind; a pattern as in file names, `*` for all.
        name: Only objects of this name; a pattern.
        path: Only at this dotted path, in the object, or in values.yaml for what is found there; a pattern.
        file: The file that says so.
        number: Which entry of the file it is, counted from 1.
    """

    rule: str
    reason: str
    kind: str = "*"
    name: str = "*"
    path: str = "*"
    file: str = field(default="", compare=False)
    number: int = field(default=0, compare=False)

    def covers(self, folder: Path) -> bool:
        """Whether a folder belongs to the project whose settings these are."""
        return folder.is_relative_to(Path(self.file).parent)

    def matches(self, finding: Finding) -> bool:
        """Whether a finding is one of those."""
        kind, name = (finding.identity.kind, finding.identity.name) if finding.identity else ("", "")
        path = finding.path or finding.values_path
        # In a path's `[0]` brackets are no pattern's.
        pattern = self.path.replace("[", "[[]")
        fits = fnmatchcase(kind, self.kind) and fnmatchcase(name, self.name) and fnmatchcase(path, pattern)
        return fits and finding.rule == self.rule


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What `timonier check` asks unless the command line says otherwise.

    Attributes:
        origin: The file, for messages.
        rules: A severity or `off` by the rule's name.
        kube_versions: Kubernetes versions and ranges of them.
        crds: Files and folders with CustomResourceDefinitions.
        ignore: Findings that are left out.
    """

    origin: str = "settings"
    rules: Mapping[str, str] = field(default_factory=dict)
    kube_versions: tuple[str, ...] = ()
    crds: tuple[Path, ...] = ()
    ignore: tuple[Ignore, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What a project says of itself.

    Attributes:
        root: The folder with the settings; paths in them are relative to it.
        images: The folder with the Dockerfile of each image by the image's reference.
        check: What `timonier check` asks.
    """

    root: Path
    images: dict[str, Path] = field(default_factory=dict)
    check: CheckSettings = field(default_factory=CheckSettings)


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
    _refuse_unknown(f"{file}: ", said, _KEYS)
    return Settings(file.parent, _images(file, said.get("images") or {}), _check(file, said.get("check") or {}))


def _refuse_unknown(where: str, said: Iterable[object], known: tuple[str, ...]) -> None:
    """Refuse a key that is not known, and say which one it looks like."""
    for key in said:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise TimonierError(f"{where}unknown setting {str(key)!r}.", hint=hint)


def _images(file: Path, said: object) -> dict[str, Path]:
    if not isinstance(said, dict) or not all(isinstance(path, str) for path in said.values()):
        raise TimonierError(
            f"{file}: `images` maps image references to folders.", hint="For instance `app:1: images/app`."
        )
    return {str(name): file.parent / path for name, path in said.items()}


def _check(file: Path, said: object) -> CheckSettings:
    if not isinstance(said, dict):
        raise TimonierError(f"{file}: `check` is no mapping.", hint=f"It has: {', '.join(_CHECK_KEYS)}.")
    _refuse_unknown(f"{file}: check: ", said, _CHECK_KEYS)
    crds = _texts(file, "crds", said.get("crds"))
    ignore = said.get("ignore") or []
    if not isinstance(ignore, list):
        raise TimonierError(f"{file}: check: `ignore` is a list.", hint=f"Each has: {', '.join(_IGNORE_KEYS)}.")
    return CheckSettings(
        str(file),
        _rules(file, said.get("rules") or {}),
        _texts(file, "kube-versions", said.get("kube-versions")),
        tuple(file.parent / path for path in crds),
        tuple(_ignore(file, number, entry) for number, entry in enumerate(ignore, 1)),
    )


def _rules(file: Path, said: object) -> dict[str, str]:
    if not isinstance(said, dict):
        hint = "For instance `icon-missing: off`."
        raise TimonierError(f"{file}: check: `rules` maps names of rules to severities.", hint=hint)
    # YAML reads a bare `off` as false.
    return {str(name): "off" if level is False else str(level) for name, level in said.items()}


def _texts(file: Path, key: str, said: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever the file says
    if said is None:
        return ()
    if not isinstance(said, list) or not all(isinstance(text, str) for text in said):
        # A bare 1.30 is the number 1.3 to YAML and TOML alike, and nobody would notice.
        raise TimonierError(f"{file}: check: `{key}` is a list of texts.", hint='Quote each one, as in "1.30".')
    return tuple(said)


def _ignore(file: Path, number: int, said: object) -> Ignore:
    where = f"{file}: check: ignore, entry {number}: "
    if not isinstance(said, dict) or not all(isinstance(text, str) and text for text in said.values()):
        raise TimonierError(f"{where}it maps keys to texts.", hint=f"It has: {', '.join(_IGNORE_KEYS)}.")
    _refuse_unknown(where, said, _IGNORE_KEYS)
    for key in ("rule", "reason"):
        if key not in said:
            raise TimonierError(f"{where}it has no {key}.", hint="Say which rule, and why it is to be ignored.")
    return Ignore(**said, file=str(file), number=number)
