"""Trunks that go down and come back while a campaign runs."""

from __future__ import annotations

import asyncio

from dialer.campaigns.run import CampaignRun
from dialer.core.trunks.trunk_state import Question, StateReason, TrunkState
from dialer.testing import Answer, Callee, RemoteBye
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
