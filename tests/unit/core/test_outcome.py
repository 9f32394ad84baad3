from __future__ import annotations

import pytest

from dialer.core.values.outcome import WHO_OF, Outcome, Reason, Who, is_carriers_fault, is_refusal


def test_every_reason_belongs_to_someone() -> None:
    assert set(WHO_OF) == set(Reason)
    assert set(WHO_OF.values()) == set(Who)


def test_whose_doing_each_reason_is() -> None:
    """By hand: a fault that was the carrier's is dialled elsewhere, a callee's or ours is not."""
    of = {who: {each.value for each in Reason if WHO_OF[each] is who} for who in Who}
    callees = "hung_up opted_out busy no_answer declined unwanted held unavailable unallocated"
    ours = "completed cancelled drained time_limit notice_late vetoed commit_late cut_short"
    assert of[Who.CALLEE] == set(callees.split())
    assert of[Who.DIALER] == {*ours.split(), "internal_error"}


def test_an_outcome_cannot_blame_the_wrong_party() -> None:
    with pytest.raises(ValueError, match="busy is never the doing of the carrier"):
        Outcome(Who.CARRIER, Reason.BUSY)


def test_words_of_an_outcome_are_who_and_reason() -> None:
    assert str(Outcome.of(Reason.OPTED_OUT)) == "callee.opted_out"


def test_only_opt_out_and_unwanted_are_refusals() -> None:
    assert {reason for reason in Reason if is_refusal(Outcome.of(reason))} == {
        Reason.OPTED_OUT,
        Reason.UNWANTED,
    }


def test_no_other_trunk_walks_round_a_block_or_calls_again_whom_we_spoke_to() -> None:
    assert not is_carriers_fault(Outcome.of(Reason.BLOCKED, 608))
    for reason in (Reason.PEER_LOST, Reason.NO_MEDIA, Reason.UNREADABLE):
        assert Outcome.of(reason).who is Who.CARRIER
        assert not is_carriers_fault(Outcome.of(reason))


def test_a_6xx_speaks_for_the_callee_wherever_one_looks() -> None:
    assert is_carriers_fault(Outcome.of(Reason.NOT_ACCEPTED, 488))
    assert not is_carriers_fault(Outcome.of(Reason.NOT_ACCEPTED, 606))


@pytest.mark.parametrize("reason", [r for r in Reason if WHO_OF[r] is not Who.CARRIER])
def test_what_is_not_the_carriers_is_never_tried_elsewhere(reason: Reason) -> None:
    assert not is_carriers_fault(Outcome.of(reason))
