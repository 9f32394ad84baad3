"""The line's own life: starting, what stops it from starting, load, faults inside, and its end."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from audio.events import PlaybackStarted
from dialer.core.trunks.trunk_state import StateReason
from dialer.core.values.events import (
    Answered,
    DialFailed,
    InviteSent,
    LocalEnded,
    LocalFault,
    PeerLost,
    Progressed,
    RemoteHungUp,
)
from dialer.core.values.number import E164
from dialer.errors import LineError
from dialer.sip.calls import Calls
from dialer.sip.line import SipLine
from dialer.sip.pjlib import CallSlots
from dialer.sip.settings import SipSettings, TrunkSettings
from tests.support.line import CALLEE, CALLER, SETTINGS, Listener, order, running
from tests.support.rtp import RtpPeer
from tests.support.sipp import Sipp, free_port

TRUNK = TrunkSettings("t0", "sip:127.0.0.1:5099")


async def _fails_to_start(settings: SipSettings, trunk: TrunkSettings = TRUNK) -> str:
    line = SipLine(settings, [trunk])
    with pytest.raises(LineError) as failure:
        await line.start(Listener())
    await line.close()
    return str(failure.value)


async def test_a_taken_port_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        said = await _fails_to_start(replace(SETTINGS, bind_port=port))
    assert f"127.0.0.1:{port}/udp" in said
    assert "sip.bind" in said


async def test_an_address_that_is_not_ours_is_named() -> None:
    said = await _fails_to_start(replace(SETTINGS, bind_host="192.0.2.1"))
    assert "192.0.2.1" in said


async def test_a_bind_that_is_no_address_is_named() -> None:
    said = await _fails_to_start(replace(SETTINGS, bind_host="localhost"))
    assert "localhost" in said
    assert "0.0.0.0" in said


async def test_bound_to_all_addresses_it_shows_the_one_that_leads_to_the_trunk(
    tmp_path: Path,
) -> None:
    with Sipp("callee-drops-after-answer", tmp_path) as carrier:
        async with (
            RtpPeer(carrier.rtp_port) as phone,
            running(carrier.uri, settings=replace(SETTINGS, bind_host="0.0.0.0")) as (
                line,
                listener,
            ),
        ):
            line.dial(order())
            assert await listener.end_of("a") == RemoteHungUp(16)
            assert phone.heard
    invite = carrier.messages()[0]
    for shown in ("From", "Contact", "Via"):
        assert "127.0.0.1" in (invite.header(shown) or ""), shown
    assert "c=IN IP4 127.0.0.1" in invite.body


async def test_an_unknown_codec_is_named() -> None:
    said = await _fails_to_start(replace(SETTINGS, codecs=("PCMA", "G999")))
    assert "G999" in said
    assert "PCMU" in said


@pytest.mark.parametrize(
    "uri", ["127.0.0.1", "sip:", "sip:a b", "sip:host:99999", "tel:+861", "sip:[::1]"]
)
async def test_a_bad_trunk_uri_is_named(uri: str) -> None:
    said = await _fails_to_start(SETTINGS, replace(TRUNK, uri=uri))
    assert "trunk t0" in said


async def test_an_unknown_host_is_its_trunk_s_fault_alone(caplog: pytest.LogCaptureFixture) -> None:
    async with running("sip:sbc.carrier-a.invalid", "sip:127.0.0.1:9") as (line, listener):
        lost, other = line.trunk_states()
        assert (lost.up, lost.why) == (False, StateReason.UNRESOLVED)
        assert other.up
        line.dial(order())
        assert await listener.end_of("a") == DialFailed(LocalFault.UNRESOLVED)
    assert "host sbc.carrier-a.invalid not found" in caplog.text


async def test_too_few_rtp_ports_are_named() -> None:
    said = await _fails_to_start(replace(SETTINGS, rtp_ports=(20000, 20000)))
    assert "rtp_ports" in said


async def test_a_line_that_could_not_start_leaves_room_for_one_that_can(tmp_path: Path) -> None:
    await _fails_to_start(replace(SETTINGS, codecs=("G999",)))
    for _ in range(3):
        with Sipp("carrier-401", tmp_path) as carrier:
            async with running(carrier.uri) as (line, listener):
                line.dial(order())
                await listener.end_of("a")


async def test_a_trunk_named_by_host_name(tmp_path: Path) -> None:
    with Sipp("carrier-401", tmp_path) as carrier:
        async with running(f"sip:localhost:{carrier.port}") as (line, listener):
            line.dial(order())
            await listener.end_of("a")
    invite = carrier.messages()[0]
    assert f"@localhost:{carrier.port} SIP/2.0" in invite.first_line
    assert invite.header("Route") is None


async def test_two_trunks_each_with_its_own_ports(tmp_path: Path) -> None:
    scenario = "callee-drops-after-answer"
    with Sipp(scenario, tmp_path) as one, Sipp(scenario, tmp_path) as two:
        async with running(one.uri, two.uri) as (line, listener):
            line.dial(order("a", "t0"))
            line.dial(order("b", "t1"))
            ends = await listener.end_of("a"), await listener.end_of("b")
            assert ends == (RemoteHungUp(16), RemoteHungUp(16))
    assert one.verdict == two.verdict == "passed"
    ports = [_rtp_port(carrier) for carrier in (one, two)]
    middle = sum(SETTINGS.rtp_ports) / 2
    assert ports[0] < middle < ports[1]


async def test_commands_need_a_line_that_is_up() -> None:
    line = SipLine(SETTINGS, [TRUNK])
    with pytest.raises(RuntimeError, match="not up"):
        line.dial(order())
    await line.start(Listener())
    with pytest.raises(ValueError, match="no trunk"):
        line.dial(order(trunk="t9"))
    with pytest.raises(ValueError, match="keys"):
        line.send_dtmf("a", "12x")
    await line.close()
    await line.close()
    with pytest.raises(RuntimeError, match="not up"):
        line.end("a")


async def test_an_attempt_is_dialled_once(tmp_path: Path) -> None:
    with Sipp("callee-silent-until-cancel", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            with pytest.raises(ValueError, match="being dialled"):
                line.dial(order())
            line.end("a")
            await listener.end_of("a")


async def test_an_end_posted_right_after_the_dial_ends_it(tmp_path: Path) -> None:
    with Sipp("callee-silent-until-cancel", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.verdict == "passed"


async def test_close_ends_ringing_and_answered_calls(tmp_path: Path) -> None:
    with (
        Sipp("callee-silent-until-cancel", tmp_path) as ringing,
        Sipp("callee-answers-at-rtp-port", tmp_path) as talking,
    ):
        async with (
            RtpPeer(talking.rtp_port),
            running(ringing.uri, talking.uri) as (line, listener),
        ):
            line.dial(order("a", "t0"))
            line.dial(order("b", "t1"))
            await listener.hears("a", Progressed)
            await listener.hears("b", Answered)
            await line.close()
            assert listener.ends("a") == [LocalEnded()]
            assert listener.ends("b") == [LocalEnded()]
    assert ringing.received() == ["INVITE", "CANCEL", "ACK"]
    assert talking.received() == ["INVITE", "ACK", "BYE"]


async def test_close_tells_the_end_of_a_dial_that_it_overtook(tmp_path: Path) -> None:
    with Sipp("callee-silent-until-cancel", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            attempts = [f"call-{number}" for number in range(50)]
            for attempt in attempts:
                line.dial(order(attempt))
            async with asyncio.timeout(5):
                await line.close()
            assert [len(listener.ends(attempt)) for attempt in attempts] == [1] * 50


async def test_close_does_not_wait_for_a_carrier_that_never_replies(tmp_path: Path) -> None:
    with Sipp("carrier-never-replies", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", InviteSent)
            began = time.monotonic()
            await line.close()
            assert time.monotonic() - began < 5
            assert listener.ends("a") == [LocalEnded()]


async def test_a_stranger_who_calls_in_is_turned_away(tmp_path: Path) -> None:
    async with running("sip:127.0.0.1:5099") as (line, _):
        options = ("-m", "1", f"127.0.0.1:{line.port}")
        with Sipp("stranger-calls-in", tmp_path, options=options) as stranger:
            async with asyncio.timeout(5):
                while stranger.exit_code is None:  # noqa: ASYNC110 - a process, not an event
                    await asyncio.sleep(0.02)
        assert stranger.verdict == "passed"
        assert line.live_calls == 0


async def test_a_fault_in_a_callback_costs_one_call_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sound = Calls.answered

    def broken_once(self: Calls, call: object) -> None:
        monkeypatch.setattr(Calls, "answered", sound)
        raise ZeroDivisionError

    with Sipp("callee-answers-at-rtp-port", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            monkeypatch.setattr(Calls, "answered", broken_once)
            line.dial(order("a"))
            assert await listener.end_of("a") == PeerLost("internal error")
            line.dial(order("b"))
            await listener.hears("b", PlaybackStarted)
            line.end("b")
            assert await listener.end_of("b") == LocalEnded()
            assert len(listener.ends("a")) == 1
    assert carrier.received().count("BYE") == 2
    assert "ZeroDivisionError" in caplog.text
    assert CALLEE.digits not in caplog.text


@pytest.mark.parametrize("answered", [False, True])
async def test_a_call_that_the_stack_lost_is_ended_by_the_watchdog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    scenario = "callee-answers-at-rtp-port" if answered else "callee-silent-until-cancel"
    with Sipp(scenario, tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered if answered else Progressed)
            monkeypatch.setattr(CallSlots, "used", lambda self: set())
            end = await listener.end_of("a")
            assert end == (PeerLost("watchdog") if answered else DialFailed(LocalFault.INTERNAL))
            assert line.watchdog_hits == 1
            assert line.live_calls == 0


async def test_a_load_of_calls_each_told_once(tmp_path: Path) -> None:
    options = ("-mp", str(free_port() & ~1), "-rtp_echo")
    scenario = "load-callee-answers-and-hangs-up"
    with Sipp(scenario, tmp_path, options=options) as carrier:
        async with running(carrier.uri) as (line, listener):
            attempts = [f"call-{number}" for number in range(300)]
            for number, attempt in enumerate(attempts):
                line.dial(order(attempt, callee=E164(f"+861065551{number:04d}")))
                await asyncio.sleep(0.01)
            for attempt in attempts:
                await listener.end_of(attempt, 20)
            told = {attempt: listener.told(attempt) for attempt in attempts}
            counts = line.media.bridge.counts()
    for events in told.values():
        kinds = [type(event) for event in events]
        assert kinds.count(RemoteHungUp) == 1
        assert kinds[-1] is RemoteHungUp
        assert kinds.index(InviteSent) < kinds.index(Answered) < kinds.index(PlaybackStarted)
    assert line.watchdog_hits == 0
    assert counts["dropped_frames"] == 0


async def test_numbers_stay_out_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Sipp("carrier-answers-without-common-codec", tmp_path) as carrier:
        async with running(carrier.uri) as (line, listener):
            line.dial(order())
            await listener.end_of("a")
    assert "SDP negotiation" in caplog.text, "PJSIP's own errors are told"
    for number in (CALLEE, CALLER):
        assert number.digits not in caplog.text


def test_a_process_with_a_line_ends_clean(tmp_path: Path) -> None:
    """No crash at exit and nothing said, even where a call is alive and the line is not closed."""
    program = """
import asyncio, sys
from tests.support.line import CALLER, Listener, SETTINGS, order
from dialer.sip.line import SipLine
from dialer.sip.settings import TrunkSettings

async def main():
    line = SipLine(SETTINGS, [TrunkSettings("t0", sys.argv[1], frozenset({CALLER}))])
    await line.start(Listener())
    line.dial(order())
    await asyncio.sleep(0.2)
    if sys.argv[2] == "close":
        await line.close()

asyncio.run(main())
"""
    with Sipp("carrier-goes-silent-after-trying", tmp_path) as carrier:
        for how in ("close", "abandon"):
            ended = subprocess.run(
                [sys.executable, "-X", "faulthandler", "-c", program, carrier.uri, how],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", ""), how


def _rtp_port(carrier: Sipp) -> int:
    offer = next(message for message in carrier.messages() if message.what == "INVITE")
    return int(offer.body.partition("m=audio ")[2].split()[0])
