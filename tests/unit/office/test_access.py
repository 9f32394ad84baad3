"""Who asks: tokens, denials on record, and the two ways to an access that take no right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.core.office.access import Right, Role
from dialer.core.values.suppression import SuppressionKind
from dialer.credentials.tokens import Token
from dialer.errors import AccessError, TokenFormError
from dialer.office import access, recordings, suppressions
from dialer.office.units import AlreadyOpen
from dialer.testing import MemoryAccess
from tests.support.inputs import NOW
from tests.support.office import TOKENS, Asking, Doors, FakeDesks, Forgetful, staffed
from tests.support.orders import number


async def test_the_first_access_takes_no_token_and_the_next_does(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Doors(MemoryAccess()))
    first = await access.give(asking.by(None), "root", [Role.ADMIN])
    with pytest.raises(AccessError, match="give and take access"):
        await access.give(asking.by(None), "eve", [Role.ADMIN])
    given = await access.give(asking.by(first.token), "ann", [Role.OPERATOR])
    assert given.grant.given_by == "root"
    assert given.grant.token_hash == given.token.hash
    assert (await access.whoami(asking.by(given.token))).name == "ann"


async def test_an_access_that_was_taken_opens_nothing_from_then_on(tmp_path: Path) -> None:
    desk = await staffed()
    asking = Asking(tmp_path, Doors(desk))
    await access.revoke(asking.by(Role.ADMIN), Role.OPERATOR)
    with pytest.raises(AccessError, match="was revoked"):
        await suppressions.add(asking.by(Role.OPERATOR), number(), "asked")
    assert [(each.by, each.right) for each in desk.denials] == [(Role.OPERATOR, Right.SUPPRESS)]


async def test_what_has_not_the_form_of_a_token_is_on_record(tmp_path: Path) -> None:
    desk = await staffed()
    request = replace(Asking(tmp_path, Doors(desk)).by(None), token=lambda: Token("swordfish"))
    with pytest.raises(TokenFormError):
        await suppressions.add(request, number(), "asked")
    (denial,) = desk.denials
    assert (denial.by, denial.right) == (None, Right.SUPPRESS)
    assert "swordfish" not in denial.why


async def test_a_denial_that_cannot_be_put_on_record_says_so(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Doors(await staffed(Forgetful())))
    with pytest.raises(AccessError, match=r"may not .* \(and that is not on record: no room"):
        await suppressions.add(asking.by(Role.AUDITOR), number(), "asked")


async def test_where_nothing_was_kept_nobody_has_access_and_lists_are_empty(tmp_path: Path) -> None:
    desks = Doors(MemoryAccess())
    asking = Asking(tmp_path, desks, AlreadyOpen(desks, exists=False))
    with pytest.raises(AccessError, match="its first admin is made by"):
        await suppressions.add(asking.by(Role.OPERATOR), number(), "asked")
    assert desks.access.denials == []
    assert await recordings.rows(asking.by(None)) == ()
    assert not (await suppressions.check(asking.by(None), number())).forbids


async def test_only_a_command_recovers_an_access_and_only_the_owner_s(tmp_path: Path) -> None:
    desk = await staffed()
    asking = Asking(tmp_path, Doors(desk))
    with pytest.raises(AccessError, match="by a command"):
        await access.recover(asking.by(Role.ADMIN), Role.ADMIN, "lost")
    others = AlreadyOpen(Doors(desk), files=(tmp_path, tmp_path / "not there"))
    with pytest.raises(AccessError, match="only the owner of the store"):
        await access.recover(Asking(tmp_path, Doors(desk), others).by(None), Role.ADMIN, "lost")
    assert desk.recovered == []
    ours = AlreadyOpen(Doors(desk), files=(tmp_path,))
    again = await access.recover(Asking(tmp_path, Doors(desk), ours).by(None), "root", "lost")
    assert (await access.whoami(asking.by(again.token))).name == "root"


async def test_whoever_asks_who_they_are_shows_a_token(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Doors(await staffed()))
    assert (await access.whoami(asking.by(Role.ADMIN))).roles == {Role.ADMIN}
    with pytest.raises(AccessError, match="no token"):
        await access.whoami(asking.by(None))


async def test_a_number_on_the_list_is_not_called_and_one_that_refused_until_its_rest_is_over(
    tmp_path: Path,
) -> None:
    desks = FakeDesks(await staffed())
    asking = Asking(tmp_path, desks)
    assert await suppressions.add(asking.by(Role.OPERATOR), number(), "asked us by letter")
    assert not await suppressions.add(asking.by(Role.COMPLIANCE), number(), "asked us again")
    assert (await suppressions.check(asking.by(None), number())).forbids
    rested = desks.calls.book
    rested.enter(number(1), SuppressionKind.REFUSAL, NOW - timedelta(days=400), "node-1")
    rested.enter(number(2), SuppressionKind.REFUSAL, NOW - timedelta(days=20), "node-1")
    assert not (await suppressions.check(asking.by(None), number(1))).forbids
    (against,) = (found := await suppressions.check(asking.by(None), number(2))).found
    assert found.forbids
    assert against.until is not None
    entry = (await suppressions.entries(asking.by(None)))[0]
    assert entry.by == Role.OPERATOR
    assert TOKENS[Role.OPERATOR].text not in repr(asking.by(Role.OPERATOR))
