"""Rules about images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import images

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]

DIGEST = f"sha256:{'0' * 64}"


def pod(image: str, more: str = "", group: str = "containers") -> str:
    """Return a pod that runs an image."""
    return f"apiVersion: v1\nkind: Pod\nspec: {{containers: [], {group}: [{{name: web, image: '{image}'{more}}}]}}\n"


@pytest.mark.parametrize(
    "image", ["", "web:", ":1", "/web:1", "Web:1", "web:1:2", "web 1", "web@sha256:abc", "host/Web:1", "web:-1", "a//b"]
)
def test_what_cannot_be_an_image(found: Found, image: str) -> None:
    """A missing part, a capital, a space."""
    [problem] = found(images.invalid_image, pod(image))
    assert problem.path == "spec.containers[0].image"
    assert problem.message == (f'"{image}" cannot be the name of an image.' if image else "There is no image.")
    assert found(images.image_tag, pod(image)) == []


TAGGED = ["web:1", "library/web:1.0-rc_1", "Host.example:5000/a/b__c:v1", "localhost:5000/web:1", f"web@{DIGEST}",
          f"host/web:latest@{DIGEST}", "[::1]:5000/web:1"]  # fmt: skip


@pytest.mark.parametrize("image", TAGGED)
def test_images_that_say_which(found: Found, image: str) -> None:
    """With a registry and a port or without, by tag or by digest."""
    assert found(images.invalid_image, pod(image)) == []
    assert found(images.image_tag, pod(image)) == []


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("web", "The image web has no tag."),
        ("host:5000/web", "The image host:5000/web has no tag."),
        ("web:latest", "The image web has the tag latest."),
    ],
)
@pytest.mark.parametrize("group", ["containers", "initContainers"])
def test_images_that_may_be_any(found: Found, image: str, message: str, group: str) -> None:
    """A registry's port is no tag; init containers run images too."""
    [problem] = found(images.image_tag, pod(image, group=group))
    assert (problem.message, problem.path) == (message, f"spec.{group}[0].image")
    assert found(images.invalid_image, pod(image)) == []


def test_pulling_what_cannot_change(found: Found) -> None:
    """Only with a digest and Always."""
    assert len(found(images.pull_policy, pod(f"web@{DIGEST}", ", imagePullPolicy: Always"))) == 1
    assert found(images.pull_policy, pod(f"web@{DIGEST}", ", imagePullPolicy: IfNotPresent")) == []
    assert found(images.pull_policy, pod("web:1", ", imagePullPolicy: Always")) == []
