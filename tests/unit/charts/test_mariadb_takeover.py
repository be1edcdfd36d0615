"""How a replica of the chart mariadb becomes the primary: its script, run with stand-ins for the other members."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "charts" / "mariadb" / "files" / "replication"
# Members are asked by `timeout SECONDS bash -c SCRIPT MEMBER …`: those in ANSWERING have what this one has, the others
# say nothing. What the own server is told is written down.
STAND_INS = """
. {scripts}/common.sh
. {scripts}/takeover.sh
status="Master_Host: $FORMER"
peers() {{ echo "$PEERS"; }}
timeout() {{ shift 3; [[ " $ANSWERING " == *" $2 "* ]] && printf '1\\t0-1-7\\n'; }}
sql() {{ echo "$*" >>"$ASKED"; echo 0-1-7; }}
takeover_began=0 SECONDS=$WAITED
take_over
"""
OPENS = "STOP REPLICA; RESET REPLICA ALL"


def takes_over(folder: Path, **members: str) -> tuple[bool, str]:
    """Whether a replica goes on to be the primary, and what it says.

    Args:
        folder: An empty one.
        members: `FORMER`, whom the replica follows; `PEERS`, the members that DNS has; `ANSWERING`, those whose agents
            answer; `WAITED`, the seconds since it was first asked to take over, of 60.
    """
    asked = folder / "asked"
    asked.touch()
    environment = {"PATH": "/usr/bin:/bin", "TAKEOVER_SECONDS": "60", "ASKED": str(asked), **members}
    command = ["bash", "-c", STAND_INS.format(scripts=SCRIPTS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)
    went_on = OPENS in asked.read_text(encoding="utf-8")
    assert went_on == (done.returncode == 0), done.stderr
    return went_on, done.stderr


def test_the_former_primary_is_all_it_takes(tmp_path: Path) -> None:
    """It has all that anybody has: an address in DNS of a pod that was replaced is not waited for."""
    members = {"FORMER": "mariadb-0.mariadb", "PEERS": "10.0.0.3", "ANSWERING": "mariadb-0.mariadb", "WAITED": "0"}
    assert takes_over(tmp_path, **members)[0]


def test_a_former_primary_that_does_not_answer_is_waited_for(tmp_path: Path) -> None:
    """By its name, which another member's begins with; then it goes on, and says what may be missing."""
    members = {"FORMER": "mariadb-0", "PEERS": "mariadb-0.other", "ANSWERING": "mariadb-0.other"}
    went_on, told = takes_over(tmp_path, **members, WAITED="30")
    assert not went_on
    assert "waiting 60 s at most for mariadb-0\n" in told
    went_on, told = takes_over(tmp_path, **members, WAITED="60")
    assert went_on
    assert "WARNING: going on without mariadb-0, " in told


@pytest.mark.parametrize("answering", ["10.0.0.3", ""])
def test_without_a_name_of_the_former_primary_it_waits_as_well(tmp_path: Path, answering: str) -> None:
    """Whoever answers need not be the one that has all, and nobody is it surely: the others get time to come."""
    members = {"FORMER": "", "PEERS": answering, "ANSWERING": answering}
    went_on, told = takes_over(tmp_path, **members, WAITED="30")
    assert not went_on
    assert "waiting 60 s at most for the former primary, whose name is not known\n" in told
    went_on, told = takes_over(tmp_path, **members, WAITED="60")
    assert went_on
    assert "WARNING: going on without the former primary, whose name is not known, " in told
