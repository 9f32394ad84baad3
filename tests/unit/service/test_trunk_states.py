"""Trunks that go down and come back while a campaign runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from dialer.campaigns.run import CampaignRun
from dialer.core.calls.campaign import NO_TRUNK_UP, TRUNKS_REST
from dialer.core.trunks.trunk_state import Question, StateReason, TrunkState
from dialer.testing import Answer, Callee, Reject, RemoteBye
from tests.support.campaigns import Desk
from tests.support.nodes import Node, trunk

DOWN = TrunkState("carrier-a", False, None, StateReason.REFUSED, Question.REGISTER, 503, 0.0)
UP = TrunkState("carrier-a", True, None, StateReason.READY, None, None, 0.0)
SHORT = Callee(final=Answer(0.2), acts=(RemoteBye(0.4),))


def test_nothing_is_dialled_on_a_trunk_that_is_down_and_all_once_it_is_up() -> None:
    node = Node(callee_of=lambda _dial: SHORT)
    desk = Desk(node, contacts=10)
    dialled_while_down: list[int] = []

    async def go_down_and_up(_running: CampaignRun) -> None:
        await asyncio.sleep(60)
        dialled_while_down.append(len(node.scripted.dialled))
        node.scripted.turn(UP)

    node.scripted.turn(DOWN)
    summary = desk.run(go_down_and_up)
    assert dialled_while_down == [0]
    assert len(node.scripted.dialled) == 10
    assert summary.progress.done == 10


def test_another_trunk_carries_the_calls_meanwhile() -> None:
    node = Node(callee_of=lambda _dial: SHORT, trunks=[trunk("carrier-a"), trunk("carrier-b")])
    node.scripted.turn(DOWN)
    Desk(node, contacts=20).run()
    assert {dial.trunk for dial in node.scripted.dialled} == {"carrier-b"}


def test_a_change_is_counted_and_told() -> None:
    node = Node(callee_of=lambda _dial: SHORT)

    async def come_up(_running: CampaignRun) -> None:
        await asyncio.sleep(1)
        node.scripted.turn(UP)

    node.scripted.turn(DOWN)
    Desk(node, contacts=1).run(come_up)
    told = node.told.bodies("trunks/carrier-a/state")
    assert [(body["up"], body["why"], body["sip_code"]) for body in told] == [
        (False, "refused", 503),
        (True, "ready", None),
    ]
    assert node.counted("dialer_trunk_up") == {("carrier-a",): 1}
    assert node.counted("dialer_trunk_registered") == {("carrier-a",): 1}
    assert node.counted("dialer_trunk_reason") == {("carrier-a", "ready"): 1}
    assert node.counted("dialer_trunk_changes_total") == {("carrier-a", "up"): 1}


def test_a_rest_is_told_with_its_end_and_ends_once_when_options_find_the_carrier_well() -> None:
    node = Node(callee_of=lambda _dial: Callee(final=Reject(503, retry_after=18000)))
    probed = TrunkState("carrier-a", None, True, StateReason.READY, None, None, 0.0)
    seen: list[tuple[int, list[str]]] = []

    async def options_are_answered(running: CampaignRun) -> None:
        for _ in range(3):
            await asyncio.sleep(2)
            shown = running.snapshot()
            assert shown is not None
            waits = [wait.why for wait in shown.waits if wait.why in {TRUNKS_REST, NO_TRUNK_UP}]
            seen.append((len(node.scripted.dialled), waits))
            node.scripted.turn(replace(probed, well_at=node.clock.monotonic()))
        running.drain()

    node.scripted.turn(probed)
    Desk(node, contacts=5, concurrency=1).run(options_are_answered, limit=60)
    # It asks for a rest again as soon as a call comes: that one is kept, whatever OPTIONS say.
    assert seen == [(1, [TRUNKS_REST]), (2, [TRUNKS_REST]), (2, [TRUNKS_REST])]
    told = node.told.bodies("trunks/carrier-a/state")
    assert [body["rests_until"] is not None for body in told] == [False, True, False, True]
    (until,) = node.counted("dialer_trunk_rests_until_timestamp_seconds").values()
    assert until > node.clock.utc().timestamp() + 3000
