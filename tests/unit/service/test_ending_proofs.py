"""A proof that ends while a campaign runs: to the instant; calls go where another still holds."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Final

import pytest

from dialer.campaigns.run import CampaignRun
from dialer.core.gate.caller_id import CallerIds, VerifiedNumber
from dialer.core.gate.compliance import Gate
from dialer.core.gate.rules import caller_id_verified
from dialer.core.trunks.routing import Trunk
from dialer.core.trunks.trunk import TrunkLimits, TrunkLoad
from dialer.ports.line import Dial
from dialer.testing import FakeClock
from tests.support.campaigns import BUSY, Desk
from tests.support.nodes import Node
from tests.support.orders import CALLER_ID

SHORT: Final = VerifiedNumber(CALLER_ID, "Example Bank", "a-17.pdf", date(2026, 6, 30))
LONG: Final = VerifiedNumber(CALLER_ID, "Example Bank", "b-3.pdf", date(2027, 6, 30))
AHEAD: Final = timedelta(seconds=3)
CPS: Final = 5


def made(*trunks: tuple[str, VerifiedNumber]) -> tuple[Desk, list[tuple[str, datetime]]]:
    """A desk whose clock is a little before SHORT's end, and all that it dials: (trunk, when)."""
    clock = FakeClock(SHORT.ends - AHEAD)
    dialled: list[tuple[str, datetime]] = []

    def callee(dial: Dial) -> object:
        dialled.append((dial.trunk, clock.utc()))
        return BUSY

    routes = [
        Trunk(
            name,
            priority,
            1,
            frozenset({CALLER_ID}),
            TrunkLoad(TrunkLimits(50, CPS)),
            proofs={CALLER_ID: known.ends},
        )
        for priority, (name, known) in enumerate(trunks, start=1)
    ]
    gate = Gate([caller_id_verified(CallerIds({name: [known] for name, known in trunks}))])
    node = Node(callee_of=callee, trunks=routes, gate=gate, clock=clock)  # type: ignore[arg-type]
    return Desk(node, contacts=40), dialled


def test_calls_go_on_where_the_number_is_still_ours_to_show() -> None:
    desk, dialled = made(("first", SHORT), ("second", LONG))
    summary = desk.run()
    assert (summary.progress.done, dict(summary.snapshot.denied)) == (40, {})
    late = {trunk for trunk, at in dialled if at > SHORT.ends}
    assert late == {"second"}
    on_first = [at for trunk, at in dialled if trunk == "first"]
    assert len(on_first) >= CPS * 2


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
def test_where_all_proofs_end_calls_stop_to_the_instant_and_it_is_said_why(
    order: tuple[str, str],
) -> None:
    desk, dialled = made(*((name, SHORT) for name in order))

    async def stop_after_the_end(running: CampaignRun) -> None:
        await asyncio.sleep(8)
        running.drain()

    summary = desk.run(stop_after_the_end)
    assert dialled
    assert max(at for _, at in dialled) <= SHORT.ends
    progress = summary.progress
    assert progress.done == len(dialled) < 40
    assert progress.waiting_later["caller_id_verified"] == 40 - len(dialled)
