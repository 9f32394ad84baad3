"""Second legs: to extensions of our own exchanges, or to our own people as any number is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dialer.core.gate.calendars import PublicCalendar
from dialer.core.gate.caller_id import CallerIds, VerifiedNumber
from dialer.core.gate.calling_hours import CALLING_HOURS, CallingHours, Hours, Windows
from dialer.core.gate.compliance import Rule
from dialer.core.gate.configuration import CONFIGURATION_APPROVED, configuration_approved
from dialer.core.gate.consent import ConsentTerms
from dialer.core.gate.jurisdictions.cn import CN
from dialer.core.gate.leg_gate import AS_ANY_CALL, OWN_PEOPLE, leg_gate
from dialer.core.gate.licence import LICENCE
from dialer.core.gate.one_number import OneNumber
from dialer.core.gate.regions import JURISDICTION
from dialer.core.gate.rules import (
    CALLER_ID,
    PER_NUMBER,
    REFUSAL_REST,
    SUPPRESSED,
    GateFigures,
    PerNumber,
    RefusalRest,
    standard_rules,
)
from dialer.core.gate.signed import Validity, caller_id_signed
from dialer.core.values.configurations import ApprovedConfiguration
from dialer.core.values.legs import DecideLeg, LegKind, LegOrder
from dialer.core.values.number import E164
from dialer.core.values.records import History
from dialer.core.values.suppression import Suppression, SuppressionKind
from dialer.core.values.targets import Extension
from dialer.core.values.verdict import Allow, Deny

OURS = E164("+861065550100")
PERSON = E164("+8613800138000")
STRANGER = E164("+8613900139000")
NOON = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""A Monday in China, at ten in the morning."""
PROOF = VerifiedNumber(OURS, "Example Bank", "a-17.pdf", date(2027, 6, 30))
EXCHANGE = Extension("8000", "pbx")
COMPLAINT = Suppression(SuppressionKind.COMPLAINT, NOON - timedelta(days=1))


def standard(shown: CallerIds, licence_expires: date = date(2040, 1, 1)) -> list[Rule]:
    windows = Windows((Hours.of("09:00", "11:30"), Hours.of("14:30", "17:30")))
    figures = GateFigures(
        law=CN,
        licence_expires=licence_expires,
        caller_ids=shown,
        consent=ConsentTerms(),
        refusal_rest=RefusalRest(),
        one_number=OneNumber(),
        hours=CallingHours(windows, PublicCalendar("CN")),
        per_number=PerNumber(),
    )
    return list(standard_rules(figures))


def gate() -> DecideLeg:
    shown = CallerIds({"carrier-a": [PROOF], "pbx": [PROOF]})
    signs = {"carrier-a": Validity(NOON - timedelta(days=300), NOON + timedelta(days=300))}
    rules = [*standard(shown), caller_id_signed(signs)]
    people = {PERSON: replace(PROOF, number=PERSON)}
    return leg_gate(rules, people, {"pbx"})


def leg(**changes: object) -> LegOrder:
    order = LegOrder("l", "c", "n", "carrier-a", OURS, PERSON, LegKind.BRIDGE, NOON)
    return replace(order, **changes)  # type: ignore[arg-type]


def rule(order: LegOrder, history: History | None = None) -> str | None:
    """Which rule denies it."""
    verdict = gate()(order, history or History())
    return verdict.rule if isinstance(verdict, Deny) else None


def test_every_rule_about_the_number_is_asked() -> None:
    assert {each.name for each in standard(CallerIds({}))} >= AS_ANY_CALL - {
        *("caller_id_signed", "configuration_approved")
    }


def test_one_of_our_own_people_is_called_as_anybody_may_be() -> None:
    assert gate()(leg(), History()) == Allow()
    assert gate()(leg(kind=LegKind.REFER), History()) == Allow()


@pytest.mark.parametrize(
    "changes, history, denies",
    [
        ({"target": STRANGER}, History(), OWN_PEOPLE),
        ({"target": STRANGER, "kind": LegKind.REFER}, History(), OWN_PEOPLE),
        ({"caller_id": PERSON}, History(), CALLER_ID),
        ({"at": datetime(2026, 11, 22, 18, 30, tzinfo=UTC)}, History(), CALLING_HOURS),  # 02:30
        ({}, History(suppressions=(COMPLAINT,)), SUPPRESSED),
        ({}, History(refused_at=NOON - timedelta(days=9)), REFUSAL_REST),
        ({}, History(attempts=(NOON - timedelta(minutes=59),)), PER_NUMBER),
        ({}, History(attempts=tuple(NOON - timedelta(hours=h) for h in (9, 5, 2))), PER_NUMBER),
    ],
)
def test_and_not_otherwise(changes: dict[str, object], history: History, denies: str) -> None:
    assert rule(leg(**changes), history) == denies


def test_without_proof_licence_or_certificate_nobody_outside_is_called() -> None:
    # All of them have run out by then, in this order of the rules.
    late = datetime(2027, 7, 5, 2, 0, tzinfo=UTC)
    assert rule(leg(at=late)) == OWN_PEOPLE
    shown = CallerIds({"carrier-a": [replace(PROOF, expires=date(2040, 1, 1))]})
    person = {PERSON: VerifiedNumber(PERSON, "Li Na", "staff.pdf", date(2040, 1, 1))}
    unsigned = caller_id_signed({"carrier-a": Validity(NOON, NOON + timedelta(days=1))})
    for rules, denies in (
        (standard(shown, licence_expires=date(2026, 12, 1)), LICENCE),
        ([*standard(shown), unsigned], "caller_id_signed"),
    ):
        december = leg(at=datetime(2026, 12, 7, 2, tzinfo=UTC))
        verdict = leg_gate(rules, person, set())(december, History())
        assert isinstance(verdict, Deny)
        assert verdict.rule == denies


def test_another_country_s_number_is_another_law_s() -> None:
    foreign = E164("+442079460000")
    decide = leg_gate(
        standard(CallerIds({"carrier-a": [PROOF]})),
        {foreign: replace(PROOF, number=foreign)},
        set(),
    )
    verdict = decide(leg(target=foreign), History())
    assert isinstance(verdict, Deny)
    assert verdict.rule == JURISDICTION


@pytest.mark.parametrize("kind", LegKind)
@pytest.mark.parametrize(
    "user, at, trunk, allowed",
    [
        ("8000", "pbx", "pbx", True),
        ("queue", "pbx", "pbx", True),
        ("8000", "carrier-a", "carrier-a", False),
        ("*6713800138000", "carrier-a", "carrier-a", False),
        ("*6713800138000", "pbx", "pbx", False),
        ("*67110", "pbx", "pbx", False),
        ("13800138000", "pbx", "pbx", False),
        ("+8613800138000", "pbx", "pbx", False),
        ("138.0013-8000", "pbx", "pbx", False),
        ("8613800138000a", "pbx", "pbx", False),
        ("8000", "elsewhere", "pbx", False),
    ],
)
def test_an_extension_stays_in_an_exchange_of_ours(
    user: str, at: str, trunk: str, allowed: bool, kind: LegKind
) -> None:
    """At any hour: it is nobody's telephone outside."""
    order = leg(target=Extension(user, at), trunk=trunk, kind=kind, at=NOON + timedelta(hours=16))
    assert rule(order) == (None if allowed else OWN_PEOPLE)


def test_an_extension_waits_for_the_configuration_as_well() -> None:
    rules = [*standard(CallerIds({"pbx": [PROOF]})), configuration_approved({"a": 1})]
    decide = leg_gate(rules, {}, {"pbx"})
    staffed = History(configuration=ApprovedConfiguration(None))
    verdict = decide(leg(target=EXCHANGE, trunk="pbx"), staffed)
    assert isinstance(verdict, Deny)
    assert verdict.rule == CONFIGURATION_APPROVED


def test_an_extension_is_called_over_its_own_trunk_and_shows_our_number() -> None:
    assert rule(leg(target=EXCHANGE, trunk="carrier-a")) == OWN_PEOPLE
    assert rule(leg(target=EXCHANGE, trunk="pbx", caller_id=PERSON)) == CALLER_ID
    # A carrier that is asked by REFER calls our exchange itself.
    assert rule(leg(target=EXCHANGE, trunk="carrier-a", kind=LegKind.REFER)) is None


def test_a_lab_goes_by_the_lab_s_clock() -> None:
    night = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    rules = standard(CallerIds({"carrier-a": [PROOF]}))
    people = {PERSON: replace(PROOF, number=PERSON)}
    for shift, allowed in ((timedelta(hours=7, minutes=30), True), (timedelta(), False)):
        decide = leg_gate(rules, people, set(), {"carrier-a": shift})
        assert isinstance(decide(leg(at=night), History()), Allow) is allowed


def test_a_leg_without_a_time_zone_is_denied() -> None:
    assert rule(leg(at=NOON.replace(tzinfo=None))) is not None
