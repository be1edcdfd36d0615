"""What a chart rendered to, asked by a test: objects, paths, expressions, and what is said of what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.errors import RenderError
from timonier.testing import MissingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.testing import Render

EVERYTHING = {("Deployment", "shop-web"), ("Secret", "shop-key"), ("Service", "shop-web")}


def test_objects_are_found_by_kind_and_name(render: Render, shop: Path) -> None:
    """Both, or the kind alone where there is one of it."""
    rendered = render(shop)
    assert rendered["Deployment", "shop-web"]["spec.replicas"] == 1
    assert rendered["Deployment"].name == "shop-web"
    assert ("Service", "shop-web") in rendered
    assert ("Service", "shop") not in rendered
    assert "ConfigMap" not in rendered
    assert rendered.get("ConfigMap") is None


def test_objects_are_found_by_template(render: Render, shop: Path) -> None:
    """By the end of its path, whole names only."""
    rendered = render(shop)
    assert rendered.one(template="service.yaml").kind == "Service"
    assert rendered.one(template="shop/templates/service.yaml").namespace == "default"
    assert rendered.all(template="ice.yaml") == []
    assert rendered.one("Secret").template == "shop/templates/secret.yaml"


def test_the_inventory_is_the_whole_chart(render: Render, shop: Path) -> None:
    """In Helm's order where there is one: secrets before services before workloads."""
    rendered = render(shop)
    assert rendered.inventory == EVERYTHING
    assert [one.kind for one in rendered] == ["Secret", "Service", "Deployment"]
    assert len(rendered) == 3


def test_an_object_that_is_not_there_is_told_with_what_is(render: Render, shop: Path) -> None:
    """With the templates, to see which of them to look at."""
    with pytest.raises(MissingError) as error:
        _ = render(shop)["StatefulSet", "shop-db"]
    told = str(error.value)
    assert "renders no object that match 'StatefulSet shop-db'" in told
    assert "Deployment shop-web (shop/templates/deployment.yaml)" in told


def test_one_of_several_must_be_named(render: Render, make_chart: Callable[..., Path]) -> None:
    """A test that took any of them would pass by chance."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\n"
    chart = make_chart({"templates/a.yaml": f"{pod % 'a'}---\n{pod % 'b'}"})
    with pytest.raises(MissingError, match="renders 2 objects that match 'Pod'"):
        _ = render(chart)["Pod"]
    with pytest.raises(MissingError, match="2 objects"):
        render(chart).get("Pod")
    assert [one.name for one in render(chart).all("Pod")] == ["a", "b"]


def test_a_path_that_is_not_there_is_told_with_the_lines_around(render: Render, shop: Path) -> None:
    """The last part that is there, and which ways go on from it."""
    with pytest.raises(MissingError) as error:
        _ = render(shop)["Deployment"]["spec.template.spec.containers[name=web].imag"]
    assert str(error.value).splitlines() == [
        (
            "there is no spec.template.spec.containers[name=web].imag in <Deployment shop-web of "
            "shop/templates/deployment.yaml>. spec.template.spec.containers[name=web] has name, image, tty, ports."
        ),
        "Deployment shop-web, rendered from shop/templates/deployment.yaml, line 14:",
        "    11 |       containers:",
        "    12 |         - name: sidecar",
        "    13 |           image: proxy:1",
        ">   14 |         - name: web",
        "    15 |           image: web:1",
        "    16 |           tty: true",
        "    17 |           ports:",
    ]


def test_a_secret_is_never_shown(render: Render, shop: Path) -> None:
    """Its keys are, for a test is about them."""
    with pytest.raises(MissingError) as error:
        _ = render(shop)["Secret"]["data.password"]
    told = str(error.value)
    assert "data has key, random." in told
    assert "(its values hidden)" in told
    assert "aHVudGVyMg==" not in told


def test_paths_are_asked_for_without_failing(render: Render, shop: Path) -> None:
    """`in`, and `get` with something instead."""
    web = render(shop)["Deployment"]
    assert "spec.replicas" in web
    assert "spec.strategy" not in web
    assert web.get("spec.replicas") == 1
    assert web.get("spec.strategy", "none") == "none"


def test_jmespath_expressions_search_an_object(render: Render, shop: Path) -> None:
    """None when nothing is found, as JMESPath has it."""
    web = render(shop)["Deployment"]
    assert web.search("spec.template.spec.containers[].image") == ["proxy:1", "web:1"]
    assert web.search("spec.template.spec.containers[?tty].ports[].name") == ["http"]
    assert web.search("spec.strategy") is None


def test_changing_what_was_returned_changes_nothing_for_others(render: Render, charts_folder: Path) -> None:
    """Renderings are shared between tests."""
    chart = charts_folder / "mariadb"
    assert render(chart)["StatefulSet"].manifest is render(chart)["StatefulSet"].manifest
    render(chart)["StatefulSet"]["spec.template.spec.containers"].clear()
    render(chart)["StatefulSet"]["metadata"]["labels"]["app.kubernetes.io/name"] = "other"
    render(chart)["StatefulSet"].get("metadata.labels").clear()
    render(chart)["StatefulSet"].search("spec.selector.matchLabels").clear()
    found = render(chart)["StatefulSet"]
    assert found.search("length(spec.template.spec.containers)") == 1
    assert found['metadata.labels["app.kubernetes.io/name"]'] == "mariadb"
    assert found["spec.selector.matchLabels"]


def test_a_template_that_is_no_yaml_fails_the_test_that_needs_it(
    render: Render, make_chart: Callable[..., Path]
) -> None:
    """The inventory needs all; a test of another object is not in its way."""
    good = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    chart = make_chart({"templates/a.yaml": good, "templates/b.yaml": "kind: Service\n  b: :\n"})
    assert render(chart)["Pod"].name == "a"
    with pytest.raises(RenderError, match=r"b\.yaml:2: this is not valid YAML"):
        _ = render(chart).inventory
