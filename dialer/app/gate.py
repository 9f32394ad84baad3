"""The gate with the figures of a configuration, and what it says of an attempt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialer.app.store import open_reader, reading
from dialer.config import Config
from dialer.config.effective import effective_of
from dialer.core.gate.calendars import PublicCalendar
from dialer.core.gate.calling_hours import CallingHours, Windows
from dialer.core.gate.compliance import Explained, Gate, Rule
from dialer.core.gate.configuration import configuration_approved
from dialer.core.gate.consent import ConsentTerms
from dialer.core.gate.one_number import OneNumber
from dialer.core.gate.rules import GateFigures, PerNumber, RefusalRest, standard_rules
from dialer.core.gate.signed import caller_id_signed
from dialer.core.values.records import AttemptOrder, History


def gate_rules(config: Config) -> tuple[Rule, ...]:
    """The gate's rules with the configuration's figures."""
    terms = config.terms
    standard = standard_rules(
        GateFigures(
            law=config.jurisdiction,
            licence_expires=config.operator.licence.expires,
            caller_ids=config.caller_ids(),
            consent=ConsentTerms(terms.consent_months),
            refusal_rest=RefusalRest(terms.refusal_months),
            one_number=OneNumber(terms.one_number_months),
            hours=CallingHours(
                Windows(workday=terms.workday, day_off=terms.day_off),
                PublicCalendar(terms.calendar, config.compliance.decreed),
            ),
            per_number=PerNumber(terms.per_hour, terms.per_day),
            abandon_rate=terms.abandon_rate,
        )
    )
    certificates = {
        trunk.name: trunk.stir.credentials.valid for trunk in config.trunks if trunk.stir
    }
    return (*standard, caller_id_signed(certificates)) if certificates else standard


def node_rules(config: Config) -> tuple[Rule, ...]:
    """The same, with those of the configuration itself: what a node asks of every attempt."""
    return (
        *gate_rules(config),
        configuration_approved(effective_of(config), config.compliance.lab_numbers),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate says of an attempt: each rule, and the earliest instant that can be lawful."""

    said: Explained
    earliest: datetime | None


async def explanations(
    config: Config, orders: Sequence[AttemptOrder], without: Collection[str] = ()
) -> list[Answer]:
    """What every rule says of each order, by what is on record; in the orders' order.

    The rules named in `without` are not asked. Runs beside a dialling process. Raises StoreError.
    """
    gate = Gate([rule for rule in node_rules(config) if rule.name not in without])

    def answer(order: AttemptOrder, history: History) -> Answer:
        return Answer(gate.explain(order, history), gate.earliest(order, history))

    if not open_reader(config).exists:
        return [answer(order, History()) for order in orders]
    async with reading(config) as store:
        return [answer(order, await store.history(order)) for order in orders]
