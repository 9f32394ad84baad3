"""What the media path costs: CPU of our process over live calls.

    python benchmarks/media.py --calls 300

SIPp answers; the voices are those of `support/voices.py`: of ten callees four talk in sentences
with pauses, three are open lines with noise, two play music, one is muted. Each call hears a
playlist whose prompts are protected, ducked and stopped in turn, so that barge-in works all the
time; what ended or was stopped is played anew.

On the same live calls, in turns, several times over:
  bare   the calls as pjmedia leaves them: streams that send and receive, nothing attached
  full   a bridge port each, the tick with VAD and barge-in, a prompt being played
The ratio is the median of full / bare of neighbouring turns. Then 100 and 600 calls, full.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

from support.calls import Caller
from support.full import Full, prompts
from support.peers import address, free_rtp_ports, sipp
from support.report import finish, say
from support.voices import load

RTP_PORTS = (10000, 19999)
SOCKETS = 6
RATIO_LIMIT = 1.4
GROWTH_LIMIT = 1.2
FEW, MANY = 100, 600
HEARD_SHARE = 0.99
"""Of the packets that each side owes the other; with less, the peer was the limit: void."""
SETTLE = 1.5


def measure(caller: Caller, legs: int, seconds: float) -> tuple[float, float]:
    """(CPU in ms per call and second, share of the owed packets that came)."""
    caller.pump(SETTLE)
    heard = caller.received_packets()
    begun, used = time.monotonic(), cpu_seconds()
    caller.pump(seconds)
    elapsed, spent = time.monotonic() - begun, cpu_seconds() - used
    share = (caller.received_packets() - heard) / (legs * 50 * elapsed)
    return 1000 * spent / (legs * elapsed), share


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU cost of the media path")
    parser.add_argument("--calls", type=int, default=300, help="calls of the comparison")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of each turn")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of turns, bare and full")
    arguments = parser.parse_args()

    bare: list[float] = []
    full: list[float] = []
    heard: list[float] = []
    by_size: dict[int, float] = {}
    frames = 0
    items = prompts()
    rtp_port = free_rtp_ports(SOCKETS)
    with (
        tempfile.TemporaryDirectory() as folder,
        sipp(Path(folder)) as sip_port,
        load(Path(folder), rtp_port, SOCKETS) as voices,
        Caller(RTP_PORTS, max(MANY, arguments.calls) + 100) as caller,
    ):

        def reach(count: int) -> None:
            missing = count - len(caller.calls)
            if missing > 0:
                caller.dial(
                    missing,
                    lambda number: address(sip_port, rtp_port + 2 * (number % SOCKETS)),
                )

        def run_full(count: int) -> float:
            nonlocal frames
            with Full(caller, caller.calls, items) as path:
                cost, share = measure(caller, count, arguments.seconds)
                stats = path.tick.stats
                say(
                    f"full {count}: {cost:.3f} ms/call-s, heard {share:.3f}, "
                    f"{stats.ducked} ducked, {stats.interrupted} stopped, "
                    f"{stats.false_alarms} false alarms"
                )
                frames += stats.frames
            heard.append(share)
            return cost

        reach(FEW)
        by_size[FEW] = statistics.median(run_full(FEW) for _ in range(2))
        reach(arguments.calls)
        for _ in range(arguments.rounds):
            cost, share = measure(caller, arguments.calls, arguments.seconds)
            say(f"bare {arguments.calls}: {cost:.3f} ms/call-s, heard {share:.3f}")
            bare.append(cost)
            heard.append(share)
            full.append(run_full(arguments.calls))
        reach(MANY)
        by_size[MANY] = statistics.median(run_full(MANY) for _ in range(2))
        counts = caller.bridge.counts()
        sent = sum(leg.sent_packets() for leg in caller.calls)
        said = voices.last_words()
        realtime = caller.bridge.realtime
    ratios = [whole / alone for whole, alone in zip(full, bare, strict=True)]
    worst = min(*heard, said["heard"] / sent)
    figures = {
        "calls": arguments.calls,
        "cpu_ratio": round(statistics.median(ratios), 3),
        "cpu_ratio_spread": [round(min(ratios), 3), round(max(ratios), 3)],
        "bare_ms_per_call_second": round(statistics.median(bare), 3),
        "full_ms_per_call_second": round(statistics.median(full), 3),
        f"ms_per_call_second_at_{FEW}": round(by_size[FEW], 3),
        f"ms_per_call_second_at_{MANY}": round(by_size[MANY], 3),
        "cost_growth": round(by_size[MANY] / by_size[FEW], 3),
        "frames_analysed": frames,
        "frames_dropped": counts["dropped_frames"],
        "late_ticks": counts["late_ticks"],
        "skipped_ticks": counts["skipped_ticks"],
        "realtime_clock": realtime,
        "packets_heard_share": round(worst, 4),
        "peer_packets_late_share": round(said["late"] / said["sent"], 4),
        "cores_used_at_most": round(
            max(by_size[MANY] * MANY, max(full) * arguments.calls) / 1000, 2
        ),
        "cores": os.cpu_count(),
    }
    finish(
        "media",
        figures,
        {
            "cpu_ratio": {"most": RATIO_LIMIT},
            "cost_growth": {"most": GROWTH_LIMIT},
            "frames_dropped": {"most": 0},
        },
        void=None if worst >= HEARD_SHARE else f"only {worst:.1%} of the packets came through",
    )


if __name__ == "__main__":
    main()
