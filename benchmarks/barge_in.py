"""How fast a prompt gives way to the callee's voice, on the wire.

    python benchmarks/barge_in.py --calls 200

Real SIP calls by way of SIPp, real RTP. Some of the calls are probes (`support/probe.py`, a
process of its own): real words from a known packet on, over a prompt that is a steady tone, and
the kernel's time of every packet that comes back. The others hear prompts and talk, as in
`media.py`. Everything is done twice: as it is, and with a Python thread that never rests.

  duck   first packet of speech in -> first packet out whose second half is 18 dB down
  stop   first packet of speech in -> first packet out whose second half is silent
  gap    between two packets of one call as they come out

The gaps are held to their limit with all of them counted. From ducks and stops those are left out
that span a moment in which a core of the machine itself stood still (`support/stalls.py`); the
`all_` figures have these too, and `gap_` without `all_` tells what the machine adds to the gaps.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from support.calls import Caller
from support.full import Full, prompts
from support.peers import HERE, Helper, address, free_rtp_ports, sipp
from support.report import finish, percentile, say
from support.stalls import Stalls, witnesses
from support.voices import load

from audio import _bridge
from audio.events import AudioEvent, SpeechEnded

RATE = 8000
RTP_PORTS = (10000, 19999)
SOCKETS = 4
LIMITS = {
    "duck_p50_ms": {"most": 65.0},
    "duck_p99_ms": {"most": 90.0},
    "stop_p50_ms": {"most": 300.0},
    "spinning_duck_p99_ms": {"most": 120.0},
    "all_gap_p999_ms": {"most": 30.0},
    "all_spinning_gap_p999_ms": {"most": 30.0},
    "onsets": {"least": 300},
    "spinning_onsets": {"least": 300},
    "missed_share": {"most": 0.01},
}
LATE_SHARE = 0.01
"""More of the probe's own packets than this over 10 ms late, and the run is void."""
LEFT_OUT_SHARE = 0.1
"""More gaps than this beside a stall of the machine, and the run is void."""
ATTEMPTS = 3
"""A void phase is done again; after so many the benchmark gives up."""


@contextmanager
def spinning_thread() -> Iterator[None]:
    """A thread that wants the interpreter all the time."""
    rest = threading.Event()

    def spin() -> None:
        while not rest.is_set():
            sum(number * number for number in range(2000))

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    try:
        yield
    finally:
        rest.set()
        thread.join()


def run_phase(caller: Caller, probe: Helper, onsets: int) -> dict[str, Any]:
    """What the probe saw; SIP is served meanwhile."""
    heard: list[dict[str, Any]] = []
    # The time that one onset takes: words, silence, the prompt again, and as much to spare.
    seconds = onsets * 8
    probe.tell(f"{onsets} {seconds}")
    waiter = threading.Thread(target=lambda: heard.append(probe.hear()))
    waiter.start()
    caller.pump_until(lambda: not waiter.is_alive(), seconds + 10)
    waiter.join()
    if not heard:
        raise RuntimeError("the probe gave no answer")
    return heard[0]


def measure(caller: Caller, probe: Helper, onsets: int) -> tuple[dict[str, Any], Stalls]:
    """One phase; done again, a few times, while the machine does not let it prove anything."""
    for attempt in range(ATTEMPTS):
        with witnesses() as stalls:
            seen = run_phase(caller, probe, onsets)
        reason = void(seen, stalls)
        if reason is None:
            break
        say(f"{reason}; try {attempt + 1} of {ATTEMPTS} is void")
    return seen, stalls


def void(seen: dict[str, Any], stalls: Stalls) -> str | None:
    """Why a phase proves nothing."""
    if not stalls.watched:
        return "no real-time priority: the machine's stalls cannot be told from our own"
    if seen["late_share"] > LATE_SHARE:
        return "the probe could not keep its pace"
    left = milliseconds(seen["gaps"], stalls)
    if len(left) < len(seen["gaps"]) * (1 - LEFT_OUT_SHARE):
        return "the machine stood still too often"
    return None


def summary(prefix: str, seen: dict[str, Any], stalls: Stalls) -> dict[str, object]:
    """The figures of one phase, without the times that touch `stalls`."""
    figures: dict[str, object] = {f"{prefix}onsets": seen["onsets"]}
    for name in ("duck", "stop"):
        spans = seen["ducked" if name == "duck" else "stopped"]
        # An onset that was not answered counts as one that never was.
        missed = [math.inf] * (seen["onsets"] - len(spans))
        values = milliseconds(spans, stalls) + missed
        for share, label in ((0.5, "p50"), (0.99, "p99")):
            found = percentile(values, share)
            figures[f"{prefix}{name}_{label}_ms"] = round(found, 1) if found < math.inf else None
    gaps = milliseconds(seen["gaps"], stalls)
    for share, label in ((0.5, "p50"), (0.99, "p99"), (0.999, "p999"), (1.0, "max")):
        figures[f"{prefix}gap_{label}_ms"] = round(percentile(gaps, share), 2)
    figures[f"{prefix}gaps_left_out_share"] = round(1 - len(gaps) / max(1, len(seen["gaps"])), 4)
    return figures


def milliseconds(spans: list[list[int]], stalls: Stalls) -> list[float]:
    return [(end - begin) / 1e6 for begin, end in spans if not stalls.touches(begin, end)]


def main() -> None:
    parser = argparse.ArgumentParser(description="latency of barge-in on the wire")
    parser.add_argument("--calls", type=int, default=200, help="calls in all, probes included")
    parser.add_argument("--probes", type=int, default=24, help="calls that are measured")
    parser.add_argument("--onsets", type=int, default=13, help="interruptions per probe and phase")
    arguments = parser.parse_args()
    voices_port = free_rtp_ports(SOCKETS)
    probe_port = free_rtp_ports(arguments.probes)
    others = max(0, arguments.calls - arguments.probes)
    tone = _bridge.Prompt(
        (8000 * np.sin(2 * np.pi * 500 * np.arange(120 * RATE) / RATE)).astype(np.int16)
    )
    seen: dict[str, dict[str, Any]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        sipp(Path(folder)) as sip_port,
        load(Path(folder), voices_port, SOCKETS) as _,
        Helper([sys.executable, HERE / "probe.py", probe_port, arguments.probes]) as probe,
        Caller(RTP_PORTS, arguments.calls + 100) as caller,
    ):
        probe.hear()
        talkers = caller.dial(
            others, lambda number: address(sip_port, voices_port + 2 * (number % SOCKETS))
        )
        probes = caller.dial(
            arguments.probes, lambda number: address(sip_port, probe_port + 2 * number)
        )
        with Full(caller, talkers, prompts()) as path, caller.ports(probes) as handles:

            def play(handle: int) -> None:
                caller.bridge.play(handle, 1, [(tone, _bridge.STOP)])

            def again(event: AudioEvent) -> None:
                if isinstance(event, SpeechEnded):
                    play(event.handle)

            for handle in handles:
                path.add(handle, again)
                play(handle)
            caller.pump(2)
            seen["plain"], stalls = measure(caller, probe, arguments.onsets)
            say(f"plain: {summary('', seen['plain'], stalls)}")
            with spinning_thread():
                seen["spinning"], spinning_stalls = measure(caller, probe, arguments.onsets)
            say(f"spinning: {summary('', seen['spinning'], spinning_stalls)}")
            for handle in handles:
                path.tick.forget(handle)
            counts = caller.bridge.counts()
            realtime = caller.bridge.realtime
    onsets = sum(phase["onsets"] for phase in seen.values())
    answered = sum(len(phase["ducked"]) for phase in seen.values())
    figures = {
        "calls": arguments.calls,
        "probes": arguments.probes,
        **summary("", seen["plain"], stalls),
        **summary("spinning_", seen["spinning"], spinning_stalls),
        **summary("all_", seen["plain"], Stalls()),
        **summary("all_spinning_", seen["spinning"], Stalls()),
        "machine_stalls": len(stalls) + len(spinning_stalls),
        "missed_share": round(1 - answered / max(1, onsets), 4),
        "frames_dropped": counts["dropped_frames"],
        "late_ticks": counts["late_ticks"],
        "skipped_ticks": counts["skipped_ticks"],
        "realtime_clock": realtime,
        "switch_interval_ms": sys.getswitchinterval() * 1000,
        "probe_late_share": round(max(phase["late_share"] for phase in seen.values()), 4),
    }
    reason = void(seen["plain"], stalls) or void(seen["spinning"], spinning_stalls)
    finish("barge_in", figures, LIMITS, void=reason)


if __name__ == "__main__":
    main()
