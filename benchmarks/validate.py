"""500 cases of charts/mariadb, rendered and strictly validated, every object another one in every case."""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from benchmarks import peers
from benchmarks.measure import TIMONIER, Command, Row, run, run_piped, scratch, take_turns, write_yaml
from benchmarks.schemas import LOCATION, VERSION, write_standalone

CASES = 500
AT_A_TIME = 2
CHART = Path(__file__).parents[1] / "charts" / "mariadb"
PIPELINE = "`helm template \\| kubeconform -strict`, two at a time"
LOOP = "a loop of pyhelm3 and PyYAML, which validates nothing"


def values(number: int) -> dict[str, Any]:
    """Values of one case: a label reaches every object, so that none is the same in two cases."""
    return {
        "commonLabels": {"example.com/case": f"c{number}"},
        "auth": {"password": f"user-{number}", "rootPassword": f"root-{number}"},
        "terminationGracePeriodSeconds": 60 + number,
    }


def kinds_of(rendered: str) -> set[str]:
    """Name the kinds of manifests as the files of their schemas are named."""
    kinds = set()
    for document in yaml.load_all(rendered, Loader=yaml.CSafeLoader):
        group, _, version = str(document["apiVersion"]).rpartition("/")
        parts = (document["kind"], group.partition(".")[0], version) if group else (document["kind"], version)
        kinds.add("-".join(parts).lower())
    return kinds


def rows(rounds: int) -> list[Row]:
    """Measure."""
    with scratch() as folder:
        chart = Path(folder) / "mariadb"
        shutil.copytree(CHART, chart, ignore=shutil.ignore_patterns("ci"))
        files = [write_yaml(chart / "ci" / f"c{number}-values.yaml", values(number)) for number in range(CASES)]
        helm, kubeconform = peers.helm(), peers.get(peers.KUBECONFORM)
        render: Command = [helm, "template", "mariadb", chart]
        write_standalone(kinds_of(run(render)), Path(folder))
        judge: Command = [
            kubeconform,
            "-strict",
            "-kubernetes-version",
            VERSION,
            "-schema-location",
            f"{folder}/{LOCATION}",
        ]

        def pipeline() -> None:
            with ThreadPoolExecutor(AT_A_TIME) as pool:
                list(pool.map(lambda file: run_piped([*render, "-f", file], judge), files))

        times = take_turns(
            {
                "ours": lambda: run(
                    [*TIMONIER, "check", chart, "--only", "schema", "--kube-version", VERSION], cwd=Path(folder)
                ),
                PIPELINE: pipeline,
                LOOP: lambda: asyncio.run(_loop(chart, files, helm)),
            },
            rounds,
        )
    what = f"{CASES} cases of charts/mariadb, rendered and strictly validated"
    return [
        Row(what, times["ours"], PIPELINE, times[PIPELINE], 1 / 5),
        Row(what, times["ours"], LOOP, times[LOOP], 1 / 10),
    ]


async def _loop(chart: Path, files: list[Path], helm: Path) -> int:
    import pyhelm3

    client = pyhelm3.Client(executable=str(helm))
    opened = await client.get_chart(str(chart))
    objects = 0
    for file in files:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
        objects += len(list(await client.template_resources(opened, "mariadb", given)))
    return objects
