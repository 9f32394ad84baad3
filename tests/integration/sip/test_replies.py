"""Replies as they should not be: what can be read of them counts, and nobody is rung twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from audio.events import PlaybackStarted
from dialer.core.trunks.trunk_state import StateReason
from dialer.core.values.events import (
    Answered,
    HoldChanged,
    LocalEnded,
    Progressed,
    Rejected,
    Unread,
)
from dialer.sip.settings import Registration, TrunkSettings
from tests.support.line import order, running
from tests.support.rtp import RtpPeer
from tests.support.sipp import free_rtp_port
from tests.support.uas import TELEPHONE, Message, Uas, sdp
from tests.support.waiting import until

MEMBER = TrunkSettings("", "", registration=Registration("veridial-1", "secret", expires=60))
HISTORY = "History-Info: " + ", ".join(
    f"<sip:+86109999{n:04d}@ims.example.net?Reason=SIP%3Bcause%3D302>;index=1.{n}"
    for n in range(600)
)


def answering(port: int, *lines: str, body: str | None = None) -> Callable[[Uas, Message], None]:
    return lambda uas, request: uas.answer(request, body or sdp(port), *lines)


@pytest.mark.parametrize(
    "lines",
    [
        ["Expires: never"],
        ["Allow: INVITE, ACK, BYE", "Retry-After: soon", "Session-Expires: ;", "Min-SE: -"],
        ["Supported: ,,,", "Require:\r\n ;;", "Warning"],
        ["P-Asserted-Identity: <sip:", "Record-Route: <>", "User-Agent"],
        [HISTORY],
        ["\x01\x02: \x03"],
    ],
)
async def test_a_200_with_a_header_that_does_not_concern_us_is_an_answer(lines: list[str]) -> None:
    port = free_rtp_port()
    async with (
        RtpPeer(port),
        Uas({"INVITE": answering(port, *lines)}) as far,
        running(far.uri) as (line, listener),
    ):
        line.dial(order())
        await listener.hears("a", Answered, 10)
        await listener.hears("a", PlaybackStarted)
        line.end("a")
        assert await listener.end_of("a") == LocalEnded()
        counted = line.unread_messages()["t0"]
        assert counted == (0 if lines == [HISTORY] else 1)
    assert len(far.requests("ACK")) == 1


async def test_the_last_header_may_be_the_bad_one() -> None:
    def busy(far: Uas, request: Message) -> None:
        far.reply(request, 486, "Content-Length: 0\r\nExpires: never", but=["Content-Length"])

    async with Uas({"INVITE": busy}) as far, running(far.uri) as (line, listener):
        line.dial(order())
        assert await listener.end_of("a", 5) == Rejected(486)


@pytest.mark.parametrize(
    "head, where, more",
    [
        (["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s="], ["c=IN IP4 127.0.0.1"], [TELEPHONE]),
        (["v=0", "o=- 1 1 IN IP4 127.0.0.1"], ["c=IN IP4 127.0.0.1"], [TELEPHONE]),
        (["v=0", "o=", "s=-"], ["b=", "c=IN IP4 127.0.0.1"], [TELEPHONE, "a="]),
        (["v=0", "o=-", "s=-", "t="], ["c=IN IP4 127.0.0.1"], []),
        (
            ["o=- 1 1 IN IP6 gateway", "i="],
            ["c=IN IP4 127.0.0.1", "k="],
            ["a=rtcp:9 IN IP4 no.such"],
        ),
    ],
)
async def test_sdp_on_whose_fault_nothing_depends_is_taken(
    head: list[str], where: list[str], more: list[str]
) -> None:
    port = free_rtp_port()
    body = sdp(port, head=head, where=where, more=more)
    async with (
        RtpPeer(port) as phone,
        Uas({"INVITE": answering(port, body=body)}) as far,
        running(far.uri) as (line, listener),
    ):
        line.dial(order())
        await listener.hears("a", Answered, 10)
        await until(lambda: bool(phone.audible()))
        line.end("a")
        assert await listener.end_of("a") == LocalEnded()


@pytest.mark.parametrize(
    "where, mode",
    [("127.0.0.1", "inactive"), ("0.0.0.0", "sendrecv"), ("127.0.0.1", "sendonly")],
)
async def test_who_answers_on_hold_has_answered(where: str, mode: str) -> None:
    port = free_rtp_port()
    held = sdp(port, where=[f"c=IN IP4 {where}"], more=[TELEPHONE, f"a={mode}"])
    async with (
        RtpPeer(port) as phone,
        Uas({"INVITE": answering(port, body=held)}) as far,
        running(far.uri) as (line, listener),
    ):
        line.dial(order())
        await listener.hears("a", Answered, 10)
        assert (await listener.hears("a", HoldChanged)).held
        assert not phone.audible()
        far.request("INVITE", body=sdp(port))
        await until(lambda: 200 in far.replies("INVITE"))
        far.acknowledge()
        await until(lambda: bool(phone.audible()))
        line.end("a")
        assert await listener.end_of("a") == LocalEnded()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no SDP at all",
        sdp(4000, "3"),
        sdp(4000, where=["c=IN IP4 no.such.host.invalid"]),
        sdp(4000, where=["c=IN IP6 ::1"]),
        sdp(4000, where=[]),
        sdp(0),
        sdp(4000, "101"),
        sdp(4000).replace("RTP/AVP 8", "RTP/AVP \x01"),
    ],
)
async def test_an_answer_whose_media_cannot_be_used_is_an_answer(body: str) -> None:
    async with (
        Uas({"INVITE": lambda far, invite: far.answer(invite, body)}) as far,
        running(far.uri) as (line, listener),
    ):
        began = asyncio.get_running_loop().time()
        line.dial(order())
        end = await listener.end_of("a", 10)
        assert isinstance(end, Rejected)
        assert end.reached
        assert asyncio.get_running_loop().time() - began < 3, "nobody waits for DNS"
    assert len(far.requests("ACK")) == 1
    assert len(far.requests("BYE")) == 1


@pytest.mark.parametrize("name", ["From", "To", "Via", "CSeq"])
@pytest.mark.parametrize("code", [180, 200, 486])
async def test_a_reply_that_cannot_be_told_apart_is_unread(
    name: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(far: Uas, request: Message) -> None:
        bad = f"{name}: <<+8613912345678"
        far.reply(request, code, bad, body=sdp(4000), but=[name])

    async with Uas({"INVITE": answer}) as far, running(far.uri) as (line, listener):
        line.dial(order())
        assert (await listener.hears("a", Unread, 5)).code == code
        line.end("a")
        assert line.unread_messages()["t0"] >= 1
        assert not any(isinstance(told, Progressed) for told in listener.told("a"))
    assert f"header: {name.lower()}" in caplog.text
    assert "12345678" not in caplog.text


@pytest.mark.parametrize(
    "code, lines",
    [
        (200, ["Contact: *"]),
        (200, ["Contact: None"]),
        (200, ["Contact:"]),
        (200, ["Contact: <sip:veridial@127.0.0.1>;expires=60, *"]),
        (401, ['WWW-Authenticate: Basic realm="x"']),
        (407, ["Proxy-Authenticate: Basic realm=x"]),
        (200, ["From: <<", "Contact: <sip:a@b>"]),
    ],
)
async def test_a_registrar_that_cannot_be_read_is_told_as_that(
    code: int, lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    but = [line.split(":")[0] for line in lines if line.startswith("From")]

    def register(far: Uas, request: Message) -> None:
        far.reply(request, code, *lines, but=but)

    async with Uas({"REGISTER": register}) as far, running(far.uri, trunk=MEMBER) as (line, _):
        states = line.trunk_states
        await until(lambda: states()[0].why is StateReason.UNREADABLE, 5)
        assert states()[0].reason == f"REGISTER: unreadable reply {code}"
        assert not states()[0].up
        await until(lambda: len(far.requests("REGISTER")) > 1, 10)
    name = lines[0].split(":")[0].lower()
    assert f"its {code} to REGISTER could not be read" in caplog.text
    assert f"header: {name}" in caplog.text


async def test_a_star_at_a_refresh_ends_no_call() -> None:
    port = free_rtp_port()

    def register(far: Uas, request: Message) -> None:
        first = len(far.requests("REGISTER")) == 1
        contact = request.header("Contact").split(";")[0]
        far.reply(request, 200, f"Contact: {contact};expires=3" if first else "Contact: *")

    async with (
        RtpPeer(port),
        Uas({"REGISTER": register, "INVITE": answering(port)}) as far,
        running(far.uri, trunk=MEMBER) as (line, listener),
    ):
        await until(lambda: line.trunk_states()[0].up)
        line.dial(order())
        await listener.hears("a", Answered)
        await until(lambda: line.trunk_states()[0].why is StateReason.UNREADABLE, 10)
        line.end("a")
        assert await listener.end_of("a") == LocalEnded()


async def test_options_that_cannot_be_read_are_told_as_that() -> None:
    like = replace(TrunkSettings("", ""), options_every=30.0)

    def options(far: Uas, request: Message) -> None:
        far.reply(request, 200, "To: <<", but=["To"])

    async with Uas({"OPTIONS": options}) as far, running(far.uri, trunk=like) as (line, _):
        await until(lambda: line.trunk_states()[0].why is StateReason.UNREADABLE, 5)
