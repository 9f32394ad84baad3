"""What 300 calls with playback and talk detection cost us, and what they cost Asterisk 22.

    python benchmarks/asterisk.py --calls 300        (needs `make peers`)

Both call the same SIPp, and hear the same voices (`support/voices.py`); both say the same sentences
all the time, and listen for speech: we with VAD and barge-in, Asterisk with TALK_DETECT. They take
turns in one run; the figure is CPU (user and system, all threads, from /proc/PID/stat) over calls
and seconds. Asterisk is given what is cheapest for it: its prompt lies there in the codec of the
call, it loads no module that it does not need, and nobody listens to its events.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from support.calls import Caller
from support.full import RATE, Full
from support.peers import CHECKOUT, address, free_rtp_ports, sipp
from support.report import finish, say
from support.voices import load

from audio import _bridge, g711
from audio.format import Samples
from audio.synthesis import Synthesiser

# The Asterisk of the tests, from the checkout.
sys.path.append(str(CHECKOUT))

from tests.support.asterisk import Asterisk

RTP_PORTS = (40000, 49999)
SOCKETS = 6
CALLS_A_SECOND = 25
"""Of Asterisk, which is told of each by its command line: a process a call."""
SETTLE = 2.0
LIMITS = {"cpu_ratio": {"most": 0.55}}
HEARD_SHARE = 0.97
"""Of the packets that a side owes the callees; with less, somebody did not keep up: void."""
TEXTS = (
    "This is the automated assistant of Example Bank.",
    "We call about renewing your card; it takes one minute.",
    "Your card expires next month. Shall we renew it?",
    "Press 1 or say stop to end this call.",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU in ms per call and second, and the share of the owed packets that the callees got."""

    cpu: float
    heard: float


@dataclass(frozen=True, slots=True)
class Bench:
    """The far side of a run, and its size."""

    folder: Path
    sip_port: int
    rtp_port: int
    calls: int
    seconds: float

    def address(self, number: int) -> str:
        return address(self.sip_port, self.rtp_port + 2 * (number % SOCKETS))

    def ours(self, prompts: list[_bridge.Prompt]) -> Cost:
        """Our calls, up for one turn."""
        with (
            load(self.folder, self.rtp_port, SOCKETS) as voices,
            Caller(RTP_PORTS, self.calls + 100) as caller,
        ):
            caller.dial(self.calls, self.address)
            with Full(caller, caller.calls, prompts):
                caller.pump(SETTLE)
                cost = self.cost(os.getpid(), lambda: caller.pump(self.seconds))
            sent = sum(leg.sent_packets() for leg in caller.calls)
            return Cost(cost, voices.last_words()["heard"] / sent)

    def theirs(self, pbx: Asterisk) -> Cost:
        """Asterisk's calls, up for one turn. TimeoutError where it cannot carry so many here."""
        with load(self.folder, self.rtp_port, SOCKETS) as voices:
            begun: list[float] = []
            for number in range(self.calls):
                target = f"PJSIP/outside/{self.address(number)}"
                pbx.command(f"channel originate {target} extension 12@callees")
                begun.append(time.monotonic())
                time.sleep(max(0.0, begun[0] + number / CALLS_A_SECOND - begun[-1]))
            wait_for(lambda: pbx.channels() >= self.calls, "calls of Asterisk did not come up")
            say(f"{self.calls} calls of Asterisk up, {time.monotonic() - begun[0]:.1f} s")
            time.sleep(SETTLE)
            cost = self.cost(pbx.pid, lambda: time.sleep(self.seconds))
            ended = time.monotonic()
            pbx.command("channel request hangup all")
            wait_for(lambda: pbx.channels() == 0, "calls of Asterisk did not end")
            owed = 50 * sum(ended - each for each in begun)
            return Cost(cost, voices.last_words()["heard"] / owed)

    def cost(self, pid: int, work: Callable[[], None]) -> float:
        """CPU of a process while `work` is done, in ms per call and second."""
        begun, used = time.monotonic(), cpu_seconds(pid)
        work()
        spent = cpu_seconds(pid) - used
        return 1000 * spent / (self.calls * (time.monotonic() - begun))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 15
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(0.2)


def spoken() -> list[Samples]:
    with tempfile.TemporaryDirectory() as folder:
        voice = Synthesiser(RATE, Path(folder))
        return [voice.say(text).samples for text in TEXTS]


def main() -> None:
    parser = argparse.ArgumentParser(description="Our CPU against that of Asterisk 22")
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each turn")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of turns, ours and theirs")
    arguments = parser.parse_args()

    said = spoken()
    prompts = [_bridge.Prompt(each) for each in said]
    ours: list[Cost] = []
    theirs: list[Cost] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        sipp(Path(folder)) as sip_port,
        Asterisk(says=g711.encode(np.concatenate(said), g711.PAYLOAD_TYPES["PCMU"])) as pbx,
    ):
        rtp_port = free_rtp_ports(SOCKETS)
        bench = Bench(Path(folder), sip_port, rtp_port, arguments.calls, arguments.seconds)
        version = pbx.command("core show version").split(" built", 1)[0]
        for _ in range(arguments.rounds):
            ours.append(bench.ours(prompts))
            say(f"ours: {ours[-1].cpu:.3f} ms/call-s, heard {ours[-1].heard:.3f}")
            try:
                theirs.append(bench.theirs(pbx))
            except (TimeoutError, subprocess.TimeoutExpired) as error:
                finish("asterisk", {"asterisk": version}, LIMITS, void=f"Asterisk: {error}")
            say(f"Asterisk: {theirs[-1].cpu:.3f} ms/call-s, heard {theirs[-1].heard:.3f}")
    ratios = [we.cpu / they.cpu for we, they in zip(ours, theirs, strict=True)]
    worst = min(each.heard for each in (*ours, *theirs))
    finish(
        "asterisk",
        {
            "calls": arguments.calls,
            "asterisk": version,
            "cpu_ratio": round(statistics.median(ratios), 3),
            "cpu_ratio_spread": [round(min(ratios), 3), round(max(ratios), 3)],
            "our_ms_per_call_second": round(statistics.median(each.cpu for each in ours), 3),
            "asterisk_ms_per_call_second": round(statistics.median(e.cpu for e in theirs), 3),
            "packets_heard_share": round(worst, 4),
            "cores": os.cpu_count(),
        },
        LIMITS,
        void=None if worst >= HEARD_SHARE else f"only {worst:.1%} of the packets came through",
    )


if __name__ == "__main__":
    main()
