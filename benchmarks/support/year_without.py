"""The gate of the simulated year with one rule taken out, or a part of one.

Each is a gate that is wrong in one way, and tells which breaches the checker must find of it: these
and no others. A rule that has no absence here is one whose loss nobody would notice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from dialer.app.gate import gate_rules
from dialer.config import Config
from dialer.core.gate.abandonment import ABANDON_RATE
from dialer.core.gate.calendars import Calendar, DayKind, PublicCalendar
from dialer.core.gate.calling_hours import CALLING_HOURS, CallingHours, Windows
from dialer.core.gate.campaign_end import CAMPAIGN_ENDED
from dialer.core.gate.clock_sanity import CLOCK_SANE
from dialer.core.gate.compliance import Rule
from dialer.core.gate.consent import CONSENT, ConsentTerms, consent
from dialer.core.gate.licence import LICENCE
from dialer.core.gate.one_number import ONE_NUMBER
from dialer.core.gate.regions import JURISDICTION
from dialer.core.gate.rules import (
    CALLER_ID,
    PER_NUMBER,
    REFUSAL_REST,
    SUPPRESSED,
    PerNumber,
    per_number_frequency,
)
from dialer.core.gate.signed import SIGNED
from dialer.core.gate.wording_approved import WORDING_APPROVED
from dialer.core.gate.zones import zones_of
from dialer.core.values.records import AttemptOrder, ContactRow, History
from dialer.core.values.suppression import SuppressionKind
from dialer.core.values.verdict import Allow, Verdict

from .legal_facts import Breach
from .year_office import RulesOf
from .year_people import OPERATORS, Operator

Judge = Callable[[AttemptOrder, History], Verdict]
Weaken = Callable[[Config, Rule], Judge]
"""A rule that is in force becomes one that lets something through."""

_CHINA, _AMERICA = OPERATORS

NOT_JUDGED: Final[Mapping[str, str]] = MappingProxyType(
    {CLOCK_SANE: "the year has no clock but the true one"}
)
"""Rules that the year does not exercise, and why."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Something of the gate that is not there, in a year of `operator`'s.

    `breaches` is what the checker must find, all of it and nothing else.
    """

    name: str
    rules_of: RulesOf
    breaches: frozenset[Breach]
    operator: Operator


def absences() -> Sequence[Absence]:
    """Each rule, and then each part of those that have several."""
    return (*_RULES, *_PARTS)


def _without(rule: str, *breaches: Breach, operator: Operator = _CHINA) -> Absence:
    def rules_of(config: Config) -> Sequence[Rule]:
        return [each for each in gate_rules(config) if each.name != rule]

    return Absence(rule, rules_of, frozenset(breaches), operator)


def _weakened(
    rule: str, part: str, breach: Breach, weaken: Weaken, operator: Operator = _CHINA
) -> Absence:
    def rules_of(config: Config) -> Sequence[Rule]:
        return [
            Rule(each.name, weaken(config, each)) if each.name == rule else each
            for each in gate_rules(config)
        ]

    return Absence(f"{rule}: {part}", rules_of, frozenset({breach}), operator)


def _asked_of(change: Callable[[AttemptOrder], AttemptOrder]) -> Weaken:
    """The rule is asked about another attempt than the one that is made."""

    def weaken(_config: Config, rule: Rule) -> Judge:
        return lambda order, history: rule.judge(change(order), history)

    return weaken


def _of_row(change: Callable[[AttemptOrder], ContactRow]) -> Weaken:
    return _asked_of(
        lambda order: replace(order, contact=replace(order.contact, row=change(order)))
    )


def _with_evidence(order: AttemptOrder) -> ContactRow:
    return replace(order.contact.row, consent_source="branch", consent_ref="form")


def _given_by_now(order: AttemptOrder) -> ContactRow:
    row = order.contact.row
    return replace(row, consent_at=min(row.consent_at, order.at))


def _for_ever(_config: Config, _rule: Rule) -> Judge:
    return consent(ConsentTerms()).judge


def _counting(hour: int, day: int) -> Weaken:
    return lambda _config, _rule: per_number_frequency(PerNumber(hour, day)).judge


def _blind_to(why: SuppressionKind) -> Weaken:
    def weaken(_config: Config, rule: Rule) -> Judge:
        def judge(order: AttemptOrder, history: History) -> Verdict:
            seen = tuple(each for each in history.suppressions if each.why is not why)
            return rule.judge(order, replace(history, suppressions=seen))

        return judge

    return weaken


class _NoDaysOff:
    """A calendar on which all people work on all days."""

    def kind(self, day: date) -> DayKind:  # noqa: ARG002 - whichever it is
        return DayKind.WORKDAY


def _hours_of(
    config: Config, calendar: Calendar, think: Callable[[Sequence[ZoneInfo]], Sequence[ZoneInfo]]
) -> Judge:
    """The rule of hours by another calendar, or in other zones than the callee may live in."""
    windows = Windows(workday=config.terms.workday, day_off=config.terms.day_off)
    hours = CallingHours(windows, calendar)

    def judge(order: AttemptOrder, _history: History) -> Verdict:
        row = order.contact.row
        return hours.verdict(order.at, think(zones_of(row.number, row.timezone)))

    return judge


def _ignorant_of_days(config: Config, _rule: Rule) -> Judge:
    return _hours_of(config, _NoDaysOff(), lambda zones: zones)


def _in_zone(think: Callable[[Sequence[ZoneInfo]], Sequence[ZoneInfo]]) -> Weaken:
    """Of the zones that a callee may live in, which may be none, the rule is told one."""
    return lambda config, _rule: _hours_of(config, PublicCalendar(config.terms.calendar), think)


def _blind_to_numbers(*, listed: bool) -> Weaken:
    """Numbers on the trunk's list are not looked at, or those that are not."""

    def weaken(config: Config, rule: Rule) -> Judge:
        known = config.caller_ids()

        def judge(order: AttemptOrder, history: History) -> Verdict:
            if (known.find(order.trunk, order.caller_id) is not None) == listed:
                return Allow()
            return rule.judge(order, history)

        return judge

    return weaken


_RULES: Final = (
    _without(CAMPAIGN_ENDED, Breach.ENDED),
    _without(LICENCE, Breach.LICENCE),
    _without(JURISDICTION, Breach.ABROAD),
    _without(SUPPRESSED, Breach.NEVER_AGAIN, Breach.COMPLAINED, Breach.WITHDRAWN, Breach.LISTED),
    _without(REFUSAL_REST, Breach.REFUSED),
    _without(CONSENT, Breach.EVIDENCE, Breach.PURPOSE, Breach.NOT_YET, Breach.RUN_OUT),
    _without(ONE_NUMBER, Breach.ONE_NUMBER),
    _without(CALLER_ID, Breach.PROOF, Breach.NOT_OURS),
    _without(WORDING_APPROVED, Breach.WORDING),
    _without(SIGNED, Breach.UNSIGNED),
    _without(CALLING_HOURS, Breach.HOURS, Breach.DAY_OFF, Breach.NOWHERE),
    _without(PER_NUMBER, Breach.HOUR, Breach.DAY),
    _without(ABANDON_RATE, Breach.ALONE, operator=_AMERICA),
)
_PARTS: Final = (
    _weakened(CONSENT, "evidence", Breach.EVIDENCE, _of_row(_with_evidence)),
    _weakened(
        CONSENT,
        "purpose",
        Breach.PURPOSE,
        _asked_of(lambda order: replace(order, purpose=order.contact.row.consent_purpose)),
    ),
    _weakened(CONSENT, "given", Breach.NOT_YET, _of_row(_given_by_now)),
    _weakened(CONSENT, "how long", Breach.RUN_OUT, _for_ever),
    _weakened(SUPPRESSED, "asked", Breach.NEVER_AGAIN, _blind_to(SuppressionKind.ASKED)),
    _weakened(SUPPRESSED, "complaint", Breach.COMPLAINED, _blind_to(SuppressionKind.COMPLAINT)),
    _weakened(SUPPRESSED, "own list", Breach.WITHDRAWN, _blind_to(SuppressionKind.OWN_LIST)),
    _weakened(SUPPRESSED, "imported list", Breach.LISTED, _blind_to(SuppressionKind.IMPORTED)),
    _weakened(CALLER_ID, "proof", Breach.PROOF, _blind_to_numbers(listed=True)),
    _weakened(CALLER_ID, "list", Breach.NOT_OURS, _blind_to_numbers(listed=False)),
    _weakened(CALLING_HOURS, "days off", Breach.DAY_OFF, _ignorant_of_days),
    _weakened(
        CALLING_HOURS,
        "zone not known",
        Breach.NOWHERE,
        _in_zone(lambda zones: zones or [ZoneInfo("Asia/Shanghai")]),
    ),
    _weakened(
        CALLING_HOURS,
        "all zones",
        Breach.HOURS,
        _in_zone(lambda zones: zones[:1]),
        operator=_AMERICA,
    ),
    _weakened(PER_NUMBER, "hour", Breach.HOUR, _counting(hour=1000, day=3)),
    _weakened(PER_NUMBER, "day", Breach.DAY, _counting(hour=1, day=1000)),
)
