from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.core.values.outcome import NEVER_RANG, Outcome, Reason, Who, could_have_rung
from dialer.core.values.retry import FIRST_WAIT, wait_after, wait_after_late_commit


def test_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    waits = [wait_after(faults) for faults in range(1, 10)]
    assert waits == [timedelta(minutes=each) for each in (1, 2, 4, 8, 15, 15, 15, 15, 15)]


def test_after_the_last_call_there_is_none_more() -> None:
    assert wait_after(10) is None
    assert wait_after(10**6) is None
    assert wait_after(1, most_calls=1) is None
    assert wait_after(999, most_calls=1000) == timedelta(minutes=15)


def test_the_first_wait_outlasts_an_invite_that_was_given_up() -> None:
    assert timedelta(seconds=64 * 0.5) < FIRST_WAIT


def test_no_fault_is_no_wait() -> None:
    with pytest.raises(ValueError, match="faults"):
        wait_after(0)


@pytest.mark.parametrize("reason", Reason)
def test_what_a_callee_did_could_have_rung(reason: Reason) -> None:
    outcome = Outcome.of(reason)
    assert could_have_rung(outcome, progressed=True)
    assert could_have_rung(outcome, progressed=False) is (reason not in NEVER_RANG)
    if outcome.who is Who.CALLEE:
        assert could_have_rung(outcome, progressed=False)


def test_an_attempt_without_an_end_could_have_rung() -> None:
    assert could_have_rung(None, progressed=False)


def test_after_a_late_commit_a_contact_waits_for_ever_but_ever_longer() -> None:
    waits = [wait_after_late_commit(faults, invited=False).total_seconds() for faults in range(40)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, *[900] * 32]
    waits = [wait_after_late_commit(faults, invited=True).total_seconds() for faults in range(40)]
    assert waits == [60, 60, 60, 60, 80, 160, 320, 640, *[900] * 32]
