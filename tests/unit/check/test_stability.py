"""Rules that compare a rendering with another one of the same case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import stability

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.check.model import Problem

    MakeChart = Callable[..., Path]
    Look = Callable[..., list[Problem]]


def rendered(kind: str, name: str, api: str = "v1") -> str:
    """Return a template of an object with that name."""
    return f"apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n---\n"


def test_a_suffix_behind_the_longest_release_name(make_chart: MakeChart, look: Look) -> None:
    """Names, labels and limits that controllers leave; each at the object as it is really called."""
    chart = make_chart(
        {
            "templates/a.yaml": rendered("Service", "'{{ .Release.Name }}-shop-headless'")
            + rendered("StatefulSet", "'{{ .Release.Name }}'", "apps/v1")
            + rendered("ConfigMap", "'{{ .Release.Name }}-shop-configuration'")
            + "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  labels: {a: '{{ .Release.Name }}-shop-label'}\n"
        }
    )
    problems = look(stability.long_release_name, chart)
    assert [(p.manifest.identity.name, p.path) for p in problems if p.manifest] == [
        ("s", "metadata.labels.a"),
        ("some-shop-headless", "metadata.name"),
        ("some", "metadata.name"),
    ]
    assert "For a release name of 53 characters: " in problems[1].message
    assert "(67 characters) is too long a name: it may have 63 characters here." in problems[1].message


def test_two_names_that_become_one(make_chart: MakeChart, look: Look) -> None:
    """Where the whole is cut, and not what precedes the suffix."""
    whole = '\'{{ printf "%s-shop-%s" .Release.Name "KIND" | trunc 60 }}\''
    chart = make_chart(
        {
            "templates/a.yaml": rendered("ConfigMap", whole.replace("KIND", "files")),
            "templates/b.yaml": rendered("ConfigMap", whole.replace("KIND", "fonts")),
        }
    )
    [problem] = look(stability.long_release_name, chart)
    assert problem.manifest is not None
    assert problem.manifest.identity.name == "some-shop-fonts"
    assert "shop/templates/a.yaml is called the same, ConfigMap r-r-" in problem.message


@pytest.mark.parametrize(
    "template",
    [
        rendered("Service", "'{{ .Release.Name | trunc 50 | trimSuffix \"-\" }}-headless'"),
        rendered("Service", "Wrong_Already"),
        '{{ if gt (len .Release.Name) 30 }}{{ fail "The release\'s name is too long." }}{{ end }}'
        + rendered("Service", "'{{ .Release.Name }}-headless-service'"),
    ],
)
def test_charts_that_cope_with_long_names(make_chart: MakeChart, look: Look, template: str) -> None:
    """They cut, or they refuse; and what is wrong with any name is another rule's."""
    assert look(stability.long_release_name, make_chart({"templates/a.yaml": template})) == []


def test_a_name_without_the_release(make_chart: MakeChart, look: Look) -> None:
    """Two releases collide, unless the case's values ask for that very name."""
    template = rendered("ConfigMap", "{{ .Values.name }}") + rendered(
        "Secret", "'{{ .Release.Name }}-{{ .Values.name }}'"
    )
    chart = make_chart(
        {"templates/a.yaml": template, "ci/named-values.yaml": "name: mine\n"}, values="name: settings\n"
    )
    [problem] = look(stability.fixed_name, chart)
    assert (
        problem.message == '"settings" is its name in every release: a second one cannot be installed beside the first.'
    )


@pytest.mark.parametrize("case", ["prefix: set", "extra: 'a manifest that is called settings'"])
def test_a_name_that_the_case_is_about(make_chart: MakeChart, look: Look, case: str) -> None:
    """It has a part that is set, or is part of what is set."""
    template = rendered("ConfigMap", "settings")
    chart = make_chart({"templates/a.yaml": template, "ci/own-values.yaml": f"{case}\n", "ci/b-values.yaml": "c: s\n"})
    assert len(look(stability.fixed_name, chart)) == 2


def test_names_that_others_know(make_chart: MakeChart, look: Look) -> None:
    """A class is called what those who use it write down."""
    classes = rendered("IngressClass", "fast", "networking.k8s.io/v1") + rendered("PriorityClass", "high")
    assert look(stability.fixed_name, make_chart({"templates/a.yaml": classes})) == []


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  user: fixed\n  password: %s\n"


def test_a_value_that_is_generated(make_chart: MakeChart, look: Look) -> None:
    """The place is said, and no other; the value is not."""
    chart = make_chart({"templates/a.yaml": SECRET % "{{ randAlphaNum 20 }}"})
    [problem] = look(stability.generated_value, chart)
    assert problem.path == "stringData.password"
    assert problem.message == "This is another one in every rendering: each upgrade changes it."


DEFINED = '{{- define "shop.password" }}{{ (lookup "v1" "Secret" "x" "s").x | default (randAlphaNum 20) }}{{ end }}'


@pytest.mark.parametrize(
    "files",
    [
        {"templates/a.yaml": SECRET % "fixed"},
        {"templates/a.yaml": SECRET % '{{ (lookup "v1" "Secret" "x" "s").password | default (randAlphaNum 20) }}'},
        {"templates/a.yaml": SECRET % '{{ include "shop.password" . }}', "templates/_a.tpl": DEFINED},
        {
            "templates/a.yaml": SECRET % '{{ include "shop.password" . }}',
            "templates/_a.tpl": DEFINED,
            "templates/b.yaml": rendered("ConfigMap", "b").replace("---\n", "")
            + 'data: {sum: {{ include (print $.Template.BasePath "/a.yaml") . | sha256sum }}}\n',
        },
        {
            "templates/a.yaml": (SECRET % "{{ randAlphaNum 20 }}").replace(
                "name: s", "name: s, annotations: {helm.sh/hook: test}"
            )
        },
    ],
)
def test_values_that_stay(make_chart: MakeChart, look: Look, files: dict[str, str]) -> None:
    """Fixed ones, those that are looked up first, directly or by what is included, and hooks."""
    assert look(stability.generated_value, make_chart(files)) == []


def test_a_subchart_that_looks_up_its_secret(make_chart: MakeChart, look: Look) -> None:
    """Its templates include each other by its own folder, not by the parent's."""
    summed = rendered("ConfigMap", "b").replace("---\n", "") + (
        'data: {sum: {{ include (print $.Template.BasePath "/a.yaml") . | sha256sum }}}\n'
    )
    looked_up = SECRET % '{{ (lookup "v1" "Secret" "x" "s").password | default (randAlphaNum 20) }}'
    chart = make_chart(
        {
            "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
            "charts/db/templates/a.yaml": looked_up,
            "charts/db/templates/b.yaml": summed,
        }
    )
    assert look(stability.generated_value, chart) == []
