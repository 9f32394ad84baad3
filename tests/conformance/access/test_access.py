"""Access is given, taken and recognised, in memory as in the store."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dialer.core.office.access import Actor, Right, Role
from dialer.core.office.grants import OWNER, Denial, admit, identify
from dialer.core.office.looks import Look
from dialer.core.values.refused import Refused
from dialer.errors import AccessError
from dialer.ports.desks import AccessDesk
from tests.conformance.access.conftest import Noted
from tests.support.access import ADMIN, FIRST, hash_of, somebody
from tests.support.orders import NOON

HOUR = timedelta(hours=1)
LI = Actor("li.na", frozenset({Role.COMPLIANCE}))


async def whose(access: AccessDesk, token_hash: str, at: datetime = NOON) -> Actor:
    """Whose token this is, by what the desk has kept; raises AccessError where it opens nothing."""
    found = identify(await access.grants(), token_hash, at)
    if isinstance(found, Refused):
        raise AccessError(found.why)
    return found


async def test_nobody_has_access_at_first(access: AccessDesk) -> None:
    assert list(await access.grants()) == []
    with pytest.raises(AccessError, match="not one that was given"):
        await whose(access, hash_of("root"), NOON)


async def test_the_first_access_is_an_admins(access: AccessDesk) -> None:
    with pytest.raises(AccessError, match="first access is an admin's"):
        await access.give(somebody(), None)
    assert await access.give(FIRST, None) == FIRST
    assert await whose(access, FIRST.token_hash, NOON) == ADMIN


async def test_what_was_given_comes_back_whole(access: AccessDesk) -> None:
    await access.give(FIRST, None)
    wanted = somebody("li.na", Role.COMPLIANCE, Role.AUDITOR, expires=NOON + HOUR)
    made = await access.give(wanted, ADMIN)
    assert made.given_by == "root"
    assert list(await access.grants()) == [FIRST, made]
    assert (await whose(access, wanted.token_hash, NOON)).roles == wanted.roles


async def test_an_expired_access_opens_nothing_and_may_be_given_anew(access: AccessDesk) -> None:
    await access.give(FIRST, None)
    old = await access.give(somebody(expires=NOON + HOUR), ADMIN)
    with pytest.raises(AccessError, match=r"li\.na has access already"):
        await access.give(somebody(token="other"), ADMIN)
    with pytest.raises(AccessError, match=r"of li\.na expired on 2026"):
        await whose(access, old.token_hash, NOON + HOUR)
    made = await access.give(somebody(token="other", at=NOON + HOUR), ADMIN)
    _, closed, last = await access.grants()
    assert last == made
    assert (closed.revoked_at, closed.revoked_by) == (NOON + HOUR, "root")
    assert await whose(access, made.token_hash, NOON + HOUR) == LI


async def test_a_revoked_access_opens_nothing(access: AccessDesk) -> None:
    await access.give(FIRST, None)
    await access.give(somebody(), ADMIN)
    taken = await access.take("li.na", ADMIN, NOON + HOUR)
    assert (taken.revoked_at, taken.revoked_by) == (NOON + HOUR, "root")
    assert (await access.grants())[1] == taken
    with pytest.raises(AccessError, match=r"of li\.na was revoked"):
        await whose(access, taken.token_hash, NOON + HOUR)


async def test_the_last_admin_stays(access: AccessDesk) -> None:
    await access.give(FIRST, None)
    with pytest.raises(AccessError, match="last admin"):
        await access.take("root", ADMIN, NOON)
    second = Actor("ops-2", frozenset({Role.ADMIN}))
    await access.give(somebody("ops-2", Role.ADMIN), ADMIN)
    await access.take("root", second, NOON)
    with pytest.raises(AccessError, match="root has no access any more"):
        await access.give(somebody(), ADMIN)


@pytest.mark.parametrize("by", [None, LI])
async def test_only_an_admin_gives_and_takes(access: AccessDesk, by: Actor | None) -> None:
    await access.give(FIRST, None)
    await access.give(somebody(), ADMIN)
    before = await access.grants()
    with pytest.raises(AccessError, match="admin"):
        await access.give(somebody("wu"), by)
    if by is not None:
        with pytest.raises(AccessError, match=r"li\.na, compliance, may not give and take access"):
            await access.take("root", by, NOON)
    assert await access.grants() == before


async def test_an_admin_whose_token_is_lost_is_let_in_again(access: AccessDesk) -> None:
    lost = "the token went with the laptop"
    with pytest.raises(AccessError, match="nobody has access yet"):
        await access.recover(FIRST, "dialer (uid 990)", lost)
    await access.give(FIRST, None)
    await access.give(somebody(), ADMIN)
    before = await access.grants()
    wanted = somebody("li.na", Role.ADMIN, token="new")
    with pytest.raises(AccessError, match=r"li\.na has access as compliance"):
        await access.recover(wanted, "dialer (uid 990)", lost)
    assert await access.grants() == before
    again = somebody("root", Role.ADMIN, token="new", at=NOON + HOUR)
    made = await access.recover(again, "dialer (uid 990)", lost)
    assert (made.given_by, made.roles) == (OWNER, {Role.ADMIN})
    closed, _li, last = await access.grants()
    assert (closed.revoked_at, closed.revoked_by, last) == (NOON + HOUR, OWNER, made)
    with pytest.raises(AccessError, match="of root was revoked"):
        await whose(access, FIRST.token_hash, NOON + HOUR)
    assert await whose(access, made.token_hash, NOON + HOUR) == ADMIN
    await access.take("li.na", ADMIN, NOON + HOUR)


async def test_a_look_is_put_on_record(access: AccessDesk, noted: Noted) -> None:
    assert await noted() == []
    await access.looked(Look("li.na", NOON, "calls", 3, {"campaign": "card"}, "case 7"))
    await access.looked(Look("wu", NOON, "contacts", 1, {}, None))
    first, second = await noted()
    asked = {"campaign": "card"}
    told = {"by": "li.na", "what": "calls", "asked": asked, "rows": 3, "why": "case 7"}
    assert first == ("look", told)
    assert second == ("look", {"by": "wu", "what": "contacts", "asked": {}, "rows": 1, "why": None})


async def test_a_token_that_does_not_open_this_is_put_on_record(
    access: AccessDesk, noted: Noted
) -> None:
    await access.give(FIRST, None)
    grants = await access.grants()
    assert admit(grants, FIRST.token_hash, Right.MANAGE_ACCESS, NOON) == ADMIN
    for token_hash, right, by in [
        (FIRST.token_hash, Right.SEE_NUMBERS, "root"),
        (hash_of("nobody"), Right.SEE_NUMBERS, None),
        (hash_of("nobody"), None, None),
    ]:
        denial = admit(grants, token_hash, right, NOON)
        assert isinstance(denial, Denial)
        assert (denial.by, denial.right, denial.at) == (by, right, NOON)
        assert token_hash not in denial.why
        await access.refused(denial)
        kind, told = (await noted())[-1]
        named = None if right is None else right.value
        assert (kind, told["by"], told["right"]) == ("access_refused", by, named)
        assert told["why"] == denial.why
    assert len(await noted()) == 3
