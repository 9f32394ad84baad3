"""Calls that come in, on the shipped fakes: heard, recorded, and held to what was promised."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

import pytest

from dialer.calls.leg import Say
from dialer.calls.reception import Desk, Reception
from dialer.calls.switchboard import Rules, Switchboard
from dialer.core.calls.call import CallLimits
from dialer.core.gate.caller_id import CallerIds, VerifiedNumber
from dialer.core.gate.leg_gate import leg_gate
from dialer.core.gate.rules import caller_id_verified, suppressed
from dialer.core.values.events import Arrived, KeysUnheard
from dialer.core.values.inbound_records import (
    InboundEnd,
    InboundEnding,
    InboundOrder,
    InboundRow,
    LastCall,
)
from dialer.core.values.legs import LegKind, LegRow
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.targets import Extension
from dialer.core.values.verdict import Deny
from dialer.errors import StoreError
from dialer.ports.line import Dial
from dialer.testing import (
    Act,
    Answer,
    Callee,
    MemoryStore,
    Press,
    Reject,
    RemoteBye,
    Talk,
)
from tests.support.fast_time import in_fast_time
from tests.support.nodes import Node, prompt, trunk
from tests.support.orders import CALLER_ID, contact, number, order, row
from tests.support.store import Watching, begin, call_through, claim_one

PERSON: Final = Extension("8000", "pbx")
CALLER: Final = number(1)


OURS: Final = VerifiedNumber(CALLER_ID, "Example Bank", "a-17.pdf", date(2030, 1, 1))


class Lab:
    """A node with a PBX of its own, and a reception."""

    def __init__(
        self,
        *,
        forward: bool = True,
        person: Callee | None = None,
        store: MemoryStore | None = None,
    ) -> None:
        pbx = replace(trunk("pbx", channels=2), own=True)
        self.person = person or Callee(final=Answer(2.0), acts=(RemoteBye(5.0),))
        self.node = Node(
            self.answers, trunks=[trunk(channels=2), pbx], store=store or MemoryStore()
        )
        self.prepared: list[str | None] = []
        self.complaints: list[tuple[E164, str]] = []
        rules = Rules(
            decide=leg_gate(
                [caller_id_verified(CallerIds({name: [OURS] for name in ("carrier-a", "pbx")}))],
                {},
                {"pbx"},
            ),
            limits=CallLimits(ring=10, joined=60),
            places={"pbx": "pbx"},
        )
        desk = Desk(
            Switchboard(self.node.service, rules),
            CallLimits(talk=60, joined=60),
            3.0,
            self.prepare,
            CALLER_ID,
            PERSON if forward else None,
            self.complain,
        )
        Reception(desk).take_calls()

    def answers(self, _dial: Dial) -> Callee:
        return self.person

    async def complain(self, caller: E164, call: str, _at: datetime) -> None:
        self.complaints.append((caller, call))

    async def prepare(self, purpose: str | None) -> Say:
        self.prepared.append(purpose)
        return prompt

    async def called_before(self) -> None:
        """A call of ours to CALLER that ended a while ago."""
        store = self.node.store
        campaign = await begin(store, [row(2, CALLER)])
        now = self.node.clock.utc()
        await call_through(store, await claim_one(store, campaign, now), "1", Reason.NO_ANSWER, now)

    async def call(
        self,
        *acts: Act,
        known: bool = True,
        caller: E164 | None = CALLER,
        attested: bool = True,
    ) -> InboundRow:
        """One call from beginning to end."""
        await self.node.service.open()
        if known:
            await self.called_before()
        line = self.node.scripted
        arrived = Arrived("carrier-a", CALLER_ID, caller, "1@x", attested=attested)
        line.arrive("in-1", arrived, Callee(acts=acts))
        await self.until_over()
        (row,) = await self.node.store.inbound_calls()
        return row

    async def until_over(self) -> None:
        for _ in range(3000):
            rows = await self.node.store.inbound_calls()
            if rows and all(row.ending for row in rows) and not self.node.scripted.live:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("it never ended")

    @property
    def heard(self) -> list[tuple[str, ...]]:
        return [each.prompts for each in self.node.scripted.heard if each.attempt == "in-1"]


def live(lab: Lab, *acts: Act, known: bool = True, caller: E164 | None = CALLER) -> InboundRow:
    return in_fast_time(lab.node.clock, lab.call(*acts, known=known, caller=caller), 400)


KNOWN = ("callback.identity", "callback.reason", "callback.choice", "callback.person")


def test_whom_we_never_called_hears_who_we_are_and_nothing_else() -> None:
    lab = Lab()
    row = live(lab, Press("1", 0.2), Press("0", 0.3), known=False)
    assert lab.heard == [("callback.identity",)]
    assert (row.ending, row.about, row.keys) == (InboundEnding.TOLD, None, "")
    assert lab.node.scripted.dialled == []
    assert lab.prepared == [None]


def test_who_shows_no_number_is_nobody_that_we_know() -> None:
    lab = Lab()
    row = live(lab, caller=None)
    assert (row.caller, row.about, row.ending) == (None, None, InboundEnding.TOLD)
    assert lab.heard == [("callback.identity",)]


def test_whom_we_called_hears_why_and_the_keys_twice() -> None:
    lab = Lab()
    row = live(lab)
    assert lab.heard == [KNOWN, KNOWN[2:], ("callback.goodbye",)]
    assert (row.ending, row.about, row.campaign) == (InboundEnding.TOLD, "call-1", "card-renewal")
    assert lab.prepared == ["card-renewal"]
    assert row.answered_at is not None


def test_key_1_is_on_record_before_it_is_promised_and_no_campaign_calls_again() -> None:
    lab = Lab()
    row = live(lab, Press("1", 0.1))
    assert lab.heard[-1] == ("callback.kept",)
    assert (row.ending, row.keys) == (InboundEnding.SUPPRESSED, "1")
    again = Watching()

    async def ask() -> None:
        await lab.node.store.authorise(
            order("2", lab.node.clock.utc(), contact(1, 1, CALLER)), again
        )

    in_fast_time(lab.node.clock, ask(), 10)
    assert again.shown[0].suppressions
    verdict = suppressed().judge(order(), again.shown[0])
    assert isinstance(verdict, Deny)
    assert verdict.until is None


def test_never_again_in_words_is_on_record_and_a_complaint_is_taken_down() -> None:
    lab = Lab()
    row = live(lab, Talk(0.3, 0.5, "别再给我打电话"))
    assert lab.heard[-1] == ("callback.kept",)
    assert (row.ending, row.keys) == (InboundEnding.SUPPRESSED, "")
    assert lab.complaints == []
    lab = Lab()
    row = live(lab, Talk(0.3, 0.5, "I will report you to the regulator"))
    assert row.ending is InboundEnding.SUPPRESSED
    assert lab.complaints == [(CALLER, row.call)]


def test_a_callers_keys_that_may_not_be_heard_are_told(caplog: pytest.LogCaptureFixture) -> None:
    lab = Lab()

    async def press_what_is_lost() -> None:
        call = asyncio.create_task(lab.call())
        await asyncio.sleep(3)  # answered, and the words are being said
        assert lab.heard
        lab.node.scripted.tell("in-1", KeysUnheard("opus"))
        await call

    in_fast_time(lab.node.clock, press_what_is_lost(), 400)
    assert lab.node.counted("dialer_digits_unheard_total") == {("carrier-a",): 1.0}
    assert "incoming call in-1: its caller's keys may not be heard" in caplog.text


def test_what_cannot_be_written_is_not_promised() -> None:
    class Full(MemoryStore):
        async def suppress(self, call: str, at: datetime) -> None:
            raise StoreError("disk full")

    lab = Lab(store=Full())
    row = live(lab, Press("1", 0.1))
    assert lab.heard[-1] == ("callback.not_kept",)
    assert row.ending is InboundEnding.TOLD
    assert live(Lab(store=Full()), Press("1", 0.1), RemoteBye(0.3)).ending is InboundEnding.HUNG_UP


@pytest.mark.parametrize(
    "fails, ending", [(False, InboundEnding.SUPPRESSED), (True, InboundEnding.HUNG_UP)]
)
def test_who_hangs_up_while_it_is_written_is_recorded_as_it_came_out(
    *, fails: bool, ending: InboundEnding
) -> None:
    class Slow(MemoryStore):
        async def suppress(self, call: str, at: datetime) -> None:
            await asyncio.sleep(5.0)
            if fails:
                raise StoreError("disk full")
            await super().suppress(call, at)

    lab = Lab(store=Slow())
    row = live(lab, Press("1", 0.1), RemoteBye(1.0))
    assert (row.ending, row.keys) == (ending, "1")


def test_key_1_is_written_once_and_again_only_where_that_failed() -> None:
    class Full(MemoryStore):
        asked = 0

        async def suppress(self, call: str, at: datetime) -> None:
            self.asked += 1
            await asyncio.sleep(0.3)
            if self.asked == 1:
                raise StoreError("disk full")
            await super().suppress(call, at)

    store = Full()
    lab = Lab(store=store)
    # One press more while it is written, then one while the failure is told, and one too many.
    row = live(lab, *(Press("1", at) for at in (0.1, 0.2, 0.6, 0.7, 1.1)))
    assert (row.ending, store.asked) == (InboundEnding.SUPPRESSED, 2)
    assert [heard[0] for heard in lab.heard[-2:]] == ["callback.not_kept", "callback.kept"]


def test_a_write_that_takes_long_is_waited_for_and_not_asked_for_twice() -> None:
    class Slow(MemoryStore):
        asked = 0

        async def suppress(self, call: str, at: datetime) -> None:
            self.asked += 1
            await asyncio.sleep(11.0)
            await super().suppress(call, at)

    store = Slow()
    lab = Lab(store=store)
    # The first press has been given up after 10 s, and the caller told so, as the second comes.
    row = live(lab, Press("1", 0.1), Press("1", 10.3))
    assert (row.ending, store.asked) == (InboundEnding.SUPPRESSED, 1)
    assert [heard[0] for heard in lab.heard[-2:]] == ["callback.not_kept", "callback.kept"]


def test_an_end_that_is_not_on_record_is_told_nobody() -> None:
    class Full(MemoryStore):
        async def end_inbound(self, end: InboundEnd) -> None:
            raise StoreError("disk full")

    lab = Lab(store=Full())

    async def call() -> None:
        await lab.node.service.open()
        lab.node.scripted.arrive(
            "in-1", Arrived("carrier-a", CALLER_ID, CALLER, "1@x", attested=True), Callee()
        )
        await asyncio.sleep(60)

    in_fast_time(lab.node.clock, call(), 100)
    topics = [topic for topic, _ in lab.node.told.events]
    assert topics == ["inbound/in-1/arrived", "inbound/in-1/answered"]
    assert lab.node.counted("dialer_inbound_calls_total") == {}
    assert lab.node.trunks[0].load.in_use == 0


def test_a_channel_that_comes_free_is_told_to_those_who_wait_for_one() -> None:
    lab = Lab()
    freed: list[int] = []
    lab.node.service.pool.when_changed(lambda: freed.append(lab.node.trunks[0].load.in_use))
    live(lab)
    assert freed == [0]
    assert lab.node.counted("dialer_inbound_calls_live") == {}


def test_key_0_fetches_a_person_and_both_legs_are_kept() -> None:
    lab = Lab()
    row = live(lab, Press("0", 0.2))
    assert row.ending is InboundEnding.TALKED
    (dial,) = lab.node.scripted.dialled
    assert (dial.callee, dial.trunk, dial.caller_id, dial.opening) == (
        PERSON,
        "pbx",
        CALLER_ID,
        None,
    )
    (leg,) = in_fast_time(lab.node.clock, legs(lab), 10)
    assert (leg.call, leg.kind, leg.target) == ("in-1", LegKind.BRIDGE, "sip:8000@pbx")
    assert leg.joined_at is not None
    assert leg.outcome == Outcome.of(Reason.HUNG_UP)
    assert lab.heard[-1][0] == "callback.moment"
    assert set(lab.heard[-1][1:]) == {"ringing"}
    topics = [topic for topic, _ in lab.node.told.events]
    assert topics == [
        "inbound/in-1/arrived",
        "inbound/in-1/answered",
        "transfers/in-1/began",
        "transfers/in-1/joined",
        "transfers/in-1/ended",
        "inbound/in-1/ended",
    ]
    assert lab.node.counted("dialer_transfers_total") == {("bridge", "joined"): 1}


def test_a_caller_who_hangs_up_takes_the_person_along() -> None:
    lab = Lab(person=Callee(final=Answer(1.0)))
    row = live(lab, Press("0", 0.2), RemoteBye(8.0))
    assert row.ending is InboundEnding.TALKED
    (leg,) = in_fast_time(lab.node.clock, legs(lab), 10)
    assert leg.outcome == Outcome.of(Reason.COMPLETED)


def test_a_talk_with_a_person_is_bounded() -> None:
    lab = Lab(person=Callee(final=Answer(1.0)))
    row = live(lab, Press("0", 0.2))
    assert row.ending is InboundEnding.TIME_LIMIT
    (leg,) = in_fast_time(lab.node.clock, legs(lab), 10)
    assert leg.outcome == Outcome.of(Reason.COMPLETED)


@pytest.mark.parametrize("cause", [None, 16, 41])
def test_a_caller_hangs_up_whatever_cause_the_network_gives(cause: int | None) -> None:
    row = live(Lab(), RemoteBye(1.0, cause))
    assert (row.ending, row.answered_at is not None) == (InboundEnding.HUNG_UP, True)


@pytest.mark.parametrize(
    "drained_at, ending",
    [
        (0.5, InboundEnding.DRAINED),
        (20.0, InboundEnding.TALKED),
    ],
)
def test_a_drain_ends_it_and_whom_it_talks_with(drained_at: float, ending: InboundEnding) -> None:
    lab = Lab(person=Callee(final=Answer(1.0)))

    async def call() -> InboundRow:
        drain = asyncio.create_task(asyncio.sleep(drained_at))
        drain.add_done_callback(lambda _: lab.node.service.end_all(Reason.DRAINED))
        return await lab.call(Press("0", 2.0))

    row = in_fast_time(lab.node.clock, call(), 400)
    assert row.ending is ending
    for leg in in_fast_time(lab.node.clock, legs(lab), 10):
        assert leg.outcome == Outcome.of(Reason.COMPLETED)


@pytest.mark.parametrize(
    "person", [Callee(final=Reject(486)), Callee(final=None)], ids=["busy", "nobody there"]
)
def test_a_person_who_does_not_come(person: Callee) -> None:
    lab = Lab(person=person)
    row = live(lab, Press("0", 0.2))
    assert row.ending is InboundEnding.TOLD
    assert lab.heard[-1] == ("callback.nobody",)
    (leg,) = in_fast_time(lab.node.clock, legs(lab), 10)
    assert leg.joined_at is None


def test_key_1_while_a_person_is_being_called_calls_that_off() -> None:
    lab = Lab(person=Callee(final=None))
    row = live(lab, Press("0", 0.2), Press("1", 2.0))
    assert row.ending is InboundEnding.SUPPRESSED
    assert lab.heard[-1] == ("callback.kept",)
    (leg,) = in_fast_time(lab.node.clock, legs(lab), 10)
    assert leg.outcome == Outcome.of(Reason.CANCELLED)


def test_without_anybody_to_forward_to_key_0_means_nothing() -> None:
    lab = Lab(forward=False)
    row = live(lab, Press("0", 0.2))
    assert lab.heard[0] == KNOWN[:3]
    assert (row.ending, row.keys) == (InboundEnding.TOLD, "0")


def test_where_no_channel_is_free_it_is_turned_away_and_recorded() -> None:
    lab = Lab()
    load = lab.node.trunks[0].load
    for _ in range(2):
        load.seize(lab.node.clock.monotonic())
    row = live(lab)
    assert row.ending is InboundEnding.TURNED_AWAY
    assert lab.node.scripted.turned_away == [("in-1", 503, 30)]
    assert load.in_use == 2


def test_a_store_that_is_not_there_answers_nobody() -> None:
    class Gone(MemoryStore):
        async def arrive(self, order: InboundOrder) -> LastCall | None:
            raise StoreError("gone")

    lab = Lab(store=Gone())

    async def call() -> None:
        await lab.node.service.open()
        lab.node.scripted.arrive(
            "in-1", Arrived("carrier-a", CALLER_ID, CALLER, "1@x", attested=True)
        )
        while lab.node.scripted.live:  # noqa: ASYNC110 -- time jumps
            await asyncio.sleep(0.05)

    in_fast_time(lab.node.clock, call(), 100)
    assert lab.node.scripted.turned_away == [("in-1", 503, 30)]
    assert lab.node.trunks[0].load.in_use == 0


def test_channels_are_given_back() -> None:
    lab = Lab()
    live(lab, Press("0", 0.2))
    assert [each.load.in_use for each in lab.node.trunks] == [0, 0]


async def legs(lab: Lab) -> Sequence[LegRow]:
    return await lab.node.store.legs()


def test_a_number_that_nobody_verified_is_suppressed_and_marked() -> None:
    lab = Lab()
    row = in_fast_time(lab.node.clock, lab.call(Press("1", 0.2), attested=False), 400)
    assert (row.ending, row.attested) == (InboundEnding.SUPPRESSED, False)
    (against,) = lab.node.store.book.against(CALLER)
    assert against.unproven
    assert "unproven" in against.words
    assert ("callback.kept",) in lab.heard
