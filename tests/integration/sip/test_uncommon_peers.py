"""Peers that do what RFC 3261 and its sisters allow, and few do."""

from __future__ import annotations

from pathlib import Path

import pjsua2 as pj

from audio.events import PlaybackStarted
from dialer.core.values.events import Answered, LocalEnded, Progressed, Rejected, RemoteHungUp
from dialer.sip.ending import Ending
from dialer.sip.line import SipLine
from dialer.sip.settings import Registration, TrunkSettings
from tests.support.line import order, running
from tests.support.rtp import RtpPeer, playlist, tone
from tests.support.sipp import Sipp, free_rtp_port
from tests.support.waiting import until

LONG = playlist(tone(440, 8.0))


async def test_a_nonce_that_grew_stale_is_answered_for_again(tmp_path: Path) -> None:
    member = TrunkSettings("", "", registration=Registration("veridial-1", "secret"))
    with Sipp("carrier-407-stale-then-answers", tmp_path) as carrier:
        async with (
            RtpPeer(carrier.rtp_port),
            running(carrier.uri, trunk=member) as (line, listener),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            assert not any(isinstance(event, Rejected) for event in listener.told("a"))
    invites = [each for each in carrier.messages() if each.came and each.what == "INVITE"]
    said = [each.header("Proxy-Authorization") or "" for each in invites]
    assert ['nonce="first"' in each for each in said] == [False, True, False]
    assert ['nonce="second"' in each for each in said] == [False, False, True]
    assert carrier.verdict == "passed"


async def test_a_183_without_sdp_is_progress_and_no_media(tmp_path: Path) -> None:
    with Sipp("callee-183-without-sdp-then-answers", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port) as phone, running(carrier.uri) as (line, listener):
            line.dial(order())
            assert await listener.hears("a", Progressed) == Progressed(183, early_media=False)
            await listener.hears("a", Answered)
            answered = listener.when("a", Answered)
            await listener.hears("a", PlaybackStarted)
            await until(lambda: bool(phone.audible()))
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            assert phone.audible()[0].at >= answered
    assert carrier.verdict == "passed"


async def test_reliable_ringing_gets_its_prack(tmp_path: Path) -> None:
    with Sipp("callee-rings-with-100rel", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            assert await listener.hears("a", Progressed) == Progressed(180, early_media=False)
            await listener.hears("a", Answered)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.received() == ["INVITE", "PRACK", "ACK", "BYE"]
    prack = next(each for each in carrier.messages() if each.what == "PRACK")
    assert (prack.header("RAck") or "").startswith("7 ")
    assert carrier.verdict == "passed"


async def test_a_late_offer_is_answered_with_ours_and_sound_moves_on(tmp_path: Path) -> None:
    moved = free_rtp_port()
    with Sipp("callee-reinvites-without-sdp", tmp_path, {"new_rtp_port": moved}) as carrier:
        async with (
            RtpPeer(carrier.rtp_port),
            RtpPeer(moved) as other,
            running(carrier.uri) as (line, listener),
        ):
            line.dial(order(opening=LONG))
            await until(lambda: len(other.audible()) > 10)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.verdict == "passed"


def reinvite(line: SipLine) -> None:
    """What a session's refresh sends, where the far side has no UPDATE; without its 45 s."""
    calls, thread = line._calls, line._thread
    assert calls is not None
    assert thread is not None
    thread.post(lambda: next(iter(calls._held_alive)).reinvite(pj.CallOpParam(True)))


async def test_reinvites_that_meet_are_both_refused_and_the_call_goes_on(tmp_path: Path) -> None:
    with Sipp("callee-glares", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port) as phone, running(carrier.uri) as (line, listener):
            line.dial(order(opening=LONG))
            await listener.hears("a", Answered)
            reinvite(line)
            await until(lambda: len(phone.audible()) > 60)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.verdict == "passed"
    codes = [each.what for each in carrier.messages() if not each.what.isalpha()]
    assert codes.count("491") >= 2, "one each way"


async def test_two_byes_that_meet_end_one_call(tmp_path: Path) -> None:
    with Sipp("callee-hangs-up-as-we-do", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            assert await listener.end_of("a") == RemoteHungUp()
            ends = [each for each in listener.told("a") if isinstance(each, Ending)]
            assert len(ends) == 1
    assert carrier.received().count("BYE") == 1
    assert carrier.verdict == "passed"
