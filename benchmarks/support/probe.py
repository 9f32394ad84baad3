"""Callees who speak over the prompt and time what the prompt does, as a process of their own.

    python probe.py PORT CALLS

Each call has a UDP port of its own, PORT, PORT + 2... For every line `ONSETS SECONDS` on standard
input, every call interrupts the prompt so many times, or until so many seconds are over, and one
JSON line says what was seen. A prompt must be a steady tone.

A call hums (a quiet line's noise) until it has heard the prompt at full level for a while, and a
random moment longer. Then it speaks: real words, from their first sample on. Sending is timed
right before the system call, receiving by the kernel (SO_TIMESTAMPNS). A packet counts as ducked
or silent if its second half is: the change is over within the packet.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import os
import random
import select
import socket
import struct
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio import g711
from audio.format import Samples
from audio.rtp import RtpPacket, parse
from audio.synthesis import Synthesiser

RATE = 8000
FRAME = 160
FULL_LEVEL, DUCKED_LEVEL, SILENT_LEVEL = 3000.0, (300.0, 1500.0), 100.0
"""RMS: a tone of amplitude 8000 has 5657, and 707 when ducked by 18 dB."""
FULL_PACKETS = 30
"""So long, 0.6 s, the prompt must have been at full level before it is interrupted."""
PATIENCE_NS = 1_000_000_000
SAYINGS = (
    "Hello who is this please",
    "Wait a moment I am driving",
    "No thank you I am not interested",
    "Can I speak to a person please",
    "What do you want from me today",
    "Excuse me I cannot hear you well",
)
LANGUAGES = ("en-GB", "en-US")


@dataclass(slots=True)
class Call:
    """One callee."""

    socket: socket.socket
    number: int
    due: float
    peer: tuple[str, int] | None = None
    turn: int = 0
    full: int = 0
    """Packets in a row at full level."""
    wait: int = 0
    """Of them, so many before it speaks."""
    words: list[bytes] = field(default_factory=list)
    """What is left to be said."""
    onset: int = 0
    """Wall-clock ns of the first packet of speech; 0 when the prompt is not being interrupted."""
    ducked: int = 0
    onsets: int = 0
    last: int = 0


@dataclass(slots=True)
class Seen:
    """What one phase has shown, each a time from and to in wall-clock ns."""

    onsets: int = 0
    ducked: list[tuple[int, int]] = field(default_factory=list)
    stopped: list[tuple[int, int]] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    late: int = 0
    sent: int = 0


class Probe:
    """All callees of the process."""

    def __init__(self, port: int, calls: int) -> None:
        self._random = random.Random(5)
        self._sayings = sayings()
        noise = np.random.default_rng(3).normal(0, 15, 50 * FRAME).astype(np.int16)
        self._hum = [g711.encode(frame, 0) for frame in noise.reshape(-1, FRAME)]
        self._levels = g711.decode(bytes(range(256)), 0).astype(np.float64) ** 2
        self._calls: list[Call] = []
        self._poll = select.epoll()
        now = time.monotonic()
        for number in range(calls):
            each = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            each.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            each.bind(("127.0.0.1", port + 2 * number))
            self._poll.register(each, select.EPOLLIN)
            # Calls send at phases of their own within the 20 ms.
            self._calls.append(Call(each, number, now + 0.02 * number / calls))
        self._by_file = {call.socket.fileno(): call for call in self._calls}
        self._heap = [(call.due, call.number) for call in self._calls]
        heapq.heapify(self._heap)

    def phase(self, onsets: int, seconds: float) -> Seen:
        """Until every call has interrupted so often, or the time is over."""
        seen = Seen()
        for call in self._calls:
            call.onsets = call.last = 0
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(
            call.onsets < onsets or call.words or call.onset for call in self._calls
        ):
            self._turn(seen, onsets)
        return seen

    def idle(self) -> None:
        """Hum along between phases."""
        self._turn(Seen(), 0)

    def _turn(self, seen: Seen, onsets: int) -> None:
        ahead = self._heap[0][0] - time.monotonic()
        for number, _ in self._poll.poll(max(0.0, ahead)):
            self._listen(self._by_file[number], seen)
        now = time.monotonic()
        while self._heap[0][0] <= now:
            due, number = heapq.heappop(self._heap)
            heapq.heappush(self._heap, (due + 0.02, number))
            seen.late += now - due > 0.01
            self._speak(self._calls[number], seen, onsets)

    def _speak(self, call: Call, seen: Seen, onsets: int) -> None:
        call.turn += 1
        if call.peer is None:
            return
        begins = (
            not call.words
            and not call.onset
            and call.onsets < onsets
            and call.full > FULL_PACKETS + call.wait
        )
        if begins:
            call.words = list(self._random.choice(self._sayings))
            call.wait = self._random.randrange(25)
        payload = call.words.pop(0) if call.words else self._hum[call.turn % len(self._hum)]
        packet = RtpPacket(0, call.turn, call.turn * FRAME, 7000 + call.number, payload).pack()
        if begins:
            call.onset, call.ducked = time.time_ns(), 0
            call.onsets += 1
            seen.onsets += 1
        call.socket.sendto(packet, call.peer)
        seen.sent += 1

    def _listen(self, call: Call, seen: Seen) -> None:
        while True:
            try:
                data, ancillary, _, peer = call.socket.recvmsg(2048, 64)
            except BlockingIOError:
                return
            except OSError:
                continue  # told of a call that is over
            call.peer = peer
            packet = parse(data)
            if packet is None or len(packet.payload) != FRAME:
                continue
            at = kernel_time(ancillary)
            if call.last:
                seen.gaps.append((call.last, at))
            call.last = at
            half = np.frombuffer(packet.payload, np.uint8)[FRAME // 2 :]
            self._judge(call, float(np.sqrt(self._levels[half].mean())), at, seen)

    def _judge(self, call: Call, level: float, at: int, seen: Seen) -> None:
        call.full = call.full + 1 if level > FULL_LEVEL else 0
        if not call.onset:
            return
        since = at - call.onset
        if not call.ducked and level < DUCKED_LEVEL[1]:
            call.ducked = at
            seen.ducked.append((call.onset, at))
        if level < SILENT_LEVEL:
            seen.stopped.append((call.onset, at))
            call.onset = 0
        elif since > PATIENCE_NS:
            call.onset = 0  # missed: counted by what is not in the lists


SO_TIMESTAMPNS = 35
"""Linux's, on all machines that Python runs on but a few (socket.h)."""


def kernel_time(ancillary: list[tuple[int, int, bytes]]) -> int:
    """Wall-clock ns at which the kernel took the packet in."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return time.time_ns()


def sayings() -> list[list[bytes]]:
    """Each saying as packets of PCMU, the first of which begins with its first sound."""
    with tempfile.TemporaryDirectory() as folder:
        voice = Synthesiser(RATE, Path(folder))
        spoken: list[Samples] = [
            voice.say(text, language).samples for text in SAYINGS for language in LANGUAGES
        ]
    return [packets(samples) for samples in spoken]


def packets(samples: Samples) -> list[bytes]:
    whole: NDArray[np.int16] = samples[: len(samples) // FRAME * FRAME]
    return [g711.encode(frame, 0) for frame in whole.reshape(-1, FRAME)]


def main() -> None:
    with contextlib.suppress(PermissionError):
        # A generator that is not scheduled in time would measure itself.
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))
    probe = Probe(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps({"ready": True}), flush=True)
    while True:
        if not select.select([sys.stdin], [], [], 0)[0]:
            probe.idle()
            continue
        line = sys.stdin.readline()
        if not line:
            return
        onsets, seconds = line.split()
        seen = probe.phase(int(onsets), float(seconds))
        print(
            json.dumps(
                {
                    "onsets": seen.onsets,
                    "ducked": seen.ducked,
                    "stopped": seen.stopped,
                    "gaps": seen.gaps,
                    "late_share": seen.late / max(1, seen.sent),
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
