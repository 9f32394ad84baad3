"""Whose law holds, how far a configuration may go, and whose callees it is for."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialer.core.gate.calendars import PublicCalendar
from dialer.core.gate.calling_hours import CallingHours, Hours, Windows
from dialer.core.gate.jurisdiction import FIGURES, Jurisdiction, Terms, effective, held_to, looser
from dialer.core.gate.jurisdictions import JURISDICTIONS, permitting
from dialer.core.gate.jurisdictions.cn import CN
from dialer.core.gate.jurisdictions.us import US
from dialer.core.gate.regions import regions_of, under_jurisdiction
from dialer.core.values.number import E164
from dialer.core.values.records import History
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support.orders import NOON, contact, order


def under(law: Jurisdiction, to: str) -> Verdict:
    return under_jurisdiction(law).judge(order(to=contact(to=E164(to))), History())


@pytest.mark.parametrize(
    "number, regions",
    [
        ("+8613800138000", {"CN"}),
        ("+85221234567", {"HK"}),
        ("+12125551234", {"US"}),
        ("+14165551234", {"CA"}),
        ("+17875551234", {"PR"}),
        ("+18765551234", {"JM"}),
        ("+390612345678", {"IT"}),  # which shares its code with one other
        ("+4721234567", {"NO"}),
        ("+19995551234", set()),  # in no plan
        ("+800123456789", set()),  # freephone of many countries
        ("+881612345678", set()),  # satellites
    ],
)
def test_the_regions_of_a_number(number: str, regions: set[str]) -> None:
    assert regions_of(E164(number)) == regions


def test_a_freephone_number_of_a_shared_code_belongs_to_all_that_share_it() -> None:
    assert {"US", "CA", "JM"} <= regions_of(E164("+18005551234"))


@pytest.mark.parametrize("number", ["+12125551234", "+17875551234", "+16715551234"])
def test_the_us_and_their_territories_are_called_under_us_law(number: str) -> None:
    assert under(US, number) == Allow()
    assert isinstance(under(CN, number), Deny)


@pytest.mark.parametrize(
    "number", ["+8613800138000", "+14165551234", "+18765551234", "+18005551234", "+19995551234"]
)
def test_nobody_else_is_called_under_us_law(number: str) -> None:
    verdict = under(US, number)
    assert isinstance(verdict, Deny)
    assert verdict.rule == "jurisdiction"
    assert verdict.until == NOON + timedelta(days=7), "it may be the configuration that is at fault"
    assert number[4:] not in verdict.why


def test_under_the_law_of_china_only_the_mainland_is_called() -> None:
    assert under(CN, "+8613800138000") == Allow()
    for number in ("+85221234567", "+85366123456", "+886223456789", "+442079461234"):
        verdict = under(CN, number)
        assert isinstance(verdict, Deny)
        assert "jurisdiction CN is for callees of CN" in verdict.why


def test_the_default_is_what_the_field_reads_as_chinas_law() -> None:
    terms = held_to(CN, {})
    assert [str(hours) for hours in terms.workday] == ["09:00-11:30", "14:30-17:30"]
    assert (terms.day_off, terms.calendar) == ((), "CN")
    assert (terms.per_hour, terms.per_day, terms.refusal_months) == (1, 3, 6)


def test_federal_law_has_wider_hours_no_holidays_and_a_bound_on_abandoned_calls() -> None:
    terms = held_to(US, {})
    hours = CallingHours(Windows(terms.workday, terms.day_off), PublicCalendar(terms.calendar))
    zones = (ZoneInfo("America/New_York"),)
    thanksgiving = datetime(2026, 11, 26, tzinfo=zones[0])
    for at, lawful in (((7, 59), False), ((8, 0), True), ((20, 59), True), ((21, 0), False)):
        instant = thanksgiving.replace(hour=at[0], minute=at[1]).astimezone(UTC)
        assert hours.is_lawful(instant, zones) is lawful
    assert (terms.abandon_rate, terms.refusal_months, terms.ring) == (0.03, None, 15.0)


def test_every_figure_has_a_key_and_every_jurisdiction_a_source_for_it() -> None:
    names = [field.name for field in fields(Terms)]
    assert [figure.field for figure in FIGURES] == names
    assert len({figure.key for figure in FIGURES}) == len(names)
    for name, law in JURISDICTIONS.items():
        assert law.name == name
        assert all(law.sources[field] for field in names)


def test_a_jurisdiction_looser_than_its_own_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="looser than the loosest"):
        replace(CN, terms=replace(CN.terms, per_day=4))
    with pytest.raises(ValueError, match="names its source"):
        replace(CN, sources={})


def test_tighter_is_permitted_and_looser_is_told_with_its_bound() -> None:
    tight = {"workday": (Hours.of("10:00", "11:00"),), "per_day": 2, "consent_months": 12}
    terms = held_to(CN, tight)
    assert (terms.workday, terms.per_day, terms.consent_months) == tuple(tight.values())
    loose = {"workday": (Hours(time(9), time(11, 31)),), "refusal_months": 5}
    assert [each.figure.field for each in looser(CN, loose)] == list(loose)
    with pytest.raises(ValueError, match=r"compliance.refusal_rest: looser .* bound is 6 months"):
        held_to(CN, loose)


def test_who_permits_what_another_does_not() -> None:
    refused = {each.figure.field: each for each in looser(CN, {"per_hour": 2, "per_day": 9})}
    assert "only jurisdiction US" in permitting(refused["per_hour"].figure, {"per_hour": 2})
    assert permitting(refused["per_day"].figure, {"per_day": 9}) == "no jurisdiction permits it"


def test_every_effective_figure_says_where_it_comes_from() -> None:
    told = {each.key: each for each in effective(US, {"refusal_months": 72}, named=True)}
    assert len(told) == len(FIGURES) + 1
    assert told["compliance.jurisdiction"].said_by == "configuration"
    rest = told["compliance.refusal_rest"]
    assert (rest.value, rest.said_by, rest.loosest) == ("72 months", "configuration", "60 months")
    hours = told["compliance.windows.holiday"]
    assert (hours.value, hours.said_by) == ("08:00-21:00", "US")
    assert "47 CFR" in hours.as_body()["source"]
