"""How a callee's keys come where telephone-event was not agreed on; and how long packets are."""

from __future__ import annotations

import asyncio
import ctypes
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest

from audio.events import BargeIn, BargeInPolicy, DtmfReceived, SpeechStarted
from audio.g711 import decode
from audio.rtp import RtpPacket
from dialer.core.values.events import Answered, KeysUnheard, LocalEnded
from dialer.sip.settings import TrunkSettings
from sipp_scenarios.media import speak
from tests.integration.sip.test_within_the_call import talking
from tests.support.line import Listener, order, running
from tests.support.rtp import RtpPeer, playlist, tone
from tests.support.sipp import free_rtp_port
from tests.support.tones import key_sound
from tests.support.uas import TELEPHONE, Message, Uas, sdp
from tests.support.waiting import until

PCMA = "a=rtpmap:8 PCMA/8000"
QUIET = np.zeros(800, np.int16)


def keys(listener: Listener) -> str:
    return "".join(event.digit for event in listener.told("a") if isinstance(event, DtmfReceived))


@pytest.mark.parametrize("more", [[PCMA], [PCMA, TELEPHONE], ["a=rtpmap:8 telephone-event/8000"]])
async def test_keys_are_heard_as_tones_where_no_event_was_agreed_on(more: list[str]) -> None:
    async with talking("8", more) as (_far, phone, line, listener):
        phone.talk(np.concatenate([key_sound("1", 0.3), QUIET, key_sound("#", 0.06), QUIET]))
        await until(lambda: len(keys(listener)) == 2, 5)
        assert keys(listener) == "1#"
        line.end("a")
        assert await listener.end_of("a") == LocalEnded()
    kinds = {type(event) for event in listener.told("a")}
    assert not kinds & {KeysUnheard, SpeechStarted}, "a key is no voice, and is heard"


async def test_tones_are_only_sound_where_events_were_agreed_on() -> None:
    async with talking() as (_far, phone, line, listener):
        phone.talk(np.concatenate([key_sound("1", 0.2), QUIET]))
        await asyncio.sleep(0.5)
        phone.press("2")
        await until(lambda: bool(keys(listener)), 5)
        assert keys(listener) == "2"
        line.end("a")
        await listener.end_of("a")


async def test_events_that_an_answer_left_out_are_heard_and_then_no_tones() -> None:
    async with talking("8", [PCMA]) as (_far, phone, line, listener):
        phone.press("1")
        await until(lambda: bool(keys(listener)), 5)
        phone.talk(np.concatenate([QUIET, key_sound("1", 0.2), QUIET]))
        await asyncio.sleep(0.6)
        assert keys(listener) == "1"
        line.end("a")
        await listener.end_of("a")


async def test_a_press_that_comes_as_a_tone_and_by_info_is_one_key() -> None:
    async with talking("8", [PCMA]) as (far, phone, line, listener):
        kind = "Content-Type: application/dtmf-relay"
        for pressed in ("1", "12"):
            phone.talk(np.concatenate([QUIET, key_sound(pressed[-1], 0.2), QUIET]))
            await asyncio.sleep(0.4)
            far.request("INFO", kind, body=f"Signal={pressed[-1]}\r\nDuration=200\r\n")
            await until(lambda: far.replies("INFO") == [200] * len(pressed), 5)  # noqa: B023
            assert keys(listener) == pressed
        line.end("a")
        await listener.end_of("a")


@dataclass(eq=False)
class OpusPhone(RtpPeer):
    """Talks in Opus, under the number that the offer gave it."""

    number: int = 96

    def __post_init__(self) -> None:
        library = ctypes.CDLL("libopus.so.0")
        library.opus_encoder_create.restype = ctypes.c_void_p
        self._encode = library.opus_encode
        self._encoder = ctypes.c_void_p(library.opus_encoder_create(8000, 1, 2048, None))

    def _next(self) -> RtpPacket:
        plain = super()._next()
        sound = decode(plain.payload, plain.payload_type)
        made = (ctypes.c_ubyte * 1500)()
        samples = sound.ctypes.data_as(ctypes.c_void_p)
        length = self._encode(self._encoder, samples, len(sound), made, 1500)
        at = plain.timestamp * 6  # Opus always counts at 48 kHz (RFC 7587 4.1)
        return replace(plain, payload_type=self.number, timestamp=at, payload=bytes(made[:length]))


@pytest.mark.parametrize(
    "more,told,said", [("", 1, "1"), ("a=rtpmap:101 telephone-event/48000", 0, "")]
)
async def test_a_codec_that_may_lose_tones_is_told_once_and_listened_to(
    more: str, told: int, said: str
) -> None:
    port = free_rtp_port()
    trunk = TrunkSettings("", "", codecs=("opus",))
    async with OpusPhone(port) as phone, Uas() as far:

        def answer(uas: Uas, request: Message) -> None:
            [offered] = [line for line in request.text.splitlines() if "opus/48000/2" in line]
            phone.number = int(offered.split(":")[1].split()[0])
            formats = f"{phone.number} 101" if more else str(phone.number)
            lines = [f"a=rtpmap:{phone.number} opus/48000/2", more] if more else [offered]
            uas.answer(request, sdp(port, formats, more=lines))

        far.on["INVITE"] = answer
        async with running(far.uri, trunk=trunk) as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered, 10)
            sent = phone.sent
            phone.talk(np.concatenate([QUIET, key_sound("1", 0.5), QUIET]))
            await until(lambda: keys(listener)[:1] == said and phone.sent > sent + 50, 5)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    unheard = [event for event in listener.told("a") if isinstance(event, KeysUnheard)]
    assert len(unheard) == told
    # A gap that a busy machine makes is a pause, and the rest another press.
    assert set(keys(listener)) == set(said)


@pytest.mark.parametrize(
    "asked,milliseconds",
    [
        (["a=ptime:10"], 10),
        (["a=ptime:30"], 30),
        (["a=ptime:60"], 60),
        (["a=ptime:39"], 40),
        (["a=ptime:40", "a=ptime:10"], 40),
        (["a=ptime:40", "a=maxptime:20"], 20),
        (["a=ptime:60", "a=maxptime:39"], 30),
        (["a=maxptime:10"], 10),
        (["a=maxptime:3"], 10),
        (["a=maxptime:0"], 20),
        (["a=maxptime:4294967297"], 20),
        (["a=ptime:1"], 10),
        (["a=ptime:0"], 20),
        (["a=ptime:-5"], 20),
        (["a=ptime:9990"], 60),
        (["a=ptime:999999999999"], 60),
        (["a=ptime:often"], 20),
        (["a=ptime:"], 20),
    ],
)
async def test_packets_are_as_long_as_the_answer_asks(asked: list[str], milliseconds: int) -> None:
    async with talking(more=[PCMA, TELEPHONE, *asked]) as (_far, phone, line, listener):
        await until(lambda: len(phone.audible()) > 20, 5)
        lengths = Counter(len(heard.packet.payload) for heard in phone.heard)
        assert set(lengths) == {8 * milliseconds}
        steps = {
            (after.packet.timestamp - before.packet.timestamp) % 2**32
            for before, after in pairwise(phone.heard)
        }
        assert steps == {8 * milliseconds}
        phone.press("2")
        await until(lambda: keys(listener) == "2", 5)
        line.end("a")
        assert await listener.end_of("a") == LocalEnded()


@pytest.mark.parametrize("asked", [10, 30, 60])
async def test_a_prompt_gives_way_whatever_the_length_of_packets(asked: int) -> None:
    async with talking(more=[PCMA, TELEPHONE, f"a=ptime:{asked}"]) as (_far, phone, line, listener):
        line.play("a", playlist(tone(440, 20), play_id=2, policy=BargeInPolicy.STOP))
        await asyncio.sleep(0.5)
        sent = phone.sent
        phone.talk(speak("Hello, who is calling me at this time of the day?"))
        await listener.hears("a", BargeIn, 5)
        # By the phone's own packets: a busy machine slows both.
        assert phone.sent - sent < 50
        line.end("a")
        await listener.end_of("a")
