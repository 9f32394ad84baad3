"""A second leg to an extension waits for the configuration's approval as a call does."""

from __future__ import annotations

from pathlib import Path

from dialer.core.values.configurations import ApprovedConfiguration
from dialer.core.values.legs import LegKind, LegOrder
from dialer.core.values.records import History
from dialer.core.values.statements import Act
from dialer.core.values.targets import Extension
from dialer.core.values.verdict import Allow, Verdict
from dialer.ports.desks import ConfigurationApproval
from dialer.store import SqlStore
from dialer.store.desks import SqlDesks
from tests.support.access import FIRST
from tests.support.orders import CALLER_ID, NOON
from tests.support.signing import signature


async def test_the_gate_is_shown_what_was_approved(new_store: Path) -> None:
    shown: list[ApprovedConfiguration | None] = []

    def decide(_leg: LegOrder, history: History) -> Verdict:
        shown.append(history.configuration)
        return Allow()

    store = SqlStore(new_store, "node-1")
    await store.open()
    target = Extension("8000", "pbx")

    async def call(name: str) -> None:
        leg = LegOrder(name, "c", "node-1", "pbx", CALLER_ID, target, LegKind.BRIDGE, NOON)
        await store.authorise_leg(leg, decide)

    await call("nobody has access")
    desks = SqlDesks(store)
    await desks.access.give(FIRST, None)
    await call("nothing is approved")
    made = ConfigurationApproval("node-1", "d", "{}", "wang.wei", NOON)
    await desks.configurations.approve(made, signature("wang.wei", Act.APPROVE_CONFIGURATION))
    await call("approved")
    await store.close()
    assert [each and each.content for each in shown] == [None, None, "{}"]
    assert (shown[0], shown[1]) == (None, ApprovedConfiguration(None))
