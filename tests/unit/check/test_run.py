"""Asking every rule about every case and every Kubernetes version."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from timonier.chart import load_chart
from timonier.check import catalogue
from timonier.check.model import Problem, Severity, case_rule, chart_rule, object_rule
from timonier.check.renderings import Matrix
from timonier.check.run import Result, check
from timonier.engine import Release
from timonier.errors import SourceError, TimonierError, ValuesError
from timonier.settings import Ignore
from timonier.source import ChartSource, FileSource
from timonier.values import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from timonier.chartfiles import ChartFiles
    from timonier.check.context import CaseContext, ChartContext
    from timonier.check.model import Rule
    from timonier.engine import Template
    from timonier.engine.embedded import EmbeddedEngine
    from timonier.manifest import Manifest

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  size: {{ .Values.size }}\n"
FILES = {"templates/config.yaml": CONFIG, "ci/big-values.yaml": "# Big.\nsize: '9'\n"}
asked: Counter[str] = Counter()


@object_rule("of-object", Severity.WARNING)
def of_object(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """Finds something in every object."""
    asked["of-object"] += 1
    yield Problem("Something is here.", path="metadata.name")


@object_rule("of-version", Severity.WARNING, per_version=True)
def of_version(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """Finds something for Kubernetes 1.35 only."""
    asked["of-version"] += 1
    if context.kube_version == "1.35.0":
        yield Problem("Something is not in 1.35.")


@case_rule("of-case", Severity.INFO)
def of_case(context: CaseContext) -> Iterator[Problem]:
    """Finds something in every case."""
    yield Problem("Something is in the case.", manifest=context.manifests[0])


@chart_rule("of-chart", Severity.ERROR)
def of_chart(context: ChartContext) -> Iterator[Problem]:
    """Finds something in the chart."""
    yield Problem(f"{len(context.renderings)} cases.", file="values.yaml", line=3, values_path="size")


MADE: dict[str, Rule] = {rule.name: rule for rule in (of_object, of_version, of_case, of_chart)}


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules of this module, and the project's own for what does not render."""
    asked.clear()
    own = catalogue.all_rules()["render"]
    monkeypatch.setattr(catalogue, "all_rules", lambda: {**MADE, "render": own})


@pytest.fixture
def ask(embedded: EmbeddedEngine) -> Callable[..., Result]:
    """Return what checks a chart: `ask(path, versions=…, **what select and Matrix take)`."""

    def call(
        path: Path,
        *,
        versions: tuple[str, ...] = ("1.34.0", "1.35.0"),
        only: Sequence[str] = (),
        ignores: Sequence[Ignore] = (),
        settings: Settings | None = None,
        cases: tuple[str, ...] = (),
        levels: Mapping[str, str] | None = None,
    ) -> Result:
        matrix = Matrix(settings or Settings(), cases, versions, Release(""))
        source = ChartSource(load_chart(path), embedded)
        return check([source], matrix, catalogue.select(levels or {}, only=only), ignores)

    return call


def told(result: Result) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """Return each finding's rule, message, cases and versions."""
    return [(found.rule, found.message, found.cases, found.kube_versions) for found in result.findings]


@pytest.mark.usefixtures("rules")
def test_a_finding_is_one_whatever_shows_it(make_chart: Callable[..., Path], ask: Callable[..., Result]) -> None:
    """With its cases; with its versions where they matter."""
    result = ask(make_chart(FILES, values="size: '1'\n"))
    assert told(result) == [
        ("of-version", "Something is not in 1.35.", ("defaults", "big"), ("1.35.0",)),
        ("of-case", "Something is in the case.", ("defaults", "big"), ()),
        ("of-object", "Something is here.", ("defaults", "big"), ()),
        ("of-chart", "2 cases.", (), ()),
    ]
    places = [str(found.place).rpartition("/")[2] for found in result.findings]
    assert places == ["config.yaml:1", "config.yaml:1", "config.yaml:4", "values.yaml:3"]
    (checked,) = result.checked
    assert (checked.is_chart, checked.cases, checked.objects) == (True, ("defaults", "big"), 1)


@pytest.mark.usefixtures("rules")
def test_the_same_object_is_asked_about_once(make_chart: Callable[..., Path], ask: Callable[..., Result]) -> None:
    """In however many cases, and for a rule of versions once a version."""
    files = FILES | {f"ci/{name}-values.yaml": "size: '9'\n" for name in ("a", "b", "c")}
    ask(make_chart(files, values="size: '1'\n"))
    assert asked == {"of-object": 2, "of-version": 4}


class Counting:
    """An engine that counts what it renders."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self.count = 0
        self.name = engine.name

    def template(self, chart: Path | ChartFiles, values: Mapping[str, Any], release: Release) -> Sequence[Template]:
        """Render, and count."""
        self.count += 1
        return self._engine.template(chart, values, release)


@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize(
    ("text", "count"), [(CONFIG, 2), (CONFIG + "  version: {{ .Capabilities.KubeVersion.Version }}\n", 6)]
)
def test_a_chart_is_rendered_for_each_version_only_if_it_asks(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, text: str, count: int
) -> None:
    """Two cases, three versions."""
    engine = Counting(embedded)
    path = make_chart(FILES | {"templates/config.yaml": text}, values="size: '1'\n")
    matrix = Matrix(Settings(), (), ("1.33.0", "1.34.0", "1.35.0"), Release(""))
    result = check([ChartSource(load_chart(path), engine)], matrix, catalogue.select({}))
    assert engine.count == count
    assert ("of-version", "Something is not in 1.35.", ("defaults", "big"), ("1.35.0",)) in told(result)
    assert ("of-object", "Something is here.", ("defaults", "big"), ()) in told(result)


@pytest.mark.usefixtures("rules")
def test_a_case_that_cannot_be_rendered_is_a_finding(
    make_chart: Callable[..., Path], ask: Callable[..., Result]
) -> None:
    """At the template's line. The other cases are checked all the same, and of this one nothing else is asked."""
    text = '# first\n{{- if eq .Values.size "9" }}\n{{ fail "too big" }}\n{{- end }}\n'
    result = ask(make_chart(FILES | {"templates/check.yaml": text}, values="size: '1'\n"))
    finding = next(finding for finding in result.findings if finding.rule == "render")
    assert (finding.severity, finding.cases) == (Severity.ERROR, ("big",))
    assert "too big" in finding.message
    assert str(finding.place).endswith("shop/templates/check.yaml:3")
    assert {one.rule: one.cases for one in result.findings if one.cases} == {
        "render": ("big",),
        "of-object": ("defaults",),
        "of-version": ("defaults",),
        "of-case": ("defaults",),
    }


def test_values_that_the_schema_refuses_are_a_finding(
    make_chart: Callable[..., Path], ask: Callable[..., Result]
) -> None:
    """At the case's file, with the key; at values.yaml when the chart refuses its own."""
    schema = '{"properties": {"size": {"maxLength": %d}}}'
    chart = make_chart(
        FILES | {"ci/big-values.yaml": "size: '10'\n", "values.schema.json": schema % 1}, values="size: '1'\n"
    )
    (finding,) = ask(chart, only=["render"]).findings
    assert (str(finding.place), finding.values_path, finding.cases) == (
        f"{chart}/ci/big-values.yaml:1",
        "size",
        ("big",),
    )
    (chart / "values.schema.json").write_text('{"properties": {"size": {"minLength": 9}}}')
    (chart / "ci/big-values.yaml").write_text("other: 1\n")
    assert [str(finding.place) for finding in ask(chart, only=["render"]).findings] == [f"{chart}/values.yaml:1"]
    (chart / "ci/big-values.yaml").write_text("size: '10'\n")
    (chart / "values.schema.json").write_text(schema % 0)
    assert {str(finding.place) for finding in ask(chart, only=["render"]).findings} == {
        f"{chart}/values.yaml:1",
        f"{chart}/ci/big-values.yaml:1",
    }


def test_what_is_no_yaml_is_a_finding(make_chart: Callable[..., Path], ask: Callable[..., Result]) -> None:
    """At the template that rendered to it."""
    (finding,) = ask(make_chart({"templates/bad.yaml": "a: [b\n"}), only=["render"]).findings
    assert str(finding.place).endswith("shop/templates/bad.yaml")
    assert "not valid YAML" in finding.message


def test_a_version_that_the_chart_excludes_is_a_finding(
    make_chart: Callable[..., Path], ask: Callable[..., Result]
) -> None:
    """For that version only, at the line that says so, and not as a case that does not render for another reason."""
    metadata = "apiVersion: v2\nname: shop\nversion: 0.1.0\nkubeVersion: '>=1.35.0-0'\n"
    result = ask(make_chart({"Chart.yaml": metadata}), only=["render"])
    assert [(finding.rule, finding.kube_versions) for finding in result.findings] == [
        ("kube-version-excluded", ("1.34.0",))
    ]
    assert str(result.findings[0].place).endswith("shop/Chart.yaml:4")


@pytest.mark.usefixtures("rules")
def test_a_library_chart_has_no_cases(make_chart: Callable[..., Path], ask: Callable[..., Result]) -> None:
    """It renders nothing by itself, which is no defect; its files are looked at."""
    metadata = "apiVersion: v2\nname: shop\nversion: 0.1.0\ntype: library\n"
    result = ask(make_chart({"Chart.yaml": metadata, "templates/_a.tpl": ""}))
    assert told(result) == [("of-chart", "0 cases.", (), ())]


@pytest.mark.usefixtures("rules")
def test_settings_of_values_and_cases_are_heeded(make_chart: Callable[..., Path], ask: Callable[..., Result]) -> None:
    """What is set goes on top of each case, and only the cases that are named are rendered."""
    chart = make_chart(
        FILES | {"templates/config.yaml": CONFIG.replace(".Release.Name", ".Values.size")}, values="size: '1'\n"
    )
    names = {found.identity.name for found in ask(chart).findings if found.identity}
    assert names == {"1", "9"}
    result = ask(chart, settings=Settings(set_string=("size=5",)), cases=("big",))
    assert {(found.identity.name, found.cases) for found in result.findings if found.identity} == {("5", ("big",))}
    with pytest.raises(ValuesError, match="has no case 'small'"):
        ask(chart, cases=("small",))


@pytest.mark.usefixtures("rules")
def test_what_the_settings_ignore_is_counted(make_chart: Callable[..., Path], ask: Callable[..., Result]) -> None:
    """By rule, kind, name and path; patterns are those of file names."""
    chart = make_chart(FILES, values="size: '1'\n")
    assert len(ask(chart).findings) == 4
    for ignore, left in (
        (Ignore("of-object", "because"), 3),
        (Ignore("of-object", "because", kind="Config*", name="shop", path="metadata.*"), 3),
        (Ignore("of-object", "because", kind="Secret"), 4),
        (Ignore("of-object", "because", name="shop-*"), 4),
        (Ignore("of-object", "because", path="spec.*"), 4),
        (Ignore("of-chart", "because", path="size"), 3),
    ):
        result = ask(chart, ignores=[ignore])
        assert (len(result.findings), result.ignored) == (left, 4 - left), ignore


@pytest.mark.usefixtures("rules")
def test_plain_manifests_are_checked_too() -> None:
    """Without a chart there are no cases, and no values either."""
    source = FileSource("a.yaml", "kind: A\nmetadata: {name: a}\n---\nkind: B\n")
    matrix = Matrix(Settings(), (), ("1.34.0", "1.35.0"), Release(""))
    result = check([source], matrix, catalogue.select({}))
    assert [(str(found.place), found.rule, found.cases) for found in result.findings] == [
        ("a.yaml:1", "of-version", ()),
        ("a.yaml:1", "of-case", ()),
        ("a.yaml:2", "of-object", ()),
        ("a.yaml:4", "of-object", ()),
        ("a.yaml:4", "of-version", ()),
    ]
    with pytest.raises(SourceError, match="takes neither values nor cases"):
        check([source], Matrix(Settings(set=("a=1",)), (), ("1.34.0",), Release("")), catalogue.select({}))


@pytest.mark.usefixtures("rules")
def test_rules_are_switched(make_chart: Callable[..., Path], ask: Callable[..., Result]) -> None:
    """Off, or as bad as the project says."""
    chart = make_chart(FILES, values="size: '1'\n")
    result = ask(chart, levels={"of-object": "off", "of-case": "error"})
    severities = {found.rule: found.severity for found in result.findings}
    assert severities == {"of-case": Severity.ERROR, "of-version": Severity.WARNING, "of-chart": Severity.ERROR}


@pytest.mark.usefixtures("rules")
def test_the_command_line_wins_over_the_settings() -> None:
    """`--only` asks what the settings switch off; `--rule` has the last word."""
    said = {"of-object": "off", "of-case": "error"}
    assert catalogue.select(said).severities.get("of-object") is None
    only = catalogue.select(said, only=["of-object"]).severities
    assert only == {"of-object": Severity.WARNING, "render": Severity.ERROR}
    assert catalogue.select(said, ["of-case=info"]).severities["of-case"] is Severity.INFO
    assert "of-case" not in catalogue.select(said, ["of-case=off"]).severities


@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize(
    ("levels", "switched", "sentence"),
    [
        ({"of-objekt": "off"}, (), "a.yaml: there is no rule 'of-objekt'. Did you mean of-object?"),
        ({"of-object": "bad"}, (), "a.yaml: of-object: 'bad' is no severity. Say one of off, error, warning, info."),
        ({}, ("of-object",), "--rule of-object: '' is no severity. Say one of off, error, warning, info."),
        ({}, ("nothing=off",), "--rule: there is no rule 'nothing'. `timonier check --list-rules` names them all."),
    ],
)
def test_a_rule_nobody_knows_is_refused(levels: dict[str, str], switched: tuple[str, ...], sentence: str) -> None:
    """With those that are spelt alike, and where it was named."""
    with pytest.raises(TimonierError) as refused:
        catalogue.select(levels, switched, origin="a.yaml")
    assert str(refused.value) == sentence


def test_every_rule_is_documented_and_named_alike() -> None:
    """In kebab case, with a summary of one line."""
    for name, rule in catalogue.all_rules().items():
        assert name == name.lower().replace("_", "-").strip("-"), name
        assert rule.summary.endswith("."), name
        assert "\n" not in rule.summary, name


@pytest.mark.parametrize(
    ("files", "place", "advice"),
    [
        (
            {"templates/a.yaml": 'a:\n  {{- "b: c" | indent 2 }}\n'},
            "templates/a.yaml",
            "Mostly a block is indented wrongly: `nindent` begins a new line, `indent` does not.",
        ),
        (
            {"templates/a.yaml": "{{ if true }}\na: b\n"},
            "templates/a.yaml:3",
            "Something that `if`, `range`, `with` or `define` begins has no `end`.",
        ),
        ({"templates/a.yaml": "a: {{ .Value.b }}\n"}, "templates/a.yaml:1", "Did you mean .Values?"),
        ({"values.schema.json": '{"type": '}, "values.schema.json:1", "Mend the schema."),
    ],
)
def test_the_commonest_mistakes_come_with_advice(
    make_chart: Callable[..., Path], ask: Callable[..., Result], files: dict[str, str], place: str, advice: str
) -> None:
    """What beginners get wrong every day, and what Helm says in the words of its parser."""
    (finding,) = ask(make_chart(files), only=["render"]).findings
    assert str(finding.place).endswith(f"shop/{place}")
    assert finding.hint.endswith(advice)
