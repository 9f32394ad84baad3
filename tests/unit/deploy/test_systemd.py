"""The unit that we ship: how much it leaves open, and what the node needs of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from deploy.setup import systemd
from deploy.setup.checkout import Checkout
from dialer.config.document import MOST_CHANNELS

REPOSITORY: Final = Path(__file__).resolve().parents[3]
UNIT: Final = REPOSITORY / "deploy/systemd/dialer@.service"
MOST_EXPOSED: Final = 2.5


def set_there() -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE))


def exposure(unit: Path) -> float:
    """What systemd's analyser says; 0 leaves nothing open, 10 everything."""
    command = [*systemd.command(Checkout(REPOSITORY)), "security", "--offline=true", str(unit)]
    told = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={"LC_ALL": "C.UTF-8"}
    )
    found = re.search(r"Overall exposure level for .*: ([\d.]+) ", told.stdout)
    assert found is not None, told.stdout + told.stderr
    return float(found[1])


def test_it_leaves_little_open() -> None:
    assert exposure(UNIT) <= MOST_EXPOSED


@pytest.mark.parametrize(
    "without", ["SystemCallFilter", "CapabilityBoundingSet", "PrivateUsers", "Restrict", "Protect"]
)
def test_the_analyser_sees_what_is_missing(tmp_path: Path, without: str) -> None:
    weaker = tmp_path / UNIT.name
    weaker.write_text(re.sub(rf"(?m)^{without}\w*=.*\n", "", UNIT.read_text("utf-8")), "utf-8")
    assert exposure(weaker) > exposure(UNIT)


def test_the_node_gets_what_it_needs() -> None:
    unit = set_there()
    (clock,) = re.findall(
        r"kClockPriority = (\d+)", (REPOSITORY / "audio/native/clock.hpp").read_text("utf-8")
    )
    assert unit["LimitRTPRIO"] == clock
    assert "RestrictRealtime" not in unit
    # RTP and RTCP of every channel, of calls that end included, and as many again for all else.
    assert int(unit["LimitNOFILE"]) >= 4 * MOST_CHANNELS
    families = unit["RestrictAddressFamilies"].split()
    assert {"AF_INET", "AF_UNIX"} <= set(families)
    assert unit["StateDirectory"] == "dialer"
