from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dialer.core.gate.caller_id import CallerIds, VerifiedNumber
from dialer.core.gate.one_number import OneNumber, one_number
from dialer.core.values.number import E164
from dialer.core.values.records import History, Shown
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support.orders import CALLER_ID, NOON, order

OTHER = E164("+442079460001")
THIRD = E164("+442079460002")
DAY = timedelta(days=1)
DENIED = Deny("one_number", "this callee knows another of our numbers: one callee sees one number")


def proof(number: E164, expires: date = date(2027, 1, 1)) -> VerifiedNumber:
    return VerifiedNumber(number, "Example Bank", "a-17.pdf", expires)


OURS = CallerIds({"carrier-a": [proof(CALLER_ID)], "carrier-b": [proof(CALLER_ID), proof(OTHER)]})


def ask(
    caller_id: E164, *shown: Shown, ours: CallerIds = OURS, memory: OneNumber | None = None
) -> Verdict:
    judge = one_number(ours, memory or OneNumber()).judge
    return judge(order(caller_id=caller_id), History(shown=shown))


def test_who_was_never_called_may_see_any_of_our_numbers() -> None:
    assert ask(CALLER_ID) == ask(OTHER) == Allow()


def test_who_was_called_sees_that_number_and_no_other_for_ever() -> None:
    ages_ago = Shown(CALLER_ID, NOON - 9000 * DAY)
    assert ask(CALLER_ID, ages_ago) == Allow()
    assert ask(OTHER, ages_ago) == DENIED


def test_a_number_that_was_given_up_releases_its_callees() -> None:
    given_up = Shown(THIRD, NOON - DAY)
    assert ask(CALLER_ID, given_up) == Allow()
    # But not from the number that they were shown before, and that is still ours.
    before = Shown(OTHER, NOON - 2 * DAY)
    assert ask(CALLER_ID, before, given_up) == DENIED
    assert ask(OTHER, before, given_up) == Allow()


def test_a_proof_that_has_run_out_releases_nobody() -> None:
    lapsed = CallerIds({"carrier-a": [proof(CALLER_ID, date(2025, 1, 1))], "b": [proof(OTHER)]})
    assert ask(OTHER, Shown(CALLER_ID, NOON - DAY), ours=lapsed) == DENIED


def test_the_number_shown_last_counts_in_whatever_order_they_come() -> None:
    first, last = Shown(OTHER, NOON - 2 * DAY), Shown(CALLER_ID, NOON - DAY)
    for both in ((first, last), (last, first)):
        assert ask(CALLER_ID, *both) == Allow()
        assert ask(OTHER, *both) == DENIED


def test_a_memory_in_months_ends_on_their_day() -> None:
    memory = OneNumber(6)
    at = datetime(2025, 9, 2, 12, tzinfo=UTC)
    assert ask(OTHER, Shown(CALLER_ID, at), memory=memory) == Allow()
    assert ask(OTHER, Shown(CALLER_ID, at + timedelta(seconds=1)), memory=memory) == DENIED


def test_what_seems_to_lie_ahead_binds_too() -> None:
    assert ask(OTHER, Shown(CALLER_ID, NOON + DAY), memory=OneNumber(1)) == DENIED


@pytest.mark.parametrize("months", [0, -1])
def test_a_memory_of_nothing_is_refused(months: int) -> None:
    with pytest.raises(ValueError, match="one_number"):
        OneNumber(months)
