from __future__ import annotations

import pytest

from audio.events import DtmfReceived
from dialer.core.calls.call import Call, CallLimits, UnexpectedEventError
from dialer.core.calls.call_table import TRANSITIONS, State, Trigger
from dialer.core.calls.commands import (
    AnswerCall,
    Cancel,
    Finish,
    HangUp,
    SendInvite,
    StartConversation,
    TurnAway,
)
from dialer.core.values.events import (
    Answered,
    AnswerRequested,
    Arrived,
    CallEvent,
    CancelWaits,
    DeadlinePassed,
    DialFailed,
    DialRequested,
    EndRequested,
    HoldChanged,
    InviteSent,
    Joined,
    LocalEnded,
    LocalFault,
    OptedOut,
    PeerLost,
    Progressed,
    Rejected,
    RemoteHungUp,
    Unread,
)
from dialer.core.values.outcome import Outcome, Reason
from tests.support.orders import CALLER_ID

LIMITS = CallLimits(no_progress=4, ring=40, talk=600, cancel_grace=32, bye_grace=30)
RING = Progressed(180, early_media=False)
EARLY = Progressed(183, early_media=True)


def call_after(*events: CallEvent) -> Call:
    """A call at time 100 that has seen these, each at that instant."""
    call = Call(LIMITS)
    for event in (DialRequested(), InviteSent("id@test"), *events):
        call.handle(event, 100.0)
    return call


def reason(commands: tuple[object, ...]) -> Reason:
    (finish,) = commands
    assert isinstance(finish, Finish)
    return finish.outcome.reason


def test_an_answered_call_from_first_to_last() -> None:
    call = Call(LIMITS)
    assert call.handle(DialRequested(), 0.0) == (SendInvite(),)
    assert call.handle(InviteSent("a@b"), 0.5) == ()
    assert call.handle(RING, 1.5) == ()
    assert call.handle(EARLY, 2.0) == ()
    assert call.handle(Answered(), 5.0) == (StartConversation(),)
    assert not call.held
    assert call.handle(HoldChanged(held=True), 6.0) == ()
    assert call.held
    assert call.handle(EndRequested(Reason.COMPLETED), 20.0) == (HangUp(),)
    assert call.outcome is None
    assert call.handle(LocalEnded(), 20.1) == (Finish(Outcome.of(Reason.COMPLETED)),)
    assert call.outcome == Outcome.of(Reason.COMPLETED)
    assert (call.sip_call_id, call.post_dial_delay, call.answered_at) == ("a@b", 1.0, 5.0)
    assert call.next_deadline() is None


def test_media_before_the_answer_is_not_an_answer() -> None:
    call = call_after(EARLY)
    assert call.state is State.EARLY_MEDIA
    assert call.answered_at is None
    assert call.handle(RING, 101.0) == ()
    assert call.state is State.EARLY_MEDIA


@pytest.mark.parametrize(
    "event,why",
    [
        (Rejected(486), Reason.BUSY),
        (Rejected(503, q850=34), Reason.CONGESTION),
        (Rejected(408, heard=False), Reason.NO_REPLY),
        (DialFailed(LocalFault.VETOED), Reason.VETOED),
        (LocalEnded(), Reason.INTERNAL_ERROR),
    ],
)
@pytest.mark.parametrize("before", [(), (RING,), (EARLY,)])
def test_the_ways_in_which_a_dial_ends(
    before: tuple[CallEvent, ...], event: CallEvent, why: Reason
) -> None:
    assert reason(call_after(*before).handle(event, 101.0)) is why


@pytest.mark.parametrize(
    "event,why",
    [
        (RemoteHungUp(), Reason.HUNG_UP),
        (RemoteHungUp(41), Reason.PEER_LOST),
        (PeerLost("rtp_silence"), Reason.PEER_LOST),
        (LocalEnded(), Reason.INTERNAL_ERROR),
    ],
)
def test_the_ways_in_which_a_conversation_ends_without_us(event: CallEvent, why: Reason) -> None:
    assert reason(call_after(Answered()).handle(event, 101.0)) is why


def test_a_call_that_was_never_dialled_ends_without_a_word_to_the_line() -> None:
    call = Call(LIMITS)
    assert reason(call.handle(EndRequested(Reason.DRAINED), 0.0)) is Reason.DRAINED


# Timers.


def test_no_progress_runs_until_the_first_18x_and_then_the_ring_limit_does() -> None:
    assert call_after().next_deadline() == 104.0
    call = call_after(RING)
    assert call.next_deadline() == 140.0
    assert call.handle(DeadlinePassed(), 140.0) == (Cancel(),)
    assert call.next_deadline() == 172.0
    assert reason(call.handle(Rejected(487), 140.2)) is Reason.NO_ANSWER


def test_a_carrier_without_a_sign_of_life_is_cancelled_for_no_reply() -> None:
    call = call_after()
    assert call.handle(DeadlinePassed(), 104.0) == (Cancel(),)
    assert reason(call.handle(LocalEnded(), 104.1)) is Reason.NO_REPLY


def test_a_ring_limit_below_the_progress_limit_comes_first() -> None:
    call = Call(CallLimits(no_progress=60, ring=40))
    call.handle(DialRequested(), 0.0)
    assert call.next_deadline() == 40.0
    call.handle(DeadlinePassed(), 40.0)
    assert reason(call.handle(Rejected(487), 41.0)) is Reason.NO_ANSWER


def test_timers_start_with_the_request_and_are_exact_with_the_invite() -> None:
    call = Call(LIMITS)
    call.handle(DialRequested(), 100.0)
    assert call.next_deadline() == 104.0
    call.handle(InviteSent("id"), 101.0)
    assert call.next_deadline() == 105.0


def test_a_487_that_never_comes_does_not_keep_the_call() -> None:
    call = call_after(RING)
    call.handle(EndRequested(Reason.DRAINED), 110.0)
    assert call.next_deadline() == 142.0
    assert reason(call.handle(DeadlinePassed(), 142.0)) is Reason.DRAINED


def test_a_bye_without_an_end_does_not_keep_the_call() -> None:
    call = call_after(Answered())
    call.handle(EndRequested(Reason.COMPLETED), 110.0)
    assert reason(call.handle(DeadlinePassed(), 140.0)) is Reason.COMPLETED


def test_the_longest_conversation() -> None:
    call = call_after(Answered())
    assert call.handle(DeadlinePassed(), 700.0) == (HangUp(),)
    assert reason(call.handle(LocalEnded(), 700.1)) is Reason.TIME_LIMIT


def test_a_conversation_with_a_person_has_a_limit_of_its_own_from_the_joining() -> None:
    call = call_after(Answered())
    assert call.handle(Joined("b"), 400.0) == ()
    assert call.next_deadline() == 400.0 + 7200.0
    assert call.handle(DeadlinePassed(), 7599.9) == ()
    assert call.handle(DeadlinePassed(), 7600.0) == (HangUp(),)
    assert call.answered_at == 100.0


def test_a_joining_that_crosses_our_bye_gives_its_end_no_more_time() -> None:
    call = call_after(Answered())
    call.handle(EndRequested(Reason.COMPLETED), 110.0)
    for late in (Joined("b"), HoldChanged(held=True), OptedOut(), EndRequested(Reason.DRAINED)):
        assert call.handle(late, 120.0) == ()
        assert call.next_deadline() == 140.0


def test_a_second_end_asked_for_gives_a_cancel_no_more_time() -> None:
    call = call_after(RING)
    call.handle(EndRequested(Reason.DRAINED), 110.0)
    for late in (EndRequested(Reason.CANCELLED), RING, EARLY, InviteSent("again")):
        assert call.handle(late, 120.0) == ()
        assert call.next_deadline() == 142.0


def test_the_post_dial_delay_is_to_the_first_18x() -> None:
    call = Call(LIMITS)
    call.handle(DialRequested(), 0.0)
    call.handle(InviteSent("id"), 1.0)
    call.handle(RING, 3.5)
    call.handle(EARLY, 9.0)
    assert call.post_dial_delay == 2.5


def test_an_attempt_that_drew_no_reply_is_left_behind() -> None:
    call = call_after()
    assert not call.left_behind
    call.handle(DeadlinePassed(), 104.0)
    assert reason(call.handle(CancelWaits(), 104.0)) is Reason.NO_REPLY
    assert call.left_behind


@pytest.mark.parametrize("early", [99.0, 103.999])
def test_a_wake_up_before_its_time_does_nothing(early: float) -> None:
    call = call_after()
    assert call.handle(DeadlinePassed(), early) == ()
    assert call.state is State.DIALING


def test_a_wake_up_without_a_deadline_does_nothing() -> None:
    call = Call(LIMITS)
    assert call.handle(DeadlinePassed(), 1e9) == ()
    assert call.state is State.NEW


# Crossings.


def test_a_200_that_crosses_our_cancel_is_hung_up_and_no_conversation_starts() -> None:
    call = call_after(RING)
    assert call.handle(DeadlinePassed(), 140.0) == (Cancel(),)
    assert call.handle(Answered(), 140.1) == (HangUp(),)
    assert call.handle(EndRequested(Reason.DRAINED), 140.2) == ()
    assert reason(call.handle(LocalEnded(), 140.3)) is Reason.NO_ANSWER


def test_a_callee_reached_across_a_cancel_is_not_rung_through_another_trunk() -> None:
    call = call_after()
    call.handle(DeadlinePassed(), 104.0)
    assert call.handle(Answered(), 104.1) == (HangUp(),)
    assert reason(call.handle(LocalEnded(), 104.2)) is Reason.CANCELLED


def test_a_bye_that_crosses_ours_changes_nothing() -> None:
    call = call_after(Answered())
    call.handle(EndRequested(Reason.COMPLETED), 110.0)
    assert reason(call.handle(RemoteHungUp(), 110.0)) is Reason.COMPLETED


def test_a_late_18x_after_a_cancel_changes_nothing() -> None:
    call = call_after()
    call.handle(DeadlinePassed(), 104.0)
    assert call.handle(RING, 104.1) == ()
    assert call.handle(EARLY, 104.2) == ()
    assert call.state is State.CANCELLING
    assert reason(call.handle(Rejected(487), 104.3)) is Reason.NO_REPLY


@pytest.mark.parametrize(
    "code,why",
    [
        (486, Reason.BUSY),
        (603, Reason.DECLINED),
        (607, Reason.UNWANTED),
        # Gateways send many things for a CANCEL: none of them is the callee's word.
        (480, Reason.DRAINED),
        (503, Reason.DRAINED),
        (404, Reason.DRAINED),
        (408, Reason.DRAINED),
    ],
)
def test_only_the_callees_own_word_is_stronger_than_our_cancel(code: int, why: Reason) -> None:
    call = call_after(RING)
    call.handle(EndRequested(Reason.DRAINED), 110.0)
    assert reason(call.handle(Rejected(code), 110.1)) is why


def test_a_cancel_before_the_invite_left_still_takes_its_call_id() -> None:
    call = Call(LIMITS)
    call.handle(DialRequested(), 0.0)
    assert call.handle(EndRequested(Reason.CANCELLED), 0.1) == (Cancel(),)
    assert call.handle(InviteSent("late"), 0.2) == ()
    assert call.sip_call_id == "late"
    assert call.next_deadline() == pytest.approx(32.1)


# A refusal.


@pytest.mark.parametrize(
    "after",
    [
        (RemoteHungUp(),),
        (PeerLost("rtp_silence"),),
        (EndRequested(Reason.DRAINED), LocalEnded()),
        (EndRequested(Reason.OPTED_OUT), RemoteHungUp()),
    ],
)
def test_once_refused_no_other_end_hides_it(after: tuple[CallEvent, ...]) -> None:
    call = call_after(Answered(), OptedOut())
    commands: tuple[object, ...] = ()
    for event in after:
        commands = call.handle(event, 101.0)
    assert reason(commands) is Reason.OPTED_OUT


def test_a_refusal_while_we_hang_up_still_counts() -> None:
    call = call_after(Answered())
    call.handle(EndRequested(Reason.COMPLETED), 110.0)
    assert call.handle(OptedOut(), 110.0) == ()
    assert reason(call.handle(LocalEnded(), 110.1)) is Reason.OPTED_OUT


def test_a_refusal_known_before_the_answer_outlives_a_busy_that_crosses_the_cancel() -> None:
    call = call_after(RING)
    call.handle(EndRequested(Reason.OPTED_OUT), 110.0)
    assert reason(call.handle(Rejected(486), 110.1)) is Reason.OPTED_OUT


# Calls that come in.

ARRIVED = Arrived("carrier-a", CALLER_ID, None, "in@test")


def came_in(*events: CallEvent) -> Call:
    """A call that came in at time 100 and has seen these, each at that instant."""
    call = Call(LIMITS)
    for event in (ARRIVED, *events):
        call.handle(event, 100.0)
    return call


def test_a_call_that_came_in_from_first_to_last() -> None:
    call = Call(LIMITS)
    assert call.handle(ARRIVED, 0.0) == ()
    assert call.handle(AnswerRequested(), 1.0) == (AnswerCall(),)
    assert call.handle(Answered(), 2.0) == (StartConversation(),)
    assert call.handle(EndRequested(Reason.COMPLETED), 9.0) == (HangUp(),)
    assert reason(call.handle(LocalEnded(), 9.1)) is Reason.COMPLETED
    assert call.answered_at == 2.0


def test_what_is_not_looked_up_in_time_is_turned_away_once() -> None:
    call = came_in()
    assert call.next_deadline() == 105.0
    assert call.handle(DeadlinePassed(), 105.0) == (TurnAway(),)
    assert call.handle(AnswerRequested(), 106.0) == ()
    assert call.handle(EndRequested(Reason.DRAINED), 106.0) == ()
    assert call.next_deadline() == 135.0
    assert reason(call.handle(RemoteHungUp(), 107.0)) is Reason.INTERNAL_ERROR


def test_an_ack_that_crosses_our_hanging_up_begins_no_conversation() -> None:
    call = came_in(AnswerRequested())
    assert call.handle(EndRequested(Reason.DRAINED), 101.0) == (HangUp(),)
    assert call.handle(Answered(), 101.1) == ()
    assert call.answered_at == 101.1
    assert reason(call.handle(LocalEnded(), 101.2)) is Reason.DRAINED


def test_an_ack_that_never_comes_does_not_keep_the_call() -> None:
    call = came_in(AnswerRequested())
    assert call.next_deadline() == 140.0
    assert call.handle(DeadlinePassed(), 140.0) == (HangUp(),)
    assert reason(call.handle(DeadlinePassed(), 170.0)) is Reason.INTERNAL_ERROR


@pytest.mark.parametrize(
    "before,event",
    [
        ((), Answered()),
        ((), ARRIVED),
        ((), DialRequested()),
        ((), Rejected(486)),
        ((AnswerRequested(),), AnswerRequested()),
        ((EndRequested(Reason.CANCELLED),), Answered()),
        ((AnswerRequested(), Answered()), AnswerRequested()),
    ],
)
def test_what_has_no_place_in_a_call_that_came_in_changes_nothing(
    before: tuple[CallEvent, ...], event: CallEvent
) -> None:
    call = came_in(*before)
    kept = dict(vars(call))
    with pytest.raises(UnexpectedEventError):
        call.handle(event, 101.0)
    assert vars(call) == kept


# What has no place.


def test_after_the_end_nothing_follows() -> None:
    call = call_after(RING)
    call.handle(EndRequested(Reason.DRAINED), 110.0)
    call.handle(DeadlinePassed(), 142.0)
    for event in (Answered(), Rejected(487), LocalEnded(), EndRequested(Reason.CANCELLED)):
        assert call.handle(event, 150.0) == ()
    assert call.outcome == Outcome.of(Reason.DRAINED)
    assert call.answered_at is None


@pytest.mark.parametrize(
    "before,event",
    [
        ((), RemoteHungUp()),
        ((), OptedOut()),
        ((), DialRequested()),
        ((Answered(),), Answered()),
        ((Answered(),), Rejected(486)),
        ((Answered(),), RING),
        ((RING, Rejected(486)), DialRequested()),
    ],
)
def test_an_event_without_a_place_raises_and_changes_nothing(
    before: tuple[CallEvent, ...], event: CallEvent
) -> None:
    call = call_after(*before)
    state, deadline, outcome = call.state, call.next_deadline(), call.outcome
    with pytest.raises(UnexpectedEventError):
        call.handle(event, 101.0)
    assert (call.state, call.next_deadline(), call.outcome) == (state, deadline, outcome)


def test_an_event_of_another_kind_raises() -> None:
    with pytest.raises(UnexpectedEventError, match="DtmfReceived"):
        call_after().handle(DtmfReceived(1, 0.0, "1"), 101.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_a_limit_that_is_no_span_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="ring"):
        CallLimits(ring=value)


def test_the_notice_may_be_sooner_than_the_laws_three_seconds_and_never_later() -> None:
    assert CallLimits(notice=3.0).notice == 3.0
    assert CallLimits(notice=1.0).notice == 1.0
    with pytest.raises(ValueError, match=r"notice: 3\.01 s is over the 3 s of the law"):
        CallLimits(notice=3.01)


def test_the_limits_that_hold_where_nobody_says_otherwise() -> None:
    assert CallLimits() == CallLimits(
        no_progress=4, ring=40, talk=600, joined=7200, notice=3, cancel_grace=32, bye_grace=32
    )


# The table itself.


def test_every_state_has_its_row_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(State)
    reached = {State.NEW}
    while ahead := {step.to for state in reached for step in TRANSITIONS[state].values()} - reached:
        reached |= ahead
    assert reached == set(State)


def test_only_ended_has_no_way_out() -> None:
    for state, row in TRANSITIONS.items():
        leads_away = any(step.to is not state for step in row.values())
        assert leads_away is (state is not State.ENDED)


def test_every_trigger_is_used() -> None:
    assert {trigger for row in TRANSITIONS.values() for trigger in row} == set(Trigger)


def test_a_final_reply_that_cannot_be_read_ends_the_attempt_and_later_words_still_count() -> None:
    call = call_after(RING)
    assert call.handle(Unread(200), 101) == (Cancel(),)
    assert call.handle(Unread(200), 101.5) == ()
    assert reason(call.handle(LocalEnded(), 102)) is Reason.UNREADABLE

    busy = call_after(Unread(486))
    assert reason(busy.handle(Rejected(486), 101)) is Reason.BUSY
    answered = call_after(Unread(200))
    assert answered.handle(Answered(), 101) == (HangUp(),)
    assert reason(answered.handle(LocalEnded(), 102)) is Reason.CANCELLED


def test_given_up_for_want_of_progress_it_may_have_been_answered_unread() -> None:
    call = call_after()
    assert call.handle(DeadlinePassed(), 104) == (Cancel(),)
    assert call.handle(Unread(200), 104.1) == ()
    assert reason(call.handle(LocalEnded(), 105)) is Reason.UNREADABLE


def test_ringing_that_cannot_be_read_is_no_reason_for_another_trunk() -> None:
    call = call_after(Unread(183))
    assert call.next_deadline() == 140
    assert call.handle(DeadlinePassed(), 140) == (Cancel(),)
    assert reason(call.handle(Rejected(487), 140.1)) is Reason.NO_ANSWER


def test_an_answer_without_usable_media_is_an_answer() -> None:
    call = call_after(RING)
    assert reason(call.handle(Rejected(488, reached=True), 103)) is Reason.NO_MEDIA
    assert call.answered_at == 103


def test_a_hold_has_a_limit_which_begins_anew_each_time() -> None:
    call = call_after(Answered())
    call.handle(HoldChanged(held=True), 110)
    assert call.next_deadline() == 170
    call.handle(HoldChanged(held=False), 120)
    assert call.next_deadline() == 700
    call.handle(HoldChanged(held=True), 200)
    assert call.handle(DeadlinePassed(), 259.9) == ()
    assert call.handle(DeadlinePassed(), 260) == (HangUp(),)
    assert reason(call.handle(LocalEnded(), 261)) is Reason.HELD


def test_a_person_may_be_kept_on_hold_for_longer() -> None:
    call = call_after(Answered(), Joined("other"))
    call.handle(HoldChanged(held=True), 110)
    assert call.next_deadline() == 100 + LIMITS.joined


def test_the_talk_is_over_with_our_bye() -> None:
    call = call_after(Answered())
    assert call.over_at(130) == 130
    call.handle(EndRequested(Reason.COMPLETED), 118)
    assert reason(call.handle(DeadlinePassed(), 148)) is Reason.COMPLETED
    assert call.over_at(148) == 118
