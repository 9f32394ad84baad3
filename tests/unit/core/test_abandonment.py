"""Who answers is attended to within 2 s, or counts; and what the count allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dialer.core.gate.abandonment import abandon_rate, counted, day_of, first_day
from dialer.core.values.attention import Answers, Attention
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import AttemptEnd, History
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support.orders import NOON, order


def ended(notice_after: float | None, lasted: float, *, by_callee: bool = False) -> bool:
    attention = Attention()
    attention.answered(100.0)
    return attention.abandoned(notice_after, 100.0 + lasted, by_callee=by_callee)


@pytest.mark.parametrize(
    "notice_after, lasted, by_callee, abandoned",
    [
        (0.05, 30, False, False),
        (2.0, 30, False, False),
        (2.01, 30, False, True),
        (None, 30, False, True),
        (None, 30, True, True),  # they waited in silence, then hung up
        (None, 1.9, True, False),  # they hung up before anybody had to speak
        (None, 1.9, False, True),  # we hung up on them
    ],
)
def test_a_notice_within_two_seconds(
    notice_after: float | None, lasted: float, by_callee: bool, abandoned: bool
) -> None:
    assert ended(notice_after, lasted, by_callee=by_callee) is abandoned


def test_who_never_answered_was_not_abandoned() -> None:
    assert not Attention().abandoned(None, 100.0, by_callee=False)


@pytest.mark.parametrize("came_after, abandoned", [(1.9, False), (2.0, False), (2.1, True)])
def test_a_person_who_was_promised(came_after: float, abandoned: bool) -> None:
    attention = Attention()
    attention.answered(100.0)
    attention.promised(110.0)
    attention.attended(110.0 + came_after)
    assert attention.abandoned(0.05, 150.0, by_callee=False) is abandoned


def test_a_person_who_never_came() -> None:
    waiting, refused, impatient = Attention(), Attention(), Attention()
    for each in (waiting, refused, impatient):
        each.answered(100.0)
        each.promised(110.0)
    refused.nobody_came()
    assert waiting.abandoned(0.05, 113.0, by_callee=True)
    assert refused.abandoned(0.05, 111.0, by_callee=True)
    assert not impatient.abandoned(0.05, 111.0, by_callee=True)


def test_being_late_once_is_not_made_good_by_coming_in_time_later() -> None:
    attention = Attention()
    attention.answered(100.0)
    for promised, came in ((110.0, 115.0), (120.0, 120.5)):
        attention.promised(promised)
        attention.attended(came)
    assert attention.abandoned(0.05, 150.0, by_callee=False)


ANSWERED = AttemptEnd("a", "c", Outcome.of(Reason.HUNG_UP), NOON, answered_at=NOON)


@pytest.mark.parametrize(
    "end, counts",
    [
        (replace(ANSWERED, speech=True), (1, 0)),
        (replace(ANSWERED, speech=False), (0, 0)),  # a machine, or nobody at all
        (replace(ANSWERED, speech=False, abandoned=True), (1, 1)),
        (replace(ANSWERED, answered_at=None), (0, 0)),
        # What a killed process left: nobody knows.
        (replace(ANSWERED, outcome=Outcome.of(Reason.CUT_SHORT), answered_at=None), (1, 1)),
    ],
)
def test_what_a_call_adds_to_the_count(end: AttemptEnd, counts: tuple[int, int]) -> None:
    assert counted(end) == counts


def test_thirty_days_and_today_are_counted() -> None:
    at = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert (first_day(at), day_of(at)) == ("2026-01-31", "2026-03-02")


def judged(answers: Answers | None, number_in_call: int = 1) -> Verdict:
    asked = order(number_in_call=number_in_call)
    return abandon_rate(0.03).judge(asked, History(answers=answers))


def test_a_campaign_begins_with_what_a_hundred_answers_would_allow() -> None:
    assert judged(Answers(0, 0, 2)) == Allow()
    verdict = judged(Answers(0, 0, 3))
    assert isinstance(verdict, Deny)
    assert (verdict.rule, verdict.held, verdict.again) == ("abandon_rate", True, True)
    assert judged(Answers(0, 3, 0)) != Allow()


def test_more_answers_allow_more() -> None:
    assert judged(Answers(2000, 0, 59)) == Allow()
    assert judged(Answers(2000, 30, 29)) == Allow()
    assert judged(Answers(2000, 30, 31)) != Allow()


def test_another_trunk_for_a_call_that_lives_is_no_more_risk() -> None:
    assert judged(Answers(0, 0, 3), number_in_call=2) == Allow()


def test_what_is_not_known_is_refused() -> None:
    verdict = judged(None)
    assert isinstance(verdict, Deny)
    assert verdict.held


def test_the_share() -> None:
    assert Answers().share == 0.0
    assert Answers(live=200, abandoned=3).share == 0.015
