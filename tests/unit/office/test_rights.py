"""Every use case and every role: who may does, and who may not is on record and got nowhere."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import dialer.office
from dialer.core.office.access import RIGHTS, Right, Role
from dialer.core.office.complaints import Move
from dialer.errors import AccessError
from dialer.files.carrier_calls import CarrierLine
from dialer.files.number_list import NumberList
from dialer.files.said import Said
from dialer.office import (
    access,
    audit,
    calls,
    campaigns,
    complaints,
    configuration,
    contacts,
    keys,
    leads,
    reconciling,
    recordings,
    retention,
    scripts,
    signing,
    suppressions,
)
from dialer.office.looking import View
from dialer.office.request import Request
from tests.support.approvals import content
from tests.support.office import STRANGER, Asking, Doors, Reached, staffed
from tests.support.orders import NOON, number

NUMBER, FILE = number(), Path("bundle.zip")
CLEAR = View(in_clear=True)
VERSION = "abcdef"
LINE = CarrierLine(2, NUMBER, NOON, None)


def read_said() -> Said:
    raise Reached


def read_list() -> NumberList:
    raise Reached


Ask = Callable[[Request], Awaitable[Any]]
USE_CASES: tuple[tuple[Right | None, Callable[..., Any], Ask], ...] = (
    (Right.MANAGE_ACCESS, access.give, lambda who: access.give(who, "new", [Role.AUDITOR])),
    (Right.MANAGE_ACCESS, access.revoke, lambda who: access.revoke(who, Role.OPERATOR)),
    (None, access.grants, access.grants),
    (Right.READ_AUDIT, audit.check, lambda who: audit.check(who, ["00"])),
    (Right.READ_AUDIT, audit.records, audit.records),
    (Right.READ_AUDIT, reconciling.with_carrier, lambda who: reconciling.with_carrier(who, [LINE])),
    (Right.OVERRULE_ANCHORS, audit.overrule, lambda who: audit.overrule(who, (), "as told")),
    (Right.EXPORT_EVIDENCE, audit.export, lambda who: audit.export(who, "call-1", FILE)),
    (None, calls.placed, calls.placed),
    (Right.SEE_NUMBERS, calls.placed, lambda who: calls.placed(who, view=CLEAR)),
    (None, calls.came_in, calls.came_in),
    (Right.SEE_NUMBERS, calls.came_in, lambda who: calls.came_in(who, view=CLEAR)),
    (None, calls.one, lambda who: calls.one(who, "call-1")),
    (Right.SEE_NUMBERS, calls.one, lambda who: calls.one(who, "call-1", CLEAR)),
    (None, leads.leads, leads.leads),
    (Right.SEE_NUMBERS, leads.leads, lambda who: leads.leads(who, view=CLEAR)),
    (None, campaigns.standings, campaigns.standings),
    (Right.END_CAMPAIGNS, campaigns.end, lambda who: campaigns.end(who, "card-renewal")),
    (Right.ANSWER_COMPLAINTS, complaints.open_, lambda who: complaints.open_(who, NUMBER, "x")),
    (
        Right.ANSWER_COMPLAINTS,
        complaints.move,
        lambda who: complaints.move(who, "1", Move.ANSWER, ""),
    ),
    (Right.ANSWER_COMPLAINTS, complaints.to_close, lambda who: complaints.to_close(who, "1", "")),
    (None, complaints.complaints, complaints.complaints),
    (Right.ANSWER_COMPLAINTS, complaints.file, lambda who: complaints.file(who, "1")),
    (None, configuration.compared, configuration.compared),
    (Right.APPROVE_CONFIGURATIONS, configuration.to_approve, configuration.to_approve),
    (Right.APPROVE_CONFIGURATIONS, configuration.approve, configuration.approve),
    (Right.APPROVE_CONFIGURATIONS, configuration.to_withdraw, configuration.to_withdraw),
    (Right.APPROVE_CONFIGURATIONS, configuration.withdraw, configuration.withdraw),
    (None, contacts.pages, lambda who: anext(contacts.pages(who, "card-renewal"))),
    (Right.SEE_NUMBERS, contacts.pages, lambda who: anext(contacts.pages(who, "x", CLEAR))),
    (Right.FORGET_CONTACTS, contacts.forget, lambda who: contacts.forget(who, NUMBER)),
    (None, keys.shelf, keys.shelf),
    (Right.MANAGE_KEYS, keys.rotate, lambda who: keys.rotate(who, "card-renewal")),
    (Right.MANAGE_KEYS, keys.change_master, keys.change_master),
    (None, recordings.rows, recordings.rows),
    (Right.EXPORT_EVIDENCE, recordings.export, lambda who: recordings.export(who, "call-1")),
    (None, retention.plan, retention.plan),
    (Right.FORGET_CONTACTS, retention.run, retention.run),
    (None, retention.certificates, retention.certificates),
    (None, retention.certificate, lambda who: retention.certificate(who, "1")),
    (Right.SUBMIT_SCRIPTS, scripts.submit, lambda who: scripts.submit(who, read_said)),
    (Right.APPROVE_SCRIPTS, scripts.to_approve, lambda who: scripts.to_approve(who, VERSION)),
    (Right.APPROVE_SCRIPTS, scripts.approve, lambda who: scripts.approve(who, VERSION)),
    (Right.APPROVE_SCRIPTS, scripts.reject, lambda who: scripts.reject(who, VERSION, "x")),
    (Right.APPROVE_SCRIPTS, scripts.withdraw, lambda who: scripts.withdraw(who, VERSION, "x")),
    (Right.SUBMIT_SCRIPTS, scripts.recall, lambda who: scripts.recall(who, VERSION)),
    (Right.APPROVE_SCRIPTS, scripts.play, lambda who: scripts.play(who, VERSION, print, "x")),
    (None, scripts.versions, scripts.versions),
    (None, scripts.standing, lambda who: scripts.standing(who, VERSION)),
    (None, scripts.said_now, lambda who: scripts.said_now(who, content())),
    (None, scripts.whole, lambda who: scripts.whole(who, VERSION)),
    (None, scripts.compare, lambda who: scripts.compare(who, VERSION, VERSION)),
    (Right.SUPPRESS, suppressions.add, lambda who: suppressions.add(who, NUMBER, "x")),
    (Right.UNLIST, suppressions.remove, lambda who: suppressions.remove(who, NUMBER, "x")),
    (
        Right.SUPPRESS,
        suppressions.import_list,
        lambda who: suppressions.import_list(who, "a", "b", read_list),
    ),
    (
        Right.UNLIST,
        suppressions.import_list,
        lambda who: suppressions.import_list(who, "a", "b", read_list, replace=True),
    ),
    (
        Right.UNLIST,
        suppressions.to_replace,
        lambda who: suppressions.to_replace(who, "a", "b", read_list),
    ),
    (None, suppressions.entries, suppressions.entries),
    (None, suppressions.lists, suppressions.lists),
    (None, suppressions.check, lambda who: suppressions.check(who, NUMBER)),
)
NEEDS_A_RIGHT = [(right, what, ask) for right, what, ask in USE_CASES if right is not None]
BY_NAME = [f"{what.__module__.rpartition('.')[2]}.{what.__name__}" for _, what, _ in NEEDS_A_RIGHT]


async def reaches(asking: Asking, who: Role | None, ask: Ask) -> bool:
    """Whether any desk but that for access was reached."""
    try:
        await ask(asking.by(who))
    except Reached:
        return True
    return False


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("right, _what, ask", NEEDS_A_RIGHT, ids=BY_NAME)
async def test_who_may_does_and_who_may_not_is_on_record(
    right: Right, _what: object, ask: Ask, role: Role, tmp_path: Path
) -> None:
    desk = await staffed()
    before = await desk.grants()
    asking = Asking(tmp_path, Doors(desk))
    if right in RIGHTS[role]:
        assert await reaches(asking, role, ask) is not (await desk.grants() != before)
        assert desk.denials == []
        return
    with pytest.raises(AccessError, match=f"{role}, {role}, may not {right}") as refused:
        await ask(asking.by(role))
    (denial,) = desk.denials
    assert (denial.by, denial.right, denial.why) == (role, right, str(refused.value))
    assert desk.looks == []
    assert await desk.grants() == before


@pytest.mark.parametrize("right, _what, ask", NEEDS_A_RIGHT, ids=BY_NAME)
async def test_nobody_gets_in_without_a_token_or_by_one_that_is_none(
    right: Right, _what: object, ask: Ask, tmp_path: Path
) -> None:
    desk = await staffed()
    asking = Asking(tmp_path, Doors(desk))
    with pytest.raises(AccessError, match=f"to {right} takes a token of the role"):
        await ask(asking.by(None))
    assert desk.denials == []
    with pytest.raises(AccessError, match="not one that was given here"):
        await ask(asking.by(STRANGER))
    (denial,) = desk.denials
    assert (denial.by, denial.right) == (None, right)
    assert desk.looks == []


@pytest.mark.parametrize("ask", [ask for right, _, ask in USE_CASES if right is None])
async def test_what_everybody_may_asks_for_no_token(ask: Ask, tmp_path: Path) -> None:
    desk = await staffed()
    assert await reaches(Asking(tmp_path, Doors(desk)), None, ask) is not (ask is access.grants)
    assert (desk.denials, desk.looks) == ([], [])


def test_no_use_case_is_missing_here() -> None:
    found = set()
    for module in pkgutil.iter_modules(dialer.office.__path__, "dialer.office."):
        for name, what in vars(importlib.import_module(module.name)).items():
            is_async = inspect.iscoroutinefunction(what) or inspect.isasyncgenfunction(what)
            if is_async and what.__module__ == module.name and not name.startswith("_"):
                found.add(what)
    # These ask in their own way, and have their own tests: test_access.py, test_looking.py,
    # test_signing.py.
    found -= {access.recover, access.whoami, importlib.import_module("dialer.office.looking").eyes}
    found -= {access.keys, access.to_register, access.register_key, access.revoke_key}
    found -= {signing.checked, signing.own_keys}
    assert found == {what for _, what, _ in USE_CASES}
