"""Snapshots of what a chart renders to: one readable YAML file a test, by way of syrupy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from timonier import yamlio
from timonier.diff.generated import GENERATED, settle
from timonier.diff.redact import Redactor
from timonier.testing.objects import Object, Rendered

if TYPE_CHECKING:
    from timonier.manifest import Manifest


class ManifestSnapshotExtension(SingleFileSnapshotExtension):
    """Writes a rendering, an object, several of them, or any part of one as YAML.

    Of a whole rendering, `<generated>` stands for what comes out different each time. `<secret>` stands for what a
    Secret holds: a snapshot is committed.
    """

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"

    def serialize(self, data: object, **_: Any) -> str:  # noqa: ANN401 - syrupy's filters, of no use on text
        """Write what a test compares with its snapshot.

        Raises:
            ValueError: There is nothing in YAML for it.
        """
        if isinstance(data, Rendered):
            return _stream(_settled(data))
        if isinstance(data, Object):
            return _stream([data.manifest])
        if isinstance(data, list) and data and all(isinstance(one, Object) for one in data):
            return _stream([one.manifest for one in data])
        return yamlio.dump(data)


class _Masker(Redactor):
    """Puts one word for every secret: a fingerprint is another in every run."""

    def fingerprint(self, value: bytes) -> str:
        return GENERATED if value == GENERATED.encode() else "<secret>"


def _settled(rendered: Rendered) -> list[Manifest]:
    first, second = ([one.manifest for one in rendering] for rendering in (rendered, rendered.again()))
    return list(settle(first, second).manifests)


def _stream(manifests: list[Manifest]) -> str:
    return "".join(f"---\n# Source: {one.source}\n{yamlio.dump(_Masker().redact(one.document))}" for one in manifests)
