"""The rules of the gate, one small factory each, in the words of the law they keep.

`standard_rules` puts them in the order in which they are asked: what forbids a call for good
comes before what only puts it off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dialer.core.gate.abandonment import abandon_rate
from dialer.core.gate.caller_id import CallerIds
from dialer.core.gate.calling_hours import CallingHours, calling_hours
from dialer.core.gate.campaign_end import campaign_ended
from dialer.core.gate.clock_sanity import clock_sane
from dialer.core.gate.compliance import ASK_AGAIN, Allow, Deny, Rule, Verdict
from dialer.core.gate.consent import ConsentTerms, consent
from dialer.core.gate.jurisdiction import Jurisdiction
from dialer.core.gate.licence import operator_licence
from dialer.core.gate.one_number import OneNumber, one_number
from dialer.core.gate.regions import under_jurisdiction
from dialer.core.gate.wording_approved import wording_approved
from dialer.core.values.months import months_after
from dialer.core.values.number import E164
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.suppression import strongest

CALLER_ID = "caller_id_verified"
PER_NUMBER = "per_number"
REFUSAL_REST = "refusal_rest"
SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class PerNumber:
    """How often one number may be dialled, over all campaigns and nodes.

    `hour` in any 60 minutes and `day` in any 24 hours, each at least 1; ValueError otherwise.
    """

    hour: int = 1
    day: int = 3

    def __post_init__(self) -> None:
        if self.hour < 1 or self.day < 1:
            raise ValueError("per_number: at least 1 attempt an hour and a day")


@dataclass(frozen=True, slots=True)
class RefusalRest:
    """For how many calendar months a number rests after a refusal, at least 1; None: for good.

    Raises ValueError for less.
    """

    months: int | None = 6

    def __post_init__(self) -> None:
        if self.months is not None and self.months < 1:
            raise ValueError("refusal_rest: at least 1 month")


@dataclass(frozen=True, slots=True)
class GateFigures:
    """What the rules are held to, from the configuration."""

    law: Jurisdiction
    licence_expires: date
    caller_ids: CallerIds
    consent: ConsentTerms
    refusal_rest: RefusalRest
    one_number: OneNumber
    hours: CallingHours
    per_number: PerNumber
    abandon_rate: float | None = None


def standard_rules(figures: GateFigures) -> tuple[Rule, ...]:
    """The gate's rules, in the order in which they are asked."""
    bound = figures.abandon_rate
    return (
        clock_sane(),
        campaign_ended(),
        operator_licence(figures.licence_expires),
        under_jurisdiction(figures.law),
        suppressed(),
        refusal_rest(figures.refusal_rest),
        consent(figures.consent),
        one_number(figures.caller_ids, figures.one_number),
        caller_id_verified(figures.caller_ids),
        wording_approved(),
        calling_hours(figures.hours),
        per_number_frequency(figures.per_number),
        *(() if bound is None else (abandon_rate(bound),)),
    )


def caller_id_verified(caller_ids: CallerIds) -> Rule:
    """The number shown is assigned to the operator on this trunk, and its proof has not expired.

    A denial is a fault of our set-up, not of the contact's: it is asked about again later.
    """

    def judge(order: AttemptOrder, _history: History) -> Verdict:
        return _may_show(caller_ids, order.trunk, order.caller_id, order.at)

    return Rule(CALLER_ID, judge)


def _may_show(caller_ids: CallerIds, trunk: str, number: E164, at: datetime) -> Verdict:
    known = caller_ids.find(trunk, number)
    if known is None:
        why = "the caller ID is not verified for this trunk"
        return Deny(CALLER_ID, why, at + ASK_AGAIN, again=True)
    if not known.is_good(at):
        why = f"the caller ID's proof expired on {known.expires}"
        return Deny(CALLER_ID, why, at + ASK_AGAIN, again=True)
    return Allow()


def per_number_frequency(limits: PerNumber) -> Rule:
    """One number is dialled at most so often in any hour, and in any 24 hours.

    An attempt that lies in the future means that a clock has gone backwards: nothing can be
    counted, so the number waits until the clocks agree again.
    """
    windows = ((limits.hour, timedelta(hours=1), "hour"), (limits.day, timedelta(days=1), "day"))

    def judge(order: AttemptOrder, history: History) -> Verdict:
        attempts = sorted(history.attempts)
        if attempts and attempts[-1] > order.at:
            until = attempts[-1] + timedelta(hours=1)
            return Deny(PER_NUMBER, "an earlier attempt lies in the future: clock gone back", until)
        reached = [
            (attempts[-most] + window, f"{most} attempts in one {name}")
            for most, window, name in windows
            if len(attempts) >= most and order.at < attempts[-most] + window
        ]
        if not reached:
            return Allow()
        until, why = max(reached)
        return Deny(PER_NUMBER, why, until)

    return Rule(PER_NUMBER, judge)


def refusal_rest(limits: RefusalRest) -> Rule:
    """Who has refused our calls is left alone for so many months or for good, by all campaigns."""

    def judge(order: AttemptOrder, history: History) -> Verdict:
        if history.refused_at is None:
            return Allow()
        if limits.months is None:
            return Deny(REFUSAL_REST, "refused our calls, and is called no more")
        until = months_after(history.refused_at, limits.months)
        if order.at >= until:
            return Allow()
        return Deny(REFUSAL_REST, f"refused our calls less than {limits.months} months ago", until)

    return Rule(REFUSAL_REST, judge)


def suppressed() -> Rule:
    """Whom the book of suppressions names is not called, for as long as it does."""

    def judge(order: AttemptOrder, history: History) -> Verdict:
        against = strongest(history.suppressions, order.at)
        if against is None:
            return Allow()
        return Deny(SUPPRESSED, against.words, against.until)

    return Rule(SUPPRESSED, judge)
