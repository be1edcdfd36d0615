"""Objects against the schemas of Kubernetes and of custom resources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from timonier.chart import Case
from timonier.chartfiles import read_chart_files
from timonier.check.context import CaseContext
from timonier.check.objects.lists import expanded
from timonier.check.rules import rendering, schemas
from timonier.check.schema import crds, kubeschemas
from timonier.engine import Release
from timonier.errors import EngineError, SourceError, TimonierError
from timonier.manifest import Manifest, read_manifests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from timonier.check.model import Rule

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.example.org}
spec:
  group: example.org
  names: {kind: Shop, plural: shops}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, exclusiveMinimum: true}
              port: {x-kubernetes-int-or-string: true}
              owner: {type: string, nullable: true}
              labels: {type: object, additionalProperties: {type: string}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: string}}}
              inner:
                type: object
                x-kubernetes-embedded-resource: true
                properties: {spec: {type: object, properties: {a: {type: string}}}}
  - name: v1alpha1
    served: false
    storage: false
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
SHOP = "{apiVersion: example.org/v1, kind: Shop, metadata: {name: a}, spec: {size: 3, %s}}"


def manifests_of(text: str) -> list[Manifest]:
    """Read manifests, lists taken apart."""
    return expanded(read_manifests(text, origin="test"))


def found(
    text: str,
    *,
    rule: Rule = schemas.schema,
    version: str = "1.36.0",
    known: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """Return what a rule says of manifests: the path, the sentence and the hint."""
    made = manifests_of(text)
    context = CaseContext(Case("", ""), made, version, Release("some"), crds=known)
    problems = [problem for one in made for problem in rule.check(one, context)]  # type: ignore[call-arg, arg-type]
    return [f"{problem.path}: {problem.message} {problem.hint}".rstrip() for problem in problems]


QUOTE = "Put it into quotes: in a template, `| quote`."
UNQUOTE = "Leave the quotes out, in the values or in the template."


def deployment(spec: str) -> str:
    """Return a Deployment with something more in its spec."""
    more = "selector: {matchLabels: {a: b}}, template: {spec: {containers: [{name: a, image: b}]}}"
    return f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: x}}, spec: {{{more}, {spec}}}}}"


def test_an_object_as_it_should_be_passes() -> None:
    """And null counts as not set, for quantities too, which are text or a number."""
    assert found(deployment("replicas: 3")) == []
    assert found(deployment("replicas: null, strategy: {rollingUpdate: {maxSurge: null}}")) == []


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("replica: 3", "spec.replica: There is no field spec.replica. Did you mean replicas?"),
        ("replicas: '3'", 'spec.replicas: spec.replicas must be a whole number, not text ("3"). ' + UNQUOTE),
        ("paused: 'yes'", 'spec.paused: spec.paused must be true or false, not text ("yes"). ' + UNQUOTE),
        ("strategy: [a]", "spec.strategy: spec.strategy must be a mapping, not a list."),
        (
            "strategy: {rollingUpdate: {maxSurge: 1.5}}",
            (
                "spec.strategy.rollingUpdate.maxSurge: spec.strategy.rollingUpdate.maxSurge must be text or a whole "
                "number, not a number (1.5)."
            ),
        ),
        (
            "strategy: {type: 1}",
            "spec.strategy.type: spec.strategy.type must be text, not a whole number (1). " + QUOTE,
        ),
        ("whatever: 1", "spec.whatever: There is no field spec.whatever."),
    ],
)
def test_what_is_wrong_is_one_sentence(spec: str, sentence: str) -> None:
    """With the dotted path, the nearest field where there is one, and what to do about quotes."""
    assert found(deployment(spec)) == [sentence]


def test_a_misspelt_spec_is_an_error() -> None:
    """Other tools let it pass, because Kubernetes requires none."""
    text = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spce: {replicas: 1}}"
    assert found(text) == ["spce: There is no field spce. Did you mean spec?"]


def test_a_missing_field_is_named() -> None:
    """By the path it should have."""
    text = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {selector: {}}}"
    assert found(text) == ["spec.template: spec.template is missing."]


def test_a_secret_stays_secret() -> None:
    """A value of the wrong type is not shown, and shown it would be for another kind."""
    text = "{apiVersion: v1, kind: KIND, metadata: {name: x}, data: {password: 12345}}"
    assert found(text.replace("KIND", "ConfigMap")) == [
        f"data.password: data.password must be text, not a whole number (12345). {QUOTE}"
    ]
    assert found(text.replace("KIND", "Secret")) == [
        f"data.password: data.password must be text, not a whole number. {QUOTE}"
    ]


def test_a_schema_is_the_versions_own() -> None:
    """A field that came later is unknown to an older Kubernetes."""
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a}], hostnameOverride: a}}"
    assert found(pod, version="1.30.0") == [
        "spec.hostnameOverride: There is no field spec.hostnameOverride. Did you mean hostname?"
    ]
    assert found(pod, version="1.36.0") == []


def test_items_of_a_list_are_checked() -> None:
    """Each as an object of its own, at its own line."""
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  dta: {}\n"
    assert found(text) == ["dta: There is no field dta. Did you mean data?"]
    assert [(str(one.identity), one.line) for one in manifests_of(text)] == [("ConfigMap a", 4)]
    flow = "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}, {kind: B}]}"
    assert [one.identity.kind for one in manifests_of(flow)] == ["ConfigMap", "B"]


@pytest.mark.parametrize(
    ("api", "sentence"),
    [
        ("apps/v1 Deploymnet", "kind: There is no apps/v1 Deploymnet. Did you mean Deployment?"),
        ("app/v1 Deployment", "apiVersion: There is no app/v1 Deployment. Deployment is in apps/v1."),
        (
            "resource.k8s.io/v1 DeviceClass",
            "apiVersion: resource.k8s.io/v1 DeviceClass is not there before Kubernetes 1.34. Ask for a later one.",
        ),
        (
            "shop/v1 Order",
            (
                "apiVersion: There is no shop/v1 Order in Kubernetes, nor in a CustomResourceDefinition that is known. "
                "Is it misspelt?"
            ),
        ),
        (
            "rbac.authorisation.k8s.io/v1 Role",
            "apiVersion: There is no rbac.authorisation.k8s.io/v1 Role. Role is in rbac.authorization.k8s.io/v1.",
        ),
        ("../v1 Deployment", "apiVersion: There is no ../v1 Deployment. Deployment is in apps/v1."),
    ],
)
def test_a_kind_nobody_knows_is_an_error(api: str, sentence: str) -> None:
    """With what may have been meant. A group whose name begins alike is another group."""
    version, _, kind = api.partition(" ")
    text = f"{{apiVersion: {version}, kind: {kind}, metadata: {{name: a}}}}"
    assert found(text, rule=schemas.unknown_api, version="1.30.0") == [sentence]
    assert found(text, version="1.30.0") == []
    assert found(text, rule=schemas.missing_definition, version="1.30.0") == []


@pytest.mark.parametrize(
    "api", ["example.org/v1 Shop", "gateway.networking.k8s.io/v1 HTTPRoute", "serving.knative.dev/v1 Service"]
)
def test_a_custom_resource_nobody_described_is_no_error(api: str) -> None:
    """Only a note that it is not validated; with the definition of another kind of its group it is an error."""
    version, _, kind = api.partition(" ")
    text = f"{{apiVersion: {version}, kind: {kind}, metadata: {{name: a}}}}"
    assert found(text, rule=schemas.unknown_api) == []
    sentence = (
        f"apiVersion: Nothing is known of {api}: it is not validated. Give its CustomResourceDefinition by --crds."
    )
    assert found(text, rule=schemas.missing_definition) == [sentence]
    known = crds.read_crds(CRD.replace("example.org", version.partition("/")[0]), origin="crd.yaml")
    other = text.replace(kind, f"{kind}x")
    assert len(found(other, rule=schemas.unknown_api, known=known)) == 1
    assert found(other, rule=schemas.missing_definition, known=known) == []


@pytest.mark.parametrize("kind", [r'"a\0b"', '"../pod"', "x" * 300])
def test_a_kind_that_cannot_be_a_files_name_is_unknown(kind: str) -> None:
    """Schemas lie in files named after kinds; nothing else is opened."""
    text = f"{{apiVersion: v1, kind: {kind}, metadata: {{name: a}}}}"
    assert found(text) == []
    assert len(found(text, rule=schemas.unknown_api)) == 1


def test_a_group_is_the_whole_group() -> None:
    """`apps.example.org` is not `apps`, though the schemas' files are named by the first part only."""
    text = "{apiVersion: apps.example.org/v1, kind: Deployment, metadata: {name: a}, spce: 1}"
    assert found(text) == []
    assert len(found(text, rule=schemas.missing_definition)) == 1


@pytest.mark.parametrize(
    ("more", "sentences"),
    [
        ("port: 80, owner: null, labels: {a: b}, free: {known: a, x: 1}", []),
        ("port: http", []),
        ("port: true", ["spec.port: spec.port must be a whole number or text, not true or false (true)."]),
        ("sise: 1", ["spec.sise: There is no field spec.sise. Did you mean size?"]),
        ("labels: {a: 1}", ["spec.labels.a: spec.labels.a must be text, not a whole number (1). " + QUOTE]),
        ("labels: null", ["spec.labels: spec.labels must be a mapping, not null."]),
        ("free: {known: 1}", ["spec.free.known: spec.free.known must be text, not a whole number (1). " + QUOTE]),
        ("inner: {apiVersion: v1, kind: B, metadata: {name: a}, spec: {a: b}}", []),
        ("inner: {spec: {b: c}}", ["spec.inner.spec.b: There is no field spec.inner.spec.b."]),
    ],
)
def test_a_custom_resource_is_checked_by_its_definition(more: str, sentences: list[str]) -> None:
    """Strictly, with what Kubernetes adds to JSON Schema."""
    known = crds.read_crds(CRD, origin="crd.yaml")
    assert found(SHOP % more, known=known) == sentences
    assert found(SHOP % more, known=known, rule=schemas.unknown_api) == []


def test_bounds_and_metadata_of_a_custom_resource() -> None:
    """A bound that is exclusive is; metadata is Kubernetes' own."""
    known = crds.read_crds(CRD, origin="crd.yaml")
    assert "less than or equal to" in found((SHOP % "").replace("size: 3", "size: 1"), known=known)[0]
    sentence = "metadata.lables: There is no field metadata.lables. Did you mean labels?"
    assert found((SHOP % "").replace("{name: a}", "{name: a, lables: {}}"), known=known) == [sentence]


def test_a_version_that_is_not_served_is_an_error() -> None:
    """The definition names it, and the API server does not answer."""
    known = crds.read_crds(CRD, origin="crd.yaml")
    text = (SHOP % "").replace("example.org/v1", "example.org/v1alpha1")
    (sentence,) = found(text, rule=schemas.unknown_api, known=known)
    assert sentence.endswith(
        "The CustomResourceDefinition of example.org/v1alpha1 Shop says that this version is not served."
    )


def test_definitions_are_read_from_files_and_folders(tmp_path: Path) -> None:
    """What else lies there is left out; a file that is not there is an error."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "shop.yaml").write_text(f"kind: ConfigMap\n---{CRD}")
    (tmp_path / "notes.txt").write_text("not: [yaml")
    assert [crd["metadata"]["name"] for crd in crds.crds_of_paths([tmp_path])] == ["shops.example.org"]
    with pytest.raises(SourceError, match=r"gone\.yaml cannot be read: No such file"):
        crds.crds_of_paths([tmp_path / "gone.yaml"])


def test_templates_are_no_definitions(make_chart: Callable[..., Path]) -> None:
    """Though they lie in a folder that is called as the one for definitions is."""
    chart = make_chart({"templates/crds/shop.yaml": "{{ if true }}\nkind: X\n{{ end }}", "crds/shop.yaml": CRD})
    assert [crd["metadata"]["name"] for crd in crds.crds_of_files(read_chart_files(chart))] == ["shops.example.org"]


def test_definitions_are_read_as_kubectl_prints_them() -> None:
    """A list in JSON."""
    (crd,) = manifests_of(CRD)

    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [crd.document]})
    assert [one["kind"] for one in crds.read_crds(text, origin="kubectl")] == ["CustomResourceDefinition"]


@pytest.mark.parametrize(
    ("asked", "versions"),
    [
        (["1.34"], ("1.34.0",)),
        (["v1.34.2", "1.30"], ("1.30.0", "1.34.2")),
        (["1.30-1.32"], ("1.30.0", "1.31.0", "1.32.0")),
        (["1.30,1.31", "1.30"], ("1.30.0", "1.31.0")),
    ],
)
def test_versions_and_ranges_are_understood(asked: list[str], versions: tuple[str, ...]) -> None:
    """In order, each once."""
    assert kubeschemas.read_versions(asked) == versions


def test_the_newest_version_is_taken_when_none_is_asked_for() -> None:
    """The one with schemas."""
    assert kubeschemas.read_versions([]) == kubeschemas.known_versions()[-1:]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("1.2.3.4", "'1.2.3.4' is no Kubernetes version."),
        ("newest", "'newest' is no Kubernetes version."),
        ("1.9", "There are no schemas of Kubernetes 1.9."),
        ("1.36-1.30", "1.36-1.30 is no range of Kubernetes versions."),
    ],
)
def test_a_version_nobody_knows_is_refused(asked: str, sentence: str) -> None:
    """With what there is."""
    with pytest.raises(TimonierError) as refused:
        kubeschemas.read_versions([asked])
    assert refused.value.message == sentence


def test_without_the_schemas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, not an ImportError."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EngineError, match=r"pip install 'timonier\[check\]'"):
        kubeschemas.package_folder.__wrapped__()


def test_a_document_that_is_no_object() -> None:
    """No apiVersion, no kind, no name: each is said."""
    assert found("{spec: {}}", rule=rendering.not_an_object) == [
        "apiVersion: The document has no apiVersion.",
        "kind: The document has no kind.",
    ]
    assert found("{apiVersion: v1, kind: Pod, metadata: {}}", rule=rendering.not_an_object) == [
        "metadata.name: The object has no name."
    ]
    assert found("{apiVersion: v1, kind: Pod, metadata: {generateName: a-}}", rule=rendering.not_an_object) == []


def test_a_key_that_stands_twice() -> None:
    """At any depth, in either style; the same key in two mappings is fine."""
    text = "metadata:\n  labels: {a: b, c: d, a: e}\nlist:\n- x: 1\n- x: 1\n  y: 2\n  y: 3\n"
    assert found(text, rule=rendering.duplicate_key) == [
        "metadata.labels.a: The key a stands twice in the same mapping. Helm takes the last.",
        "list[1].y: The key y stands twice in the same mapping. Helm takes the last.",
    ]
