"""What the far side does with a call that is up, and what our own stack adds to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from audio.events import SpeechStarted
from audio.g711 import encode
from audio.rtp import RtpPacket
from audio.synthesis import Synthesiser
from dialer.core.values.events import Answered, LocalEnded, ReferAnswered
from dialer.core.values.targets import Extension
from dialer.sip.line import SipLine
from tests.support.line import Listener, order, running
from tests.support.rtp import FRAME, RATE, RtpPeer, playlist, tone
from tests.support.sipp import free_rtp_port
from tests.support.uas import TELEPHONE, Uas, sdp
from tests.support.waiting import until

LONG = playlist(tone(440, 12.0))
PCMU = "a=rtpmap:0 PCMU/8000"


@asynccontextmanager
async def talking(
    formats: str = "8 101", more: list[str] | None = None, **on: None
) -> AsyncIterator[tuple[Uas, RtpPeer, SipLine, Listener]]:
    """A call that is up, with a long prompt being said."""
    port = free_rtp_port()
    body = sdp(port, formats, more=more or [TELEPHONE])
    allow = "Allow: INVITE, ACK, BYE, CANCEL, INFO, UPDATE, REFER, NOTIFY"
    async with RtpPeer(port) as phone, Uas({**on}) as far:
        far.on["INVITE"] = lambda uas, request: uas.answer(request, body, allow)
        async with running(far.uri) as (line, listener):
            line.dial(order(opening=LONG))
            await listener.hears("a", Answered, 10)
            await until(lambda: len(phone.audible()) > 5)
            yield far, phone, line, listener


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize(
    "offer",
    [
        sdp(4000, where=["c=IN IP4 no.such.host.invalid"]),
        sdp(4000, where=["c=IN IP6 ::1"]),
        sdp(4000, where=["c=IN IP4 127.0.0.1\x01"]),
        sdp(4000, "101"),
        sdp(4000, "3"),
        sdp(4000).replace("m=audio", "m=video"),
        sdp(4000).replace("m=audio", "m=\x02"),
        "not SDP",
    ],
)
async def test_media_that_cannot_be_set_up_is_refused_and_the_call_goes_on(
    method: str, offer: str
) -> None:
    async with talking() as (far, phone, line, listener):
        began = time.monotonic()
        far.request(method, body=offer)
        await until(lambda: bool(far.replies(method)), 3)
        assert far.replies(method) == [488]
        assert time.monotonic() - began < 2, "nobody waits for DNS"
        before = len(phone.audible())
        await until(lambda: len(phone.audible()) > before + 25, 5)
        line.end("a")
        assert await listener.end_of("a") == LocalEnded()


async def test_two_formats_in_an_answer_are_left_at_that_and_both_are_heard(
    tmp_path: Path,
) -> None:
    async with talking("8 0 101", [PCMU, TELEPHONE], UPDATE=None) as (far, phone, line, listener):
        phone.hush()
        voice = Synthesiser(RATE, tmp_path).say("Yes, hello? Who is speaking?").samples
        first = len(phone.heard)
        for n in range(0, len(voice) - FRAME, FRAME):
            payload = encode(voice[n : n + FRAME], 0)
            packet = RtpPacket(0, n // FRAME, n, 7, payload, marker=False)
            assert phone._transport is not None
            phone._transport.sendto(packet.pack(), phone._peer)
            await asyncio.sleep(0.02)
        await listener.hears("a", SpeechStarted, 5)
        assert len(phone.heard) > first
        line.end("a")
        assert await listener.end_of("a") == LocalEnded()
        assert not far.requests("UPDATE")
        assert len(far.requests("INVITE")) == 1


async def test_no_sound_leaves_after_our_bye() -> None:
    async with talking(BYE=None) as (far, phone, line, listener):
        line.end("a")
        await until(lambda: bool(far.requests("BYE")))
        await asyncio.sleep(0.1)
        heard = len(phone.heard)
        await until(lambda: len(far.requests("BYE")) >= 3)
        far.request("INVITE", body=sdp(phone.port))
        await asyncio.sleep(0.5)
        assert len(phone.heard) - heard <= 2
        far.accept(far.requests("BYE")[0])
        assert await listener.end_of("a") == LocalEnded()


@pytest.mark.parametrize(
    "state, lines, body, over",
    [
        ("terminated;reason=noresource", [], "", True),
        ("Terminated ; reason=timeout", ["Content-Type: text/plain"], "gone", True),
        ("terminated", ["Content-Type: message/sipfrag"], "rubbish", True),
        ("active;expires=60", [], "", False),
    ],
)
async def test_a_transfer_is_over_when_its_subscription_is(
    state: str, lines: list[str], body: str, over: bool
) -> None:
    async with talking() as (far, _, line, listener):
        far.on["REFER"] = lambda uas, request: uas.reply(request, 202, uas.contact)
        line.refer("a", Extension("queue", "t0"))
        await until(lambda: bool(far.requests("REFER")))
        await listener.hears("a", ReferAnswered)
        far.request("NOTIFY", "Event: refer", f"Subscription-State: {state}", *lines, body=body)
        await until(lambda: bool(far.replies("NOTIFY")))
        await asyncio.sleep(0.2)
        told = [each for each in listener.told("a") if isinstance(each, ReferAnswered)]
        assert told[-1].over is over
        if over:
            assert not 200 <= told[-1].code < 300
        line.end("a")
        await listener.end_of("a")
