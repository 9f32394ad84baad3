"""Two who give and take access at once, on two nodes of one PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from dialer.core.office.access import Actor, Role
from dialer.errors import AccessError
from dialer.store import SqlAccess
from tests.support.access import ADMIN, FIRST, somebody
from tests.support.orders import NOON
from tests.support.postgres import Postgres

OTHER = Actor("ops-2", frozenset({Role.ADMIN}))


@pytest_asyncio.fixture
async def desks(postgres: Postgres, postgres_url: str) -> AsyncIterator[list[SqlAccess]]:
    stores = [postgres.store(postgres_url, f"node-{number}") for number in (1, 2)]
    for store in stores:
        await store.open()
    yield [SqlAccess(store.channel) for store in stores]
    for store in stores:
        await store.close()


async def test_two_admins_who_revoke_each_other_leave_one(desks: list[SqlAccess]) -> None:
    here, there = desks
    await here.give(FIRST, None)
    await here.give(somebody("ops-2", Role.ADMIN), ADMIN)
    done = await asyncio.gather(
        here.take("ops-2", ADMIN, NOON), there.take("root", OTHER, NOON), return_exceptions=True
    )
    (refused,) = [each for each in done if isinstance(each, BaseException)]
    assert isinstance(refused, AccessError)
    assert sum(each.holds(NOON) for each in await here.grants()) == 1


async def test_one_is_the_first(desks: list[SqlAccess]) -> None:
    here, there = desks
    done = await asyncio.gather(
        here.give(FIRST, None),
        there.give(somebody("ops-2", Role.ADMIN), None),
        return_exceptions=True,
    )
    (refused,) = [each for each in done if isinstance(each, BaseException)]
    assert isinstance(refused, AccessError)
    assert len(await here.grants()) == 1
