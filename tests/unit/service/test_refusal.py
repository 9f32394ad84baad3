"""A refusal that the store does not take at once is offered again, and the call waits for it."""

from __future__ import annotations

from datetime import datetime

import pytest

from dialer.core.values.outcome import Outcome, Reason
from dialer.errors import StoreError
from dialer.testing import Answer, Callee, MemoryStore, Press
from tests.support.campaigns import Desk
from tests.support.nodes import Node

REFUSING = Callee(rings_after=0.01, final=Answer(0.05), acts=(Press("1", 0.3),))


class Failing(MemoryStore):
    """A store whose disk is full for the first few refusals."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures
        self.kept: list[datetime] = []

    async def opt_out(self, call: str, at: datetime) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreError("the disk is full")
        await super().opt_out(call, at)
        self.kept.append(at)


def refused(failures: int) -> tuple[Desk, Failing]:
    store = Failing(failures)
    desk = Desk(Node(callee_of=lambda _dial: REFUSING, store=store), contacts=1)
    return desk, store


def test_a_refusal_is_kept_once_the_disk_has_room_again() -> None:
    desk, store = refused(4)
    with pytest.raises(StoreError, match="full"):
        desk.run()
    assert len(store.kept) == 1
    assert desk.outcomes() == {str(Outcome.of(Reason.OPTED_OUT)): 1}


def test_a_store_that_stays_away_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    desk, store = refused(10_000)
    with pytest.raises(StoreError, match="full"):
        desk.run()
    assert store.kept == []
    assert 100 < 10_000 - store.failures < 130
    assert "refusal could not be kept" in caplog.text
