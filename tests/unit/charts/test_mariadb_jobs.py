"""The jobs of the chart mariadb: backup, verification, restore and the rotation of passwords."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/mariadb")

FILES = Path(__file__).parents[3] / "charts" / "mariadb" / "files" / "jobs"
BACKUP: Any = ("CronJob", "mariadb-backup")
VERIFY: Any = ("CronJob", "mariadb-verify")
CLAIM: Any = ("PersistentVolumeClaim", "mariadb-backup")
ROTATION: Any = ("Job", "mariadb-rotation")
ON = {"backup": {"enabled": True}}
VERIFIED = {"backup": {"enabled": True, "verification": {"enabled": True}}}
RESTORED = {"restore": {"enabled": True, "existingClaim": "dumps"}}
ROTATED = {"passwordRotation": {"enabled": True}}
JOB = "spec.jobTemplate.spec"
POD = f"{JOB}.template.spec"
ONE = f"{POD}.containers[0]"
ABSENT = ...
HOOK = "pre-upgrade,pre-rollback"


def backup(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - values of `backup`
    """Values with a backup of these."""
    return {"backup": {"enabled": True, **values}}


def restore(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - values of `restore`
    """Values with a restore of these."""
    return {"restore": {"enabled": True, "existingClaim": "dumps", **values}}


def rotation(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - values of `passwordRotation`
    """Values with a rotation of these."""
    return {"passwordRotation": {"enabled": True, **values}}


def selector(component: str) -> dict[str, str]:
    """The labels that pick the pods of a job."""
    return {
        "app.kubernetes.io/name": "mariadb",
        "app.kubernetes.io/instance": "mariadb",
        "app.kubernetes.io/component": component,
    }


def labels(component: str) -> dict[str, str]:
    """The labels of an object of a job."""
    return selector(component) | {
        "helm.sh/chart": "mariadb-0.2.0",
        "app.kubernetes.io/version": "10.11",
        "app.kubernetes.io/managed-by": "Helm",
    }


# What is set; whom it is about; where it is to be found there, and what it says.
BECOMES: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "a backup a night, one at a time": (
        ON,
        BACKUP,
        {
            "metadata.labels": labels("backup"),
            "spec.schedule": "17 2 * * *",
            "spec.timeZone": ABSENT,
            "spec.concurrencyPolicy": "Forbid",
            "spec.suspend": False,
            "spec.startingDeadlineSeconds": 3600,
            "spec.successfulJobsHistoryLimit": 3,
            "spec.failedJobsHistoryLimit": 3,
            "spec.jobTemplate.metadata.labels": labels("backup"),
            f"{JOB}.backoffLimit": 2,
            f"{JOB}.activeDeadlineSeconds": ABSENT,
            f"{JOB}.ttlSecondsAfterFinished": ABSENT,
            f"{JOB}.completions": ABSENT,
            f"{JOB}.template.metadata.labels": selector("backup"),
            f"{POD}.restartPolicy": "Never",
            f"{POD}.automountServiceAccountToken": False,
            f"{POD}.enableServiceLinks": False,
            f"{POD}.serviceAccountName": "mariadb",
            f"{POD}.imagePullSecrets": ABSENT,
            f"{POD}.nodeSelector": ABSENT,
            f"{POD}.tolerations": ABSENT,
            f"{POD}.priorityClassName": ABSENT,
            f"{ONE}.image": "mariadb:10.11",
            f"{ONE}.imagePullPolicy": "IfNotPresent",
            f"{ONE}.name": "backup",
            f"{ONE}.command": ["bash", "/scripts/backup.sh"],
            f"{ONE}.resources": {"requests": {"cpu": "50m", "memory": "192Mi"}, "limits": {"memory": "512Mi"}},
        },
    ),
    "a schedule of a time zone, with every limit": (
        backup(
            schedule="@daily",
            timeZone="Europe/Paris",
            concurrencyPolicy="Replace",
            suspend=True,
            startingDeadlineSeconds=60,
            successfulJobsHistoryLimit=0,
            failedJobsHistoryLimit=7,
            backoffLimit=0,
            activeDeadlineSeconds=1209600,
            ttlSecondsAfterFinished=0,
        ),
        BACKUP,
        {
            "spec.schedule": "@daily",
            "spec.timeZone": "Europe/Paris",
            "spec.concurrencyPolicy": "Replace",
            "spec.suspend": True,
            "spec.startingDeadlineSeconds": 60,
            "spec.successfulJobsHistoryLimit": 0,
            "spec.failedJobsHistoryLimit": 7,
            f"{JOB}.backoffLimit": 0,
            f"{JOB}.activeDeadlineSeconds": 1209600,
            f"{JOB}.ttlSecondsAfterFinished": 0,
        },
    ),
    "a Job may begin as late as it likes": (
        backup(startingDeadlineSeconds=None),
        BACKUP,
        {"spec.startingDeadlineSeconds": ABSENT},
    ),
    "a backup is told where, of what and how many": (
        backup(keep=3),
        BACKUP,
        {
            f"{ONE}.env": [
                {"name": "BACKUP_DIR", "value": "/backups"},
                {"name": "DB_HOST", "value": "mariadb"},
                {"name": "KEEP", "value": "3"},
                {"name": "PREFIX", "value": "mariadb"},
            ]
        },
    ),
    "a backup writes to the claim, as root of the database, configured like it": (
        {**ON, "args": ["--lower-case-table-names=1"]},
        BACKUP,
        {
            f"{ONE}.command": ["bash", "/scripts/backup.sh", "--lower-case-table-names=1"],
            f"{POD}.volumes[name=backups].persistentVolumeClaim": {"claimName": "mariadb-backup"},
            f"{POD}.volumes[name=password].secret": {
                "secretName": "mariadb",
                "defaultMode": 0o440,
                "items": [{"key": "mariadb-root-password", "path": "root-password"}],
            },
            f"{POD}.volumes[name=configuration].configMap.name": "mariadb",
            f"{POD}.volumes[name=scripts].configMap.name": "mariadb-jobs",
            f"{POD}.volumes[name=scratch].emptyDir": {},
            f"{ONE}.volumeMounts": [
                {"name": "scripts", "mountPath": "/scripts", "readOnly": True},
                {"name": "scratch", "mountPath": "/tmp", "subPath": "tmp"},  # noqa: S108 - in the pod
                {"name": "backups", "mountPath": "/backups", "readOnly": False},
                {"name": "scratch", "mountPath": "/scratch", "subPath": "data"},
                {"name": "password", "mountPath": "/run/secrets/mariadb", "readOnly": True},
                {"name": "configuration", "mountPath": "/etc/mysql/conf.d", "readOnly": True},
            ],
        },
    ),
    "no configuration is none, and a Secret may be another": (
        {**ON, "configuration": "", "auth": {"existingSecret": "mine", "secretKeys": {"rootPassword": "r"}}},
        BACKUP,
        {
            f"{POD}.volumes[name=configuration]": ABSENT,
            f"{ONE}.volumeMounts[name=configuration]": ABSENT,
            f"{POD}.volumes[name=password].secret.secretName": "mine",
            f"{POD}.volumes[name=password].secret.items[0].key": "r",
        },
    ),
    "a job runs where, and as what, the database does": (
        {
            **ON,
            "nodeSelector": {"disk": "fast"},
            "tolerations": [{"key": "dedicated", "operator": "Exists"}],
            "priorityClassName": "high",
            "imagePullSecrets": [{"name": "a"}],
            "podSecurityContext": {"fsGroup": 5},
            "securityContext": {"privileged": False},
            "image": {"tag": "11", "pullPolicy": "Always"},
            "commonLabels": {"team": "a"},
        },
        BACKUP,
        {
            f"{POD}.nodeSelector": {"disk": "fast"},
            f"{POD}.tolerations": [{"key": "dedicated", "operator": "Exists"}],
            f"{POD}.priorityClassName": "high",
            f"{POD}.imagePullSecrets": [{"name": "a"}],
            f"{POD}.securityContext.fsGroup": 5,
            f"{ONE}.securityContext.privileged": False,
            f"{ONE}.image": "mariadb:11",
            f"{ONE}.imagePullPolicy": "Always",
            f"{JOB}.template.metadata.labels": selector("backup") | {"team": "a"},
        },
    ),
    "security and resources may be left to the cluster": (
        {**backup(resources=None), "podSecurityContext": None, "securityContext": None, "args": None},
        BACKUP,
        {f"{POD}.securityContext": ABSENT, f"{ONE}.securityContext": ABSENT, f"{ONE}.resources": ABSENT},
    ),
    "the claim is kept, and of the cluster's class": (
        ON,
        CLAIM,
        {
            "metadata.labels": labels("backup"),
            "metadata.annotations": {"helm.sh/resource-policy": "keep"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
    ),
    "the claim may be another": (
        backup(
            persistence={
                "storageClass": "fast",
                "accessModes": ["ReadWriteMany"],
                "size": "2Gi",
                "annotations": {"a": "b"},
                "retain": False,
            }
        ),
        CLAIM,
        {
            "metadata.annotations": {"a": "b"},
            "spec": {
                "accessModes": ["ReadWriteMany"],
                "storageClassName": "fast",
                "resources": {"requests": {"storage": "2Gi"}},
            },
        },
    ),
    "the claim may be of no class, and go": (
        backup(persistence={"storageClass": "-", "retain": False}),
        CLAIM,
        {"spec.storageClassName": "", "metadata.annotations": ABSENT},
    ),
    "a claim that is there is taken": (
        backup(persistence={"existingClaim": "dumps"}),
        BACKUP,
        {f"{POD}.volumes[name=backups].persistentVolumeClaim": {"claimName": "dumps"}},
    ),
    "each of the newest dumps is verified by an index": (
        VERIFIED,
        VERIFY,
        {
            "metadata.labels": labels("verify"),
            "spec.schedule": "17 4 * * 0",
            "spec.jobTemplate.metadata.labels": labels("verify"),
            f"{JOB}.completionMode": "Indexed",
            f"{JOB}.backoffLimit": ABSENT,
            f"{JOB}.backoffLimitPerIndex": 2,
            f"{JOB}.completions": 2,
            f"{JOB}.parallelism": 1,
            f"{JOB}.template.metadata.labels": selector("verify"),
            f"{ONE}.name": "verify",
            f"{ONE}.command": ["bash", "/scripts/verify.sh"],
            f"{ONE}.volumeMounts[name=backups].readOnly": True,
            f"{POD}.volumes[name=password]": ABSENT,
            f"{POD}.volumes[name=backups].persistentVolumeClaim": {"claimName": "mariadb-backup"},
            f"{ONE}.env[name=PREFIX].value": "mariadb",
        },
    ),
    "as many as asked, so many at a time, configured as the database": (
        {
            "args": ["--a"],
            **backup(verification={"enabled": True, "schedule": "@weekly", "completions": 5, "parallelism": 3}),
        },
        VERIFY,
        {
            "spec.schedule": "@weekly",
            f"{JOB}.completions": 5,
            f"{JOB}.parallelism": 3,
            f"{ONE}.command": ["bash", "/scripts/verify.sh", "--a"],
        },
    ),
    "what runs before an upgrade has the passwords of now and the next": (
        {"passwordRotation": {"enabled": True, "generation": "a"}, "auth": {"username": "clerk"}},
        ROTATION,
        {
            "metadata.labels": labels("password-rotation"),
            'metadata.annotations["helm.sh/hook"]': HOOK,
            'metadata.annotations["helm.sh/hook-weight"]': "0",
            'metadata.annotations["helm.sh/hook-delete-policy"]': "before-hook-creation",
            "spec.backoffLimit": 2,
            "spec.activeDeadlineSeconds": 240,
            "spec.ttlSecondsAfterFinished": 3600,
            "spec.template.metadata.labels": selector("password-rotation"),
            "spec.template.spec.containers[0].name": "password-rotation",
            "spec.template.spec.containers[0].command": [
                "bash",
                "/scripts/rotate.sh",
                "root=root-password",
                "clerk=password",
            ],
            "spec.template.spec.containers[0].env": [
                {"name": "DB_HOSTS", "value": "mariadb"},
                {"name": "OVERLAP_SECONDS", "value": "600"},
            ],
            "spec.template.spec.containers[0].resources.limits": {"memory": "64Mi"},
            "spec.template.spec.containers[0].resources.requests": {"cpu": "10m", "memory": "32Mi"},
            "spec.template.spec.containers[0].volumeMounts[name=current]": {
                "name": "current",
                "mountPath": "/run/secrets/current",
                "readOnly": True,
            },
            "spec.template.spec.containers[0].volumeMounts[name=next].mountPath": "/run/secrets/next",
            "spec.template.spec.containers[0].volumeMounts[name=next].readOnly": True,
            "spec.template.spec.volumes[name=scripts].configMap.name": "mariadb-rotation",
            "spec.template.spec.volumes[name=current].secret": {
                "secretName": "mariadb",
                "defaultMode": 0o440,
                "items": [
                    {"key": "mariadb-root-password", "path": "root-password"},
                    {"key": "mariadb-password", "path": "password"},
                ],
            },
            "spec.template.spec.volumes[name=next].secret.secretName": "mariadb-rotation",
        },
    ),
    "a rotation has limits": (
        rotation(backoffLimit=0, activeDeadlineSeconds=60, ttlSecondsAfterFinished=90, overlapSeconds=5),
        ROTATION,
        {
            "spec.backoffLimit": 0,
            "spec.activeDeadlineSeconds": 60,
            "spec.ttlSecondsAfterFinished": 90,
            "spec.template.spec.containers[0].env[name=OVERLAP_SECONDS].value": "5",
        },
    ),
    "a rotation goes from one Secret to another": (
        {"auth": {"existingSecret": "two"}, **rotation(previousSecret="one")},
        ROTATION,
        {
            "spec.template.spec.volumes[name=current].secret.secretName": "one",
            "spec.template.spec.volumes[name=next].secret.secretName": "two",
        },
    ),
    "a rotation without another Secret drops what was before": (
        {"auth": {"existingSecret": "two"}, **ROTATED},
        ROTATION,
        {
            "spec.template.spec.volumes[name=current].secret.secretName": "two",
            "spec.template.spec.volumes[name=next].secret.secretName": "two",
        },
    ),
    "jobs reach the database whoever else may": (
        {"networkPolicy": {"enabled": True, "from": [{"namespaceSelector": {}}]}},
        ("NetworkPolicy", "mariadb-jobs"),
        {
            "metadata.labels": labels("database"),
            "spec.podSelector.matchLabels": selector("database"),
            "spec.policyTypes": ["Ingress"],
            "spec.ingress": [
                {
                    "ports": [{"port": "mariadb"}],
                    "from": [
                        {
                            "podSelector": {
                                "matchLabels": {
                                    "app.kubernetes.io/name": "mariadb",
                                    "app.kubernetes.io/instance": "mariadb",
                                },
                                "matchExpressions": [
                                    {
                                        "key": "app.kubernetes.io/component",
                                        "operator": "In",
                                        "values": ["backup", "restore", "password-rotation", "metrics"],
                                    }
                                ],
                            }
                        }
                    ],
                }
            ],
        },
    ),
    "nobody reaches jobs": (
        {**ON, "networkPolicy": {"enabled": True}},
        ("NetworkPolicy", "mariadb-jobs-closed"),
        {
            "metadata.labels": labels("database"),
            "spec": {
                "podSelector": {
                    "matchLabels": {
                        "app.kubernetes.io/name": "mariadb",
                        "app.kubernetes.io/instance": "mariadb",
                    },
                    "matchExpressions": [
                        {
                            "key": "app.kubernetes.io/component",
                            "operator": "In",
                            "values": ["backup", "backup-claim", "verify", "restore", "password-rotation"],
                        }
                    ],
                },
                "policyTypes": ["Ingress"],
            },
        },
    ),
}


@pytest.mark.parametrize("case", BECOMES.values(), ids=BECOMES)
def test_what_values_become(assert_facts: Callable[..., None], case: tuple[Any, ...]) -> None:
    """The name of each says what for."""
    assert_facts(*case)


def job(render: Render, prefix: str, values: dict[str, Any], release: str = "mariadb") -> Any:  # noqa: ANN401 - an object
    """The one Job whose name begins so."""
    [found] = [one for one in render(values=values, release=release) if one.kind == "Job" and prefix in one.name]
    return found


def test_a_restore_is_told_what_from_where(render: Render) -> None:
    """The latest dump of this release from the backup's claim, unless said."""
    found = job(render, "mariadb-restore-", {**ON, "restore": {"enabled": True}})
    pod = found["spec.template.spec"]
    assert found["metadata.labels"] == labels("restore")
    assert found["spec.template.metadata.labels"] == selector("restore")
    assert found["spec.backoffLimit"] == 2
    assert found["spec.template.spec.volumes[name=backups].persistentVolumeClaim.claimName"] == "mariadb-backup"
    assert found["spec.template.spec.containers[0].volumeMounts[name=backups].readOnly"] is True
    assert found["spec.template.spec.containers[0].volumeMounts[name=password].readOnly"] is True
    assert pod["containers"][0]["command"] == ["bash", "/scripts/restore.sh"]
    assert pod["containers"][0]["env"] == [
        {"name": "BACKUP_DIR", "value": "/backups"},
        {"name": "DB_HOST", "value": "mariadb"},
        {"name": "RESTORE_DUMP", "value": "latest"},
        {"name": "RESTORE_REQUEST", "value": ""},
        {"name": "RESTORE_SOURCE", "value": "mariadb"},
    ]


def test_a_restore_may_be_of_another_release(render: Render) -> None:
    """A named dump, from another claim; with limits of its own."""
    values = restore(dump="x.sql.gz", source="shop", request="two", backoffLimit=0, activeDeadlineSeconds=9)
    found = job(render, "mariadb-restore-", values)
    assert found["spec.template.spec.volumes[name=backups].persistentVolumeClaim.claimName"] == "dumps"
    environment = {one["name"]: one["value"] for one in found["spec.template.spec.containers[0].env"]}
    assert environment | {"RESTORE_DUMP": "x.sql.gz", "RESTORE_SOURCE": "shop", "RESTORE_REQUEST": "two"} == environment
    assert (found["spec.backoffLimit"], found["spec.activeDeadlineSeconds"]) == (0, 9)
    assert "spec.ttlSecondsAfterFinished" not in found


@pytest.mark.parametrize(
    "changed",
    [{"dump": "x.sql.gz"}, {"request": "two"}, {"existingClaim": "others"}, {"backoffLimit": 5}],
    ids=lambda changed: next(iter(changed)),
)
def test_another_restore_is_another_job(render: Render, changed: dict[str, Any]) -> None:
    """A Job cannot be changed: an upgrade that would, makes another one."""
    assert job(render, "restore", RESTORED).name != job(render, "restore", restore(**changed)).name


def test_a_restore_stays_the_same_job(render: Render) -> None:
    """What it does not see makes no other Job."""
    assert job(render, "restore", RESTORED).name == job(render, "restore", {**RESTORED, "replicas": 0}).name


def test_the_claim_has_a_first_consumer(render: Render) -> None:
    """A Job that writes to it and has no password; none with a claim that is there."""
    found = job(render, "mariadb-claim-", ON)
    assert found["metadata.labels"] == labels("backup-claim")
    assert found["spec.template.metadata.labels"] == selector("backup-claim")
    assert found["spec.template.spec.containers[0].command"] == ["bash", "/scripts/claim.sh"]
    assert found["spec.template.spec.containers[0].volumeMounts[name=backups].readOnly"] is False
    assert found["spec.template.spec.volumes[name=backups].persistentVolumeClaim.claimName"] == "mariadb-backup"
    assert "spec.template.spec.volumes[name=password]" not in found
    assert found["spec.backoffLimit"] == 2
    there = render(values=backup(persistence={"existingClaim": "dumps"}))
    assert not {kind for kind, _ in there.inventory} & {"Job", "PersistentVolumeClaim"}


def test_names_fit_where_they_go(render: Render) -> None:
    """A CronJob's in 52 signs, a Job's in 63."""
    values = {**VERIFIED, **RESTORED, **ROTATED, "fullnameOverride": "n" * 52}
    names = {(one.kind, one.name) for one in render(values=values) if one.kind in {"CronJob", "Job"}}
    assert len(names) == 5
    assert {kind: max(len(name) for one, name in names if one == kind) for kind in ("CronJob", "Job")} == {
        "CronJob": 52,
        "Job": 63,
    }


@pytest.mark.parametrize(
    ("values", "name", "scripts"),
    [
        (ON, "mariadb-jobs", {"backup", "claim", "common", "restore", "verify"}),
        (RESTORED, "mariadb-jobs", {"backup", "claim", "common", "restore", "verify"}),
        (ROTATED, "mariadb-rotation", {"common", "rotate"}),
    ],
    ids=["backup", "restore", "rotation"],
)
def test_scripts_come_as_they_are(render: Render, values: dict[str, Any], name: str, scripts: set[str]) -> None:
    """Each is the file it was made from."""
    found = render(values=values)["ConfigMap", name]
    assert found["data"] == {f"{script}.sh": (FILES / f"{script}.sh").read_text("utf-8") for script in scripts}


def test_what_a_rotation_needs_is_there_before_and_goes(render: Render) -> None:
    """Scripts and next passwords come before the Job, which waits for them, and go when it has succeeded."""
    found = render(values=rotation(generation="a"))
    for key in (("Secret", "mariadb-rotation"), ("ConfigMap", "mariadb-rotation")):
        assert found[key]["metadata.annotations"] == {
            "helm.sh/hook": HOOK,
            "helm.sh/hook-weight": "-1",
            "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
        }
        assert found[key]["metadata.labels"] == labels("password-rotation")


def test_the_next_passwords_are_the_secrets(render: Render) -> None:
    """Generated once, not once for each of the two."""
    found = render(values=rotation(generation="a"))
    assert found["Secret", "mariadb-rotation"]["data"] == found["Secret", "mariadb"]["data"]
    assert found["Secret", "mariadb-rotation"]["type"] == "Opaque"
    assert len(base64.b64decode(found["Secret", "mariadb"]["data"]["mariadb-password"])) == 24


def test_the_secret_says_which_generation_it_is(render: Render) -> None:
    """Beside being kept, or alone."""
    here = 'metadata.annotations["mariadb/password-generation"]'
    kept = 'metadata.annotations["helm.sh/resource-policy"]'
    secret = render(values=rotation(generation="a"))["Secret", "mariadb"]
    assert (secret[here], secret[kept]) == ("a", "keep")
    secret = render(values={**rotation(generation="b"), "persistence": {"enabled": False}})["Secret", "mariadb"]
    assert (secret[here], kept in secret) == ("b", False)


REFUSED: dict[str, dict[str, Any]] = {
    "backup.verification.enabled needs backup.enabled: there are no dumps to verify": {
        "backup": {"verification": {"enabled": True}}
    },
    "backup.verification.completions is more than backup.keep: so many dumps are never there": backup(
        keep=2, verification={"completions": 3}
    ),
    "backup.verification.parallelism is more than 1, and backup.persistence.accessModes lets in one pod only": (
        backup(verification={"enabled": True, "parallelism": 2}, persistence={"accessModes": ["ReadWriteOncePod"]})
    ),
    "restore.enabled needs a claim with dumps: set restore.existingClaim, or backup.enabled": {
        "restore": {"enabled": True}
    },
    "passwordRotation.generation needs passwordRotation.enabled, or the database would not know the passwords": {
        "passwordRotation": {"generation": "a"}
    },
    "passwordRotation.previousSecret needs passwordRotation.enabled, or the database would not know the passwords": {
        "passwordRotation": {"previousSecret": "a"}
    },
    "passwordRotation.generation has nothing generated while auth.existingSecret is given: name another Secret there": {
        "auth": {"existingSecret": "a"},
        **rotation(generation="a"),
    },
}


@pytest.mark.parametrize(("text", "values"), REFUSED.items(), ids=REFUSED)
def test_jobs_that_could_not_run_are_refused(render: Render, text: str, values: dict[str, Any]) -> None:
    """With the release, the key, and nothing else that would be wrong."""
    with render.raises(text) as refusal:
        render(values=values, release="shop")
    assert refusal.message.endswith(f": chart mariadb, release shop: wrong values - {text}")


@pytest.mark.parametrize(
    "values",
    [
        backup(verification={"enabled": True, "parallelism": 1}, persistence={"accessModes": ["ReadWriteOncePod"]}),
        backup(verification={"enabled": True, "parallelism": 2}),
        {"backup": {"persistence": {"existingClaim": "dumps"}}, "restore": {"enabled": True}},
        {**ON, "restore": {"enabled": True}},
    ],
)
def test_jobs_that_can_run_are_not_refused(render: Render, values: dict[str, Any]) -> None:
    """One pod at a time, a claim for many, a claim that is there."""
    render(values=values)


@pytest.mark.parametrize(
    "values",
    [
        backup(schedule="every night"),
        backup(timeZone="Europe/Paris Berlin"),
        backup(keep=0),
        backup(startingDeadlineSeconds=5),
        restore(dump="../x.sql.gz"),
        restore(dump="x.tar"),
        restore(request="two words"),
        rotation(ttlSecondsAfterFinished=0),
    ],
    ids=str,
)
def test_what_no_job_could_do_is_refused(render: Render, values: dict[str, Any]) -> None:
    """By the schema: no such schedule, no dump outside the claim, no Job that goes before Helm has seen it end."""
    with render.raises("values"):
        render(values=values)
