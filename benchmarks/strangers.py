"""Strangers at the SIP ports: what calls of ours notice of them.

    .venv/bin/python benchmarks/strangers.py [--calls 40] [--seconds 17]

Calls live on while strangers send a thousand messages a second, of one kind after the other, and
nothing before the first and after the last (`quiet`). All calls are probes (`support/probe.py`):
callees that talk over the prompt. Others are dialled meanwhile, and a trunk asks by OPTIONS.

  notice   from the order to dial to the first frame of the opening
  duck     first packet of speech in -> first packet out that is 18 dB down
  options  from a trunk's OPTIONS to our reply

Prints one JSON line; exit code 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import socket
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from support.peers import HERE, Helper, free_rtp_ports, sipp
from support.report import finish, percentile, say
from support.stalls import witnesses

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' sockets serve here too

from audio.events import BargeInPolicy, PlaybackStarted, SpeechEnded
from audio.prompts import Prompt
from dialer.core.values.number import E164
from dialer.core.values.targets import Extension
from dialer.ports.line import AnyLineEvent, Dial, Playlist, PlaylistItem
from dialer.sip.line import SipLine
from dialer.sip.settings import SipSettings, Transport, TrunkSettings
from tests.support.line import ENDS
from tests.support.raw_sip import Datagrams

KINDS = ("INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE", "malformed", "connect")
QUIET = "quiet"
A_SECOND = 1000
SECONDS_AN_ONSET = 5
"""Words, silence, the prompt again, and some to spare."""
CALLER = E164("+861065550100")
LATE_SHARE = 0.01
"""More of the probe's own packets than this over 10 ms late, and the run is void."""
RATE_SHARE = 0.98
"""A stranger that sent less of what it should makes the run void."""
LIMITS = {
    "live_on": {"least": 40.0},
    "notice_p99_ratio": {"most": 1.2},
    "duck_p99_ratio": {"most": 1.2},
    "missed_share": {"most": 0.01},
    "options_p99_ms": {"most": 100.0},
    "bytes_back_share": {"most": 1.0},
    "messages": {"least": 100_000.0},
    "memory_growth_mib": {"most": 4.0},
}


@dataclass
class Seen:
    """What one kind of stranger came to, or none."""

    notices: list[float] = field(default_factory=list)
    ducks: list[float] = field(default_factory=list)
    options: list[float] = field(default_factory=list)
    onsets: int = 0
    missed: int = 0
    late_share: float = 0.0


class Talk:
    """A line, calls that stay, and those that come and go."""

    def __init__(self, line: SipLine) -> None:
        self.line = line
        self._began: dict[str, float] = {}
        self.notices: list[float] = []
        self.ended: set[str] = set()
        samples = (8000 * np.sin(2 * np.pi * 500 * np.arange(60 * 8000) / 8000)).astype(np.int16)
        self._tone = Prompt("tone", samples, 8000)

    def __call__(self, attempt: str, at: float, event: AnyLineEvent) -> None:
        if isinstance(event, PlaybackStarted) and attempt in self._began:
            self.notices.append(at - self._began.pop(attempt))
            if attempt.startswith("short"):
                self.line.end(attempt)
        elif isinstance(event, SpeechEnded):
            self.line.play(attempt, self._playlist())
        elif isinstance(event, ENDS):
            self.ended.add(attempt)

    def dial(self, attempt: str, rtp_port: int) -> None:
        self._began[attempt] = time.monotonic()
        callee = Extension(f"rtp-{rtp_port}", "carrier")
        self.line.dial(Dial(attempt, "carrier", callee, CALLER, self._playlist()))

    def _playlist(self) -> Playlist:
        return Playlist(1, (PlaylistItem(self._tone, BargeInPolicy.STOP),))


async def short_calls(talk: Talk, rtp_port: int, until: float) -> list[float]:
    """Three a second."""
    talk.notices = []
    number = 0
    while time.monotonic() < until:
        talk.dial(f"short-{until}-{number}", rtp_port)
        number += 1
        await asyncio.sleep(0.33)
    await asyncio.sleep(1.0)
    # One that was never heard counts as one that came too late.
    return talk.notices + [float("inf")] * (number - len(talk.notices))


async def ask(port: int, until: float) -> list[float]:
    """OPTIONS of a trunk, ten a second."""
    spans = []
    number = 0
    with Datagrams("127.0.0.1", port) as trunk:
        while time.monotonic() < until:
            begun = time.monotonic()
            number += 1
            trunk.ask("OPTIONS", number=number)
            reply = await trunk.hears(2.0)
            spans.append(time.monotonic() - begun if " 200 " in reply else float("inf"))
            await asyncio.sleep(0.1)
    return spans


async def phase(talk: Talk, probe: Helper, rtp_port: int, seconds: float) -> Seen:
    """Measure for so long."""
    until = time.monotonic() + seconds
    probe.tell(f"{max(1, int(seconds / SECONDS_AN_ONSET))} {seconds}")
    with witnesses() as stalls:
        said, notices, options = await asyncio.gather(
            asyncio.to_thread(probe.hear),
            short_calls(talk, rtp_port, until),
            ask(talk.line.port, until),
        )
    ducks = [(end - begin) / 1e6 for begin, end in said["ducked"] if not stalls.touches(begin, end)]
    missed = said["onsets"] - len(said["ducked"])
    return Seen(notices, ducks, options, said["onsets"], missed, said["late_share"])


def memory() -> float:
    """MiB of this process that are resident."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def measure(calls: int, seconds: float) -> tuple[dict[str, object], str | None]:
    """All kinds."""
    seen: defaultdict[str, list[Seen]] = defaultdict(list)
    sent: list[dict[str, int]] = []
    memories: list[float] = []
    probe_port = free_rtp_ports(calls)
    with (
        tempfile.TemporaryDirectory() as folder,
        sipp(Path(folder)) as sip_port,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf,
        Helper([sys.executable, HERE / "probe.py", probe_port, calls]) as probe,
    ):
        deaf.bind(("127.0.0.1", 0))
        probe.hear()
        settings = SipSettings(
            bind_host="127.0.0.1",
            bind_port=0,
            rtp_ports=(10000, 19999),
            transports=(Transport.UDP, Transport.TCP),
            codecs=("PCMU",),
        )
        trunk = TrunkSettings("carrier", f"sip:127.0.0.1:{sip_port}", frozenset({CALLER}))
        line = SipLine(settings, [trunk])
        talk = Talk(line)
        await line.start(talk)
        live = [f"live-{number}" for number in range(calls)]
        for number, attempt in enumerate(live):
            talk.dial(attempt, probe_port + 2 * number)
            await asyncio.sleep(0.05)
        await asyncio.sleep(2.0)
        for kind in (QUIET, *KINDS, QUIET):
            say(f"{kind}: {seconds:g} s, {memory():.1f} MiB")
            if kind == QUIET:
                found = await phase(talk, probe, deaf.getsockname()[1], seconds)
            else:
                command = [sys.executable, HERE / "strangers.py", kind, line.port]
                with Helper([*command, A_SECOND, seconds]) as stranger:
                    stranger.hear()
                    found = await phase(talk, probe, deaf.getsockname()[1], seconds)
                    sent.append(await asyncio.to_thread(stranger.hear))
            seen[kind].append(found)
            memories.append(memory())
        live_on = sum(attempt not in talk.ended for attempt in live)
        await line.close()
    return figures_of(seen, sent, memories, live_on), void(seen, sent, seconds)


def p99(seen: list[Seen], name: str) -> float:
    return percentile([value for each in seen for value in getattr(each, name)], 0.99)


def figures_of(
    seen: dict[str, list[Seen]], sent: list[dict[str, int]], memories: list[float], live_on: int
) -> dict[str, object]:
    """The worst of all kinds, and each of them."""
    figures: dict[str, object] = {"live_on": live_on}
    for name, unit in (("notices", 1000.0), ("ducks", 1.0)):
        word = name.removesuffix("s")
        quiet, worst = p99(seen[QUIET], name), max(p99(seen[kind], name) for kind in KINDS)
        figures[f"{word}_p99_ratio"] = round(worst / quiet, 3)
        for kind in (QUIET, *KINDS):
            figures[f"{kind}_{word}_p99_ms"] = round(unit * p99(seen[kind], name), 1)
    among = [each for kind in KINDS for each in seen[kind]]
    missed, onsets = sum(each.missed for each in among), sum(each.onsets for each in among)
    figures["missed_share"] = round(missed / max(1, onsets), 4)
    figures["options_p99_ms"] = round(1000 * max(p99(seen[kind], "options") for kind in KINDS), 1)
    out, back = (sum(each[name] for each in sent) for name in ("bytes_out", "bytes_in"))
    figures["messages"] = sum(each["sent"] for each in sent)
    figures["bytes_back_share"] = round(back / out, 4)
    # The first phase fills what is filled once: buffers of the probe's figures, pools.
    figures["memory_growth_mib"] = round(memories[-1] - memories[0], 1)
    return figures


def void(seen: dict[str, list[Seen]], sent: list[dict[str, int]], seconds: float) -> str | None:
    """Why the run proves nothing."""
    if any(each.late_share > LATE_SHARE for phases in seen.values() for each in phases):
        return "the probe could not keep its pace"
    if any(each["sent"] < RATE_SHARE * A_SECOND * seconds for each in sent):
        return "the stranger could not keep its pace"
    return None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=40, help="of ours; default 40")
    parser.add_argument("--seconds", type=float, default=17.0, help="of each kind; default 17")
    arguments = parser.parse_args()
    if not 1 <= arguments.calls <= 200 or not 2 <= arguments.seconds <= 600:
        parser.error("--calls is from 1 to 200, --seconds from 2 to 600")
    logging.basicConfig(level=logging.ERROR)
    figures, reason = asyncio.run(measure(arguments.calls, arguments.seconds))
    wanted = len(KINDS) * A_SECOND * arguments.seconds
    least = {
        "live_on": {"least": float(arguments.calls)},
        "messages": {"least": min(100_000.0, RATE_SHARE * wanted)},
    }
    finish("strangers", {"calls": arguments.calls, **figures}, {**LIMITS, **least}, void=reason)


if __name__ == "__main__":
    main()
