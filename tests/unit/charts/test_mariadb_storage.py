"""The storage of the chart mariadb: its claim, a volume and a class of its own, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/mariadb")

SERVER = "StatefulSet"
VOLUME = "PersistentVolume"
CLASS = "StorageClass"
CLAIM = "spec.volumeClaimTemplates[0].spec"
LABELS = {
    "app.kubernetes.io/name": "mariadb",
    "app.kubernetes.io/instance": "mariadb",
    "app.kubernetes.io/component": "database",
    "helm.sh/chart": "mariadb-0.2.0",
    "app.kubernetes.io/version": "10.11",
    "app.kubernetes.io/managed-by": "Helm",
}
KEEP = {"helm.sh/resource-policy": "keep"}
ABSENT = ...
NODE: dict[str, Any] = {
    "required": {
        "nodeSelectorTerms": [
            {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["a"]}]}
        ]
    }
}


def static(**source: Any) -> dict[str, Any]:  # noqa: ANN401 - the fields of a source
    """Values with a static volume of these sources, reached from one node."""
    return {"persistence": {"staticVolume": {"enabled": True, "source": source, "nodeAffinity": NODE}}}


def with_persistence(values: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Values with more of `persistence`."""
    return {**values, "persistence": {**values["persistence"], **more}}


HOST_PATH = static(hostPath={"path": "/srv/mariadb"})
DELETED = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}

# What is set; whom it is about; where it is to be found there, and what it says.
BECOMES: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "a claim chooses no volume by itself": (
        {},
        SERVER,
        {f"{CLAIM}.volumeName": ABSENT, f"{CLAIM}.selector": ABSENT, f"{CLAIM}.storageClassName": ABSENT},
    ),
    "a claim may name its volume": (
        {"persistence": {"volumeName": "rows"}},
        SERVER,
        {f"{CLAIM}.volumeName": "rows", f"{CLAIM}.storageClassName": ABSENT},
    ),
    "a claim may choose by labels": (
        {"persistence": {"selector": {"matchLabels": {"for": "rows"}}}},
        SERVER,
        {f"{CLAIM}.selector": {"matchLabels": {"for": "rows"}}},
    ),
    "a static volume is the claim's size, modes and class": (
        with_persistence(HOST_PATH, size="3Gi", accessModes=["ReadWriteOncePod"], storageClass="by-hand"),
        VOLUME,
        {
            "metadata": {"name": "data-mariadb-0.default", "labels": LABELS, "annotations": KEEP},
            "spec": {
                "capacity": {"storage": "3Gi"},
                "accessModes": ["ReadWriteOncePod"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": "by-hand",
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "namespace": "default",
                    "name": "data-mariadb-0",
                },
                "nodeAffinity": NODE,
                "hostPath": {"path": "/srv/mariadb", "type": "DirectoryOrCreate"},
            },
        },
    ),
    "its claim asks for it by name, and for no class of the cluster's": (
        HOST_PATH,
        SERVER,
        {f"{CLAIM}.volumeName": "data-mariadb-0.default", f"{CLAIM}.storageClassName": ""},
    ),
    "and so does it": (HOST_PATH, VOLUME, {"spec.storageClassName": ""}),
    "no class is no class for it, too": (
        with_persistence(HOST_PATH, storageClass="-"),
        VOLUME,
        {"spec.storageClassName": ""},
    ),
    "it may be of the class the chart makes": (
        {**HOST_PATH, "storageClass": {"create": True, "name": "mine", "provisioner": "kubernetes.io/no-provisioner"}},
        VOLUME,
        {"spec.storageClassName": "mine"},
    ),
    "a directory may have to be there": (
        static(hostPath={"path": "/srv", "type": "Directory"}),
        VOLUME,
        {"spec.hostPath": {"path": "/srv", "type": "Directory"}},
    ),
    "a local directory has no type": (
        static(local={"path": "/srv"}, hostPath=None),
        VOLUME,
        {"spec.local": {"path": "/srv"}, "spec.hostPath": ABSENT},
    ),
    "a server's directory is reached from any node": (
        {"persistence": {"staticVolume": {"enabled": True, "source": {"nfs": {"server": "nas", "path": "/rows"}}}}},
        VOLUME,
        {"spec.nfs": {"server": "nas", "path": "/rows"}, "spec.nodeAffinity": ABSENT},
    ),
    "a driver's volume may be deleted with its claim": (
        {
            "persistence": {
                "staticVolume": {
                    "enabled": True,
                    "source": {"csi": {"driver": "d", "volumeHandle": "v", "fsType": "xfs"}},
                    "reclaimPolicy": "Delete",
                }
            }
        },
        VOLUME,
        {
            "spec.csi": {"driver": "d", "volumeHandle": "v", "fsType": "xfs"},
            "spec.persistentVolumeReclaimPolicy": "Delete",
        },
    ),
    "it goes with its claim where that goes with the release": (
        {**HOST_PATH, **DELETED},
        VOLUME,
        {"metadata.annotations": ABSENT},
    ),
    "but its rows stay, and so does their password": (
        {**HOST_PATH, **DELETED},
        "Secret",
        {"metadata.annotations": KEEP},
    ),
    "as with a claim that is not the chart's": (
        {"persistence": {"existingClaim": "mine"}, **DELETED},
        "Secret",
        {"metadata.annotations": KEEP},
    ),
    "a class is what was asked for": (
        {
            "storageClass": {
                "create": True,
                "name": "rows",
                "provisioner": "ebs.csi.aws.com",
                "parameters": {"type": "gp3"},
                "mountOptions": ["noatime"],
                "reclaimPolicy": "Retain",
                "volumeBindingMode": "Immediate",
                "allowedTopologies": [{"matchLabelExpressions": [{"key": "zone", "values": ["a"]}]}],
                "allowVolumeExpansion": True,
                "annotations": {"a": "b"},
            }
        },
        CLASS,
        {
            "metadata": {"name": "rows", "labels": LABELS, "annotations": {"a": "b"}},
            "provisioner": "ebs.csi.aws.com",
            "parameters": {"type": "gp3"},
            "mountOptions": ["noatime"],
            "reclaimPolicy": "Retain",
            "volumeBindingMode": "Immediate",
            "allowedTopologies": [{"matchLabelExpressions": [{"key": "zone", "values": ["a"]}]}],
            "allowVolumeExpansion": True,
        },
    ),
    "a class has nothing that was not asked for": (
        {"storageClass": {"create": True, "provisioner": "p"}},
        CLASS,
        {
            "metadata": {"name": "mariadb.default", "labels": LABELS},
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowVolumeExpansion": False,
            **dict.fromkeys(("parameters", "mountOptions", "allowedTopologies"), ABSENT),
        },
    ),
    "the claim is of the class that is made": (
        {"storageClass": {"create": True, "provisioner": "p"}},
        SERVER,
        {f"{CLAIM}.storageClassName": "mariadb.default"},
    ),
    "and may name it": (
        {"storageClass": {"create": True, "name": "rows", "provisioner": "p"}, "persistence": {"storageClass": "rows"}},
        SERVER,
        {f"{CLAIM}.storageClassName": "rows"},
    ),
    "what becomes of claims is the StatefulSet's": (
        {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"}},
        SERVER,
        {"spec.persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"}},
    ),
    "pods may be replaced from one on": (
        {"updateStrategy": {"rollingUpdate": {"partition": 1}}},
        SERVER,
        {"spec.updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}},
    ),
}


@pytest.mark.parametrize("case", BECOMES.values(), ids=BECOMES)
def test_what_values_become(assert_facts: Callable[..., None], case: tuple[Any, ...]) -> None:
    """The name of each says what for."""
    assert_facts(*case)


@pytest.mark.parametrize("release", ["shop", "x" * 53])
def test_names_in_no_namespace_are_the_releases_own(render: Render, release: str) -> None:
    """The same release in another namespace is another one; and one cluster has room for both."""
    values = {**HOST_PATH, "storageClass": {"create": True, "provisioner": "p"}}
    names = {
        (namespace, one.kind): one.name
        for namespace in ("here", "n" * 63)
        for one in render(values=values, release=release, namespace=namespace)
        if one.kind in {VOLUME, CLASS}
    }
    assert len(set(names.values())) == 4
    assert all(name.endswith(f".{namespace}") for (namespace, _), name in names.items())
    assert all(name.partition(".")[0].removeprefix("data-").startswith(release[:44]) for name in names.values())


def test_the_volume_is_for_the_claim_that_the_pod_will_have(render: Render) -> None:
    """Under whatever name the StatefulSet has: its controller calls the claim `data-NAME-0`."""
    rendered = render(values={**HOST_PATH, "fullnameOverride": "rows"}, release="shop", namespace="here")
    volume, server = rendered[VOLUME], rendered[SERVER]
    assert volume["spec.claimRef.name"] == f"data-{server.name}-0" == "data-rows-0"
    assert volume["spec.claimRef.namespace"] == server.namespace == "here"
    assert server[f"{CLAIM}.volumeName"] == volume.name


def test_neither_volume_nor_class_unless_asked_for(render: Render) -> None:
    """A chart that makes objects of the whole cluster says so."""
    assert {VOLUME, CLASS}.isdisjoint({one.kind for one in render()})


ONE_SOURCE = "keep one of hostPath, local, nfs and csi, and set the others to null"
REFUSED: dict[str, dict[str, Any]] = {
    "persistence.existingClaim and persistence.volumeName each choose the volume: keep one": {
        "persistence": {"existingClaim": "a", "volumeName": "b"}
    },
    "persistence.volumeName and persistence.selector each choose the volume: keep one": {
        "persistence": {"volumeName": "b", "selector": {"matchLabels": {"a": "b"}}}
    },
    "persistence.selector and persistence.staticVolume.enabled each choose the volume: keep one": with_persistence(
        HOST_PATH, selector={"matchLabels": {"a": "b"}}
    ),
    "persistence.staticVolume.enabled needs persistence.enabled: nothing else would use the volume": with_persistence(
        HOST_PATH, enabled=False
    ),
    f"persistence.staticVolume.source names nothing: {ONE_SOURCE}": static(),
    f"persistence.staticVolume.source names hostPath and local: {ONE_SOURCE}": static(
        hostPath={"path": "/a"}, local={"path": "/b"}
    ),
    **{
        f"persistence.staticVolume.source.{source} is a directory of one node: say which in persistence.staticVolume."
        "nodeAffinity, or the pod finds an empty one on another": {
            "persistence": {"staticVolume": {"enabled": True, "source": {source: {"path": "/a"}}}}
        }
        for source in ("hostPath", "local")
    },
    "persistence.staticVolume.reclaimPolicy Delete needs a csi source: nobody deletes another one's files. "
    "Use Retain": {
        "persistence": {
            "staticVolume": {
                "enabled": True,
                "source": {"nfs": {"server": "nas", "path": "/rows"}},
                "reclaimPolicy": "Delete",
            }
        }
    },
    "storageClass.create needs storageClass.provisioner: name the cluster's, as `kubectl get storageclass` shows it": {
        "storageClass": {"create": True}
    },
    "storageClass.reclaimPolicy is Recycle, which Kubernetes no longer has: use Retain to keep the rows, or Delete": {
        "storageClass": {"reclaimPolicy": "Recycle"}
    },
    "persistence.storageClass is fast, and storageClass.create makes shop-mariadb.default, which nothing would use: "
    "leave persistence.storageClass empty": {
        "storageClass": {"create": True, "provisioner": "p"},
        "persistence": {"storageClass": "fast"},
    },
    "updateStrategy.rollingUpdate needs updateStrategy.type RollingUpdate: set it to {}": {
        "updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 1}}
    },
}


@pytest.mark.parametrize(("text", "values"), REFUSED.items(), ids=REFUSED)
def test_volumes_that_would_never_be_bound_are_refused(render: Render, text: str, values: dict[str, Any]) -> None:
    """With the key, what to do, and nothing else that would be wrong."""
    with render.raises(text) as refusal:
        render(values=values, release="shop")
    assert refusal.message.endswith(f": chart mariadb, release shop: wrong values - {text}")


@pytest.mark.parametrize(
    ("values", "told", "untold"),
    [
        ({}, ["delete secret/mariadb persistentvolumeclaim/data-mariadb-0\n"], ["persistentvolume/"]),
        (
            HOST_PATH,
            ["delete secret/mariadb persistentvolumeclaim/data-mariadb-0 persistentvolume/data-mariadb-0.default\n"],
            [],
        ),
        ({**HOST_PATH, **DELETED}, ["delete secret/mariadb\n"], ["persistentvolume"]),
        (DELETED, [], ["delete secret", "keeps the rows"]),
        ({"auth": {"existingSecret": "mine"}}, [], ["delete secret"]),
    ],
)
def test_the_notes_tell_how_to_be_rid_of_what_is_kept(
    render: Render, values: dict[str, Any], told: list[str], untold: list[str]
) -> None:
    """And of nothing that goes by itself."""
    notes = f"{render(values=values).notes}\n"
    assert [text for text in told if text not in notes] == []
    assert [text for text in untold if text in notes] == []
