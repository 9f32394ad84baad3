"""The page of rules has every rule that there is, in the gate's order, with keys that there are."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

from dialer.config import Config
from dialer.core.gate.calendars import PublicCalendar
from dialer.core.gate.caller_id import CallerIds
from dialer.core.gate.calling_hours import CallingHours, Windows
from dialer.core.gate.configuration import CONFIGURATION_APPROVED
from dialer.core.gate.consent import ConsentTerms
from dialer.core.gate.jurisdiction import FIGURES, Terms
from dialer.core.gate.jurisdictions.us import US
from dialer.core.gate.one_number import OneNumber
from dialer.core.gate.rule_book import BOOK
from dialer.core.gate.rules import GateFigures, PerNumber, RefusalRest, standard_rules
from dialer.core.gate.signed import SIGNED
from docs.input_files import sections

RULES = standard_rules(
    GateFigures(
        law=US,
        licence_expires=date(2027, 12, 31),
        caller_ids=CallerIds({}),
        consent=ConsentTerms(),
        refusal_rest=RefusalRest(),
        one_number=OneNumber(),
        hours=CallingHours(Windows(()), PublicCalendar("US")),
        per_number=PerNumber(),
        abandon_rate=0.03,
    )
)


def test_every_rule_is_in_the_book_once_in_the_order_of_the_gate() -> None:
    told = [entry.rule for entry in BOOK]
    assert len(set(told)) == len(told)
    apart = {SIGNED, CONFIGURATION_APPROVED}
    assert [rule for rule in told if rule not in apart] == [rule.name for rule in RULES]


def test_every_entry_says_all_that_an_officer_asks() -> None:
    for entry in BOOK:
        assert entry.asks.count("?") == 1
        assert entry.denied
        assert bool(entry.source) is not bool(entry.figures), "a source, or figures with theirs"


def test_every_figure_of_the_law_is_some_rules_but_for_what_the_call_itself_keeps() -> None:
    judged = [field for entry in BOOK for field in entry.figures]
    assert sorted([*judged, "ring"]) == sorted(field.name for field in fields(Terms))
    by_field = {figure.field: ".".join(figure.key) for figure in FIGURES}
    for entry in BOOK:
        for field in entry.figures:
            assert any(by_field[field].startswith(key) for key in entry.keys)


def test_every_key_is_one_of_the_configuration() -> None:
    known = {
        f"{place}.{field.alias or name}" if place else field.alias or name
        for place, section in sections(Config)
        for name, field in section.model_fields.items()
    }
    for entry in BOOK:
        for key in entry.keys:
            assert key.removesuffix("[]") in known, key
