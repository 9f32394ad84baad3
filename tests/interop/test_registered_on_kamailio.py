"""A trunk registers at Kamailio, calls through it, and is back soon after it was away."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.trunks.trunk_state import Question, StateReason
from dialer.core.values.events import Answered, LocalEnded
from dialer.sip.line import SipLine
from dialer.sip.settings import Registration, TrunkSettings
from tests.support.kamailio import PASSWORD, USER, Kamailio
from tests.support.line import Listener, order, running
from tests.support.rtp import RtpPeer
from tests.support.sipp import Sipp
from tests.support.waiting import until

MEMBER = TrunkSettings("", "", registration=Registration(USER, PASSWORD, expires=60))
PHONE = "callee-answers-at-rtp-port"


async def call(line: SipLine, listener: Listener, attempt: str) -> None:
    line.dial(order(attempt))
    await listener.hears(attempt, Answered)
    line.end(attempt)
    assert await listener.end_of(attempt) == LocalEnded()


@pytest.mark.parametrize("sha256", [False, True], ids=["md5", "sha-256"])
async def test_a_trunk_registers_and_calls_by_its_digest(tmp_path: Path, sha256: bool) -> None:
    with Sipp(PHONE, tmp_path) as carrier, Kamailio(carrier.uri, sha256=sha256) as registrar:
        async with (
            RtpPeer(carrier.rtp_port),
            running(registrar.uri, trunk=MEMBER) as (line, listener),
        ):
            await until(lambda: line.trunk_states()[0].up)
            await call(line, listener, "a")
    assert carrier.verdict == "passed", carrier.verdict
    invite = carrier.messages()[0]
    assert invite.header("Proxy-Authorization") is None, "the proxy keeps them to itself"


async def test_a_wrong_password_is_told_as_that(tmp_path: Path) -> None:
    with Kamailio("sip:127.0.0.1:9") as registrar:
        wrong = replace(MEMBER, registration=Registration(USER, "another"))
        async with running(registrar.uri, trunk=wrong) as (line, _):
            await until(lambda: line.trunk_states()[0].why is StateReason.CREDENTIALS)
            assert not line.trunk_states()[0].up


async def test_calls_flow_again_soon_after_the_registrar_was_away(tmp_path: Path) -> None:
    like = replace(MEMBER, options_every=1.0)
    with Sipp(PHONE, tmp_path) as carrier, Kamailio(carrier.uri) as registrar:
        async with (
            RtpPeer(carrier.rtp_port),
            running(registrar.uri, trunk=like) as (line, listener),
        ):
            await until(lambda: line.trunk_states()[0].up)
            registrar.stop()
            await until(lambda: not line.trunk_states()[0].up)
            state = line.trunk_states()[0]
            assert (state.why, state.question) == (StateReason.NO_REPLY, Question.OPTIONS)
            registrar.start()
            back = time.monotonic()
            await until(lambda: line.trunk_states()[0].up)
            assert time.monotonic() - back < 8, "retransmissions come every 4 s at most"
            # It had forgotten us, and lets nobody call who is not registered.
            await call(line, listener, "a")
