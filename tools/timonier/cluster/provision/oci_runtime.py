"""An OCI runtime in front of runc that asks for no capability this machine cannot grant.

A machine may be without some capabilities altogether (its bounding set says so). Older Docker asks for all of them
for a privileged container, and runc then refuses to start it. This takes the missing ones out of the container's
`config.json` (create, run) and of an exec's `--process` file, and hands over to runc. It is run as a program, so it
stands on the standard library alone.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

# linux/capability.h, in the order of their numbers.
NAMES = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
]


def missing(status: str | None = None) -> set[str]:
    """The capabilities that are not in the bounding set, as OCI names them (`CAP_SYS_RESOURCE`).

    Args:
        status: The text of /proc/PID/status; this process's own when left out.
    """
    text = Path("/proc/self/status").read_text(encoding="ascii") if status is None else status
    bounding = next(int(line.split()[1], 16) for line in text.splitlines() if line.startswith("CapBnd:"))
    return {f"CAP_{name}" for number, name in enumerate(NAMES) if not bounding >> number & 1}


def within_bounds(process: dict[str, Any], without: set[str]) -> None:
    """Take capabilities out of every set of an OCI process."""
    sets = process.get("capabilities") or {}
    for name, capabilities in sets.items():
        sets[name] = [capability for capability in capabilities if capability not in without]


def rewrite(arguments: list[str]) -> None:
    """Rewrite the file by which runc is told what to run, where the arguments name one."""
    if "exec" in arguments and "--process" in arguments:
        file = Path(arguments[arguments.index("--process") + 1])
        document = json.loads(file.read_text(encoding="utf-8"))
        within_bounds(document, missing())
    elif "create" in arguments or "run" in arguments:
        bundle = arguments[arguments.index("--bundle") + 1] if "--bundle" in arguments else "."
        file = Path(bundle) / "config.json"
        document = json.loads(file.read_text(encoding="utf-8"))
        within_bounds(document["process"], missing())
    else:
        return
    file.write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    rewrite(sys.argv[1:])
    os.execvp("runc", ["runc", *sys.argv[1:]])  # noqa: S606, S607 - the runtime Docker itself would find on PATH
