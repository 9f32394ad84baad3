"""The real store, on either database, does what the fake does, whatever is asked of them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dialer.core.values.outcome import Reason
from dialer.core.values.records import AttemptOrder, CampaignRecord, Contact, History
from dialer.core.values.suppression import SuppressionKind
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.errors import CampaignConflictError
from dialer.ports.store import Store
from dialer.store import SqlStore, SqlSuppressions
from dialer.testing import MemoryStore
from tests.support.orders import NOON, number, order, row
from tests.support.postgres import Postgres
from tests.support.store import attempt_end, call_end, record

Answer = TypeVar("Answer")

NAMES = st.sampled_from(["one", "two", "three"])
ENDS = st.sampled_from(
    [
        Reason.COMPLETED,
        Reason.BUSY,
        Reason.OPTED_OUT,
        Reason.UNWANTED,
        Reason.CONGESTION,
        Reason.COMMIT_LATE,
    ]
)
VERDICTS = st.one_of(
    st.just(Allow()),
    st.just(Allow()),
    st.builds(Deny, st.sampled_from(["per_number", "refusal_rest"]), st.just("as told"), st.none()),
    st.builds(
        lambda rule, hours: (rule, hours),
        st.sampled_from(["per_number", "hours"]),
        st.integers(-1, 30),
    ),
)


class Call:
    """A live call: the order of its last attempt, and whether that has ended."""

    def __init__(self, placed: AttemptOrder) -> None:
        self.placed = placed
        self.between = False


SERVER: list[Postgres] = []


@pytest.fixture(scope="module", autouse=True)
def _server(postgres: Postgres) -> Iterator[None]:
    """Machines are made by Hypothesis, which hands them no fixture."""
    SERVER.append(postgres)
    yield
    SERVER.clear()


class StoreMachine(RuleBasedStateMachine):
    """Every step is done to all; what they say must be the same."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.database = SERVER[0].database()
        self.stores: list[Store] = [
            MemoryStore(),
            SqlStore(Path(self.folder.name), "node-1"),
            SERVER[0].store(self.database.__enter__(), "node-1"),
        ]
        self.now: datetime = NOON
        self.names = 0
        self.campaigns: dict[str, tuple[int, CampaignRecord]] = {}
        self.claimed: list[Contact] = []
        self.live: list[Call] = []
        self.called: list[Contact] = []
        self.all(lambda store: store.open())

    def teardown(self) -> None:
        self.all(lambda store: store.close())
        self.loop.close()
        self.folder.cleanup()
        self.database.__exit__(None, None, None)

    def all(self, ask: Callable[[Store], Awaitable[Answer]]) -> Answer:
        """The answer of all stores, which is one."""

        async def asked() -> list[Answer]:
            return [await ask(store) for store in self.stores]

        expected, *found = self.loop.run_until_complete(asked())
        assert found == [expected] * len(found)
        return expected

    def tick(self) -> None:
        """No two things happen at one instant: the order of reports is then plain."""
        self.now += timedelta(seconds=1)

    @rule(name=NAMES, size=st.integers(0, 6), shift=st.integers(0, 3))
    def open_campaign(self, name: str, size: int, shift: int) -> None:
        if name in self.campaigns:
            campaign, known = self.campaigns[name]
            again = self.all(lambda store: store.open_campaign(known, []))
            assert (again.id, again.fresh) == (campaign, False)
            return
        made = record(name, f"digest of {name}")
        # Campaigns overlap: the same few people are in several of them.
        people = [row(line, number(line + shift)) for line in range(2, size + 2)]
        opened = self.all(lambda store: store.open_campaign(made, people))
        self.campaigns[name] = (opened.id, made)

    @precondition(lambda self: self.campaigns)
    @rule(data=st.data())
    def open_with_another_file(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.campaigns)))
        other = replace(self.campaigns[name][1], contacts_digest="another")

        async def refused(store: Store) -> bool:
            try:
                await store.open_campaign(other, [])
            except CampaignConflictError:
                return True
            return False

        assert self.all(refused)

    @precondition(lambda self: self.campaigns)
    @rule(data=st.data(), limit=st.integers(0, 4))
    def claim(self, data: st.DataObject, limit: int) -> None:
        campaign, _ = self.campaigns[data.draw(st.sampled_from(sorted(self.campaigns)))]

        async def claimed(store: Store) -> list[Contact]:
            return list(await store.claim(campaign, limit, self.now))

        self.claimed += self.all(claimed)

    @precondition(lambda self: self.claimed)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        some = data.draw(st.lists(st.sampled_from(self.claimed), unique_by=id, max_size=3))
        self.all(lambda store: store.release([contact.id for contact in some]))
        for contact in some:
            self.claimed.remove(contact)

    @precondition(lambda self: self.claimed)
    @rule(data=st.data(), answer=VERDICTS)
    def authorise(self, data: st.DataObject, answer: object) -> None:
        self.tick()
        contact = data.draw(st.sampled_from(self.claimed))
        self.claimed.remove(contact)
        self.names += 1
        placed = order(f"{self.names}", self.now, contact)
        if isinstance(self.ask(placed, answer), Allow):
            self.live.append(Call(placed))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def opt_out(self, data: st.DataObject) -> None:
        self.tick()
        call = data.draw(st.sampled_from(self.live))
        self.all(lambda store: store.opt_out(call.placed.call, self.now))

    @precondition(lambda self: any(not call.between for call in self.live))
    @rule(data=st.data(), reason=st.sampled_from([Reason.CONGESTION, Reason.NO_REPLY]))
    def end_attempt(self, data: st.DataObject, reason: Reason) -> None:
        self.tick()
        call = data.draw(st.sampled_from([call for call in self.live if not call.between]))
        end = attempt_end(call.placed, reason, self.now)
        self.all(lambda store: store.end_attempt(end))
        call.between = True

    @precondition(lambda self: any(call.between for call in self.live))
    @rule(data=st.data(), answer=VERDICTS)
    def authorise_on_another_trunk(self, data: st.DataObject, answer: object) -> None:
        self.tick()
        call = data.draw(st.sampled_from([call for call in self.live if call.between]))
        last = call.placed
        again = replace(
            last,
            attempt=f"{last.call}-{last.number_in_call + 1}",
            trunk="carrier-b",
            at=self.now,
            number_in_call=last.number_in_call + 1,
        )
        if isinstance(self.ask(again, answer), Allow):
            call.placed, call.between = again, False

    @precondition(lambda self: self.live)
    @rule(data=st.data(), reason=ENDS, wait=st.none() | st.integers(0, 5))
    def end_call(self, data: st.DataObject, reason: Reason, wait: int | None) -> None:
        self.tick()
        call = data.draw(st.sampled_from(self.live))
        self.live.remove(call)
        again_at = None if wait is None else self.now + timedelta(hours=wait)
        end = replace(call_end(call.placed, reason, self.now), again_at=again_at)
        self.all(lambda store: store.end_call(end))
        self.called.append(call.placed.contact)

    @precondition(lambda self: self.called)
    @rule(data=st.data())
    def reached(self, data: st.DataObject) -> None:
        contact = data.draw(st.sampled_from(self.called))
        self.all(lambda store: store.reached(contact.id))

    @rule(hours=st.sampled_from([0, 1, 5, 23, 24, 30]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def be_killed_and_recover(self) -> None:
        self.tick()
        cut = self.all(lambda store: store.recover("node-1", self.now))
        assert cut == len(self.live)
        self.live.clear()
        self.claimed.clear()

    @rule()
    def restart(self) -> None:
        """Only the real one has something to show for it."""

        async def again(store: Store) -> None:
            await store.close()
            await store.open()

        self.all(again)

    def ask(self, placed: AttemptOrder, answer: object) -> Verdict:
        """Have all ask a gate; what they show it must be the same."""
        shown: list[History] = []
        verdict: Verdict = (
            answer
            if isinstance(answer, Allow | Deny)
            else Deny(answer[0], "as told", self.now + timedelta(hours=answer[1]))  # type: ignore[index]
        )

        def gate(_order: AttemptOrder, history: History) -> Verdict:
            shown.append(history)
            return verdict

        given = self.all(lambda store: store.authorise(placed, gate))
        assert shown == [shown[0]] * len(self.stores)
        return given

    @invariant()
    def they_report_the_same(self) -> None:
        for campaign, _ in self.campaigns.values():
            progress = self.all(lambda store, campaign=campaign: store.progress(campaign))  # type: ignore[misc]
            later = sum(progress.waiting_later.values())
            parts = progress.waiting + progress.claimed + progress.done + later
            assert parts == progress.total

        async def lists(store: Store) -> object:
            return list(await store.calls()), list(await store.attempts())

        self.all(lists)
        self.all(refusals)


async def refusals(store: Store) -> list[tuple[SuppressionKind, datetime, str]]:
    """What the book says, but for the numbers' hashes, which each store keys by itself."""
    if isinstance(store, MemoryStore):
        entries = await store.book.entries()
    else:
        assert isinstance(store, SqlStore)
        entries = await SqlSuppressions(store.channel).entries()
    return [(entry.why, entry.since, entry.by) for entry in entries]


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=8, stateful_step_count=30, deadline=None)
