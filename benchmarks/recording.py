"""What recording costs: CPU of our process over live calls, recorded and not.

    python benchmarks/recording.py --calls 200

The calls, their voices and the turns are those of `media.py`. On the same live calls, in turns:
  full       a bridge port each, the tick with VAD and barge-in, a prompt being played
  recorded   the same, and both sides sealed into a file each
The ratio is the median of recorded / full of neighbouring turns. No frame may be lost, every
recording must be whole, and the audio clock may not run late more often for it: of its ticks those
over 5 ms late may be a hundredth more, which is less than hosts of virtual machines take away.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from media import HEARD_SHARE, RTP_PORTS, SOCKETS, measure
from support.calls import Caller
from support.full import RATE, Full, prompts
from support.peers import address, free_rtp_ports, sipp
from support.report import finish, say
from support.voices import load

from audio import _bridge
from audio.recording import Recorder
from dialer.core.values.recordings import RecordingState
from dialer.recordings import RecordingFolder
from dialer.recordings.tape import Heading, SealedTape, Taped
from dialer.testing import MemoryKeys
from dialer.vault import DataKeys, MasterKey, Masters, Purpose, Scope, Vault
from dialer.vault.material import Secret

CAMPAIGN = "benchmark"
RATIO_LIMIT = 1.25
LATE_LIMIT = 0.01
"""The share of ticks that are late while recording, beyond that of the turns beside it."""


def new_keys() -> DataKeys:
    scope = Scope(Purpose.EVIDENCE, CAMPAIGN)
    with MemoryKeys().transaction() as shelf:
        vault = Vault.create(Masters(MasterKey(Secret.random())), shelf)
        changes = vault.changes(shelf)
        changes.obtain(scope)
    changes.committed()
    return vault.keys(scope)


class Clock:
    """How many of the audio clock's ticks were late, turn by turn."""

    def __init__(self, bridge: _bridge.Bridge) -> None:
        self._bridge = bridge
        self.late = self.ticks = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        before = self._bridge.counts()
        yield
        after = self._bridge.counts()
        self.late += after["late_ticks"] - before["late_ticks"]
        self.ticks += after["ticks"] - before["ticks"]

    @property
    def share(self) -> float:
        return self.late / max(1, self.ticks)


class Recorded(Full):
    """The whole media path, and every call recorded."""

    def record(self, folder: RecordingFolder, keys: DataKeys) -> Recorder:
        self.taped: list[Taped] = []
        recorder = Recorder()
        recorder.start()
        for handle in self.handles:
            heading = Heading(f"call-{handle}", "2026-11-23T02:00:00.000+00:00", RATE)
            tape = SealedTape(folder, heading, self.taped.append)
            tape.open_with(CAMPAIGN, keys)
            recorder.add(self._bridge.record(handle), tape)
        return recorder


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU cost of recording")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of each turn")
    parser.add_argument("--rounds", type=int, default=4, help="pairs of turns, full and recorded")
    arguments = parser.parse_args()

    full: list[float] = []
    recorded: list[float] = []
    heard: list[float] = []
    taped: list[Taped] = []
    items, keys = prompts(), new_keys()
    rtp_port = free_rtp_ports(SOCKETS)
    with (
        tempfile.TemporaryDirectory() as work,
        sipp(Path(work)) as sip_port,
        load(Path(work), rtp_port, SOCKETS),
        Caller(RTP_PORTS, arguments.calls + 100) as caller,
    ):
        caller.dial(
            arguments.calls,
            lambda number: address(sip_port, rtp_port + 2 * (number % SOCKETS)),
        )
        plain_clock, taping_clock = Clock(caller.bridge), Clock(caller.bridge)
        for turn in range(arguments.rounds):
            with Full(caller, caller.calls, items), plain_clock.turn():
                cost, share = measure(caller, arguments.calls, arguments.seconds)
            say(f"full: {cost:.3f} ms/call-s, heard {share:.3f}")
            full.append(cost)
            heard.append(share)
            folder = RecordingFolder(Path(work) / f"turn-{turn}")
            with Recorded(caller, caller.calls, items) as path:
                recorder = path.record(folder, keys)
                with taping_clock.turn():
                    cost, share = measure(caller, arguments.calls, arguments.seconds)
                recorder.stop()
            say(f"recorded: {cost:.3f} ms/call-s, heard {share:.3f}")
            recorded.append(cost)
            heard.append(share)
            taped += path.taped
            folder.erase_campaign(CAMPAIGN)
    ratios = [with_it / without for with_it, without in zip(recorded, full, strict=True)]
    seconds = sum(each.seconds for each in taped)
    figures = {
        "calls": arguments.calls,
        "cpu_ratio": round(statistics.median(ratios), 3),
        "cpu_ratio_spread": [round(min(ratios), 3), round(max(ratios), 3)],
        "full_ms_per_call_second": round(statistics.median(full), 3),
        "recorded_ms_per_call_second": round(statistics.median(recorded), 3),
        "recordings": len(taped),
        "seconds_lost": round(sum(each.lost for each in taped), 2),
        "sealed_bytes_a_second": round(sum(each.sealed_bytes for each in taped) / seconds),
        "whole": sum(each.state is RecordingState.WHOLE for each in taped),
        "late_ticks": taping_clock.late,
        "late_ticks_share": round(taping_clock.share, 4),
        "late_ticks_share_more": round(max(0.0, taping_clock.share - plain_clock.share), 4),
        "packets_heard_share": round(min(heard), 4),
        "cores": os.cpu_count(),
    }
    every = float(arguments.calls * arguments.rounds)
    finish(
        "recording",
        figures,
        {
            "cpu_ratio": {"most": RATIO_LIMIT},
            "seconds_lost": {"most": 0},
            "recordings": {"least": every, "most": every},
            "whole": {"least": every},
            "late_ticks_share_more": {"most": LATE_LIMIT},
        },
        void=None
        if min(heard) >= HEARD_SHARE
        else f"only {min(heard):.1%} of the packets came through",
    )


if __name__ == "__main__":
    main()
