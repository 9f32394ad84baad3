"""Failover by connect rate in a running campaign: given way, probed, told, and found again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.campaigns.run import CampaignRun
from dialer.core.calls.signalling import from_sip
from dialer.core.trunks.connect_rate import PROBE_EVERY, RateState
from dialer.core.trunks.failover import Stand
from dialer.core.trunks.past_attempts import LONGEST_UNANSWERED
from dialer.core.trunks.routing import Candidate
from dialer.core.trunks.trunk_book import FailoverRules
from dialer.core.values.records import AttemptEnd, AttemptOrder, CallEnd, Contact
from dialer.errors import StoreAwayError
from dialer.ports.line import Dial
from dialer.testing import Answer, Callee, MemoryStore, Reject, RemoteBye
from dialer.trunks.other_nodes import LOOK_EVERY
from tests.support.campaigns import Desk
from tests.support.fast_time import in_fast_time
from tests.support.nodes import Node, trunk
from tests.support.orders import number, order
from tests.support.store import allow, begin, claim_one

TALKS = Callee(final=Answer(0.5), acts=(RemoteBye(3.0),))
AWAY = Callee(final=Reject(480))
TALKED_OF = "gives? way|carries again|all trunks|only trunk"


def node(
    callee_of: Callable[[Dial], Callee],
    store: MemoryStore | None = None,
    rules: FailoverRules | None = None,
    names: tuple[str, ...] = ("a", "b"),
) -> Node:
    return Node(
        callee_of=callee_of,
        trunks=[trunk(name, channels=200, cps=20) for name in names],
        store=store or MemoryStore(),
        failover=rules or FailoverRules(),
    )


def by_trunk(behaviour: dict[str, Callee]) -> Callable[[Dial], Callee]:
    return lambda dial: behaviour[dial.trunk]


def candidate(at: Node, name: str) -> Candidate:
    chosen = next(each for each in at.trunks if each.name == name)
    return Candidate(chosen, "priority 1", rivals=("a", "b"))


def attempt_end_of(placed: AttemptOrder, code: int) -> AttemptEnd:
    return AttemptEnd(placed.attempt, placed.call, from_sip(code), placed.at)


def share(at: Node, name: str, since: int) -> float:
    dialled = at.scripted.dialled[since:]
    return sum(dial.trunk == name for dial in dialled) / len(dialled)


def test_a_trunk_that_falls_gives_way_and_the_choice_says_so() -> None:
    at = node(by_trunk({"a": AWAY, "b": TALKS}))
    Desk(at, contacts=600).run()
    first = Counter(dial.trunk for dial in at.scripted.dialled[:60])
    assert 15 < first["a"] < 45
    assert share(at, "a", 200) <= 0.1
    told = at.told.bodies("a/connect_rate")
    assert [body["stand"] for body in told][:2] == ["giving_way", "giving_way"]
    assert [body["prefix"] for body in told][:2] == [None, "44770"]
    reasons = [row.why_trunk for row in asyncio.run(at.store.attempts())]
    assert any("; a gives way" in why for why in reasons)
    assert any("; probed: " in why for why in reasons)
    changes = at.counted("dialer_trunk_stand_changes_total")
    assert changes["a", "aside", "all"] == 1
    assert ("b", "aside", "all") not in changes


def test_it_is_probed_and_returns_when_it_is_well_again() -> None:
    seen = Counter[str]()

    def callee(dial: Dial) -> Callee:
        seen[dial.trunk] += 1
        return AWAY if dial.trunk == "a" and seen["a"] <= 45 else TALKS

    at = node(callee)
    Desk(at, contacts=520).run()
    over_all = [body for body in at.told.bodies("a/connect_rate") if body["prefix"] is None]
    assert [body["stand"] for body in over_all] == ["giving_way", "good"]
    assert share(at, "a", 440) > 0.3
    verdicts = [body["verdict"] for body in at.told.bodies("trunks/verdict")]
    assert verdicts == ["giving_way", "well"]


def test_with_a_floor_of_nothing_no_trunk_gives_way() -> None:
    at = node(by_trunk({"a": AWAY, "b": TALKS}), rules=FailoverRules(floor=0))
    Desk(at, contacts=400).run()
    assert share(at, "a", 200) > 0.35
    assert at.told.bodies("connect_rate") == []


def test_when_all_fall_together_the_list_is_at_fault_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    at = node(lambda _dial: AWAY)
    with caplog.at_level(logging.INFO, "dialer.trunks.connect_rates"):
        Desk(at, contacts=600).run()
    assert 0.3 < share(at, "a", 200) < 0.7
    said = [body for body in at.told.bodies("trunks/verdict") if body["verdict"] == "list_at_fault"]
    assert len(said) == 1
    assert "list is at fault" in str(said[0]["words"])
    lines = [record.getMessage() for record in caplog.records]
    assert sum("list is at fault" in line for line in lines) == 1
    assert all(re.search(TALKED_OF, line) for line in lines)
    assert not any(re.search(r"[0-9]{6}", line) for line in lines), "no number in the log"


def test_the_only_trunk_carries_on() -> None:
    at = node(lambda _dial: AWAY, names=("a",))
    summary = Desk(at, contacts=200).run()
    assert summary.progress.done == 200
    assert [body["verdict"] for body in at.told.bodies("trunks/verdict")] == ["only_trunk"]


def test_a_full_trunk_that_is_well_is_waited_for() -> None:
    at = Node(
        callee_of=by_trunk({"a": AWAY, "b": TALKS}),
        trunks=[trunk("a", channels=200, cps=20), trunk("b", channels=2, cps=20)],
    )
    Desk(at, contacts=300).run()
    assert share(at, "a", 150) <= 0.1


def test_after_a_restart_the_trunk_still_gives_way() -> None:
    store = MemoryStore()
    first = node(by_trunk({"a": AWAY, "b": TALKS}), store)

    async def stop(running: CampaignRun) -> None:
        await asyncio.sleep(20)
        running.drain()

    Desk(first, contacts=600).run(stop)
    assert first.service.rates.reports["a"].standing.state is not RateState.GOOD
    again = node(by_trunk({"a": AWAY, "b": TALKS}), store)
    again.clock.advance(300)
    Desk(again, contacts=600).run()
    assert again.told.bodies("a/connect_rate")[0]["stand"] != "good"
    assert share(again, "a", 0) <= 0.1


def test_what_we_end_ourselves_counts_for_nothing() -> None:
    at = node(lambda _dial: Callee(final=None), names=("a",))

    async def stop(running: CampaignRun) -> None:
        await asyncio.sleep(10)
        running.drain(at_once=True)

    Desk(at, contacts=100).run(stop)
    assert len(at.scripted.dialled) > 50
    at.service.rates.refresh()
    assert at.service.rates.reports["a"].figures.seizures == 0


def test_while_a_probe_is_on_its_way_no_second_one_is_chosen() -> None:
    at = node(by_trunk({"a": AWAY, "b": TALKS}))
    rates, callee = at.service.rates, number(1)
    for nth in range(42):
        placed = order(f"fall-{nth}", trunk="a")
        rates.placed(placed, candidate(at, "a"), 0.0)
        rates.ended(placed, attempt_end_of(placed, 480))
    for nth in range(PROBE_EVERY):
        assert rates.rank(("a", "b"), callee).places[0].stand is Stand.CARRY
        rates.placed(order(f"pass-{nth}", trunk="b"), candidate(at, "b"), 0.0)
    probe = replace(candidate(at, "a"), probes=True)
    rates.chosen(probe)
    stands = {place.trunk: place.stand for place in rates.rank(("a", "b"), callee).places}
    assert stands == {"a": Stand.ASIDE, "b": Stand.CARRY}
    rates.withdrawn(probe)
    assert rates.rank(("a", "b"), callee).places[0].stand is Stand.PROBE
    rates.chosen(probe)
    rates.placed(order("probe", trunk="a"), probe, 0.0)
    assert rates.rank(("a", "b"), callee).places[0].trunk == "b"


def test_what_lives_on_another_node_at_the_start_does_not_stop_the_count() -> None:
    at = node(by_trunk({"a": AWAY}), names=("a",))

    async def other_node() -> None:
        await at.store.open()
        contact = await claim_one(at.store, await begin(at.store, 1, "theirs"))
        theirs = order("theirs", at.clock.utc(), contact, trunk="a")
        await at.store.authorise(replace(theirs, node="node-2"), allow)
        await at.store.close()

    asyncio.run(other_node())
    Desk(at, contacts=10).run()
    at.service.rates.refresh()
    assert at.service.rates.reports["a"].figures.seizures == 10


def test_what_other_nodes_have_dialled_is_taken_in_once_and_in_its_order() -> None:
    at = node(by_trunk({"a": AWAY}), names=("a",))
    store, clock, service = at.store, at.clock, at.service

    def figures() -> tuple[int, int]:
        service.rates.refresh()
        seen = service.rates.reports["a"].figures
        return seen.seizures, seen.answered

    async def theirs(name: str, contact: Contact) -> AttemptOrder:
        placed = replace(order(name, clock.utc(), contact, trunk="a"), node="node-2")
        await store.authorise(placed, allow)
        clock.advance(1)
        return placed

    async def ends(placed: AttemptOrder, code: int, *, answered: bool = False) -> None:
        end = replace(attempt_end_of(placed, code), ended_at=clock.utc(), sip_call_id="x")
        said = replace(end, answered_at=placed.at + timedelta(seconds=1)) if answered else end
        await store.end_call(CallEnd(said, placed.contact.id))

    async def work() -> None:
        await service.open()
        campaign = await begin(store, 4)
        first, second, third, fourth = [
            await theirs(str(nth), await claim_one(store, campaign)) for nth in range(4)
        ]
        await ends(first, 480)
        await ends(third, 480)
        await service.other_nodes.look()
        assert figures() == (1, 0), "the second may be answered yet, so the third waits"
        await ends(second, 480, answered=True)
        await service.other_nodes.look()
        await service.other_nodes.look()
        assert figures() == (3, 1)
        clock.advance(LONGEST_UNANSWERED.total_seconds() + 1)
        await service.other_nodes.look()
        assert figures() == (4, 2), "who talks so long has answered"
        await ends(fourth, 480, answered=True)
        await service.other_nodes.look()
        assert figures() == (4, 2)
        mine = order("mine", clock.utc(), first.contact, trunk="a")
        await store.authorise(mine, allow)
        await ends(mine, 480)
        await service.other_nodes.look()
        assert figures() == (4, 2), "our own are told otherwise"

    in_fast_time(clock, work(), 1000)


def test_other_nodes_are_looked_at_again_after_the_store_was_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    at = node(by_trunk({"a": AWAY}), names=("a",))
    looks: list[float] = []

    async def away() -> None:
        looks.append(at.clock.monotonic())
        raise StoreAwayError("it is away")

    async def work() -> None:
        await at.service.open()
        at.service.other_nodes.look = away  # type: ignore[method-assign]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2.5 * LOOK_EVERY):
                await at.service.other_nodes.keep_looking()

    in_fast_time(at.clock, work(), 100)
    assert looks[1] - looks[0] == pytest.approx(LOOK_EVERY, abs=0.01)
    assert "it is away" in caplog.text
