"""The native guard's table: what may be shown where, by the trunks' settings."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any, cast

import pytest

from dialer.core.values.number import E164
from dialer.core.values.number_form import NumberForm, NumberStyle
from dialer.credentials.passport import Signer
from dialer.sip import guard
from dialer.sip.address import locate
from dialer.sip.names import Hop
from dialer.sip.settings import Transport, TrunkSettings
from tests.support.orders import number

ONE, TWO = number(1), number(2)
SIGNS = cast("Signer", object())
LAB = (IPv4Network("127.0.0.0/8"),)
Row = tuple[list[str], dict[str, str]]
"""What may be shown, and the digits signed for."""


class Table:
    """What the guard was given last."""

    rows: dict[str, Row]
    users: dict[str, list[str]]
    labs: dict[str, list[str]]

    dialled: dict[str, list[str]]

    Identities = staticmethod(lambda *parts: parts)

    def allow(self, shown: dict[str, Any], labs: dict[str, list[str]]) -> None:
        self.rows = {at: (numbers, signed) for at, (numbers, _, signed, _) in shown.items()}
        self.users = {at: users for at, (_, users, _, _) in shown.items()}
        self.dialled = {at: dialled for at, (_, _, _, dialled) in shown.items()}
        self.labs = labs


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    table = Table()
    monkeypatch.setattr(guard, "_guard", table)
    return table


def trunk(name: str, uri: str, *numbers: E164, **more: object) -> TrunkSettings:
    return TrunkSettings(name, uri, frozenset(numbers), **more)  # type: ignore[arg-type]


def allow(*trunks: TrunkSettings) -> None:
    guard.allow((each, locate(each, "127.0.0.1")) for each in trunks)


def test_only_a_trunk_that_signs_may_carry_passports(table: Table) -> None:
    allow(
        trunk("plain", "sip:192.0.2.1", ONE, TWO),
        trunk("signs", "sip:192.0.2.2", ONE, signer=SIGNS),
    )
    assert table.rows == {
        "192.0.2.1:5060": ([ONE.clear, TWO.clear], {}),
        "192.0.2.2:5060": ([ONE.clear], {ONE.clear: ONE.digits}),
    }
    assert table.labs == {}


def test_trunks_at_one_address_share_what_may_be_shown_but_one_signs_for_its_own(
    table: Table,
) -> None:
    allow(
        trunk("signs", "sip:192.0.2.1", ONE, signer=SIGNS, lab_networks=LAB),
        trunk("plain", "sip:192.0.2.1:5060", TWO),
        trunk("other port", "sip:192.0.2.1:5070", TWO),
    )
    assert table.rows == {
        "192.0.2.1:5060": ([ONE.clear, TWO.clear], {ONE.clear: ONE.digits}),
        "192.0.2.1:5070": ([TWO.clear], {}),
    }
    assert table.labs == {"192.0.2.1:5060": ["127.0.0.0/8"]}, "all of them are held to the lab"


def test_what_was_allowed_before_is_no_more(table: Table) -> None:
    allow(trunk("a", "sip:192.0.2.1", ONE))
    allow(trunk("b", "sip:192.0.2.2", TWO))
    assert list(table.rows) == ["192.0.2.2:5060"]


def test_numbers_are_shown_as_the_trunk_writes_them_and_signed_for_by_their_digits(
    table: Table,
) -> None:
    form = NumberForm(NumberStyle.DIGITS)
    allow(trunk("a", "sip:192.0.2.1", ONE, numbers=form, signer=SIGNS))
    assert table.rows["192.0.2.1:5060"] == ([ONE.digits], {ONE.digits: ONE.digits})


def test_a_name_is_allowed_where_it_leads_and_as_such(table: Table) -> None:
    named = trunk("a", "sip:carrier.example", ONE)
    hops = tuple(Hop(f"192.0.2.{last}", 5061, Transport.UDP) for last in (1, 2))
    guard.allow([(named, replace(locate(named, "127.0.0.1"), hops=hops))])
    assert list(table.rows) == ["192.0.2.1:5061", "192.0.2.2:5061", "carrier.example"]
    assert len({tuple(users) for users in table.users.values()}) == 1


def test_where_one_leads_to_the_public_network_numbers_are_dialled(table: Table) -> None:
    national = NumberForm(NumberStyle.NATIONAL, "86", access="9")
    allow(
        trunk("pbx", "sip:192.0.2.1", ONE, public=False),
        trunk("carrier", "sip:192.0.2.2", ONE),
        trunk("other", "sip:192.0.2.3", ONE, numbers=national),
        trunk("beside", "sip:192.0.2.3", ONE, public=False),
    )
    assert table.dialled == {
        "192.0.2.1:5060": [],
        "192.0.2.2:5060": ["+"],
        "192.0.2.3:5060": ["90", "900"],
    }
