"""Nothing is destroyed too early, whatever the clock; nothing personal stays too long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.gate.clock_sanity import MOST_BEHIND
from dialer.core.office.certificate import Certificate
from dialer.core.office.retention import (
    MOST_AHEAD,
    CampaignLife,
    Matter,
    RetentionTerms,
    all_terms,
    clock_doubt,
    terms_of,
)
from dialer.core.values.months import months_after
from dialer.core.values.refused import Refused
from tests.support.orders import NOON

INSTANTS = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - Hypothesis puts the zone on
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
HOUR = timedelta(hours=1)
LIFE = CampaignLife(1, "cards", NOON, NOON)
MAYBE = st.none() | INSTANTS
LIVES = st.builds(
    CampaignLife,
    id=st.just(1),
    name=st.just("cards"),
    ended_at=MAYBE,
    last_call_at=MAYBE,
    at_work=st.integers(0, 2),
    held=st.integers(0, 2),
    contacts_destroyed_at=MAYBE,
    evidence_destroyed_at=MAYBE,
)
TERMS = st.builds(
    RetentionTerms,
    contacts=st.integers(1, 30 * 24).map(lambda hours: timedelta(hours=hours)),
    evidence=st.integers(6, 40),
)


@given(LIVES, TERMS, INSTANTS)
def test_what_is_destroyed_may_be(life: CampaignLife, terms: RetentionTerms, now: datetime) -> None:
    for each in terms_of(life, terms):
        if not each.is_due(now):
            continue
        assert life.ended_at is not None
        assert life.ended_at < now
        assert not life.at_work
        if each.matter is Matter.EVIDENCE:
            assert not life.held
            assert life.contacts_destroyed_at is not None
            assert now >= months_after(life.ended_at, 6)
            if life.last_call_at is not None:
                assert now >= months_after(life.last_call_at, 6)


@given(INSTANTS, TERMS)
def test_contact_data_of_a_finished_campaign_is_destroyed_before_it_must_be(
    ended: datetime, terms: RetentionTerms
) -> None:
    contacts, evidence = terms_of(CampaignLife(1, "cards", ended, None), terms)
    assert (contacts.matter, evidence.matter) == (Matter.CONTACTS, Matter.EVIDENCE)
    assert contacts.due is not None
    assert contacts.latest is not None
    assert ended < contacts.due < contacts.latest <= ended + timedelta(days=30)
    assert contacts.is_due(contacts.due)
    assert not contacts.is_due(contacts.due - timedelta(microseconds=1))
    assert not contacts.is_late(contacts.latest)
    assert contacts.is_late(contacts.latest + timedelta(microseconds=1))
    assert not evidence.is_due(contacts.latest)


@pytest.mark.parametrize("kept,before", [(24, 12), (47, 23.5), (48, 24), (49, 24), (720, 24)])
def test_contact_data_goes_a_day_before_it_must_or_half_its_time(kept: int, before: float) -> None:
    terms = RetentionTerms(contacts=timedelta(hours=kept))
    contacts, _ = terms_of(CampaignLife(1, "cards", NOON, None), terms)
    assert contacts.latest == NOON + timedelta(hours=kept)
    assert contacts.due == contacts.latest - timedelta(hours=before)


@pytest.mark.parametrize(
    "last_call,due", [(None, NOON), (NOON - timedelta(days=9), NOON), (NOON + 2 * HOUR, None)]
)
def test_evidence_is_kept_from_the_later_of_end_and_last_call(
    last_call: datetime | None, due: datetime | None
) -> None:
    life = CampaignLife(1, "cards", NOON, last_call, contacts_destroyed_at=NOON)
    (evidence,) = terms_of(life, RetentionTerms())
    assert evidence.due == months_after(due or NOON + 2 * HOUR, 6)
    assert evidence.latest is None


@pytest.mark.parametrize(
    "life,waits",
    [
        (LIFE, ["the destruction of its contact data, which comes first"]),
        (replace(LIFE, ended_at=None), ["the campaign's end"] * 2),
        (replace(LIFE, at_work=1), ["the end of 1 call under way"] * 2),
        (replace(LIFE, at_work=2), ["the end of 2 calls under way"] * 2),
        (replace(LIFE, contacts_destroyed_at=NOON), []),
        (
            replace(LIFE, contacts_destroyed_at=NOON, held=1),
            ["complaints about 1 call that are not closed"],
        ),
        (
            replace(LIFE, contacts_destroyed_at=NOON, held=1, at_work=1),
            ["the end of 1 call under way"],
        ),
        (replace(LIFE, contacts_destroyed_at=NOON, evidence_destroyed_at=NOON), []),
    ],
)
def test_what_each_waits_for(life: CampaignLife, waits: list[str]) -> None:
    told = [each.waits_for for each in terms_of(life, RetentionTerms())]
    assert [each for each in told if each is not None] == waits


def test_months_and_complaints_have_terms_of_their_own() -> None:
    closed = {"open": None, "closed": NOON}
    months = {"2026-12": 0, "2026-11": 2}
    terms = RetentionTerms(evidence=7)
    november, december, still_open, done = told = all_terms([], months, closed, terms)
    assert [each.campaign for each in told] == [0, 0, 0, 0]
    assert (november.name, november.due) == ("2026-11", datetime(2027, 7, 1, tzinfo=UTC))
    assert november.waits_for == "complaints about 2 calls that are not closed"
    assert (december.name, december.due) == ("2026-12", datetime(2027, 8, 1, tzinfo=UTC))
    assert (december.waits_for, december.matter) == (None, Matter.INCOMING)
    assert (still_open.due, still_open.waits_for) == (None, "the complaint's closing")
    assert (done.due, done.waits_for) == (months_after(NOON, 7), None)
    assert done.matter is Matter.COMPLAINT


@pytest.mark.parametrize(
    "ahead,confirmed,is_doubted",
    [
        (24, None, False),
        (24.001, None, True),
        (24.001, date(2026, 3, 3), False),
        (47.9, date(2026, 3, 3), False),  # it is yet the day before, west of the date line
        (48, date(2026, 3, 3), True),
        (46, date(2026, 3, 5), False),  # and the day after already, on the Line Islands
        (45.9, date(2026, 3, 5), True),
        (24.5, date(2026, 3, 2), True),
        (-5 / 3600, None, False),
        (-5.001 / 3600, None, True),
        (-5.001 / 3600, date(2026, 3, 2), True),
    ],
)
def test_by_how_much_a_clock_may_be_ahead_or_behind(
    ahead: float, confirmed: date | None, *, is_doubted: bool
) -> None:
    now = NOON + timedelta(hours=ahead)
    assert isinstance(clock_doubt(now, NOON, confirmed), Refused) is is_doubted


@given(LIVES, TERMS)
def test_whatever_is_not_due_says_what_it_waits_for(
    life: CampaignLife, terms: RetentionTerms
) -> None:
    told = terms_of(life, terms)
    assert len(told) == [life.contacts_destroyed_at, life.evidence_destroyed_at].count(None)
    for each in told:
        assert each.waits_for or each.due is not None


@given(INSTANTS, INSTANTS, st.none() | st.dates(date(2024, 1, 1), date(2040, 1, 1)))
def test_a_clock_that_jumps_is_doubted_until_a_person_writes_the_date(
    now: datetime, seen: datetime, confirmed: date | None
) -> None:
    doubt = clock_doubt(now, seen, confirmed)
    if seen - MOST_BEHIND <= now <= seen + MOST_AHEAD:
        assert doubt is None
    elif now < seen:
        assert isinstance(doubt, Refused)
    elif doubt is None:
        assert confirmed is not None
        assert abs(confirmed - now.date()) <= timedelta(days=1)
    assert isinstance(clock_doubt(now, now - timedelta(days=2)), Refused)
    assert clock_doubt(now, now - timedelta(days=900), now.date()) is None
    assert clock_doubt(now, None) is None


def test_an_instant_without_a_zone_is_doubted() -> None:
    assert isinstance(clock_doubt(NOON.replace(tzinfo=None), None), Refused)


@pytest.mark.parametrize(
    "wrong",
    [{"contacts": timedelta(days=30, seconds=1)}, {"contacts": timedelta(0)}, {"evidence": 5}],
)
def test_terms_outside_the_law_are_none(wrong: dict[str, timedelta]) -> None:
    with pytest.raises(ValueError, match=r"days at most|months at least"):
        RetentionTerms(**wrong)  # type: ignore[arg-type]


TEXTS = st.text(max_size=12)
CERTIFICATES = st.builds(
    Certificate,
    **dict.fromkeys(("id", "operator", "node", "subject", "why", "master", "by"), TEXTS),
    matter=st.sampled_from(Matter),
    counts=st.dictionaries(TEXTS, st.integers(0, 10**9), max_size=3),
    how=st.lists(TEXTS, max_size=3).map(tuple),
    keys=st.lists(TEXTS, max_size=2).map(tuple),
    begun_at=st.integers(0, 2**60),
    done_at=st.integers(0, 2**60),
)


@given(CERTIFICATES, CERTIFICATES)
def test_certificates_of_one_digest_are_one(one: Certificate, other: Certificate) -> None:
    assert (one.digest() == other.digest()) is (one == other)
    assert Certificate.from_dict(one.as_dict()) == one


@given(CERTIFICATES, st.data())
def test_a_certificate_that_says_more_or_less_is_none(
    one: Certificate, data: st.DataObject
) -> None:
    found = one.as_dict()
    with pytest.raises(ValueError, match="more"):
        Certificate.from_dict({**found, "more": 1})
    left_out = data.draw(st.sampled_from(sorted(found)))
    del found[left_out]
    with pytest.raises(KeyError):
        Certificate.from_dict(found)
