"""`timonier doctor`: what this machine has of what timonier uses, which version, and where it came from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import get_args

import click
from click.exceptions import Exit

from timonier.cli import options
from timonier.cli.command import OneOf, command, option


@dataclass(frozen=True)
class Finding:
    """One thing looked for.

    Attributes:
        name: What was looked for.
        found: Whether it is there.
        version: Its version, or empty.
        origin: Where it came from, or how it would be had.
    """

    name: str
    found: bool
    version: str
    origin: str


@command(epilog="Example: timonier doctor -o json")
@option("--output", "-o", type=OneOf(options.Format), default=options.Format.TEXT, help="How to tell it.")
def doctor(*, output: options.Format) -> None:
    """Show the engine, programs and images timonier found, with version and origin; fetch and build nothing.

    Exit code 1 when something is missing that would have to be fetched or built first.
    """
    findings = [_chosen(), _embedded(), *_programs(), *_container_engine()]
    if output is options.Format.JSON:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        widths = [max(len(finding.name) for finding in findings), max(len(finding.version) for finding in findings)]
        for finding in findings:
            name, version = finding.name.ljust(widths[0]), (finding.version or "-").ljust(widths[1])
            click.echo(f"{'✓' if finding.found else '✗'} {name}  {version}  {finding.origin}")
    raise Exit(0 if all(finding.found for finding in findings) else 1)


def _chosen() -> Finding:
    """Find what renders when nobody says what should."""
    import re

    from timonier.engine.choose import choose_engine
    from timonier.errors import EngineError

    try:
        name = choose_engine().name
    except EngineError as problem:
        return Finding("engine (auto)", found=False, version="", origin=str(problem))
    match = re.fullmatch(r"helm (?P<version>\S+) \((?P<which>.+)\)", name)
    version, which = (match["version"], match["which"]) if match else ("", name)
    return Finding("engine (auto)", found=True, version=version, origin=f"Helm, {which}")


def _embedded() -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return Finding("embedded engine", found=True, version=version("helm-python-sdk"), origin="helm-python-sdk")
    except PackageNotFoundError:
        return Finding("embedded engine", found=False, version="", origin="pip install 'timonier[embedded]'")


def _programs() -> list[Finding]:
    from timonier.cluster import programs

    findings = []
    for name in get_args(programs.Name):
        program = programs.present(name)
        if program is None:
            wanted = programs.PROGRAMS[name]
            origin = f"downloaded or built when needed ({wanted.version}); any on PATH must be at least "
            origin += f"{'.'.join(map(str, wanted.minimum))}: {wanted.why}"
            findings.append(Finding(name, found=False, version="", origin=origin))
        else:
            findings.append(
                Finding(name, found=True, version=program.version, origin=f"{program.origin}: {program.path}")
            )
    return findings


def _container_engine() -> list[Finding]:
    from timonier.cluster import container, images, node, provision

    engine = container.answering()
    if engine is None:
        reason = provision.refusal()
        origin = "installed when needed" if reason is None else f"no engine answers{reason}"
        return [Finding("container engine", found=False, version="", origin=origin)]
    findings = [Finding("container engine", found=True, version=engine.version, origin=engine.program)]
    own = next((name for name in (node.PINNED, node.TAG, node.OWN) if engine.has(name)), None)
    for what, name in (("node image", own), ("ingress image", images.TRAEFIK), ("registry image", images.REGISTRY)):
        there = name is not None and engine.has(name)
        origin = f"{name}: {engine.image_id(name)[:19]}" if name and there else "pulled or built when needed"
        findings.append(
            Finding(what, found=there, version=(name or "").rpartition(":")[2] if there else "", origin=origin)
        )
    return findings
