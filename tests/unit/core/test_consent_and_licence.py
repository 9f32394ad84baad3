"""Consent and the operator's licence, as the gate asks for them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.gate.consent import ConsentTerms, consent
from dialer.core.gate.licence import operator_licence
from dialer.core.values.months import months_after, months_later
from dialer.core.values.records import AttemptOrder, ContactRow, History
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support.orders import NOON, contact, number, order

CENTURY = datetime(2000, 1, 1, tzinfo=UTC)
GOOD = ContactRow(2, number(), "card-renewal", "branch form", NOON, "form-2")


def placed(row: ContactRow, at: datetime = NOON, purpose: str = "card-renewal") -> AttemptOrder:
    return replace(order(at=at, to=replace(contact(), row=row)), purpose=purpose)


def ask(asked: AttemptOrder, months: int | None = None) -> Verdict:
    return consent(ConsentTerms(months)).judge(asked, History())


def test_consent_to_this_with_its_evidence() -> None:
    assert ask(placed(GOOD)) == Allow()


@pytest.mark.parametrize("lost", [{"consent_source": " "}, {"consent_ref": ""}])
def test_without_evidence_there_is_no_consent(lost: dict[str, str]) -> None:
    verdict = ask(placed(replace(GOOD, **lost)))  # type: ignore[arg-type]
    assert isinstance(verdict, Deny)
    assert verdict.until is None
    assert "no evidence" in verdict.why


@pytest.mark.parametrize("purpose", ["", "card", "Card-Renewal", "card-renewal "])
def test_consent_to_something_else_is_none(purpose: str) -> None:
    verdict = ask(placed(GOOD, purpose=purpose))
    assert verdict == Deny("consent", "the consent is for another purpose than the campaign's")


def test_consent_given_later_than_now_waits_for_its_day() -> None:
    later = NOON + timedelta(days=3)
    verdict = ask(placed(replace(GOOD, consent_at=later)))
    assert verdict == Deny("consent", "the consent is given in the future", later)


def test_consent_that_has_run_out_is_none() -> None:
    given_at = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
    row = replace(GOOD, consent_at=given_at)
    end = datetime(2026, 2, 28, 10, 0, tzinfo=UTC)
    assert ask(placed(row, end - timedelta(microseconds=1)), 1) == Allow()
    assert ask(placed(row, end), 1) == Deny("consent", "the consent is older than 1 months")
    assert ask(placed(row, end)) == Allow()


def test_a_validity_of_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 month"):
        ConsentTerms(0)


@given(
    st.integers(0, 36524 * 24).map(lambda hours: CENTURY + timedelta(hours=hours)),
    st.integers(1, 60),
)
def test_rests_round_up_and_validities_down(instant: datetime, months: int) -> None:
    rest, validity = months_after(instant, months), months_later(instant, months)
    assert validity <= rest
    assert (rest - validity) <= timedelta(days=3)
    turns = (validity.year - instant.year) * 12 + validity.month - instant.month
    assert turns == months
    assert validity.day <= instant.day
    assert validity.timetz() == instant.timetz()


def test_a_licence_holds_to_the_end_of_its_last_day_where_that_ends_first() -> None:
    rule = operator_licence(date(2026, 6, 30))
    end = datetime(2026, 6, 30, 10, 0, tzinfo=UTC)
    assert rule.judge(order(at=end - timedelta(microseconds=1)), History()) == Allow()
    verdict = rule.judge(order(at=end), History())
    assert verdict == Deny(
        "operator_licence",
        "the operator's licence expired on 2026-06-30",
        end + timedelta(hours=1),
        again=True,
    )
