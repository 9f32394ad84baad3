"""What failover knew, found again from the attempts on record: after a restart, and for reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from dialer.core.trunks.failover import Failover
from dialer.core.trunks.trunk_book import AttemptResult, Change, FailoverRules
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import PastAttempt

LONGEST_UNANSWERED: Final = timedelta(minutes=5)
"""What is older and has no end on record was answered, or its process died: nothing is known."""

Owners = Mapping[str, frozenset[E164]]
"""By trunk, the numbers that it may show."""


def groups_of(trunks: Owners) -> list[tuple[str, ...]]:
    """The trunks that may show one number, for every number; numbers of the same trunks are one."""
    every = {number for numbers in trunks.values() for number in numbers}
    groups = {tuple(name for name, numbers in trunks.items() if each in numbers) for each in every}
    return sorted(groups)


def failover_of(
    trunks: Owners, rules: FailoverRules, past: Iterable[PastAttempt], now: datetime
) -> Failover:
    """The trunks' failover after `past`, whose time is the seconds since `now`: before it negative.

    Those were its rivals that own the caller ID; whether they were up then is not on record.
    """
    failover = Failover(trunks, rules)
    replay(failover, trunks, past, now, lambda at: (at - now).total_seconds())
    return failover


def replay(
    failover: Failover,
    trunks: Owners,
    past: Iterable[PastAttempt],
    now: datetime,
    seconds: Callable[[datetime], float],
) -> None:
    """Tell `failover` of attempts on record, in the order in which things happened.

    `seconds` turns an instant into its clock's. Attempts on trunks that are no more, and those
    that were never sent, are left out.
    """
    steps: list[tuple[datetime, int, PastAttempt]] = []
    for attempt in past:
        if attempt.trunk not in trunks or not _is_known(attempt, now):
            continue
        steps.append((attempt.placed_at, 0, attempt))
        if attempt.answered_at is not None:
            steps.append((max(attempt.answered_at, attempt.placed_at), 1, attempt))
        if attempt.ended_at is not None:
            steps.append((max(attempt.ended_at, attempt.placed_at), 2, attempt))
    for at, step, attempt in sorted(steps, key=lambda each: each[:2]):
        if step == 0:
            rivals = [name for name, numbers in trunks.items() if attempt.caller_id in numbers]
            failover.placed(attempt.attempt, attempt.trunk, attempt.prefix, rivals, seconds(at))
        elif step == 1:
            failover.answered(attempt.attempt, attempt.post_dial_delay, seconds(at))
        elif attempt.outcome is not None:
            failover.ended(attempt.attempt, _result(attempt, attempt.outcome), seconds(at))


def settled(past: Iterable[PastAttempt], now: datetime) -> tuple[Sequence[PastAttempt], datetime]:
    """Those of `past`, in the order of their placing, before the first that may be answered yet.

    With them the instant at which that one was placed; `now` where there is none. Its node lives,
    so what is older and has no end was answered.
    """
    known: list[PastAttempt] = []
    for attempt in past:
        if attempt.outcome is None and _is_known(attempt, now):
            return known, attempt.placed_at
        known.append(attempt)
    return known, now


def take_in(
    failover: Failover,
    trunks: Owners,
    others: Iterable[PastAttempt],
    seconds: Callable[[datetime], float],
) -> Sequence[Change]:
    """Count what `settled` gives of other nodes' attempts. Returns what has become true.

    A trunk that they passed over is not nearer to its probe here: each node counts its own passes.
    """
    changes: list[Change] = []
    for each in others:
        if each.trunk not in trunks or (each.outcome is not None and not each.was_sent):
            continue
        placed = seconds(each.placed_at)
        failover.placed(each.attempt, each.trunk, each.prefix, (), placed)
        if each.outcome is None:
            changes += failover.answered(each.attempt, each.post_dial_delay, placed)
        result = _result(each, each.outcome or Outcome.of(Reason.COMPLETED))
        ended = max(placed, seconds(each.ended_at or each.placed_at))
        changes += failover.ended(each.attempt, result, ended)
    return changes


def _is_known(attempt: PastAttempt, now: datetime) -> bool:
    if attempt.outcome is None:
        return attempt.placed_at > now - LONGEST_UNANSWERED
    return attempt.was_sent


def _result(attempt: PastAttempt, outcome: Outcome) -> AttemptResult:
    talk = None
    if attempt.answered_at is not None and attempt.ended_at is not None:
        talk = max(0.0, (attempt.ended_at - attempt.answered_at).total_seconds())
    return AttemptResult(outcome, talk, attempt.speech, attempt.post_dial_delay)
