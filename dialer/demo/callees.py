"""The people who are called: one process that owns the RTP ports which SIPp's answers name.

SIPp does the signalling; its SDP sends our media here. Each callee hears (and keeps) every packet
that reaches its port, and talks, coughs or presses keys at the instants of its plan, counted from
the first packet it hears. So what the demo verifies is what a callee heard, not what the dialer
says it sent.

    python -m dialer.demo.callees PLAN.json SPEECH.wav REPORT.npz

reads the plan, prints `ready`, and writes the report when its standard input closes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import wave
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from audio.format import FRAME_SECONDS, Samples, frame_samples
from audio.g711 import PAYLOAD_TYPES, encode
from audio.rtp import EVENT_TYPE, RtpPacket, key_events, parse

FRAME: Final = frame_samples(8000)
KEY_FRAMES: Final = 6
"""A key held for 120 ms: about what a thumb does."""
VOICE: Final = PAYLOAD_TYPES["PCMA"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one callee does. Instants are seconds after the first packet it hears.

    `talks` are (instant, seconds of speech); `keys` are (instant, key). From `vanishes` on the
    phone has lost its network: it neither hears nor sends.
    """

    port: int
    talks: tuple[tuple[float, float], ...] = ()
    keys: tuple[tuple[float, str], ...] = ()
    vanishes: float | None = None


@dataclass(slots=True, eq=False)
class Callee(asyncio.DatagramProtocol):
    """One phone: keeps what it hears, sends a packet each frame from the first it heard."""

    plan: Plan
    speech: Samples
    heard_at: list[float] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    sequence: list[int] = field(default_factory=list)
    spoke_at: list[float] = field(default_factory=list)
    pressed_at: list[float] = field(default_factory=list)
    transport: asyncio.DatagramTransport | None = None
    peer: tuple[str, int] | None = None
    sent: int = 0
    talked: int = 0
    pressed: int = 0
    events: list[RtpPacket] = field(default_factory=list)

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        packet = parse(data)
        now = time.monotonic()
        if packet is None or packet.payload_type != VOICE or self.gone(now):
            return
        self.heard_at.append(now)
        self.heard.append(packet.payload)
        self.sequence.append(packet.sequence)
        self.peer = addr

    def gone(self, now: float) -> bool:
        vanishes = self.plan.vanishes
        return bool(vanishes is not None and self.heard_at and now >= self.heard_at[0] + vanishes)

    def send_frame(self, now: float) -> None:
        """Send the packet of this 20 ms."""
        if self.peer is None or self.transport is None or self.gone(now):
            return
        since = now - self.heard_at[0]
        if self.pressed < len(self.plan.keys) and since >= self.plan.keys[self.pressed][0]:
            self._press(self.plan.keys[self.pressed][1])
        packet = self.events.pop(0) if self.events else self._voice(since)
        self.transport.sendto(packet.pack(), self.peer)
        self.sent += 1

    def _press(self, key: str) -> None:
        self.pressed += 1
        self.pressed_at.append(time.monotonic())
        start = self.sent * FRAME
        for number, payload in enumerate(key_events(key, KEY_FRAMES, FRAME)):
            sequence = self.sent + number
            marker = number == 0  # RFC 4733 2.5.1.2: the marker bit says where the event begins
            self.events.append(
                RtpPacket(EVENT_TYPE, sequence, start, self.plan.port, payload, marker)
            )

    def _voice(self, since: float) -> RtpPacket:
        samples = np.zeros(FRAME, np.int16)
        for number, (start, seconds) in enumerate(self.plan.talks):
            if start <= since < start + seconds:
                if number == self.talked:
                    self.talked += 1
                    self.spoke_at.append(time.monotonic())
                at = int((since - start) / FRAME_SECONDS) * FRAME % (len(self.speech) - FRAME)
                samples = self.speech[at : at + FRAME]
        payload = encode(samples, VOICE)
        return RtpPacket(VOICE, self.sent, self.sent * FRAME, self.plan.port, payload)

    def report(self) -> dict[str, np.ndarray]:
        """Arrays by name: `PORT.heard` (A-law [n, 160]), and times, `PORT.heard_at` and so on.

        `PORT.sequence` are the packets' numbers (uint16).
        """
        whole = [payload for payload in self.heard if len(payload) == FRAME]
        port = self.plan.port
        return {
            f"{port}.heard_at": np.array(self.heard_at),
            f"{port}.heard": np.frombuffer(b"".join(whole), np.uint8).reshape(-1, FRAME),
            f"{port}.sequence": np.array(self.sequence, np.uint16),
            f"{port}.spoke_at": np.array(self.spoke_at),
            f"{port}.pressed_at": np.array(self.pressed_at),
        }


def _same(callee: Callee) -> Callee:
    return callee


async def _serve(callees: list[Callee]) -> None:
    loop = asyncio.get_running_loop()
    transports: list[asyncio.DatagramTransport] = []
    for callee in callees:
        transport, _ = await loop.create_datagram_endpoint(
            partial(_same, callee), local_addr=("127.0.0.1", callee.plan.port)
        )
        transports.append(transport)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    over = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    due = time.monotonic()
    while not over.done():
        now = time.monotonic()
        for callee in callees:
            callee.send_frame(now)
        # Behind by more than a frame: go on from here rather than send a burst.
        due = max(due + FRAME_SECONDS, now)
        await asyncio.sleep(due - time.monotonic())
    for transport in transports:
        transport.close()


def main() -> None:
    """Be everyone in the plan until standard input closes."""
    plan_path, speech_path, report_path = sys.argv[1:]
    with wave.open(speech_path, "rb") as recording:
        speech = np.frombuffer(recording.readframes(recording.getnframes()), np.int16)
    plans = [
        Plan(
            port=entry["port"],
            talks=tuple((start, seconds) for start, seconds in entry.get("talks", [])),
            keys=tuple((start, key) for start, key in entry.get("keys", [])),
            vanishes=entry.get("vanishes"),
        )
        for entry in json.loads(Path(plan_path).read_text(encoding="utf-8"))
    ]
    callees = [Callee(plan, speech) for plan in plans]
    asyncio.run(_serve(callees))
    arrays: dict[str, np.ndarray] = {}
    for callee in callees:
        arrays |= callee.report()
    np.savez(report_path, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
