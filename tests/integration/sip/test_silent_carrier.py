"""Two carriers, the first without a word: the next is tried, and nobody is called twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from dialer.campaigns.run import Summary
from dialer.core.values.records import AttemptRow
from dialer.demo.files import Carrier
from tests.support.capture import Capture, SipPacket
from tests.support.loopback import campaign
from tests.support.sipp import Sipp

NO_PROGRESS: Final = 0.4


async def dial(
    folder: Path, first: Sipp, second: Sipp, *, ring: str = "5s"
) -> tuple[Summary, Sequence[AttemptRow], list[SipPacket]]:
    """One contact; trunks are tried in this order."""
    routing = {"no_progress": f"{NO_PROGRESS}s", "ring": ring}
    carriers = [Carrier("first", first.port), Carrier("second", second.port, priority=2)]
    with Capture({first.port, second.port}) as wire:
        async with campaign(folder, carriers, ["+8613912345678"], routing=routing) as at:
            async with asyncio.timeout(30):
                summary = await at.running.run()
            attempts = await at.node.service.parts.store.attempts()
    return summary, attempts, wire.sip()


def invites(packets: Sequence[SipPacket], to: Sipp) -> list[SipPacket]:
    return [each for each in packets if each.what == "INVITE" and each.target == to.port]


async def test_the_next_carrier_is_tried_at_once_and_the_old_invite_is_sent_no_more(
    tmp_path: Path,
) -> None:
    with (
        Sipp("carrier-never-replies", tmp_path) as first,
        Sipp("load-callee-answers-and-hangs-up", tmp_path) as second,
    ):
        summary, attempts, packets = await dial(tmp_path, first, second)
    assert [str(each.outcome) for each in attempts][:1] == ["carrier.no_reply"], summary
    assert summary.progress.done == 1
    assert summary.snapshot.answered == 1
    (old,), (new,) = invites(packets, first), invites(packets, second)
    assert NO_PROGRESS <= new.at - old.at < NO_PROGRESS + 1.0
    assert "CANCEL" not in [each.what for each in packets]


@pytest.mark.timeout(60)
async def test_a_late_answer_ends_in_bye_and_the_next_carriers_invite_is_cancelled(
    tmp_path: Path,
) -> None:
    with (
        Sipp("carrier-silent-then-answers", tmp_path, options=("-d", "1500")) as first,
        Sipp("callee-silent-until-cancel", tmp_path) as second,
    ):
        summary, attempts, packets = await dial(tmp_path, first, second, ring="20s")
    assert first.verdict == "passed"
    assert second.verdict == "passed"
    assert first.received() == ["INVITE", "ACK", "BYE"]
    assert second.received() == ["INVITE", "CANCEL", "ACK"]
    assert [str(each.outcome) for each in attempts] == ["carrier.no_reply", "dialer.cancelled"]
    assert summary.progress.done == 1
    assert dict(summary.progress.waiting_later) == {}
    assert len(invites(packets, first)) == 1


async def test_a_late_180_is_cancelled_while_the_next_carriers_call_goes_on(
    tmp_path: Path,
) -> None:
    with (
        Sipp("carrier-silent-then-rings", tmp_path, options=("-d", "900")) as first,
        Sipp("load-callee-answers-and-hangs-up", tmp_path) as second,
    ):
        summary, _, packets = await dial(tmp_path, first, second)
    assert first.verdict == "passed"
    assert first.received() == ["INVITE", "CANCEL", "ACK"]
    assert second.received() == ["INVITE", "ACK"] or second.received()[:2] == ["INVITE", "ACK"]
    assert summary.snapshot.answered == 1
    assert len(invites(packets, first)) == 1
