"""Kill the dialer at any instant: nobody is called twice, and no call is lost from the records."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from dialer.demo.files import Carrier, Job, write
from tests.support.dialing import Run, invites_so_far, records, wait_for_invites
from tests.support.sipp import Sipp

KINDS = "5095706"
"""Busy, answers, declines, drops, rings for ever: digits of the carrier's scenario."""


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "kills, contacts", [(5, 300), pytest.param(20, 900, marks=pytest.mark.soak)]
)
def test_killed_at_random_instants_wire_and_store_agree(
    tmp_path: Path, kills: int, contacts: int
) -> None:
    lot = random.Random(20261122)
    numbers = [f"+8610655{KINDS[row % len(KINDS)]}{2 * row:04d}" for row in range(contacts)]
    with Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier:
        job = Job(
            carriers=[Carrier("carrier", carrier.port, channels=400, cps=60)],
            numbers=numbers,
            concurrency=400,
            routing={"ring": "5s", "no_progress": "4s", "drain": "1s"},
        )
        config, campaign = write(tmp_path, job)
        for _ in range(kills):
            with Run(config, campaign) as run:
                wait_for_invites(carrier, invites_so_far(carrier) + lot.randint(1, 5))
                time.sleep(lot.uniform(0.0, 0.25))
                run.kill()
        with Run(config, campaign) as run:
            code, _, err = run.finish(limit=120)
        assert code == 0, err
    on_wire = carrier.invites()
    calls, attempts = records(tmp_path / "var")

    times_called = Counter(invite.callee for invite in on_wire)
    assert max(times_called.values()) == 1, "somebody was called twice"
    by_number = {call.number.clear: call for call in calls}
    assert len(by_number) == len(calls) == contacts
    assert set(by_number) == set(numbers)
    assert all(call.outcome is not None for call in calls)
    assert set(times_called) <= set(by_number), "an INVITE left that was not committed"
    never_sent = set(by_number) - set(times_called)
    assert all(str(by_number[number].outcome) == "dialer.cut_short" for number in never_sent)
    cut_short = sum(str(call.outcome) == "dialer.cut_short" for call in calls)
    assert cut_short > 0
    assert len(attempts) == contacts
    stored = {attempt.sip_call_id for attempt in attempts} - {None}
    assert stored <= {invite.call_id for invite in on_wire}
