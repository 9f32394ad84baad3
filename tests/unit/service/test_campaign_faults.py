"""A campaign whose store or prompts fail: nothing more is launched, and all is put in order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

import pytest

from dialer.campaigns.plan import Say
from dialer.campaigns.run import TELL_EVERY
from dialer.core.gate.compliance import ASK_AGAIN, Gate, Rule
from dialer.core.gate.wording_approved import WORDING_APPROVED
from dialer.core.values.records import AttemptOrder, CallEnd, Contact, Decide, History, Progress
from dialer.core.values.verdict import Allow, Deny, Verdict
from dialer.errors import ApprovalError, DialerError, PromptError, StoreError
from dialer.ports.line import Dial
from dialer.testing import Callee, MemoryStore, Reject
from tests.support.campaigns import BUSY, TALKING, Desk
from tests.support.nodes import Node, prompt, trunk


class Failing(MemoryStore):
    """Fails the named method from its `after`-th call on."""

    def __init__(self, method: str, after: int = 0, fault: Exception | None = None) -> None:
        super().__init__()
        self._method = method
        self._left = after
        self._fault = fault or StoreError("the disk is full")
        self.released: list[int] = []

    def _perhaps_fail(self, method: str) -> None:
        if method == self._method:
            self._left -= 1
            if self._left < 0:
                raise self._fault

    async def claim(self, campaign: int, limit: int, now: datetime) -> Sequence[Contact]:
        self._perhaps_fail("claim")
        return await super().claim(campaign, min(limit, 10), now)

    async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
        self._perhaps_fail("authorise")
        return await super().authorise(order, decide)

    async def end_call(self, end: CallEnd) -> None:
        self._perhaps_fail("end_call")
        await super().end_call(end)

    async def progress(self, campaign: int) -> Progress:
        self._perhaps_fail("progress")
        return await super().progress(campaign)

    async def release(self, contacts: Sequence[int]) -> None:
        self._perhaps_fail("release")
        await super().release(contacts)
        self.released.extend(contacts)


@pytest.mark.parametrize(
    "method,after",
    [("claim", 0), ("claim", 2), ("authorise", 0), ("authorise", 7), ("end_call", 3)],
)
def test_a_store_that_fails_ends_the_run_in_good_order(
    method: str, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    store = Failing(method, after)
    loads = [trunk(cps=5)]
    # Calls of some two seconds: some are live when the store fails.
    callee = Callee(final=Reject(486, after=2.0))
    desk = Desk(Node(callee_of=lambda _dial: callee, store=store, trunks=loads), contacts=60)
    failed_at: list[float] = []
    fail = desk.node.service.parts.clock.monotonic

    def noting(method: str) -> None:
        try:
            Failing._perhaps_fail(store, method)
        except StoreError:
            failed_at.append(fail())
            raise

    store._perhaps_fail = noting  # type: ignore[method-assign]
    line = desk.node.scripted
    times: list[float] = []
    dial = line.dial

    def noted(order: Dial) -> None:
        times.append(fail())
        dial(order)

    line.dial = noted  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="full"):
        desk.run()
    assert line.live == ()
    assert not [time for time in times if time > failed_at[0]]
    assert len(times) < 60
    assert loads[0].load.in_use == 0
    progress = desk.progress()
    # Nobody is held who was not called; where records were refused, their contacts stay taken.
    unrecorded = len(failed_at) if method == "end_call" else 0
    assert progress.claimed == unrecorded
    assert progress.done == len(times) - unrecorded
    assert progress.waiting == 60 - len(times)
    (finished,) = desk.node.told.bodies("finished")
    assert finished["why"] == "failed"
    assert finished["done"] == progress.done
    assert sum("no more calls" in each.getMessage() for each in caplog.records) == 1


def test_live_calls_end_of_themselves_before_a_failure_is_raised() -> None:
    store = Failing("claim", 1)
    desk = Desk(Node(callee_of=lambda _dial: TALKING, store=store, drain_limit=60))
    with pytest.raises(StoreError):
        desk.run()
    assert desk.outcomes() == {"dialer.completed": len(desk.dialled)}
    assert desk.dialled


def test_a_store_that_fails_to_the_end_is_told_of_once() -> None:
    """Neither giving back nor counting works any more: the first failure is the one raised."""

    class Dead(Failing):
        def _perhaps_fail(self, method: str) -> None:
            if method == "claim":
                self._left = -1
            if self._left < 0:
                raise StoreError(f"dead at {method}")

    desk = Desk(Node(store=Dead("", 0)))
    desk.node.store._left = 1  # type: ignore[attr-defined]
    with pytest.raises(StoreError, match="dead at claim"):
        desk.run()
    (finished,) = desk.node.told.bodies("finished")
    assert (finished["why"], finished["total"]) == ("failed", 20)


def test_accounts_that_fail_at_the_end_fail_the_run() -> None:
    desk = Desk(Node(callee_of=lambda _dial: BUSY, store=Failing("progress", 1)))
    with pytest.raises(StoreError):
        desk.run()
    (finished,) = desk.node.told.bodies("finished")
    assert finished["why"] == "failed"


def test_accounts_that_fail_under_way_end_the_run() -> None:
    store = Failing("progress", 1)
    desk = Desk(Node(callee_of=lambda _dial: BUSY, store=store, trunks=[trunk(cps=1)]))
    with pytest.raises(StoreError):
        desk.run()
    assert 1 <= len(desk.dialled) <= TELL_EVERY + 1


def test_a_record_that_breaks_in_any_other_way_fails_the_run_too() -> None:
    store = Failing("end_call", 2, ValueError("no such thing"))
    desk = Desk(Node(callee_of=lambda _dial: BUSY, store=store, trunks=[trunk(cps=5)]))
    with pytest.raises(DialerError, match="ValueError"):
        desk.run()
    assert len(desk.dialled) < 20


def test_a_contact_whose_prompt_cannot_be_made_ends_the_run() -> None:
    prepared: list[int] = []

    async def prepare(contact: Contact) -> Say:
        if len(prepared) == 5:
            raise PromptError("prompt nodes.offer: espeak-ng has failed")
        prepared.append(contact.id)
        return prompt

    desk = Desk(Node(callee_of=lambda _dial: BUSY), prepare=prepare)
    with pytest.raises(PromptError, match=r"nodes\.offer"):
        desk.run()
    assert len(desk.dialled) <= 5
    progress = desk.progress()
    assert (progress.claimed, progress.done) == (0, len(desk.dialled))


def test_a_call_that_is_not_on_disk_is_not_told_as_ended() -> None:
    node = Node(callee_of=lambda _dial: BUSY, store=Failing("end_call", 3), trunks=[trunk(cps=5)])
    with pytest.raises(StoreError):
        Desk(node).run()
    assert len(node.told.topics("/ended")) == 3
    assert sum(node.counted("dialer_calls_total").values()) == 3


def test_no_number_is_in_any_log_line_or_event(caplog: pytest.LogCaptureFixture) -> None:
    node = Node(callee_of=lambda _dial: TALKING, store=Failing("end_call", 5))
    with caplog.at_level(logging.DEBUG), pytest.raises(StoreError):
        Desk(node).run()
    assert "7700900" not in caplog.text + repr(node.told.events)


def test_words_that_may_not_be_said_any_more_end_the_run_and_put_off_nobody_else() -> None:
    asked: list[str] = []

    def judge(order: AttemptOrder, _history: History) -> Verdict:
        asked.append(order.attempt)
        if len(asked) <= 5:
            return Allow()
        return Deny(WORDING_APPROVED, "was withdrawn", order.at + ASK_AGAIN, again=True)

    node = Node(
        callee_of=lambda _dial: BUSY,
        gate=Gate([Rule(WORDING_APPROVED, judge)]),
        trunks=[trunk(cps=1)],
    )
    desk = Desk(node, contacts=40)
    with pytest.raises(ApprovalError, match="was withdrawn"):
        desk.run()
    assert len(desk.dialled) == 5
    progress = desk.progress()
    assert progress.waiting_later == {WORDING_APPROVED: 1}
    assert progress.waiting == 34
