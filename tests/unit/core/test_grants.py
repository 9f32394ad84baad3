"""When access may be given and taken, and the words of each refusal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.office.access import RIGHTS, Actor, Right, Role
from dialer.core.office.grants import (
    OWNER,
    Grant,
    give,
    identify,
    recover,
    roles_with,
    take,
    why_not,
)
from dialer.core.values.refused import Refused
from tests.support.access import ADMIN, FIRST, somebody
from tests.support.orders import NOON

SECOND = timedelta(seconds=1)


def refusal(done: object) -> str:
    assert isinstance(done, Refused)
    return done.why


def test_an_access_holds_until_the_instant_at_which_it_expires() -> None:
    given = somebody(expires=NOON + SECOND)
    assert given.holds(NOON)
    assert not given.holds(NOON + SECOND)
    assert not replace(given, revoked_at=NOON).holds(NOON)


@pytest.mark.parametrize(
    "name",
    ["", "Li", "李娜", "li na", "-li", "9li", "+447700900001", "l" * 65, "li\n", "ли", "li@x"],
)
def test_a_name_is_one_that_cannot_be_taken_for_another(name: str) -> None:
    assert "small letters" in refusal(give([FIRST], somebody(name), ADMIN))


@pytest.mark.parametrize("name", ["li.na", "ops-2", "a", "wu_qi9", "l" * 64])
def test_usual_names_of_users_are_fine(name: str) -> None:
    assert not isinstance(give([FIRST], somebody(name), ADMIN), Refused)


@pytest.mark.parametrize(
    "spoiled, words",
    [
        (somebody("root", Role.ADMIN, expires=NOON + SECOND), "without an end"),
        (somebody("root", Role.ADMIN, expires=NOON), "expired already"),
        (replace(FIRST, token_hash="secret"), "hex SHA-256"),
        (replace(FIRST, roles=frozenset()), "at least one role"),
    ],
)
def test_an_access_that_would_be_none_is_refused(spoiled: Grant, words: str) -> None:
    assert words in refusal(give([], spoiled, None))


LOST = "the token went with the laptop"


def test_an_admin_who_lost_the_only_token_gets_a_new_one_and_the_old_one_is_over() -> None:
    made = recover([FIRST], somebody("root", Role.ADMIN, token="new", at=NOON + SECOND), LOST)
    assert not isinstance(made, Refused)
    closed, new = made
    assert closed == replace(FIRST, revoked_at=NOON + SECOND, revoked_by=OWNER)
    assert (new.name, new.roles, new.given_by) == ("root", {Role.ADMIN}, OWNER)
    assert identify(made, FIRST.token_hash, NOON + SECOND) == Refused(
        "the access of root was revoked on 2026-03-02"
    )
    assert identify(made, new.token_hash, NOON + SECOND) == ADMIN


def test_somebody_new_may_be_the_admin_and_the_old_one_stays_to_be_revoked() -> None:
    made = recover([FIRST], somebody("ops-2", Role.ADMIN), LOST)
    assert not isinstance(made, Refused)
    (new,) = made
    assert (new.name, new.given_by) == ("ops-2", OWNER)


@pytest.mark.parametrize(
    "wanted, why, words",
    [
        (somebody("ops-2", Role.ADMIN), "", "a reason is needed"),
        (somebody("ops-2", Role.ADMIN), "call +447700900001", "leave out numbers"),
        (somebody("ops-2", Role.COMPLIANCE), LOST, "somebody holds compliance"),
        (somebody("ops-2", Role.ADMIN, Role.AUDITOR), LOST, "and nothing else"),
        (somebody("ops-2", Role.ADMIN, expires=NOON + SECOND), LOST, "without an end"),
        (somebody("li.na", Role.ADMIN, token="new"), LOST, "li.na has access as compliance"),
        (somebody("Root", Role.ADMIN), LOST, "small letters"),
    ],
)
def test_nothing_else_is_recovered(wanted: Grant, why: str, words: str) -> None:
    assert words in refusal(recover([FIRST, somebody("li.na")], wanted, why))


def test_where_nobody_ever_had_access_nothing_is_recovered() -> None:
    assert "nobody has access yet" in refusal(recover([], FIRST, LOST))


def test_the_owner_is_nobody_who_could_be_named() -> None:
    assert "small letters" in refusal(give([FIRST], somebody(OWNER), ADMIN))


def test_who_may_not_is_told_who_may() -> None:
    li = Actor("li.na", frozenset({Role.OPERATOR, Role.AUDITOR}))
    assert why_not(li, Right.SEE_NUMBERS) is None
    assert refusal(why_not(li, Right.APPROVE_SCRIPTS)) == (
        "li.na, auditor and operator, may not approve or reject scripts; the role compliance may"
    )


@pytest.mark.parametrize("right", Right)
def test_every_right_belongs_to_a_role(right: Right) -> None:
    named = roles_with(right).split(" or ")
    assert {Role(name) for name in named} == {role for role in Role if right in RIGHTS[role]}


def test_an_admin_whose_access_ends_is_no_last_admin() -> None:
    other = somebody("ops-2", Role.ADMIN, expires=NOON + SECOND)
    assert "last admin" in refusal(take([FIRST, other], "root", ADMIN, NOON))
    lasting = somebody("ops-2", Role.ADMIN)
    assert isinstance(take([FIRST, lasting], "root", ADMIN, NOON), Grant)
    assert isinstance(take([FIRST, other], "ops-2", ADMIN, NOON), Grant)


def test_who_is_not_there_cannot_be_taken_off() -> None:
    assert refusal(take([FIRST], "wu", ADMIN, NOON)) == "nobody named wu has access"


def test_one_hash_is_one_access() -> None:
    assert identify([FIRST, somebody()], FIRST.token_hash, NOON) == ADMIN
    assert "not one that was given" in refusal(identify([FIRST], "0" * 64, NOON))


def test_an_admin_who_is_one_no_more_manages_nothing_by_what_was_known_before() -> None:
    """Revoked, and given less, between the look at the token and the deed."""
    closed = replace(FIRST, revoked_at=NOON, revoked_by="ops-2")
    less = somebody("root", Role.COMPLIANCE, token="new")
    grants = [closed, less, somebody("ops-2", Role.ADMIN, token="third")]
    assert "has no access any more" in refusal(give(grants, somebody(), ADMIN))
    assert "has no access any more" in refusal(take(grants, "ops-2", ADMIN, NOON))


def test_compliance_is_recovered_where_nobody_holds_it() -> None:
    gone = replace(somebody("li.na"), revoked_at=NOON, revoked_by="root")
    made = recover([FIRST, gone], somebody("wang", Role.COMPLIANCE), LOST)
    assert not isinstance(made, Refused)
    assert made[-1].roles == {Role.COMPLIANCE}


def test_both_roles_given_before_they_were_kept_apart_give_no_compliance() -> None:
    old = somebody("old", Role.OPERATOR, Role.COMPLIANCE)
    assert old.actor == Actor("old", frozenset({Role.OPERATOR}))
