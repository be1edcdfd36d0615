"""The images that containers run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, object_rule
from timonier.check.objects.podspec import pod_of
from timonier.check.objects.reading import string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Container
    from timonier.manifest import Manifest

# github.com/distribution/reference, regexp.go
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])"
_FOLDER = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?P<name>(?:{_HOST}(?::\d+)?/)?{_FOLDER}(?:/{_FOLDER})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}))?",
    re.ASCII,
)


def _images(manifest: Manifest) -> Iterator[tuple[Container, re.Match[str] | None]]:
    """Yield every container of an object, with the parts of its image's name; None when it is no name of an image."""
    if pod := pod_of(manifest):
        for container in pod.containers:
            yield container, _IMAGE.fullmatch(string(container.spec, "image"))


@object_rule("invalid-image", Severity.ERROR)
def invalid_image(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A container has no image, or what cannot be an image's name.

    The pod stays in `InvalidImageName`. Mostly an empty tag leaves a colon at the end, or a registry a slash at the
    beginning.
    """
    for container, image in _images(manifest):
        if image is None:
            name = string(container.spec, "image")
            what = f'"{name}" cannot be the name of an image' if name else "There is no image"
            yield Problem(f"{what}.", f"{container.path}.image")


@object_rule("image-tag", Severity.WARNING)
def image_tag(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """An image has no tag, or `latest`.

    Which version runs depends on when a node pulled it: two pods of one release may run two, and no rollback brings the
    old one back. Name a version, or a digest.
    """
    for container, image in _images(manifest):
        if image and not image["digest"] and image["tag"] in (None, "latest"):
            what = "the tag latest" if image["tag"] else "no tag"
            yield Problem(f"The image {image['name']} has {what}.", f"{container.path}.image")


@object_rule("pull-policy", Severity.INFO)
def pull_policy(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """An image that a digest pins is pulled at every start all the same.

    What a digest names never changes. `Always` asks the registry for it at every start, and no pod starts while the
    registry is away. `IfNotPresent` is enough, unless every start is to prove that it may pull the image.
    """
    for container, image in _images(manifest):
        if image and image["digest"] and container.spec.get("imagePullPolicy") == "Always":
            yield Problem("A digest never changes: there is nothing new to pull.", f"{container.path}.imagePullPolicy")


RULES: tuple[Rule, ...] = (invalid_image, image_tag, pull_policy)
