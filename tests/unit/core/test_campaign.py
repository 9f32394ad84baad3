from __future__ import annotations

import pytest

from dialer.core.calls.campaign import (
    CARRIER_FAULTS,
    LATE_COMMITS,
    NO_TRUNK_UP,
    RATE_WINDOW,
    Campaign,
    CampaignStage,
    Wait,
)
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import Progress
from dialer.core.values.retry import CARRIER_FAULT, COMMIT_LATE
from dialer.core.values.verdict import Deny
from tests.support.orders import NOON

COMPLETED = Outcome.of(Reason.COMPLETED)


def fresh(total: int = 10, done: int = 0) -> Campaign:
    return Campaign(Progress(total=total, waiting=total - done, claimed=0, done=done), now=100.0)


def test_the_accounts_of_a_few_calls() -> None:
    campaign = fresh()
    for _ in range(3):
        campaign.launched()
    campaign.ended(COMPLETED, 110.0, answered=True)
    campaign.ended(Outcome.of(Reason.OPTED_OUT), 115.0, answered=True)
    campaign.denied(Deny("refusal_rest", "refused"), 118.0)
    campaign.denied(Deny("per_number", "1 attempts in one hour", NOON), 119.0)
    shown = campaign.snapshot(120.0)
    assert (shown.total, shown.done, shown.live) == (10, 3, 1)
    assert (shown.answered, shown.refused) == (2, 1)
    assert shown.denied == {"refusal_rest": 1, "per_number": 1}
    assert shown.outcomes == {"dialer.completed": 1, "callee.opted_out": 1}
    assert shown.rate == pytest.approx(3 / 20)
    assert shown.time_left == pytest.approx(7 / (3 / 20))


def test_a_campaign_taken_up_again_counts_what_was_done() -> None:
    shown = fresh(total=10, done=4).snapshot(100.0)
    assert (shown.total, shown.done, shown.rate, shown.time_left) == (10, 4, 0.0, None)


def test_the_rate_forgets_what_was_more_than_a_minute_ago() -> None:
    campaign = fresh()
    campaign.launched()
    campaign.ended(COMPLETED, 101.0, answered=True)
    assert campaign.snapshot(102.0).rate > 0
    later = campaign.snapshot(101.0 + RATE_WINDOW)
    assert (later.rate, later.time_left) == (0.0, None)


def test_draining_lets_live_calls_finish_and_starts_none() -> None:
    campaign = fresh()
    campaign.launched()
    campaign.drain()
    assert campaign.stage is CampaignStage.DRAINING
    assert not campaign.may_launch
    with pytest.raises(ValueError, match="draining"):
        campaign.launched()
    campaign.ended(COMPLETED, 110.0, answered=True)
    assert campaign.stage is CampaignStage.DONE
    campaign.drain()
    assert campaign.stage is CampaignStage.DONE


def test_a_campaign_with_nothing_live_is_done_when_it_drains() -> None:
    campaign = fresh()
    assert campaign.may_launch
    campaign.drain()
    assert campaign.stage is CampaignStage.DONE


def test_a_call_cannot_end_that_never_began() -> None:
    with pytest.raises(ValueError, match="no call is live"):
        fresh().ended(COMPLETED, 100.0, answered=False)


FAULT = Outcome.of(Reason.CONGESTION)


def test_who_met_the_carriers_fault_waits_and_is_not_done() -> None:
    campaign = fresh()
    for contact, again_at in ((1, 170.0), (2, 160.0)):
        campaign.launched()
        campaign.waits(FAULT, contact, again_at)
    shown = campaign.snapshot(120.5)
    assert (shown.done, shown.live, shown.outcomes) == (0, 0, {"carrier.congestion": 2})
    assert [str(wait) for wait in shown.waits] == ["2 wait: carrier faults, again in 40 s"]
    campaign.claimed(2, CARRIER_FAULT)
    assert campaign.snapshot(160.0).waits == (Wait(1, CARRIER_FAULTS, 10.0),)
    campaign.reached(1, 161.0)
    campaign.reached(1, 161.0)
    shown = campaign.snapshot(162.0)
    assert (shown.done, shown.waits) == (1, ())


def test_who_waited_in_an_earlier_run_is_known() -> None:
    progress = Progress(
        total=10,
        waiting=3,
        claimed=0,
        done=3,
        waiting_later={CARRIER_FAULT: 2, COMMIT_LATE: 1, "per_number": 1},
    )
    due = {CARRIER_FAULT: 130.0, COMMIT_LATE: 105.0}
    campaign = Campaign(progress, 100.0, again_at=due)
    faults = Wait(2, CARRIER_FAULTS, 30.0)
    assert campaign.snapshot(100.0).waits == (faults, Wait(1, LATE_COMMITS, 5.0))
    campaign.claimed(4, "per_number")
    campaign.claimed(7, None)
    assert campaign.snapshot(100.0).waits == (faults, Wait(1, LATE_COMMITS, 5.0))
    campaign.claimed(3, COMMIT_LATE)
    assert campaign.snapshot(100.0).waits == (faults,)
    for contact in (5, 6):
        campaign.claimed(contact, CARRIER_FAULT)
    assert campaign.snapshot(131.0).waits == ()


def test_who_waits_for_a_late_commit_is_not_said_to_wait_for_the_carriers() -> None:
    campaign = fresh()
    for contact, why, again_at in ((1, Reason.CONGESTION, 160.0), (2, Reason.COMMIT_LATE, 105.0)):
        campaign.launched()
        campaign.waits(Outcome.of(why), contact, again_at)
    shown = campaign.snapshot(100.5, trunk_up=False)
    assert [str(wait) for wait in shown.waits] == [
        "8 wait: no trunk up",
        "1 wait: carrier faults, again in 60 s",
        "1 wait: late commits, again in 5 s",
    ]


def test_without_a_trunk_everybody_waits_whom_no_rule_has_put_off() -> None:
    progress = Progress(total=10, waiting=6, claimed=0, done=3, waiting_later={"per_number": 1})
    campaign = Campaign(progress, 100.0)
    campaign.launched()
    (wait,) = campaign.snapshot(100.0, trunk_up=False).waits
    assert str(wait) == "5 wait: no trunk up"
    campaign.denied(Deny("per_number", "1 attempts in one hour", NOON), 119.0)
    assert campaign.snapshot(100.0, trunk_up=False).waits == (Wait(4, NO_TRUNK_UP),)
    assert campaign.snapshot(100.0).waits == ()
