"""Behind a NAT, on captured packets: what we show, and where sound goes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.trunks.trunk_state import StateReason
from dialer.core.values.events import Answered, LocalEnded
from dialer.sip.settings import Registration, Transport, TrunkSettings
from tests.support.capture import Capture
from tests.support.line import SETTINGS, order, running
from tests.support.rtp import RtpPeer, playlist, tone
from tests.support.sipp import Sipp, free_rtp_port
from tests.support.waiting import until

PHONE = "callee-answers-at-rtp-port"
PUBLIC = "198.51.100.7"
SETTINGS_BEHIND_NAT = replace(SETTINGS, public_address=PUBLIC)
INSIDE = r"\b127\.0\.0\.1\b"


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_a_carrier_sees_the_public_address_and_no_other(
    tmp_path: Path, transport: Transport
) -> None:
    settings = replace(SETTINGS_BEHIND_NAT, transports=(Transport.UDP, Transport.TCP))
    options = ("-t", "t1") if transport is Transport.TCP else ()
    with Sipp(PHONE, tmp_path, options=options) as carrier:
        async with (
            RtpPeer(carrier.rtp_port) as phone,
            running(
                carrier.uri, settings=settings, trunk=TrunkSettings("", "", transport=transport)
            ) as (line, listener),
        ):
            line.dial(order(opening=playlist(tone(440, 3.0))))
            await listener.hears("a", Answered)
            await until(lambda: len(phone.heard) > 5)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            port = line.port
    assert carrier.verdict == "passed", carrier.verdict
    invite = carrier.messages()[0]
    by = transport.value.upper()
    via = invite.header("Via") or ""
    assert re.match(rf"SIP/2\.0/{by} {re.escape(PUBLIC)}:\d+;", via)
    assert ";rport" in via  # RFC 3581 3: answer to where this came from
    assert (invite.header("Contact") or "").startswith(f"<sip:veridial@{PUBLIC}:{port}")
    # Nothing but the address of the carrier itself names an inner one (RFC 3261 8.1.1.1).
    shown = [line for line in invite.text.splitlines() if re.search(INSIDE, line)]
    assert {line.split()[0] for line in shown} == {"INVITE", "To:"}
    assert f"c=IN IP4 {PUBLIC}" in invite.body


async def test_a_pbx_on_this_side_sees_our_own_address(tmp_path: Path) -> None:
    with Sipp("carrier-401", tmp_path) as carrier:
        like = TrunkSettings("", "", outside=False)
        async with running(carrier.uri, settings=SETTINGS_BEHIND_NAT, trunk=like) as (line, told):
            line.dial(order())
            await told.end_of("a")
    invite = carrier.messages()[0]
    assert (invite.header("Contact") or "").startswith("<sip:veridial@127.0.0.1:")
    assert "c=IN IP4 127.0.0.1" in invite.body
    assert PUBLIC not in invite.body


async def test_registrations_name_the_public_address(tmp_path: Path) -> None:
    with Sipp("registrar-401-whatever-is-said", tmp_path) as registrar:
        like = TrunkSettings("", "", registration=Registration("user-7", "secret"))
        async with running(registrar.uri, settings=SETTINGS_BEHIND_NAT, trunk=like) as (line, _):
            await until(lambda: line.trunk_states()[0].why is StateReason.CREDENTIALS)
    register = registrar.messages()[0]
    assert f"@{PUBLIC}:" in (register.header("Contact") or "")


async def test_sound_goes_to_where_the_far_side_s_sound_comes_from(tmp_path: Path) -> None:
    # Its SDP names an address that its own NAT has made useless (RFC 4961, symmetric RTP).
    told, real = free_rtp_port(), free_rtp_port()
    with (
        Sipp(PHONE, tmp_path, {"rtp_port": told}) as carrier,
        Capture([told, real]) as wire,
    ):
        async with running(carrier.uri) as (line, listener):
            line.dial(order(opening=playlist(tone(440, 8.0))))
            await listener.hears("a", Answered)
            await until(lambda: len(wire.rtp(told)) > 2)
            ours = wire.rtp(told)[0].source
            async with RtpPeer(real) as phone:
                phone.speak_first(ours)
                await until(lambda: len(phone.heard) > 20)
            line.end("a")
            await listener.end_of("a")
    moved = wire.rtp(real)
    # One socket for both ways, and none goes to the old place any more.
    assert {each.source for each in moved} == {ours}
    assert wire.rtp(told)[-1].at < moved[-1].at
