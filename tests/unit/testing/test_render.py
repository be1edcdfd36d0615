"""The fixture `render`: what a chart is told, what it refuses, and that the same question is rendered once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from timonier.engine.embedded import EmbeddedEngine
from timonier.errors import RenderError, SourceError, ValuesError
from timonier.testing.charts import Charts, Render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from timonier.chartfiles import ChartFiles
    from timonier.engine import Engine, Release, Template

ASKED = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: asked}
data:
  release: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  upgrade: {{ .Release.IsUpgrade | quote }}
  kubernetes: {{ .Capabilities.KubeVersion.Version }}
  monitoring: {{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" | quote }}
"""


class Counting:
    """An engine that counts what it renders."""

    name = "counting"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.count = 0

    def template(self, chart: Path | ChartFiles, values: Mapping[str, object], release: Release) -> list[Template]:
        """Render, and count."""
        self.count += 1
        return list(self.engine.template(chart, values, release))


@pytest.fixture
def counting() -> Counting:
    """An engine that counts."""
    return Counting(EmbeddedEngine())


def test_values_go_over_the_case_and_settings_over_both(render: Render, shop: Path) -> None:
    """As on Helm's command line."""
    assert render(shop, case="red")["Deployment"]["spec.replicas"] == 2
    assert render(shop, {"replicas": 3}, case="red")["Deployment"]["spec.replicas"] == 3
    rendered = render(shop, {"replicas": 3}, case="red", set=["replicas=4"])
    assert rendered["Deployment"]["spec.replicas"] == 4
    assert rendered["ConfigMap"]["data"] == {"colour": "red"}


def test_a_chart_is_told_of_its_release(render: Render, make_chart: Callable[..., Path]) -> None:
    """The chart's own name and `default` where the test says nothing."""
    chart = make_chart({"templates/asked.yaml": ASKED})
    told = render(chart)["ConfigMap"]["data"]
    assert (told["release"], told["namespace"], told["upgrade"]) == ("shop", "default", "false")
    told = render(chart, release="mine", namespace="here", is_upgrade=True)["ConfigMap"]["data"]
    assert (told["release"], told["namespace"], told["upgrade"]) == ("mine", "here", "true")


def test_a_chart_is_told_of_its_cluster(program: Engine, make_chart: Callable[..., Path]) -> None:
    """Version and what is installed there."""
    chart = make_chart({"templates/asked.yaml": ASKED})
    render = Render(Charts(Path(), lambda: program))
    told = render(chart, kube_version="1.31.0", api_versions=["monitoring.coreos.com/v1"])["ConfigMap"]["data"]
    assert (told["kubernetes"], told["monitoring"]) == ("v1.31.0", "true")


def test_the_same_question_is_rendered_once(shop: Path, counting: Counting) -> None:
    """Whichever test asks; another question is another rendering."""
    charts = Charts(shop.parent, lambda: counting)
    time.sleep(0.1)  # what was written a moment ago is read again: it may be written again at the same time
    Render(charts)("shop", {"replicas": 2, "tag": 1})
    Render(charts, default="shop")(values={"replicas": 2, "tag": 1})
    assert counting.count == 1
    Render(charts)("shop", {"replicas": 2, "tag": 2})
    Render(charts)("shop", {"replicas": 2, "tag": 1}, release="other")
    assert counting.count == 3


def test_a_chart_that_changed_is_rendered_anew(shop: Path, render: Render) -> None:
    """Its templates, its values, its cases."""
    assert render(shop)["Service"]["spec.type"] == "ClusterIP"
    service = shop / "templates" / "service.yaml"
    service.write_text(service.read_text().replace("type: {{", "type: New{{"))
    assert render(shop)["Service"]["spec.type"] == "NewClusterIP"
    (shop / "ci" / "blue-values.yaml").write_text("replicas: 5")
    assert render(shop, case="blue")["Deployment"]["spec.replicas"] == 5


def test_a_schema_that_refuses_is_expected_with_the_path(shop: Path, render: Render) -> None:
    """And all the chart said can be asked."""
    with render.raises("replicas: minimum: got 0, want 1") as refusal:
        render(shop, {"replicas": 0})
    assert refusal.message.endswith("shop refuses these values: replicas: minimum: got 0, want 1.")
    assert isinstance(refusal.error, ValuesError)


def test_a_chart_is_named_as_its_users_name_it(shop: Path, render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    """From where they are, however long the way to the root is."""
    monkeypatch.chdir(shop.parent)
    with render.raises("shop refuses these values") as refusal:
        render(shop, {"replicas": 0})
    assert refusal.message.startswith("shop refuses")


def test_a_template_that_refuses_is_expected(shop: Path, render: Render) -> None:
    """`required` and `fail`, with the template's place."""
    with render.raises("shop/templates/service.yaml:7", "type: say which") as refusal:
        render(shop, {"type": ""})
    assert isinstance(refusal.error, RenderError)


def test_a_template_that_breaks_is_expected(render: Render, make_chart: Callable[..., Path]) -> None:
    """Also when nobody asks for its object."""
    with render.raises("not valid YAML"):
        render(make_chart({"templates/b.yaml": "kind: Service\n  b: :\n"}))


def test_a_chart_that_does_not_refuse_fails_the_test(shop: Path, render: Render) -> None:
    """Or the test would pass whatever the chart does."""
    with (
        pytest.raises(pytest.fail.Exception, match="did not refuse; it was to say: replicas"),
        render.raises("replicas"),
    ):
        render(shop)


def test_a_chart_that_says_something_else_fails_the_test(shop: Path, render: Render) -> None:
    """With what it said."""
    with pytest.raises(pytest.fail.Exception, match=r"(?s)something else than 'tag'.*replicas"), render.raises("tag"):
        render(shop, {"replicas": 0})


def test_a_mistake_of_the_test_is_no_refusal(shop: Path, render: Render) -> None:
    """A text is needed, so that any error does not do; another exception passes."""
    with pytest.raises(TypeError, match="needs a text"), render.raises():
        render(shop, {"replicas": 0})
    with pytest.raises(SourceError, match=r"does not exist"), render.raises("replicas"):
        render(shop / "nowhere")


def test_a_case_that_is_not_there_is_told_with_those_that_are(shop: Path, render: Render) -> None:
    """Nothing is rendered instead."""
    with pytest.raises(ValuesError, match=r"has no case 'green'\. It has: defaults, red\."):
        render(shop, case="green")


def test_a_test_must_say_of_a_chart(render: Render) -> None:
    """There is none by default."""
    with pytest.raises(ValuesError, match="says of no chart"):
        render()


def test_the_notes_are_told(render: Render, shop: Path) -> None:
    """What `helm install` would print, with the release's name; nothing where the chart has none."""
    assert render(shop).notes == ""
    (shop / "templates" / "NOTES.txt").write_text("{{ .Release.Name }} is at {{ .Values.type }}.\n")
    assert render(shop, release="mine").notes == "mine is at ClusterIP."


def test_what_a_chart_depends_on_is_fetched(render: Render, shop: Path) -> None:
    """As `helm dependency build` would; the chart's folder stays as it is."""
    db = shop.parent / "db"
    (db / "templates").mkdir(parents=True)
    (db / "Chart.yaml").write_text("apiVersion: v2\nname: db\nversion: 1.0.0\n")
    (db / "templates/a.yaml").write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n")
    with (shop / "Chart.yaml").open("a") as file:
        file.write("dependencies: [{name: db, version: 1.x, repository: file://../db}]\n")
    assert ("Secret", "db") in render(shop).inventory
    assert not (shop / "charts").exists()


@pytest.fixture
def checked_shop(shop: Path) -> Path:
    """A chart one template of which includes another, and one of which refuses everything."""
    (shop / "templates" / "_names.tpl").write_text('{{ define "name" }}checked{{ end }}\n')
    checked = '{{ include (print $.Template.BasePath "/config.yaml") . | sha256sum }}'
    (shop / "templates" / "checked.yaml").write_text(
        f'kind: Job\nmetadata:\n  name: {{{{ include "name" . }}}}\n  annotations: {{config: {checked}}}\n'
    )
    (shop / "templates" / "refusing.yaml").write_text('{{ fail "refused" }}\n')
    return shop


def test_only_the_templates_that_are_asked_for_are_rendered(render: Render, checked_shop: Path) -> None:
    """With the partials they need; what another template refuses does not show."""
    with render.raises("refused"):
        render(checked_shop)
    rendered = render(checked_shop, templates=["deployment.yaml", "templates/service.yaml"])
    assert rendered.inventory == {("Deployment", "shop-web"), ("Service", "shop-web")}


def test_a_template_that_includes_another_has_it(render: Render, checked_shop: Path) -> None:
    """The pods' checksum of their ConfigMap: it is rendered as in the whole chart, and is all there is."""
    (checked_shop / "templates" / "refusing.yaml").unlink()
    whole = render(checked_shop)["Job"]["metadata.annotations.config"]
    part = render(checked_shop, templates=["checked.yaml"])
    assert part.inventory == {("Job", "checked")}
    assert part["Job"]["metadata.annotations.config"] == whole


def test_what_a_template_refuses_is_raised_though_it_is_rendered_alone(render: Render, checked_shop: Path) -> None:
    """Only what another template refuses is left out."""
    with render.raises("refused"):
        render(checked_shop, templates=["refusing.yaml"])


def test_a_template_that_is_not_there_is_named_with_those_that_are(render: Render, checked_shop: Path) -> None:
    """A misspelt name would make every `not in` true."""
    with pytest.raises(SourceError, match=r"has no template deploy\.yaml\.") as refused:
        render(checked_shop, templates=["deploy.yaml"])
    assert "templates/deployment.yaml" in (refused.value.hint or "")
    assert "_names.tpl" not in (refused.value.hint or "")


def test_a_part_is_not_mistaken_for_the_whole(render: Render, shop: Path) -> None:
    """Renderings are remembered by what was asked for."""
    assert "Service" not in render(shop, templates=["deployment.yaml"])
    assert "Service" in render(shop)
