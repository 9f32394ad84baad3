"""Every test here runs over the shipped fake, and the real desk of the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dialer.core.office.audit_kinds import access as kinds
from dialer.ports.desks import AccessDesk
from dialer.store import SqlAccess, SqlStore
from dialer.testing import MemoryAccess
from tests.support.store import on_record

Noted = Callable[[], Awaitable[list[tuple[str, dict[str, Any]]]]]


@pytest.fixture
def access(sql_store: SqlStore | None) -> AccessDesk:
    return MemoryAccess() if sql_store is None else SqlAccess(sql_store.channel)


@pytest.fixture
def noted(sql_store: SqlStore | None, access: AccessDesk) -> Noted:
    """What is on record of looks, and of tokens that did not open what they were shown to."""

    async def read() -> list[tuple[str, dict[str, Any]]]:
        if sql_store is not None:
            return await on_record(sql_store, kinds.LOOK, kinds.ACCESS_REFUSED)
        assert isinstance(access, MemoryAccess)
        looks = [(kinds.LOOK, kinds.look(each)) for each in access.looks]
        return looks + [(kinds.ACCESS_REFUSED, kinds.refused(each)) for each in access.denials]

    return read
