"""What failover knew is found again from the attempts on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dialer.core.trunks.connect_rate import RateState
from dialer.core.trunks.failover import Failover
from dialer.core.trunks.past_attempts import LONGEST_UNANSWERED, failover_of, groups_of
from dialer.core.trunks.trunk_book import AttemptResult, FailoverRules
from dialer.core.values.number import prefix_of
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import PastAttempt
from tests.support.orders import CALLER_ID, NOON, number

OWNERS = {"a": frozenset({CALLER_ID}), "b": frozenset({CALLER_ID})}
RULES = FailoverRules()
NOW = NOON + timedelta(minutes=30)


def past(at: int, reason: Reason | None = Reason.NO_ANSWER, trunk: str = "a") -> PastAttempt:
    """Placed so many seconds after noon and ended after ten, answered where the callee hung up."""
    placed = NOON + timedelta(seconds=at)
    answered = reason is Reason.HUNG_UP
    return PastAttempt(
        attempt=f"{trunk}{at}",
        trunk=trunk,
        prefix=prefix_of(number()),
        caller_id=CALLER_ID,
        placed_at=placed,
        was_sent=reason is not None,
        outcome=None if reason is None else Outcome.of(reason),
        ended_at=None if reason is None else placed + timedelta(seconds=10),
        answered_at=placed + timedelta(seconds=4) if answered else None,
        post_dial_delay=1.5,
        speech=True if answered else None,
    )


def found(*attempts: PastAttempt) -> Failover:
    return failover_of(OWNERS, RULES, attempts, NOW)


def test_it_is_what_failover_would_know_had_it_seen_them() -> None:
    attempts = [past(at, Reason.HUNG_UP if at % 5 == 0 else Reason.BUSY) for at in range(60)]
    seen = Failover(OWNERS, RULES)
    events = []
    for each in attempts:
        at = (each.placed_at - NOW).total_seconds()
        events.append((at, 0, each))
        events.append((at + 10, 2, each))
        if each.answered_at is not None:
            events.append((at + 4, 1, each))
    for at, kind, each in sorted(events, key=lambda event: event[:2]):
        if kind == 0:
            seen.placed(each.attempt, "a", each.prefix, ("a", "b"), at)
        elif kind == 1:
            seen.answered(each.attempt, 1.5, at)
        else:
            talk = 6.0 if each.answered_at is not None else None
            assert each.outcome is not None
            seen.ended(each.attempt, AttemptResult(each.outcome, talk, each.speech, 1.5), at)
    assert found(*attempts).report("a", 0.0) == seen.report("a", 0.0)


def test_a_trunk_that_fell_is_found_fallen_and_since_when() -> None:
    standing = found(*(past(at) for at in range(50))).report("a", 0.0).standing
    assert standing.state is RateState.GIVING_WAY
    assert standing.since == -(30 * 60) + 41 + 10


def test_what_was_never_sent_or_left_the_configuration_is_not_counted() -> None:
    unsent = replace(past(1), was_sent=False)
    elsewhere = past(2, trunk="of old")
    figures = found(unsent, elsewhere, past(3)).report("a", 0.0).figures
    assert figures.seizures == 1


def test_who_lives_is_waited_for_and_who_has_been_silent_for_long_is_not() -> None:
    ages = (LONGEST_UNANSWERED - timedelta(seconds=1), LONGEST_UNANSWERED + timedelta(seconds=1))
    counted = []
    for age in ages:
        live = replace(past(0, None), placed_at=NOW - age)
        later = replace(past(1), placed_at=NOW - age + timedelta(milliseconds=1), ended_at=NOW)
        counted.append(found(live, later).report("a", 0.0).figures.seizures)
    assert counted == [0, 1]


def test_numbers_that_the_same_trunks_may_show_are_one_group() -> None:
    one, two, three = number(1), number(2), number(3)
    owners = {"a": frozenset({one, two}), "b": frozenset({one, two, three})}
    assert groups_of(owners) == [("a", "b"), ("b",)]
