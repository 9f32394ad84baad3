"""Invariant 6 on captured packets: in no second do more INVITEs leave than the carrier allows."""

from __future__ import annotations

from pathlib import Path

from dialer.demo.files import Carrier, Job, write
from tests.support.capture import Capture
from tests.support.dialing import dialer
from tests.support.sipp import Sipp

CPS = 15
CALLS = 75
BUSY = "5"


def test_calls_per_second_hold_on_the_wire(tmp_path: Path) -> None:
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        job = Job(
            carriers=[Carrier("carrier", carrier.port, channels=100, cps=CPS)],
            numbers=[f"+8610655{BUSY}{2 * row:04d}" for row in range(CALLS)],
            concurrency=100,
        )
        config, campaign = write(tmp_path, job)
        with Capture([carrier.port]) as capture:
            done = dialer("run", str(campaign), "-c", str(config))
    assert done.returncode == 0, done.stderr
    left: dict[str | None, float] = {}
    for packet in capture.sip():
        if packet.what == "INVITE":
            left.setdefault(packet.header("Call-ID"), packet.at)  # a copy is no new call
    assert len(left) == len(carrier.invites()) == CALLS
    # The two clocks, the kernel's and ours, are compared over a second: a millisecond is for that.
    most = max(sum(first <= at < first + 0.999 for at in left.values()) for first in left.values())
    assert most <= CPS
    assert max(left.values()) - min(left.values()) < 2 * CALLS / CPS, "and the pace is kept"
