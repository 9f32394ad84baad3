"""Answered calls: what is heard, keys both ways, hold, and what the far side may not do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from audio.events import BargeIn, BargeInPolicy, DtmfReceived, PlaybackDone, PlaybackStarted
from dialer.core.values.events import Answered, HoldChanged, LocalEnded, Progressed
from dialer.sip.settings import DtmfMethod, TrunkSettings
from sipp_scenarios.media import speak
from tests.support.line import order, running
from tests.support.rtp import RtpPeer, playlist, tone
from tests.support.sipp import Sipp, free_rtp_port
from tests.support.waiting import until

PHONE = "callee-answers-at-rtp-port"


async def test_the_callee_hears_the_opening_whole_and_then_what_is_played(tmp_path: Path) -> None:
    opening = playlist(tone(440, 0.3), tone(880, 0.2), play_id=7)
    with Sipp(PHONE, tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port) as phone, running(carrier.uri) as (line, listener):
            line.dial(order(opening=opening))
            done = await listener.hears("a", PlaybackDone)
            assert (done.play_id, done.completed, done.sample) == (7, True, 4000)
            line.play("a", playlist(tone(440, 5.0), play_id=8))
            await until(lambda: len(phone.audible()) > 35)
            line.stop("a")
            await until(lambda: _count(listener.told("a"), PlaybackDone) == 2)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            stopped = [e for e in listener.told("a") if isinstance(e, PlaybackDone)][1]
            assert stopped.play_id == 8
            assert not stopped.completed
            # 25 packets of the opening, then those of the second playback up to where it stopped.
            assert abs(len(phone.audible()) - 25 - stopped.sample / 160) <= 2
    assert carrier.verdict == "passed"


async def test_speech_stops_a_prompt_that_may_be_stopped(tmp_path: Path) -> None:
    opening = playlist(tone(440, 6.0), policy=BargeInPolicy.STOP)
    with Sipp(PHONE, tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port) as phone, running(carrier.uri) as (line, listener):
            line.dial(order(opening=opening))
            await listener.hears("a", PlaybackStarted)
            phone.talk(speak("Hello, who is calling me at this time of the day?"))
            stopped = await listener.hears("a", BargeIn)
            assert stopped.play_id == 1
            line.end("a")
            await listener.end_of("a")


async def test_early_media_is_progress_and_nothing_is_said_into_it(tmp_path: Path) -> None:
    with Sipp("callee-183-early-media-then-answers", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port) as phone, running(carrier.uri) as (line, listener):
            line.dial(order())
            assert await listener.hears("a", Progressed) == Progressed(183, early_media=True)
            await listener.hears("a", Answered)
            answered = listener.when("a", Answered)
            await listener.hears("a", PlaybackDone)
            line.end("a")
            await listener.end_of("a")
            audible = phone.audible()
            assert audible
            assert audible[0].at >= answered
    assert carrier.verdict == "passed"


@pytest.mark.parametrize(
    "signal, heard",
    [("Signal=1", "12"), ("signal=1", "12"), ("Signal= 7", "72"), ("Signal=11", "#2")],
)
async def test_keys_by_info_in_both_content_types(tmp_path: Path, signal: str, heard: str) -> None:
    with Sipp("callee-dtmf-by-info", tmp_path, {"signal": signal}) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            await until(lambda: len(_keys(listener.told("a"))) == 2)
            await asyncio.sleep(0.3)  # the INFO without a body follows
            line.end("a")
            await listener.end_of("a")
            assert _keys(listener.told("a")) == heard
    assert carrier.verdict == "passed"


async def test_keys_by_rfc_4733_come_once_each(tmp_path: Path) -> None:
    with Sipp(PHONE, tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port) as phone, running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", PlaybackStarted)
            for key in "1#D":
                phone.press(key)
            await until(lambda: len(_keys(listener.told("a"))) == 3)
            line.end("a")
            await listener.end_of("a")
            assert _keys(listener.told("a")) == "1#D"


@pytest.mark.parametrize("at", [96, 101, 127])
async def test_keys_are_heard_under_our_number_and_under_the_answers(
    tmp_path: Path, at: int
) -> None:
    with Sipp("callee-numbers-keys-otherwise", tmp_path, {"keys_at": at}) as carrier:
        async with RtpPeer(carrier.rtp_port) as phone, running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", PlaybackStarted)
            phone.press("1", at=at)
            phone.press("#")
            await until(lambda: len(_keys(listener.told("a"))) == 2)
            line.end("a")
            await listener.end_of("a")
            assert _keys(listener.told("a")) == "1#"
    assert carrier.verdict == "passed"


async def test_keys_are_sent_by_rfc_4733(tmp_path: Path) -> None:
    with Sipp(PHONE, tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port) as phone, running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", PlaybackDone)
            line.send_dtmf("a", "40*")
            await until(lambda: len(phone.keys_heard()) == 3)
            line.end("a")
            await listener.end_of("a")
            assert phone.keys_heard() == "40*"


async def test_keys_are_sent_by_info(tmp_path: Path) -> None:
    info = TrunkSettings("", "", dtmf=DtmfMethod.INFO)
    with Sipp("callee-takes-dtmf-by-info", tmp_path) as carrier:
        async with (
            RtpPeer(carrier.rtp_port),
            running(carrier.uri, trunk=info) as (line, listener),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            line.send_dtmf("a", "5#")
            await asyncio.sleep(0.6)
            line.end("a")
            await listener.end_of("a")
    assert carrier.verdict == "passed"
    bodies = [message.body for message in carrier.messages() if message.what == "INFO"]
    assert ["Signal=5" in bodies[0], "Signal=#" in bodies[1]] == [True, True]


async def test_hold_by_reinvite_and_back_at_another_port(tmp_path: Path) -> None:
    moved = free_rtp_port()
    long = playlist(tone(440, 8.0))
    with Sipp("callee-holds-by-reinvite", tmp_path, {"new_rtp_port": moved}) as carrier:
        async with (
            RtpPeer(carrier.rtp_port) as phone,
            RtpPeer(moved) as other,
            running(carrier.uri) as (line, listener),
        ):
            line.dial(order(opening=long))
            await until(lambda: _holds(listener.told("a")) == [True])
            # Who holds has moved: two phones that talk at once would draw our RTP to and fro.
            phone.hush()
            await until(lambda: _holds(listener.told("a")) == [True, False])
            await until(lambda: len(other.audible()) > 10)
            line.end("a")
            await listener.end_of("a")
            # On hold nobody is talked to, and the prompt goes on from where it was.
            heard = len(phone.audible()) * 0.02
            assert heard < 1.2
            assert not any(gap > 0.5 for gap in other.gaps())
    assert carrier.verdict == "passed"


async def test_hold_by_update(tmp_path: Path) -> None:
    with Sipp("callee-holds-by-update", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            await until(lambda: _holds(listener.told("a")) == [True, False])
            line.end("a")
            await listener.end_of("a")
    assert carrier.verdict == "passed"


async def test_hold_by_null_address(tmp_path: Path) -> None:
    with Sipp("callee-holds-by-null-address", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.end_of("a")
            assert _holds(listener.told("a")) == [True]
    assert carrier.verdict == "passed"


async def test_a_transfer_is_refused_and_nobody_is_called(tmp_path: Path) -> None:
    with Sipp("callee-transfers-by-refer", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered)
            await asyncio.sleep(0.5)
            line.end("a")
            await listener.end_of("a")
    assert carrier.verdict == "passed"
    assert carrier.received() == ["INVITE", "ACK", "603", "BYE"]


async def test_the_session_timer_is_offered_and_a_refresh_accepted(tmp_path: Path) -> None:
    with Sipp("callee-refreshes-the-session", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered)
            await asyncio.sleep(0.6)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.verdict == "passed"
    invite = carrier.messages()[0]
    assert invite.header("Session-Expires") == "1800"
    assert "timer" in (invite.header("Supported") or "")


@pytest.mark.parametrize("command", ["end", "stop", "play", "send_dtmf"])
async def test_a_command_for_an_attempt_that_is_over_does_nothing(
    tmp_path: Path, command: str
) -> None:
    arguments = {"play": (playlist(tone(440, 0.1)),), "send_dtmf": ("1",)}.get(command, ())
    with Sipp("carrier-401", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.end_of("a")
            told = len(listener.told("a"))
            getattr(line, command)("a", *arguments)
            await asyncio.sleep(0.05)
            assert len(listener.told("a")) == told


def _keys(events: Sequence[object]) -> str:
    return "".join(event.digit for event in events if isinstance(event, DtmfReceived))


def _count(events: Sequence[object], kind: type) -> int:
    return sum(isinstance(event, kind) for event in events)


def _holds(events: Sequence[object]) -> list[bool]:
    return [event.held for event in events if isinstance(event, HoldChanged)]
