from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from dialer.core.gate.calendars import PublicCalendar
from dialer.core.gate.caller_id import CallerIds, VerifiedNumber
from dialer.core.gate.calling_hours import CallingHours, Hours, Windows
from dialer.core.gate.compliance import ASK_AGAIN, Gate
from dialer.core.gate.consent import ConsentTerms
from dialer.core.gate.jurisdictions import CN
from dialer.core.gate.one_number import OneNumber
from dialer.core.gate.rules import (
    GateFigures,
    PerNumber,
    RefusalRest,
    caller_id_verified,
    per_number_frequency,
    refusal_rest,
    standard_rules,
    suppressed,
)
from dialer.core.values.months import months_after
from dialer.core.values.number import E164
from dialer.core.values.records import History
from dialer.core.values.standing import ApprovalState, Standing
from dialer.core.values.suppression import Suppression, SuppressionKind
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support import orders
from tests.support.orders import CALLER_ID, NOON, contact, number, order

HOUR = timedelta(hours=1)
OURS = CallerIds(
    {"carrier-a": [VerifiedNumber(CALLER_ID, "Example Bank", "a-17.pdf", date(2026, 6, 30))]}
)


def frequency(*hours_ago: float, limits: PerNumber | None = None) -> Verdict:
    attempts = tuple(sorted(NOON - ago * HOUR for ago in hours_ago))
    return per_number_frequency(limits or PerNumber()).judge(order(), History(attempts))


def test_a_caller_id_verified_for_the_trunk() -> None:
    rule = caller_id_verified(OURS)
    assert rule.judge(order(), History()) == Allow()


def test_a_caller_id_that_is_not_ours_or_not_on_this_trunk() -> None:
    rule = caller_id_verified(OURS)
    for wrong in (order(caller_id=number()), order(trunk="carrier-b")):
        assert rule.judge(wrong, History()) == Deny(
            "caller_id_verified",
            "the caller ID is not verified for this trunk",
            NOON + ASK_AGAIN,
            again=True,
        )


def test_a_caller_id_whose_proof_has_expired() -> None:
    late = order(at=datetime(2026, 7, 1, tzinfo=UTC))
    verdict = caller_id_verified(OURS).judge(late, History())
    assert isinstance(verdict, Deny)
    assert verdict.why == "the caller ID's proof expired on 2026-06-30"
    assert verdict.until == late.at + ASK_AGAIN


def test_a_number_never_dialled() -> None:
    assert frequency() == Allow()


def test_once_an_hour() -> None:
    assert frequency(0.5) == Deny("per_number", "1 attempts in one hour", NOON + 0.5 * HOUR)
    assert frequency(1) == Allow()


def test_three_times_a_day() -> None:
    assert frequency(23, 5, 2) == Deny("per_number", "3 attempts in one day", NOON + HOUR)
    assert frequency(24, 5, 2) == Allow()
    assert frequency(30, 5, 2) == Allow()


def test_the_latest_of_the_windows_says_until_when() -> None:
    verdict = frequency(23.75, 5, 0.5)
    assert isinstance(verdict, Deny)
    assert verdict.until == NOON + 0.5 * HOUR
    verdict = frequency(20, 5, 0.5)
    assert isinstance(verdict, Deny)
    assert verdict.until == NOON + 4 * HOUR


def test_a_looser_hour_still_counts_the_day() -> None:
    assert frequency(0.5, limits=PerNumber(hour=2, day=3)) == Allow()
    assert isinstance(frequency(0.5, 0.6, limits=PerNumber(hour=2, day=3)), Deny)


def test_attempts_need_not_come_in_order() -> None:
    attempts = (NOON - 0.5 * HOUR, NOON - 5 * HOUR)
    verdict = per_number_frequency(PerNumber()).judge(order(), History(attempts))
    assert isinstance(verdict, Deny)


def test_a_clock_gone_backwards_is_a_doubt() -> None:
    verdict = frequency(-2)
    assert isinstance(verdict, Deny)
    assert "clock" in verdict.why
    assert verdict.until == NOON + 3 * HOUR


def test_a_refusal_rests_so_many_calendar_months() -> None:
    rule = refusal_rest(RefusalRest(6))
    refused = datetime(2025, 9, 2, 12, tzinfo=UTC)
    just_before = order(at=NOON - timedelta(seconds=1))
    assert rule.judge(just_before, History(refused_at=refused)) == Deny(
        "refusal_rest", "refused our calls less than 6 months ago", NOON
    )
    assert rule.judge(order(), History(refused_at=refused)) == Allow()
    assert rule.judge(order(), History()) == Allow()


def test_where_a_refusal_rests_for_good_no_time_ends_it() -> None:
    rule = refusal_rest(RefusalRest(None))
    long_ago = History(refused_at=NOON - timedelta(days=9000))
    assert rule.judge(order(), long_ago) == Deny(
        "refusal_rest", "refused our calls, and is called no more"
    )
    assert rule.judge(order(), History()) == Allow()


def test_who_asked_never_to_be_called_again_never_is() -> None:
    rule = suppressed()
    long_ago = History(
        suppressions=(Suppression(SuppressionKind.ASKED, NOON - timedelta(days=9000)),)
    )
    assert rule.judge(order(), long_ago) == Deny("suppressed", "asked never to be called again")
    assert rule.judge(order(), History(refused_at=NOON)) == Allow()


def test_a_refusal_that_seems_to_lie_ahead_still_rests() -> None:
    ahead = History(refused_at=NOON + timedelta(days=400))
    assert isinstance(refusal_rest(RefusalRest()).judge(order(), ahead), Deny)


@pytest.mark.parametrize(
    "start,months,end",
    [
        ((2026, 1, 15), 6, (2026, 7, 15)),
        ((2026, 8, 31), 6, (2027, 3, 1)),
        ((2027, 8, 29), 6, (2028, 2, 29)),
        ((2026, 12, 31), 1, (2027, 1, 31)),
        ((2026, 10, 31), 1, (2026, 12, 1)),
        ((2026, 12, 1), 12, (2027, 12, 1)),
    ],
)
def test_months_of_the_calendar(
    start: tuple[int, int, int], months: int, end: tuple[int, int, int]
) -> None:
    assert months_after(datetime(*start, 9, tzinfo=UTC), months) == datetime(*end, 9, tzinfo=UTC)


def test_the_least_of_each_limit_is_one() -> None:
    assert (RefusalRest(1).months, OneNumber(1).months, ConsentTerms(1).months) == (1, 1, 1)
    once = PerNumber(1, 1)
    assert frequency(1, limits=once) == Deny(
        "per_number", "1 attempts in one day", NOON + 23 * HOUR
    )
    assert frequency(24, limits=once) == Allow()


@pytest.mark.parametrize("bad", [(0, 3), (1, 0), (-1, 3)])
def test_limits_that_would_forbid_everything_are_refused(bad: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="per_number"):
        PerNumber(*bad)
    with pytest.raises(ValueError, match="refusal_rest"):
        RefusalRest(0)


def test_what_forbids_for_good_is_asked_before_what_puts_off() -> None:
    figures = GateFigures(
        law=replace(CN, callees=frozenset({"GB"})),
        licence_expires=date(2027, 12, 31),
        caller_ids=OURS,
        consent=ConsentTerms(),
        refusal_rest=RefusalRest(),
        one_number=OneNumber(),
        hours=CallingHours(Windows((Hours.of("09:00", "18:00"),)), PublicCalendar("CN")),
        per_number=PerNumber(),
    )
    gate = Gate(standard_rules(figures))
    order = partial(orders.order, to=contact(to=E164("+442079461234")))
    asked = Suppression(SuppressionKind.ASKED, NOON - HOUR)
    history = History((NOON - 0.5 * HOUR,), refused_at=NOON - HOUR, suppressions=(asked,))
    assert gate.decide(order(), history) == Deny("suppressed", "asked never to be called again")
    rests = History((NOON - 0.5 * HOUR,), refused_at=NOON - HOUR)
    verdict = gate.decide(order(), rests)
    assert isinstance(verdict, Deny)
    assert (verdict.rule, verdict.until) == ("refusal_rest", NOON.replace(month=9) - HOUR)
    assert [name for name, _ in gate.explain(order(), history)] == [
        "clock_sane",
        "campaign_ended",
        "operator_licence",
        "jurisdiction",
        "suppressed",
        "refusal_rest",
        "consent",
        "one_number",
        "caller_id_verified",
        "wording_approved",
        "calling_hours",
        "per_number",
    ]
    good = History(wording=Standing(ApprovalState.APPROVED, NOON))
    assert gate.decide(order(), good) == Allow()
