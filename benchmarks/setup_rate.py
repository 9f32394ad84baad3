"""Calls a second through the whole dialer: gate, store, SIP, notice, CDR, metrics.

    python benchmarks/setup_rate.py --cps 100 --seconds 60

A real campaign runs in this process against SIPp on loopback: every callee answers at once, hears
the notice, and hangs up a second later. One callee in twenty is a phone of its own
(`dialer.demo.callees`), which notes when the first packet reached it; SIPp's message file tells
when it sent that call's 200. So the delay from answer to notice is the one on the wire.

CPU is this process's alone. What is held to a limit is the CPU of the run, from before its first
claim to after its last record, by the calls. What is spent once, however many calls follow, is
told beside it and not shared out among them, for a longer run would make it vanish and a shorter
one make it all: interpreter and imports, the prompts, and bringing the node up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
import resource
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from support.report import finish, percentile, say

from audio.prompts import write_wav
from dialer.app.node import prompt_book, running_node
from dialer.app.store import open_reader
from dialer.demo.files import LAB_CLOCK, Job, free_ports, free_rtp_ports, write
from dialer.demo.files import Carrier as Trunk
from dialer.demo.run import Callees
from dialer.demo.sipp import Carrier
from dialer.files import load_run

MEASURED = 20
"""One callee in so many is measured."""
TALK = 1.0
"""Seconds after which the callee hangs up; the scenario's."""
NOTICE_LIMIT_MS = 60.0
CPU_LIMIT_MS = 12.0

SCRIPT = {
    "name": "bench",
    "language": "en",
    "disclosure": {
        "identity": {"say": "This is the robot of Example Bank."},
        "purpose": {"say": "It is about your card."},
        "opt_out": {"say": "Press 1 to stop."},
    },
    "start": "goodbye",
    "nodes": {"goodbye": {"say": "Goodbye.", "hang_up": True}},
}
_SENT_200 = re.compile(
    r"-{10,} (?P<day>\S+) (?P<time>\S+)\n\w+ message sent[^\n]*\n\n?SIP/2\.0 200 OK\n"
    r"(?P<rest>.*?)(?=\n-{10,} |\Z)",
    re.DOTALL,
)


def main() -> None:
    """Run it and end with the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cps", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    if not (0 < arguments.cps <= 300 and 0 < arguments.seconds <= 300):
        parser.error("--cps and --seconds are from 1 to 300")
    logging.basicConfig(level=logging.WARNING)
    imported = _cpu()
    with tempfile.TemporaryDirectory(prefix="veridial-bench-") as folder:
        asyncio.run(_bench(Path(folder), arguments.cps, arguments.seconds, imported))


def _cpu() -> float:
    """Seconds of CPU that this process has used, and the programs that it ran and waited for."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


async def _bench(folder: Path, cps: int, seconds: int, imported: float) -> None:
    calls = cps * seconds
    carrier_port, metrics_port = free_ports(2)
    ports = free_rtp_ports(-(-calls // MEASURED))
    job = Job(
        carriers=[Trunk("carrier", carrier_port, channels=1000, cps=cps)],
        numbers=_numbers(calls, ports),
        concurrency=1000,
        metrics_port=metrics_port,
        script=SCRIPT,
    )
    config_path, campaign_path = write(folder, job)
    config, loaded = load_run(campaign_path, config_path, now=datetime.now(UTC))
    # A phone stops sending with its call, or the last ones would hear all before them.
    plans = [{"port": port, "vanishes": TALK} for port in ports]
    (folder / "callees.json").write_text(json.dumps(plans), "utf-8")
    loaded_at = _cpu()
    book = prompt_book(config, loaded)
    await book.make()
    spoken = _cpu() - loaded_at
    report, speech = folder / "callees.npz", folder / "callees.wav"
    write_wav(speech, book.static["nodes.goodbye"].samples, 8000)
    carrier = Carrier(
        "carrier",
        "load-callee-answers-and-hangs-up.xml",
        carrier_port,
        folder,
        ("-rtp_echo", "-timeout", str(seconds + 60)),
    )
    with carrier, Callees(folder / "callees.json", speech, report):
        started = _cpu()
        async with running_node(config, lab_clock=LAB_CLOCK) as node:
            running = await node.campaign(loaded, book)
            started = _cpu() - started
            say(f"dialling {calls} calls at {cps} a second")
            before = resource.getrusage(resource.RUSAGE_SELF)
            began = time.monotonic()
            summary = await running.run()
            after = resource.getrusage(resource.RUSAGE_SELF)
            lasted = time.monotonic() - began
    book.close()
    store = open_reader(config)
    await store.open()
    rows, attempts = await store.calls(), await store.attempts()
    await store.close()
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    delays = _delays(carrier, np.load(report), ports)
    launched = sorted(attempt.committed_at for attempt in attempts)
    span = (launched[-1] - launched[0]).total_seconds()
    outcomes = Counter(str(row.outcome) for row in rows)
    per_number = Counter(row.number.clear for row in rows)
    figures = {
        "calls": calls,
        "cdrs": len(rows),
        "contacts_with_one_cdr": sum(count == 1 for count in per_number.values()),
        "attempts": len(attempts),
        "outcomes": dict(outcomes),
        "answered_and_hung_up": outcomes["callee.hung_up"],
        "launches_per_second": round((len(launched) - 1) / max(span, 1e-9), 2),
        "seconds": round(lasted, 2),
        "cpu_ms_per_call": round(1000 * cpu / calls, 2),
        "cpu_cores": round(cpu / lasted, 3),
        "cpu_once_imports_s": round(imported, 2),
        "cpu_once_prompts_s": round(spoken, 2),
        "cpu_once_node_s": round(started, 2),
        "cpu_ms_per_call_with_all": round(1000 * (cpu + imported + spoken + started) / calls, 2),
        "notices_measured": len(delays),
        "answer_to_notice_ms_p50": round(1000 * percentile(delays, 0.5), 1),
        "answer_to_notice_ms_p99": round(1000 * percentile(delays, 0.99), 1),
        "own_answer_to_first_frame_ms_p99": round(
            1000 * percentile(list(summary.figures.first_packet), 0.99), 1
        ),
    }
    exact = {"least": float(calls), "most": float(calls)}
    limits = {
        "cdrs": exact,
        "contacts_with_one_cdr": exact,
        "attempts": exact,
        "answered_and_hung_up": exact,
        "launches_per_second": {"least": 0.97 * cps},
        "notices_measured": {"least": float(len(ports))},
        "answer_to_notice_ms_p99": {"most": NOTICE_LIMIT_MS},
        "cpu_ms_per_call": {"most": CPU_LIMIT_MS},
    }
    finish("setup_rate", figures, limits)


def _numbers(calls: int, ports: list[int]) -> list[str]:
    """The scenario sends the media of +8610655 0 LLLL to port 1LLLL, of all others to SIPp."""
    lines = (
        f"0{ports[row // MEASURED] % 10_000:04d}" if row % MEASURED == 0 else f"{10_000 + row:05d}"
        for row in range(calls)
    )
    return [f"+8610655{line}" for line in lines]


def _delays(carrier: Carrier, heard: dict[str, np.ndarray], ports: list[int]) -> list[float]:
    """Seconds from SIPp's 200 to the first packet, for every measured callee who heard one."""
    offset = time.time() - time.monotonic()
    answered: dict[int, float] = {}
    text = carrier.messages_file.read_text("utf-8", "replace").replace("\r\n", "\n")
    for found in _SENT_200.finditer(text):
        media = re.search(r"^m=audio (\d+) ", found["rest"], re.MULTILINE)
        if media:
            at = datetime.fromisoformat(f"{found['day']} {found['time'].rstrip('0') or '0'}")
            answered.setdefault(int(media[1]), at.timestamp() - offset)
    delays = []
    for port in ports:
        at = heard[f"{port}.heard_at"]
        if len(at) and port in answered:
            delays.append(float(at[0]) - answered[port])
    return delays


if __name__ == "__main__":
    main()
