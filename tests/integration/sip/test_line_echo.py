"""A real call whose line gives back what is said into it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from audio.events import BargeIn, BargeInPolicy, PlaybackStarted, SpeechStarted
from audio.g711 import decode, encode
from audio.prompts import Prompt
from audio.rtp import RtpPacket
from sipp_scenarios.media import speak
from tests.support.line import order, running
from tests.support.rtp import RATE, RtpPeer, playlist
from tests.support.sipp import Sipp

LATER = 7
"""Packets: 140 ms, and the way through both jitter buffers."""


@dataclass(slots=True, eq=False)
class EchoingPhone(RtpPeer):
    gain: float = 0.18
    loudest: int = 0
    _echoed: int = 0

    def _next(self) -> RtpPacket:
        packet = super(EchoingPhone, self)._next()
        if len(self.heard) < LATER + self._echoed:
            return packet
        back = self.heard[self._echoed].packet
        self._echoed += 1
        law = packet.payload_type
        echo = decode(back.payload, law) * self.gain
        self.loudest = max(self.loudest, int(np.abs(echo).max()))
        mixed = (decode(packet.payload, law) + echo).astype(np.int16)
        return RtpPacket(law, packet.sequence, packet.timestamp, packet.ssrc, encode(mixed, law))


@pytest.mark.parametrize("decibels", [-10, -20])
async def test_a_line_s_echo_stops_nothing_and_a_voice_over_it_does(
    tmp_path: Path, decibels: int
) -> None:
    words = speak(
        "We call about renewing your card; it takes one minute. Your card expires next month, and "
        "the new one will be sent to the address that you gave us. Shall we renew it for you now?"
    )
    opening = playlist(Prompt("words", words, RATE), policy=BargeInPolicy.STOP)
    with Sipp("callee-answers-at-rtp-port", tmp_path) as carrier:
        phone = EchoingPhone(carrier.rtp_port, gain=10 ** (decibels / 20))
        async with phone, running(carrier.uri) as (line, listener):
            line.dial(order(opening=opening))
            await listener.hears("a", PlaybackStarted)
            await asyncio.sleep(4)
            assert phone.loudest > 500, "there was an echo to be heard"
            heard = listener.told("a")
            assert not [one for one in heard if isinstance(one, BargeIn | SpeechStarted)]
            phone.talk(speak("Hello, who is calling me at this time of the day?"))
            assert (await listener.hears("a", BargeIn, 5)).play_id == 1
            line.end("a")
            await listener.end_of("a")
