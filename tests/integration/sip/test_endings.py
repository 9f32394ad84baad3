"""How calls end: scenarios of real SIPp peers, and the one event in which each ends."""

from __future__ import annotations

import asyncio
import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.values.events import (
    Answered,
    CancelWaits,
    DialFailed,
    InviteSent,
    LocalEnded,
    LocalFault,
    PeerLost,
    Progressed,
    Rejected,
    RemoteHungUp,
)
from dialer.core.values.number import E164
from dialer.ports.line import AnyLineEvent
from dialer.sip.settings import DtmfMethod, TrunkSettings
from tests.support.line import ENDS, SETTINGS, Listener, order, running
from tests.support.rtp import RtpPeer
from tests.support.sipp import Sipp, free_port


@contextmanager
def hurried(t1: int) -> Iterator[None]:
    """SIP's timer T1 shortened to `t1` ms, so that 64*T1 passes within a test."""
    library = ctypes.CDLL("libpjsip.so.2")
    library.pjsip_tsx_set_timers(t1, 8 * t1, 10 * t1, 64 * t1)
    try:
        yield
    finally:
        library.pjsip_tsx_set_timers(500, 4000, 5000, 32000)


def assert_one_end(listener: Listener, attempt: str = "a") -> None:
    told = listener.told(attempt)
    assert [isinstance(event, ENDS) for event in told].count(True) == 1, told
    assert isinstance(told[-1], ENDS), told


CAUSES = {
    302: 23,
    404: 1,
    407: 21,
    408: 102,
    480: 20,
    486: 17,
    488: 65,
    500: 41,
    503: 34,
    603: 21,
    604: 1,
    607: 21,
}


async def test_a_refusal_is_told_with_its_cause_and_followed_nowhere(tmp_path: Path) -> None:
    with Sipp("carrier-refuses-as-dialled", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            for code, cause in CAUSES.items():
                name = str(code)
                line.dial(order(name, callee=E164(f"+8613912345{code}")))
                assert await listener.end_of(name) == Rejected(code, q850=cause, retry_after=30)
            for name in map(str, CAUSES):
                assert_one_end(listener, name)
    assert carrier.received() == ["INVITE", "ACK"] * len(CAUSES)
    assert carrier.verdict == "passed"


async def test_a_challenge_without_credentials_is_a_refusal(tmp_path: Path) -> None:
    with Sipp("carrier-401", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            assert await listener.end_of("a") == Rejected(401)
    assert carrier.received() == ["INVITE", "ACK"]
    assert carrier.verdict == "passed"


async def test_ringing_until_cancel(tmp_path: Path) -> None:
    with Sipp("callee-silent-until-cancel", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            assert await listener.hears("a", Progressed) == Progressed(180, early_media=False)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            assert_one_end(listener)
    assert carrier.received() == ["INVITE", "CANCEL", "ACK"]
    assert carrier.verdict == "passed"


async def test_a_trying_is_no_progress_and_its_cancel_ends_the_call(tmp_path: Path) -> None:
    with Sipp("carrier-goes-silent-after-trying", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", InviteSent)
            await asyncio.sleep(0.2)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            assert [type(event) for event in listener.told("a")] == [InviteSent, LocalEnded]
    assert carrier.verdict == "passed"


async def test_a_200_that_crosses_cancel_is_acked_and_hung_up_in_silence(tmp_path: Path) -> None:
    with Sipp("callee-answers-as-cancel-arrives", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port) as phone, running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", Progressed)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            line.end("a")  # as the core does on hearing Answered: nothing is left to end
            kinds = [type(event) for event in listener.told("a")]
            assert kinds == [InviteSent, Progressed, Answered, LocalEnded]
            assert not phone.audible()
    assert carrier.received() == ["INVITE", "CANCEL", "ACK", "BYE"]
    assert carrier.verdict == "passed"


async def test_a_486_that_crosses_cancel_is_told(tmp_path: Path) -> None:
    with Sipp("callee-busy-as-cancel-arrives", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", Progressed)
            line.end("a")
            assert await listener.end_of("a") == Rejected(486, q850=17)
            assert_one_end(listener)
    assert carrier.verdict == "passed"


async def test_an_invite_forgotten_after_cancel_is_over_after_64_t1(tmp_path: Path) -> None:
    with Sipp("carrier-forgets-the-cancelled-invite", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            with hurried(20):
                line.dial(order())
                await listener.hears("a", Progressed)
                line.end("a")
                assert await listener.end_of("a") == LocalEnded()
                assert_one_end(listener)
    assert carrier.verdict == "passed"


async def test_a_carrier_that_never_replies_ends_by_timer_b(tmp_path: Path) -> None:
    with Sipp("carrier-never-replies", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            with hurried(20):
                line.dial(order())
                assert await listener.end_of("a") == Rejected(408, heard=False)
                line.dial(order("b"))
                await listener.hears("b", InviteSent)
                line.end("b")  # before any provisional reply no CANCEL may leave (RFC 3261 9.1)
                assert await listener.end_of("b") == LocalEnded()
                assert [type(event) for event in listener.told("b")] == [
                    InviteSent,
                    CancelWaits,
                    LocalEnded,
                ]
    assert set(carrier.received()) == {"INVITE"}


async def test_what_rings_after_it_was_given_up_is_cancelled(tmp_path: Path) -> None:
    with Sipp("carrier-silent-then-rings", tmp_path, options=("-d", "1200")) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", InviteSent)
            line.end("a")
            await listener.hears("a", CancelWaits, 1)
            assert await listener.end_of("a") == LocalEnded()
            kinds = [type(event) for event in listener.told("a")]
            assert kinds == [InviteSent, CancelWaits, Progressed, LocalEnded]
    assert carrier.received() == ["INVITE", "CANCEL", "ACK"]
    invites = [each for each in carrier.messages() if each.came and each.what == "INVITE"]
    assert len(invites) == 1, "given up, it is sent no more"
    assert carrier.verdict == "passed"


async def test_what_answers_after_it_was_given_up_is_hung_up_in_silence(tmp_path: Path) -> None:
    with Sipp("carrier-silent-then-answers", tmp_path, options=("-d", "1200")) as carrier:
        async with RtpPeer(carrier.rtp_port) as phone, running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", InviteSent)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            kinds = [type(event) for event in listener.told("a")]
            assert kinds == [InviteSent, CancelWaits, Answered, LocalEnded]
            assert not phone.audible()
    assert carrier.received() == ["INVITE", "ACK", "BYE"]
    assert carrier.verdict == "passed"


async def test_the_callee_hangs_up_and_says_why(tmp_path: Path) -> None:
    with Sipp("callee-drops-after-answer", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            assert await listener.end_of("a") == RemoteHungUp(q850=16)
            assert_one_end(listener)
    assert carrier.verdict == "passed"


async def test_a_bye_without_reply_is_over_after_timer_f(tmp_path: Path) -> None:
    with Sipp("callee-ignores-bye", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            with hurried(20):
                line.dial(order())
                await listener.hears("a", Answered)
                line.end("a")
                assert await listener.end_of("a") == LocalEnded()
                assert_one_end(listener)
    assert carrier.received() == ["INVITE", "ACK", "BYE"]


@pytest.mark.parametrize(
    "scenario", ["carrier-answers-without-common-codec", "carrier-answers-without-sdp"]
)
async def test_an_answer_without_a_codec_of_ours_is_hung_up(tmp_path: Path, scenario: str) -> None:
    with Sipp(scenario, tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            assert await listener.end_of("a") == Rejected(488, reached=True)
            assert not any(isinstance(event, Answered) for event in listener.told("a"))
    assert sorted(carrier.received()) == ["ACK", "BYE", "INVITE"]
    assert carrier.verdict == "passed"


async def test_the_second_of_two_answers_is_acked_and_hung_up(tmp_path: Path) -> None:
    with Sipp("carrier-forks-two-answers", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered)
            await asyncio.sleep(0.3)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            assert_one_end(listener)
    assert carrier.received() == ["INVITE", "ACK", "ACK", "BYE", "BYE"]
    assert carrier.verdict == "passed"


async def test_a_dialog_that_the_far_side_forgot_is_a_lost_peer(tmp_path: Path) -> None:
    info = TrunkSettings("", "", dtmf=DtmfMethod.INFO)
    with Sipp("callee-forgets-the-dialog", tmp_path) as carrier:
        async with (
            RtpPeer(carrier.rtp_port),
            running(carrier.uri, trunk=info) as (line, listener),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            line.send_dtmf("a", "5")
            assert await listener.end_of("a") == PeerLost("session lost")
            assert_one_end(listener)
    assert carrier.verdict == "passed"


async def test_a_peer_whose_rtp_falls_silent_is_lost(tmp_path: Path) -> None:
    listening = replace(SETTINGS, rtp_silence=1.5)
    with Sipp("callee-answers-at-rtp-port", tmp_path) as carrier:
        async with (
            RtpPeer(carrier.rtp_port) as phone,
            running(carrier.uri, settings=listening) as (line, listener),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            await asyncio.sleep(2.5)
            assert not listener.ends("a"), "it was sending silence, which is not being silent"
            phone.vanish()
            assert await listener.end_of("a") == PeerLost("rtp silence")
            assert_one_end(listener)
    assert carrier.received() == ["INVITE", "ACK", "BYE"]
    assert carrier.verdict == "passed"


async def test_reports_of_our_own_are_no_sign_of_the_peer(tmp_path: Path) -> None:
    """A silence longer than the time between two RTCP reports that the stack sends."""
    listening = replace(SETTINGS, rtp_silence=7.0)
    with Sipp("callee-answers-at-rtp-port", tmp_path) as carrier:
        async with (
            RtpPeer(carrier.rtp_port) as phone,
            running(carrier.uri, settings=listening) as (line, listener),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            await phone.first_packet()
            phone.vanish()
            assert await listener.end_of("a") == PeerLost("rtp silence")


async def test_nobody_listens_on_the_trunks_port() -> None:
    """RFC 3261 18.4: ICMP's port unreachable ends the INVITE at once."""
    async with running(f"sip:127.0.0.1:{free_port()}") as (line, listener):
        began = time.monotonic()
        line.dial(order())
        assert await listener.end_of("a") == DialFailed(LocalFault.TRANSPORT)
        assert time.monotonic() - began < 2
        assert [type(event) for event in listener.told("a")] == [InviteSent, DialFailed]


async def test_a_closed_port_harms_no_call_to_another(tmp_path: Path) -> None:
    """The socket is one for all, and the kernel lets the next send on it fail, whomever to."""
    closed = f"sip:127.0.0.1:{free_port()}"
    with Sipp("carrier-refuses-as-dialled", tmp_path) as carrier:
        async with running(closed, carrier.uri) as (line, listener):
            for number in range(150):
                line.dial(order(f"closed-{number}", "t0"))
                line.dial(order(f"open-{number}", "t1", callee=E164("+8613912345486")))
            for number in range(150):
                end = await listener.end_of(f"closed-{number}")
                assert end == DialFailed(LocalFault.TRANSPORT)
                end = await listener.end_of(f"open-{number}")
                assert end == Rejected(486, q850=17, retry_after=30)
    assert carrier.verdict == "passed"


async def test_an_unsendable_invite_is_a_transport_fault() -> None:
    # 240.0.0.0/4 is reserved (RFC 1112): the kernel refuses to send there from loopback.
    async with running("sip:240.0.0.1:5060") as (line, listener):
        line.dial(order())
        end: AnyLineEvent = await listener.end_of("a")
        assert end == DialFailed(LocalFault.TRANSPORT)
        assert_one_end(listener)


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_a_session_that_is_not_refreshed_expires(tmp_path: Path) -> None:
    """RFC 4028 10: 90 s is the shortest interval; our BYE comes 30 s before its end."""
    with Sipp("callee-lets-the-session-expire", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            assert await listener.end_of("a", 75) == PeerLost("session lost")
            assert_one_end(listener)
    assert carrier.received() == ["INVITE", "ACK", "BYE"]
    assert carrier.verdict == "passed"
