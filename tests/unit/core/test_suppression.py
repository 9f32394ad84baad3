"""The book of suppressions: which reason counts, in which words, and which may be lifted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.core.gate.compliance import Allow, Deny
from dialer.core.gate.rules import suppressed
from dialer.core.values.records import History
from dialer.core.values.refused import Refused
from dialer.core.values.suppression import (
    Suppression,
    SuppressionKind,
    fault_of_list,
    fault_of_reason,
    lift,
    strongest,
)
from tests.support.orders import NOON, order

DAY = timedelta(days=1)
LISTED = Suppression(SuppressionKind.IMPORTED, NOON - DAY, NOON + DAY, "dnc", "the authority")


def judged(*suppressions: Suppression) -> Allow | Deny:
    verdict = suppressed().judge(order(), History(suppressions=suppressions))
    assert isinstance(verdict, Allow | Deny)
    return verdict


def test_the_reason_is_told_in_words_with_the_list_and_where_it_came_from() -> None:
    assert judged(LISTED) == Deny(
        "suppressed",
        "is on the imported list dnc, from the authority, of 2026-03-01",
        NOON + DAY,
    )
    assert judged(Suppression(SuppressionKind.OWN_LIST, NOON)) == Deny(
        "suppressed", "is on our own do-not-call list"
    )
    told = judged(
        LISTED,
        Suppression(SuppressionKind.COMPLAINT, NOON),
        Suppression(SuppressionKind.OWN_LIST, NOON),
    )
    assert isinstance(told, Deny)
    assert "complained" in told.why
    assert told.until is None


@pytest.mark.parametrize(
    "until, forbids", [(None, True), (NOON + timedelta(seconds=1), True), (NOON, False)]
)
def test_a_list_forbids_until_its_last_instant(until: None, forbids: bool) -> None:
    said = judged(Suppression(SuppressionKind.IMPORTED, NOON - DAY, until, "dnc"))
    assert isinstance(said, Deny) is forbids


def test_what_begins_only_later_forbids_already() -> None:
    assert isinstance(judged(Suppression(SuppressionKind.OWN_LIST, NOON + DAY)), Deny)


def test_a_refusal_and_a_complaint_as_long_as_each_other_are_told_as_the_complaint() -> None:
    both = [
        Suppression(SuppressionKind.REFUSAL, NOON),
        Suppression(SuppressionKind.COMPLAINT, NOON),
    ]
    assert strongest(both, NOON) == both[1]
    assert strongest([], NOON) is None


@pytest.mark.parametrize(
    "why", [each for each in SuppressionKind if each is not SuppressionKind.OWN_LIST]
)
def test_only_our_own_list_is_ours_to_change(why: SuppressionKind) -> None:
    assert isinstance(lift(why, "a good reason"), Refused)


def test_lifting_wants_a_reason() -> None:
    assert lift(SuppressionKind.OWN_LIST, "put there by mistake") is None
    assert isinstance(lift(SuppressionKind.OWN_LIST, "  "), Refused)


@pytest.mark.parametrize(
    "text", ["", " ", "x" * 501, "he is +44 7700 900123", "ring 7700-900-123", "(020) 79460000"]
)
def test_a_reason_is_something_and_names_no_number(text: str) -> None:
    assert isinstance(fault_of_reason(text), Refused)


@pytest.mark.parametrize("text", ["asked at the branch", "letter 12/2026 of 2026-03-01", "a 12345"])
def test_dates_and_short_references_are_no_numbers(text: str) -> None:
    assert fault_of_reason(text) is None


def test_a_list_has_a_word_for_a_name_and_a_source() -> None:
    assert fault_of_list("dnc-2026", "the authority") is None
    assert isinstance(fault_of_list("dnc 2026", "the authority"), Refused)
    assert isinstance(fault_of_list("", "the authority"), Refused)
    assert isinstance(fault_of_list("dnc", " "), Refused)
