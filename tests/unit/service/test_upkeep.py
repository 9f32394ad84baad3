"""What a node does for its data: told in metrics, and whatever fails is tried again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from dialer.clock import WatchedClock
from dialer.core.office.complaints import ANSWER_WITHIN
from dialer.core.office.retention import CampaignLife, RetentionTerms, Term, terms_of
from dialer.errors import RetentionError, StoreError
from dialer.metrics.life import LifeMetrics
from dialer.testing import FakeClock, MemoryComplaints, MemorySuppressions
from dialer.upkeep.loops import Upkeep
from tests.support.orders import NOON, number

LATE = CampaignLife(1, "cards", NOON - timedelta(days=31), None, at_work=1)


class Destroying:
    """A destroyer that does as it is told."""

    def __init__(self) -> None:
        self.refuses: Exception | None = None
        self.terms: tuple[Term, ...] = ()
        self.runs = 0

    async def run(self, by: str) -> Sequence[object]:
        assert by == "node-1"
        self.runs += 1
        if self.refuses is not None:
            raise self.refuses
        return ()

    async def plan(self) -> tuple[Term, ...]:
        return self.terms


class Lab:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.clock = FakeClock(NOON)
        self.destroying = Destroying()
        self.complaints = MemoryComplaints(MemorySuppressions(), lambda _number: ())
        self.upkeep = Upkeep(
            self.destroying,  # type: ignore[arg-type]
            self.complaints,
            LifeMetrics(self.registry),
            "node-1",
            WatchedClock(self.clock),
        )

    def metric(self, name: str, **labels: str) -> float:
        found = self.registry.get_sample_value(name, labels)
        assert found is not None
        return found


async def test_the_complaints_are_told_as_they_stand() -> None:
    lab = Lab()
    await lab.upkeep.look_at_complaints()
    assert lab.metric("dialer_complaints", state="open") == 0
    assert math.isnan(lab.metric("dialer_complaint_answer_due_timestamp_seconds"))
    await lab.complaints.open(number(1), "They rang at night.", "ann", NOON)
    lab.clock.advance((ANSWER_WITHIN + timedelta(seconds=1)).total_seconds())
    await lab.upkeep.look_at_complaints()
    for state in ("open", "unanswered", "overdue"):
        assert lab.metric("dialer_complaints", state=state) == 1
    due = lab.metric("dialer_complaint_answer_due_timestamp_seconds")
    assert due == (NOON + ANSWER_WITHIN).timestamp()


@pytest.mark.parametrize("error", [RetentionError("the clock"), StoreError("the disk")])
async def test_a_look_that_is_refused_is_told_and_the_next_one_is_good(error: Exception) -> None:
    lab = Lab()
    lab.destroying.refuses = error
    await lab.upkeep.destroy_once()
    assert lab.metric("dialer_retention_refused") == 1
    assert lab.metric("dialer_retention_run_timestamp_seconds") == 0
    lab.destroying.refuses = None
    await lab.upkeep.destroy_once()
    assert lab.metric("dialer_retention_refused") == 0
    assert lab.metric("dialer_retention_run_timestamp_seconds") == NOON.timestamp()
    assert lab.destroying.runs == 2


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=6)])
async def test_while_the_clock_is_in_doubt_nothing_is_destroyed(jump: timedelta) -> None:
    lab = Lab()
    lab.clock.set_utc(NOON + jump)
    await lab.upkeep.destroy_once()
    assert lab.metric("dialer_retention_refused") == 1
    assert lab.destroying.runs == 0
    lab.clock.set_utc(NOON)
    await lab.upkeep.destroy_once()
    assert lab.metric("dialer_retention_refused") == 0
    assert lab.destroying.runs == 1


async def test_contact_data_that_should_be_gone_is_counted() -> None:
    lab = Lab()
    lab.destroying.terms = terms_of(LATE, RetentionTerms())
    await lab.upkeep.destroy_once()
    assert lab.metric("dialer_retention_late") == 1
