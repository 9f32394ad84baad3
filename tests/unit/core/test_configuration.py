"""What tightens a configuration and what loosens it; when the gate lets a call through by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialer.core.gate.configuration import (
    CONFIGURATION_APPROVED,
    Value,
    canonical,
    compare,
    configuration_approved,
    read,
)
from dialer.core.gate.jurisdictions.cn import CN
from dialer.core.gate.regions import regions_of, under_jurisdiction
from dialer.core.gate.zones import zones_of
from dialer.core.values.configurations import ApprovedConfiguration
from dialer.core.values.number import E164, parse
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.verdict import Allow, Deny
from tests.support.orders import order

TRUNK = {
    "trunks[a].uri": "sip:a",
    "trunks[a].lab": False,
    "trunks[a].channels": 10,
    "trunks[a].inbound_auth.digest": ["carrier", ["MD5", "SHA-256"]],
    "trunks[a].numbers[+86 (1)]": ["Bank", "a-17", "2027-06-30"],
    "trunks[a].numbers[+86 (2)]": ["Bank", "a-18", "2027-06-30"],
}
WHOLE: dict[str, Any] = TRUNK | {
    "operator.forward": "sip:1@a",
    "operator.transfer_to": ["sip:1@a", "sip:2@a"],
    "law.per_day": 3,
    "law.refusal_months": 6,
    "law.abandon_rate": None,
    "law.workday": [[540, 720], [780, 1080]],
    "unsafe": [],
    "callback.purposes": [],
    "law.days[CN 2027]": ["notice", ["2027-01-01"], ["2027-01-02", "2027-01-03"]],
}


@pytest.mark.parametrize(
    "key, after, tightens",
    [
        ("law.per_day", 2, True),
        ("law.per_day", 4, False),
        ("law.per_day", None, False),
        ("law.per_day", True, False),
        ("law.refusal_months", 12, True),
        ("law.refusal_months", None, True),
        ("law.refusal_months", 5, False),
        ("law.abandon_rate", 0.03, True),
        ("law.workday", [[600, 720]], True),
        ("law.workday", [], True),
        ("law.workday", [[540, 1080]], False),
        ("law.workday", "always", False),
        ("operator.forward", None, True),
        ("operator.forward", "sip:3@a", False),
        ("operator.transfer_to", ["sip:2@a"], True),
        ("operator.transfer_to", ["sip:3@a"], False),
        ("unsafe", ["broker_without_tls"], False),
        ("callback.purposes", [["x", "y"]], False),
        ("trunks[a].uri", "sip:b", False),
        ("trunks[a].lab", True, False),
        ("trunks[a].channels", 5, True),
        ("trunks[a].numbers[+86 (1)]", ["Bank", "a-17", "2027-01-01"], True),
        ("trunks[a].numbers[+86 (1)]", ["Bank", "a-17", "2028-01-01"], False),
        ("trunks[a].numbers[+86 (1)]", ["Other", "a-17", "2027-01-01"], False),
        ("trunks[a].numbers[+86 (3)]", ["Bank", "a-17", "2027-01-01"], False),
        ("trunks[a].inbound_auth.digest", ["carrier", ["SHA-256"]], True),
        ("trunks[a].inbound_auth.digest", ["another", ["SHA-256"]], False),
        ("trunks[a].inbound_auth.digest", ["carrier", ["SHA-256", "SHA-512"]], False),
        ("trunks[a].inbound_auth.digest", None, False),
        ("trunks[a].inbound_auth.client_certificates", ["a.example"], True),
        ("trunks[b].uri", "sip:b", False),
        ("law.brand_new", 1, False),
        ("law.days[CN 2027]", ["notice", ["2027-01-01", "2027-01-04"], ["2027-01-02"]], True),
        ("law.days[CN 2027]", ["notice", ["2027-01-01"], ["2027-01-09"]], False),
        ("law.days[CN 2027]", ["notice", [], []], False),
        ("law.days[CN 2027]", ["another", ["2027-01-01"], []], False),
        ("law.days[CN 2027]", [], False),
        ("law.days[CN 2028]", ["notice", ["2028-01-01"], []], False),
    ],
)
def test_a_change_tightens_only_where_that_is_certain(
    key: str, after: Value, *, tightens: bool
) -> None:
    (change,) = compare(WHOLE, WHOLE | {key: after})
    assert (change.key, change.after, change.tightens) == (key, after, tightens)


def test_what_goes_tightens_where_it_is_a_trunk_or_a_number() -> None:
    def gone(*keys: str) -> list[bool]:
        rest = {key: value for key, value in WHOLE.items() if key not in keys}
        return [change.tightens for change in compare(WHOLE, rest)]

    assert gone(*TRUNK) == [True] * len(TRUNK)
    assert gone("trunks[a].numbers[+86 (1)]") == [True]
    assert gone("trunks[a].lab") == [False]
    assert gone("trunks[a].inbound_auth.digest") == [False]
    assert gone("law.per_day") == [False]
    assert gone("law.days[CN 2027]") == [True], "in a year that is not known nobody is called"
    assert gone() == []


def asked(
    *, lab: bool = False, callee: str = "+8613800138000", shown: str = "+861065550100"
) -> AttemptOrder:
    made = order()
    row = replace(made.contact.row, number=E164(callee))
    contact = replace(made.contact, row=row)
    return replace(made, contact=contact, caller_id=E164(shown), lab=lab)


APPROVED = ApprovedConfiguration(canonical(WHOLE), signed=True)
LOOSER = ApprovedConfiguration(canonical(WHOLE | {"law.per_day": 2}), signed=True)
STRICTER = ApprovedConfiguration(canonical(WHOLE | {"law.per_day": 9}), signed=True)


@pytest.mark.parametrize(
    "found, told",
    [
        (None, "never approved"),
        (ApprovedConfiguration(None), "dialer config approve"),
        (replace(APPROVED, signed=False), "not signed"),
        (LOOSER, "looser than what was approved"),
        (ApprovedConfiguration("{}", signed=True), "looser"),
        (ApprovedConfiguration("[" * 9000, signed=True), "looser"),
        (APPROVED, None),
        (STRICTER, None),
    ],
)
def test_the_gate_asks_for_an_approval(
    found: ApprovedConfiguration | None, told: str | None
) -> None:
    verdict = configuration_approved(WHOLE).judge(asked(), History(configuration=found))
    if told is None:
        assert verdict == Allow()
    else:
        assert isinstance(verdict, Deny)
        assert (verdict.rule, verdict.again) == (CONFIGURATION_APPROVED, True)
        assert told in verdict.why


@pytest.mark.parametrize("listed", [(), ("+8610655501",)])
def test_a_lab_needs_one_where_people_have_access_and_a_number_leaves_as_it_is(
    listed: tuple[str, ...],
) -> None:
    judge = configuration_approved(WHOLE, listed).judge
    staffed = History(configuration=ApprovedConfiguration(None))
    theirs = asked(lab=True, callee="+99912345678", shown="+9991234567")
    assert judge(theirs, staffed) == Allow()
    assert judge(asked(lab=True, callee="+862112345678", shown="+9991234567"), staffed) == Allow()
    assert isinstance(judge(replace(theirs, lab=False), staffed), Deny)
    for numbers in ({"callee": "+861065550123"}, {"shown": "+861065550123"}):
        some = asked(lab=True, **{"callee": "+99912345678", "shown": "+9991234567", **numbers})
        assert isinstance(judge(some, staffed), Deny if listed else Allow)
        assert judge(some, History()) == Allow()


def test_withdrawn_nobody_is_called() -> None:
    judge = configuration_approved(WHOLE).judge
    verdict = judge(asked(), History(configuration=ApprovedConfiguration("", signed=True)))
    assert isinstance(verdict, Deny)
    assert "was withdrawn" in verdict.why


def test_a_text_of_another_form_is_none() -> None:
    assert read(canonical(WHOLE)) == WHOLE
    for bad in ("", "[]", '{"form":2,"effective":{}}', '{"form":1}'):
        assert read(bad) is None


def test_a_reserved_number_is_read_lives_nowhere_and_is_called_in_a_lab_only() -> None:
    number = parse("+999 100 000 001")
    assert (number.clear, regions_of(number), zones_of(number)) == (
        "+999100000001",
        frozenset(),
        (ZoneInfo("UTC"),),
    )
    rule = under_jurisdiction(CN)
    reserved = asked(lab=True, callee=number.clear)
    assert rule.judge(reserved, History()) == Allow()
    assert isinstance(rule.judge(replace(reserved, lab=False), History()), Deny)
