"""An RTP peer in the test's own event loop: keeps every packet, talks and presses keys."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType
from typing import Final, Self

import numpy as np

from audio.events import BargeInPolicy
from audio.format import FRAME_SECONDS, Samples, frame_samples
from audio.g711 import PAYLOAD_TYPES, decode, encode
from audio.prompts import Prompt
from audio.rtp import EVENT_TYPE, RtpPacket, key_events, key_of, parse
from dialer.ports.line import Playlist, PlaylistItem

RATE: Final = 8000
FRAME: Final = frame_samples(RATE)
_VOICE: Final = PAYLOAD_TYPES["PCMA"]
_SSRC: Final = 0x7E57


def tone(hertz: float, seconds: float, name: str = "tone") -> Prompt:
    """A prompt that is easy to find again in what was heard."""
    at = np.arange(round(seconds * RATE)) / RATE
    return Prompt(name, (12000 * np.sin(2 * np.pi * hertz * at)).astype(np.int16), RATE)


def playlist(
    *prompts: Prompt, play_id: int = 1, policy: BargeInPolicy = BargeInPolicy.PROTECTED
) -> Playlist:
    return Playlist(play_id, tuple(PlaylistItem(prompt, policy) for prompt in prompts))


@dataclass(frozen=True, slots=True)
class Heard:
    """One RTP packet and the monotonic time at which it came."""

    at: float
    packet: RtpPacket

    @property
    def loudness(self) -> int:
        """Its largest sample, 0 for a telephone event."""
        if self.packet.payload_type != _VOICE:
            return 0
        return int(np.abs(decode(self.packet.payload, _VOICE).astype(np.int32)).max())


@dataclass(slots=True, eq=False)
class RtpPeer(asyncio.DatagramProtocol):
    """A phone at 127.0.0.1:`port`, as an async context manager.

    From the first packet it hears it sends one each frame: `speech`, which `talk` sets, or silence.
    """

    port: int
    heard: list[Heard] = field(default_factory=list)
    _transport: asyncio.DatagramTransport | None = None
    _peer: tuple[str, int] | None = None
    _first: asyncio.Event = field(default_factory=asyncio.Event)
    _speech: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    _keys: list[RtpPacket] = field(default_factory=list)
    _pace: asyncio.Task[None] | None = None
    _sent: int = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", self.port))
        self._pace = asyncio.create_task(self._send_frames())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.vanish()

    def hush(self) -> None:
        """Send nothing more, and go on listening: what a phone does that holds without music."""
        if self._pace:
            self._pace.cancel()

    async def move(self, port: int) -> None:
        """Go on at another port, as behind a NAT that has forgotten us; the old one is shut."""
        if self._transport:
            self._transport.close()
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", port))

    def vanish(self) -> None:
        """Lose the network: neither hear nor send any more."""
        if self._pace:
            self._pace.cancel()
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        packet = parse(data)
        if packet is not None:
            self.heard.append(Heard(time.monotonic(), packet))
            self._peer = addr
            self._first.set()

    def speak_first(self, port: int) -> None:
        """Send to 127.0.0.1:`port` without having heard from there."""
        self._peer = ("127.0.0.1", port)
        self._first.set()

    async def first_packet(self, limit: float = 30.0) -> Heard:
        async with asyncio.timeout(limit):
            await self._first.wait()
        return self.heard[0]

    def talk(self, speech: Samples) -> None:
        """Say this from the next frame on, then fall silent."""
        self._speech = speech

    @property
    def sent(self) -> int:
        """Packets, up to now."""
        return self._sent

    def press(self, key: str, frames: int = 5, at: int = EVENT_TYPE) -> None:
        """Press a key by RFC 4733 for `frames` packets, of payload type `at`."""
        start = self._sent * FRAME
        for number, payload in enumerate(key_events(key, frames, FRAME)):
            first = number == 0
            self._keys.append(RtpPacket(at, 0, start, _SSRC, payload, marker=first))

    def keys_heard(self) -> str:
        """The keys that came by RFC 4733, each once, in order."""
        ends = {}
        for heard in self.heard:
            key = key_of(heard.packet.payload)
            if heard.packet.payload_type == EVENT_TYPE and key is not None and key[1]:
                ends[heard.packet.timestamp] = key[0]
        return "".join(ends.values())

    def audible(self, above: int = 1000) -> list[Heard]:
        """The packets in which something is to be heard."""
        return [heard for heard in self.heard if heard.loudness > above]

    def gaps(self) -> list[float]:
        """Seconds between one packet and the next."""
        return [after.at - before.at for before, after in pairwise(self.heard)]

    async def _send_frames(self) -> None:
        await self._first.wait()
        due = time.monotonic()
        while self._transport is not None and self._peer is not None:
            packet = self._next()
            self._transport.sendto(packet.pack(), self._peer)
            due = max(due + FRAME_SECONDS, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    def _next(self) -> RtpPacket:
        self._sent += 1
        if self._keys:
            key = self._keys.pop(0)
            return RtpPacket(
                key.payload_type, self._sent, key.timestamp, _SSRC, key.payload, key.marker
            )
        frame, self._speech = self._speech[:FRAME], self._speech[FRAME:]
        padded = np.zeros(FRAME, np.int16)
        padded[: len(frame)] = frame
        return RtpPacket(_VOICE, self._sent, self._sent * FRAME, _SSRC, encode(padded, _VOICE))
