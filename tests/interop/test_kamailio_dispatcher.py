"""Two carriers behind one Kamailio: a carrier's fault moves on, a callee's answer does not."""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path

import pytest

from dialer.core.values.events import Answered, Rejected
from dialer.core.values.number import E164
from dialer.demo.files import Carrier, Job, write
from dialer.sip.settings import TrunkSettings
from tests.support.capture import Capture, SipPacket
from tests.support.dialing import Run, records
from tests.support.kamailio import Dispatcher
from tests.support.line import order, running
from tests.support.sipp import Sipp
from tests.support.waiting import until

ANSWERS = "load-callee-answers-and-hangs-up"
REFUSES = "carrier-refuses-as-dialled"


@pytest.mark.parametrize("code,tried", [(486, 1), (603, 1), (503, 2)])
async def test_only_a_carriers_fault_moves_on(tmp_path: Path, code: int, tried: int) -> None:
    """Both carriers refuse alike: how many are asked shows what moves on."""
    with (
        Sipp(REFUSES, tmp_path) as one,
        Sipp(REFUSES, tmp_path) as other,
        Dispatcher(one.uri, other.uri) as kamailio,
        Capture({one.port, other.port}) as wire,
    ):
        async with running(kamailio.uri) as (line, listener):
            line.dial(order("a", callee=E164(f"+86139000{code:05d}")))
            end = await listener.end_of("a")
        asked = {packet.target for packet in invites(wire)}
    assert isinstance(end, Rejected)
    assert end.code == code
    assert len(asked) == tried


async def test_a_silent_carrier_costs_two_seconds_and_is_left_out_then(tmp_path: Path) -> None:
    with (
        Sipp(ANSWERS, tmp_path) as alive,
        Sipp("carrier-never-replies", tmp_path) as silent,
        Dispatcher(alive.uri, silent.uri) as kamailio,
        Capture({alive.port}) as wire,
    ):
        async with running(kamailio.uri) as (line, listener):
            for attempt in "abcd":
                line.dial(order(attempt))
            for attempt in "abcd":
                await listener.hears(attempt, Answered)
                await listener.end_of(attempt)
        answered = {packet.header("Call-ID") for packet in invites(wire)}
    assert len(answered) == 4


def test_a_campaign_goes_on_when_one_of_two_carriers_dies(tmp_path: Path) -> None:
    numbers = [f"+86139{row:08d}" for row in range(60)]
    echo = ("-rtp_echo",)
    with (
        Sipp(ANSWERS, tmp_path, options=echo) as one,
        Sipp(ANSWERS, tmp_path, options=echo) as other,
        Dispatcher(one.uri, other.uri) as kamailio,
        Capture({one.port, other.port}) as wire,
    ):
        job = Job(
            carriers=[Carrier("carriers", kamailio.port, channels=30, cps=12)],
            numbers=numbers,
            sip={"rtp_silence": "2s"},
            routing={"no_progress": "8s"},
        )
        with Run(*write(tmp_path, job)) as run:
            limit = time.monotonic() + 60
            while len(invites(wire)) < 12:
                assert time.monotonic() < limit, "twelve calls never came"
                time.sleep(0.02)
            one.kill()
            code, _, err = run.finish()
    assert code == 0, err
    calls, attempts = records(tmp_path / "var")
    assert {call.number.clear for call in calls} == set(numbers)
    assert len(attempts) == len(numbers), "the dialer itself had to move nothing"
    rang = phones_rung(wire)
    assert {where for number in numbers for where in rang[number]} == {one.port, other.port}
    assert max(len(where) for where in rang.values()) == 1, "somebody's phone rang at both"
    lost = [call for call in calls if str(call.outcome) != "callee.hung_up"]
    assert {call.number.clear for call in lost} <= rung_and_never_hung_up(wire, one.port)
    at_the_dead, at_the_living = first_asked(wire, one.port), first_asked(wire, other.port)
    moved_on = min(at_the_living[call] for call in at_the_dead.keys() & at_the_living.keys())
    # A second for calls that are being shared out as it is found dead.
    assert max(at_the_dead.values()) < moved_on + 1
    assert max(at_the_living.values()) > moved_on + 1, "calls came on after that"


def invites(wire: Capture) -> list[SipPacket]:
    return [packet for packet in wire.sip() if packet.what == "INVITE"]


def ringing(wire: Capture) -> list[SipPacket]:
    return [packet for packet in wire.sip() if packet.what == "180"]


def first_asked(wire: Capture, port: int) -> dict[str | None, float]:
    """When each call, by its Call-ID, first came to this carrier."""
    asked: dict[str | None, float] = {}
    for packet in invites(wire):
        if packet.target == port:
            asked.setdefault(packet.header("Call-ID"), packet.at)
    return asked


def rung_and_never_hung_up(wire: Capture, port: int) -> set[str]:
    """Whose phones this carrier rang, and never sent a BYE from."""
    rung = {each.header("Call-ID"): callee(each) for each in ringing(wire) if each.source == port}
    for packet in wire.sip():
        if packet.what == "BYE" and packet.source == port:
            rung.pop(packet.header("Call-ID"), None)
    return set(rung.values())


def callee(packet: SipPacket) -> str:
    to = packet.header("To") or ""
    return to.partition("sip:")[2].partition("@")[0]


def phones_rung(wire: Capture) -> dict[str, set[int]]:
    """At which carriers each callee's phone rang."""
    rang: defaultdict[str, set[int]] = defaultdict(set)
    for packet in ringing(wire):
        rang[callee(packet)].add(packet.source)
    return rang


async def test_the_dialer_hears_by_options_that_no_carrier_is_left(tmp_path: Path) -> None:
    asked = TrunkSettings("", "", options_every=0.5)
    with Sipp(ANSWERS, tmp_path) as only, Dispatcher(only.uri) as kamailio:
        async with running(kamailio.uri, trunk=asked) as (line, _):
            await until(lambda: line.trunk_states()[0].up)
            only.kill()
            await until(lambda: not line.trunk_states()[0].up)
