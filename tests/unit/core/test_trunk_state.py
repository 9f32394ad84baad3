"""What is known of a trunk, told by example."""

from __future__ import annotations

import math

import pytest

from dialer.core.trunks.trunk_state import (
    HASTE,
    PATIENCE,
    Question,
    StateReason,
    TrunkReply,
    TrunkWatch,
)

REGISTER, OPTIONS = Question.REGISTER, Question.OPTIONS
GRANTED = TrunkReply(200, lasts=300)


def test_a_trunk_that_is_asked_for_nothing_is_up() -> None:
    watch = TrunkWatch("t", 5.0, registers=False, probe_every=None)
    assert watch.due(5.0) == ()
    assert watch.next_deadline() == math.inf
    state = watch.state
    assert (state.up, state.registered, state.healthy, state.reason) == (True, None, None, "ready")


def test_a_trunk_carries_nothing_before_it_is_registered() -> None:
    watch = TrunkWatch("t", 5.0, registers=True, probe_every=None)
    assert not watch.state.up
    assert watch.state.reason == "REGISTER: starting"
    assert watch.due(5.0) == (REGISTER,)
    assert watch.due(5.1) == ()
    watch.answered(REGISTER, GRANTED, 5.2, 0.0)
    assert watch.state.up
    assert watch.state.since == 5.2


def test_both_questions_must_be_answered_well() -> None:
    watch = TrunkWatch("t", 0.0, registers=True, probe_every=30.0)
    assert watch.due(0.0) == (REGISTER, OPTIONS)
    watch.answered(REGISTER, GRANTED, 0.1, 0.0)
    assert not watch.state.up
    watch.answered(OPTIONS, TrunkReply(404), 0.2, 0.0)
    assert watch.state.up
    assert watch.next_deadline() == pytest.approx(30.2)


@pytest.mark.parametrize("code, healthy", [(200, True), (405, True), (501, True), (503, False)])
def test_whatever_is_said_to_options_is_life_but_not_service(code: int, healthy: bool) -> None:
    watch = TrunkWatch("t", 0.0, registers=False, probe_every=30.0)
    watch.due(0.0)
    watch.answered(OPTIONS, TrunkReply(code), 0.1, 0.0)
    assert watch.state.healthy is healthy


def test_a_carrier_that_asks_for_patience_is_probed_at_its_pace_and_is_back_when_it_is_well() -> (
    None
):
    watch = TrunkWatch("t", 0.0, registers=True, probe_every=30.0)
    watch.due(0.0)
    # A FreeSWITCH that starts: 503, Retry-After 300, to everything.
    watch.answered(REGISTER, TrunkReply(503, retry_after=300), 0.1, 0.0)
    watch.answered(OPTIONS, TrunkReply(503, retry_after=300), 0.1, 0.0)
    assert watch.next_deadline() == pytest.approx(30.1)
    assert watch.due(30.1) == (OPTIONS,)
    watch.answered(OPTIONS, TrunkReply(200), 30.2, 0.0)
    assert watch.state.well_at == pytest.approx(30.1)
    assert watch.due(30.2) == (REGISTER,)
    # A registrar that goes on asking for it is believed, whatever OPTIONS say.
    watch.answered(REGISTER, TrunkReply(503, retry_after=300), 30.3, 0.0)
    assert watch.due(60.2) == (OPTIONS,)
    watch.answered(OPTIONS, TrunkReply(200), 60.3, 0.0)
    assert watch.due(60.4) == ()
    assert watch.due(330.4) == (REGISTER, OPTIONS)


def test_silence_takes_a_trunk_down_and_a_late_reply_brings_it_back() -> None:
    watch = TrunkWatch("t", 0.0, registers=True, probe_every=None)
    watch.due(0.0)
    watch.answered(REGISTER, GRANTED, 0.0, 0.0)
    refresh = watch.next_deadline()
    assert watch.due(refresh) == (REGISTER,)
    assert watch.state.up
    assert watch.due(refresh + PATIENCE) == ()
    assert watch.state.reason == "REGISTER: no reply"
    assert watch.next_deadline() == math.inf
    watch.answered(REGISTER, GRANTED, refresh + 11.0, 0.0)
    assert watch.state.up
    assert watch.state.since == refresh + 11.0


def test_a_wrong_password_is_not_repeated_each_second() -> None:
    watch, now, waits = TrunkWatch("t", 0.0, registers=True, probe_every=None), 0.0, []
    for _ in range(9):
        watch.due(now)
        watch.answered(REGISTER, TrunkReply(401), now, 0.0)
        waits.append(watch.next_deadline() - now)
        now = watch.next_deadline()
    assert watch.state.why is StateReason.CREDENTIALS
    assert watch.state.reason == "REGISTER: credentials 401"
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize("asked, kept", [(20, 20), (0, 1), (0.5, 1), (3600, 3600), (3601, 3600)])
def test_retry_after_is_kept_but_not_below_a_second_nor_beyond_an_hour(
    asked: float, kept: float
) -> None:
    watch = TrunkWatch("t", 0.0, registers=True, probe_every=None)
    watch.due(0.0)
    watch.answered(REGISTER, TrunkReply(503, retry_after=asked), 0.0, 0.0)
    assert watch.next_deadline() == kept
    assert watch.state.reason == "REGISTER: refused 503"


def test_a_carrier_that_was_away_is_registered_with_anew() -> None:
    watch = TrunkWatch("t", 0.0, registers=True, probe_every=30.0)
    watch.due(0.0)
    watch.answered(REGISTER, TrunkReply(200, lasts=3600), 0.0, 0.0)
    watch.answered(OPTIONS, TrunkReply(200), 0.0, 0.0)
    assert watch.due(30.0) == (OPTIONS,)
    watch.due(30.0 + PATIENCE)
    assert watch.state.healthy is False
    watch.answered(OPTIONS, TrunkReply(200), 50.0, 0.0)
    assert watch.state.healthy
    assert not watch.state.up, "it may have forgotten us"
    assert watch.due(50.0) == (REGISTER,)
    watch.answered(REGISTER, GRANTED, 50.1, 0.0)
    assert watch.state.up


def test_closed_is_down_for_good() -> None:
    watch = TrunkWatch("t", 0.0, registers=True, probe_every=30.0)
    watch.due(0.0)
    watch.close(1.0)
    watch.answered(REGISTER, GRANTED, 2.0, 0.0)
    assert (watch.state.up, watch.state.reason) == (False, "closed")
    assert watch.due(99.0) == ()
    assert watch.next_deadline() == math.inf


def test_a_trunk_whose_name_leads_nowhere_is_down_though_nobody_asks_it() -> None:
    watch = TrunkWatch("t", 0.0, registers=False, probe_every=None)
    watch.found(1.0, found=False)
    assert (watch.state.up, watch.state.reason, watch.state.since) == (False, "unresolved", 1.0)
    watch.found(2.0, found=True)
    assert (watch.state.up, watch.state.reason, watch.state.since) == (True, "ready", 2.0)


def test_a_registration_is_asked_for_anew_once_the_name_leads_somewhere() -> None:
    watch = TrunkWatch("t", 0.0, registers=True, probe_every=None)
    watch.due(0.0)
    watch.answered(REGISTER, GRANTED, 0.1, 0.0)
    watch.found(5.0, found=False)
    assert watch.due(200.0) == ()
    watch.found(201.0, found=True)
    assert not watch.state.up
    assert watch.due(201.0) == (REGISTER,)


@pytest.mark.parametrize(
    "why, words",
    [
        (StateReason.CERTIFICATE_EXPIRED, "OPTIONS: certificate expired"),
        (StateReason.CERTIFICATE_NAME, "OPTIONS: certificate name"),
        (StateReason.UNREACHABLE, "OPTIONS: unreachable"),
    ],
)
def test_the_reason_says_why_nothing_could_be_sent(why: StateReason, words: str) -> None:
    watch = TrunkWatch("t", 0.0, registers=False, probe_every=30.0)
    watch.due(0.0)
    watch.answered(OPTIONS, TrunkReply(None, heard=False, why=why), 0.1, 0.0)
    assert watch.state.reason == words


def test_a_lost_connection_is_registered_over_at_once_and_no_call_is_lost_by_it() -> None:
    watch = TrunkWatch("t", 0.0, registers=True, probe_every=None)
    watch.due(0.0)
    watch.answered(REGISTER, GRANTED, 0.1, 0.0)
    watch.refresh(50.0)
    assert watch.due(50.0) == (REGISTER,)
    assert watch.state.up


def test_a_registrar_that_closes_each_connection_is_not_asked_without_end() -> None:
    watch = TrunkWatch("t", 0.0, registers=True, probe_every=None)
    watch.due(0.0)
    watch.answered(REGISTER, GRANTED, 0.0, 0.0)
    watch.refresh(0.1)
    assert watch.due(0.1) == ()
    assert watch.next_deadline() == HASTE
