"""Nothing is destroyed too early, whatever the clock; nothing personal stays too long."""

from __future__ import annotations

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
