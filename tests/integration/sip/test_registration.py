"""Trunks that register and are probed, against SIPp."""

from __future__ import annotations

import hashlib
import logging
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.trunks.trunk_state import StateReason, TrunkState
from dialer.core.values.events import Answered, InviteSent, LocalEnded, Rejected
from dialer.sip.line import SipLine
from dialer.sip.settings import Registration, TrunkSettings
from tests.support.capture import Capture
from tests.support.line import order, running
from tests.support.rtp import RtpPeer
from tests.support.sipp import Sipp
from tests.support.waiting import until

PASSWORD = "correct horse"
KNOWN = {"user": "veridial-1", "password": PASSWORD}
MEMBER = TrunkSettings("", "", registration=Registration("veridial-1", PASSWORD, expires=60))


def states_of(line: SipLine) -> list[TrunkState]:
    """A list that grows with the trunk's states."""
    states = list(line.trunk_states())
    line.watch_trunks(states.append)
    return states


def has(states: list[TrunkState], is_so: Callable[[TrunkState], bool]) -> Callable[[], bool]:
    return lambda: any(is_so(state) for state in states)


async def test_a_trunk_registers_refreshes_and_takes_its_leave(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scenario = "registrar-401-stale-423-then-grants"
    with Sipp(scenario, tmp_path, KNOWN) as registrar:
        async with running(registrar.uri, trunk=MEMBER) as (line, _):
            states = states_of(line)
            assert not states[0].up
            await until(lambda: states[-1].up)
            assert states[-1].registered
            await until(lambda: _seen(registrar, "REGISTER") >= 7)
            assert states[-1].up
    assert registrar.verdict == "passed", registrar.verdict
    assert [state.why for state in states] == [
        StateReason.STARTING,
        StateReason.READY,
        StateReason.CLOSED,
    ]
    came = [message for message in registrar.messages() if message.came]
    assert [message.header("Expires") for message in came] == ["60"] * 3 + ["90"] * 4 + ["0"] * 2
    for message in came:
        assert PASSWORD not in message.text
    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(MEMBER)
    assert came[0].header("To") == "<sip:veridial-1@127.0.0.1>"
    assert came[-1].header("Contact") == came[0].header("Contact")


async def test_wrong_credentials_are_told_of_and_not_repeated(tmp_path: Path) -> None:
    with Sipp("registrar-401-whatever-is-said", tmp_path) as registrar:
        async with running(registrar.uri, trunk=MEMBER) as (line, _):
            states = states_of(line)
            await until(has(states, lambda state: state.why is StateReason.CREDENTIALS))
            assert states[-1].reason == "REGISTER: credentials 401"
            assert not states[-1].up
    assert registrar.received()[:2] == ["REGISTER", "REGISTER"]


async def test_a_registrar_that_says_when_to_come_again_is_heeded(tmp_path: Path) -> None:
    with (
        Sipp("registrar-503-retry-after", tmp_path) as registrar,
        Capture([registrar.port]) as seen,
    ):
        async with running(registrar.uri, trunk=MEMBER) as (line, _):
            states = states_of(line)
            await until(lambda: _seen(registrar, "REGISTER") >= 2)
            assert states[-1].reason == "REGISTER: refused 503"
    first, second = [packet.at for packet in seen.sip() if packet.what == "REGISTER"][:2]
    assert 1.9 < second - first < 4


@pytest.mark.parametrize(
    "scenario, healthy", [("carrier-401", True), ("carrier-options-503", False)]
)
async def test_a_trunk_is_as_healthy_as_it_says_to_options(
    tmp_path: Path, scenario: str, healthy: bool
) -> None:
    like = TrunkSettings("", "", options_every=30.0)
    # SIPp answers what it did not expect with 200, where that is OPTIONS.
    with Sipp(scenario, tmp_path) as carrier:
        async with running(carrier.uri, trunk=like) as (line, _):
            states = states_of(line)
            await until(has(states, lambda state: state.why is not StateReason.STARTING))
            assert states[-1].healthy is healthy
            assert states[-1].registered is None
            assert states[-1].reason == ("ready" if healthy else "OPTIONS: refused 503")


async def test_a_silent_trunk_is_told_of_within_seconds() -> None:
    like = TrunkSettings("", "", options_every=30.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        uri = f"sip:127.0.0.1:{silent.getsockname()[1]}"
        async with running(uri, trunk=like) as (line, _):
            states = states_of(line)
            await until(has(states, lambda state: state.why is StateReason.NO_REPLY), 8)
            assert states[-1].healthy is False


async def test_an_invite_that_is_challenged_is_answered_for(tmp_path: Path) -> None:
    with Sipp("carrier-407-then-answers", tmp_path, KNOWN) as carrier:
        async with (
            RtpPeer(carrier.rtp_port),
            running(carrier.uri, trunk=MEMBER) as (line, listener),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
            told = [type(event) for event in listener.told("a")]
            assert told.count(InviteSent) == 1
            assert Rejected not in told
    invites = [message for message in carrier.messages() if message.what == "INVITE"]
    assert len(invites) == 2
    assert invites[0].header("Proxy-Authorization") is None
    said = invites[1].header("Proxy-Authorization") or ""
    part = dict(re.findall(r'(\w+)="?([^",]*)', said))
    known = _md5(f"veridial-1:carrier:{PASSWORD}")
    asked = _md5(f"INVITE:{part['uri']}")
    mixed = f"{known}:first:{part['nc']}:{part['cnonce']}:auth:{asked}"
    assert part["response"] == _md5(mixed), "RFC 2617 3.2.2"
    assert carrier.verdict == "passed"


async def test_a_user_name_may_hold_what_a_uri_may_not(tmp_path: Path) -> None:
    odd = replace(MEMBER, registration=Registration("a b@c", PASSWORD))
    with Sipp("registrar-503-retry-after", tmp_path) as registrar:
        async with running(registrar.uri, trunk=odd) as (line, _):
            states = states_of(line)
            await until(has(states, lambda state: state.why is StateReason.REFUSED))
    assert registrar.messages()[0].header("To") == "<sip:a%20b%40c@127.0.0.1>"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _seen(registrar: Sipp, method: str) -> int:
    """How many such requests have come; it is read while SIPp runs, copies are counted as well."""
    text = registrar.messages_file.read_text("utf-8", "replace")
    return text.count(f"\n{method} ")
