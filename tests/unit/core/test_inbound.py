"""A call that came in, told by example: its deadlines, its keys, and a promise once kept."""

from __future__ import annotations

import pytest

from audio.events import DtmfReceived, PlaybackDone
from dialer.core.calls.inbound import (
    CHOICE,
    GOODBYE,
    KEPT,
    MOMENT,
    NOBODY,
    NOT_KEPT,
    PERSON,
    FetchPerson,
    Finish,
    HangUp,
    InboundCall,
    InboundCommand,
    InboundEvent,
    InboundLimits,
    NotReady,
    Ready,
    Stage,
    Suppress,
    TurnAway,
    Written,
)
from dialer.core.dialog.script_commands import CallOff, Play
from dialer.core.values.events import (
    Answered,
    DeadlinePassed,
    EndRequested,
    Joined,
    LocalEnded,
    PeerLost,
    RemoteHungUp,
    TransferFailed,
)
from dialer.core.values.inbound_records import InboundEnding
from dialer.core.values.outcome import Reason

NOW = 1000.0
WAIT = DeadlinePassed()
LIMITS = InboundLimits(look_up=5, answer=40, listen=6, write=10, joined=7200, end=33)


def key(digit: str) -> DtmfReceived:
    return DtmfReceived(1, NOW, digit)


def done(play_id: int, *, completed: bool = True) -> PlaybackDone:
    return PlaybackDone(1, NOW, play_id, 0, completed)


def call_after(*events: InboundEvent, known: bool = True, has_people: bool = True) -> InboundCall:
    """A caller who is being spoken to, and what happened since; all at one instant."""
    call = InboundCall(LIMITS, NOW, has_people=has_people)
    for event in (Ready(known), Answered(), *events):
        call.handle(event, NOW)
    return call


def words(commands: tuple[InboundCommand, ...]) -> list[str]:
    return [item for each in commands if isinstance(each, Play) for item, _ in each.items]


def ending(commands: tuple[InboundCommand, ...]) -> InboundEnding:
    finish = commands[-1]
    assert isinstance(finish, Finish)
    return finish.ending


def test_the_limits_that_hold_where_nobody_says_otherwise() -> None:
    assert InboundLimits() == LIMITS


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_a_limit_that_is_no_span_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="listen"):
        InboundLimits(listen=value)


@pytest.mark.parametrize(
    "stage,events,seconds",
    [
        (Stage.SPEAKING, (), 120),
        (Stage.WAITING, (done(0),), 6),
        (Stage.SUPPRESSING, (key("1"),), 10),
        (Stage.PARTING, (key("1"), Written(kept=True)), 15),
        (Stage.CONNECTING, (key("0"),), 90),
        (Stage.PARTING, (key("0"), TransferFailed()), 15),
        (Stage.JOINED, (key("0"), Joined("b")), 7200),
        (Stage.HANGING_UP, (EndRequested(Reason.DRAINED),), 33),
        (Stage.HANGING_UP, (EndRequested(Reason.DRAINED), key("1"), Joined("b")), 33),
    ],
)
def test_how_long_each_stage_may_last(
    stage: Stage, events: tuple[InboundEvent, ...], seconds: float
) -> None:
    call = call_after(*events)
    assert call.stage is stage
    assert call.next_deadline() == NOW + seconds
    assert call.handle(WAIT, NOW + seconds - 0.001) == ()


def test_who_is_not_looked_up_in_time_is_turned_away() -> None:
    call = InboundCall(LIMITS, NOW, has_people=True)
    assert call.next_deadline() == NOW + 5
    assert call.handle(WAIT, NOW + 5) == (TurnAway(),)
    assert call.next_deadline() == NOW + 5 + 33
    assert ending(call.handle(WAIT, NOW + 38)) is InboundEnding.TURNED_AWAY
    assert call.answered_at is None


def test_a_200_that_nobody_acknowledges_does_not_keep_the_call() -> None:
    call = InboundCall(LIMITS, NOW, has_people=True)
    call.handle(Ready(known=True), NOW)
    assert call.next_deadline() == NOW + 40
    assert call.handle(WAIT, NOW + 40) == (HangUp(),)
    assert ending(call.handle(LocalEnded(), NOW + 41)) is InboundEnding.INTERNAL_ERROR


@pytest.mark.parametrize("has_people", [True, False])
def test_the_keys_are_told_twice_and_then_it_is_goodbye(*, has_people: bool) -> None:
    call = call_after(done(0), has_people=has_people)
    assert words(call.handle(WAIT, NOW + 6)) == ([CHOICE, PERSON] if has_people else [CHOICE])
    assert call.handle(done(0), NOW + 7) == (), "that was told long ago"
    assert call.handle(done(1, completed=False), NOW + 7) == ()
    call.handle(done(1), NOW + 8)
    assert words(call.handle(WAIT, NOW + 14)) == [GOODBYE]
    assert call.handle(done(2), NOW + 16) == (HangUp(),)
    assert ending(call.handle(RemoteHungUp(), NOW + 17)) is InboundEnding.TOLD


def test_a_second_write_that_fails_does_not_undo_the_first() -> None:
    call = call_after(key("1"))
    assert words(call.handle(WAIT, NOW + 10)) == [NOT_KEPT]
    assert call.handle(key("1"), NOW + 11) == (Suppress(),)
    # The first is written after all, and the second is not.
    assert words(call.handle(Written(kept=True), NOW + 12)) == [KEPT]
    assert call.handle(Written(kept=False), NOW + 13) == ()
    assert call.handle(key("1"), NOW + 13) == (), "it is kept"
    assert ending(call.handle(RemoteHungUp(), NOW + 14)) is InboundEnding.SUPPRESSED
    assert call.keys == "111"


def test_what_is_written_after_the_hanging_up_still_counts() -> None:
    call = call_after(key("1"))
    call.handle(EndRequested(Reason.DRAINED), NOW + 1)
    assert call.handle(Written(kept=True), NOW + 2) == ()
    assert ending(call.handle(WAIT, NOW + 34)) is InboundEnding.SUPPRESSED


def test_what_cannot_be_written_is_not_promised() -> None:
    call = call_after(key("1"))
    assert words(call.handle(Written(kept=False), NOW + 1)) == [NOT_KEPT]
    assert call.handle(WAIT, NOW + 1 + 15) == (HangUp(),)
    assert ending(call.handle(LocalEnded(), NOW + 60)) is InboundEnding.TOLD


def test_a_person_who_never_comes_is_called_off_and_the_caller_is_told() -> None:
    call = call_after(done(0))
    said = call.handle(key("0"), NOW)
    assert words(said) == [MOMENT, *["tone.ringing"] * 18]
    assert said[1:] == (FetchPerson(),)
    assert call.handle(key("0"), NOW + 1) == (), "one is being called"
    called_off, *told = call.handle(WAIT, NOW + 90)
    assert called_off == CallOff()
    assert words(tuple(told)) == [NOBODY]
    assert call.handle(key("0"), NOW + 40) == (), "the last words are being said"
    assert call.handle(key("1"), NOW + 40) == (Suppress(),)


def test_key_1_calls_the_person_off_and_so_does_the_end() -> None:
    assert call_after(key("0")).handle(key("1"), NOW) == (CallOff(), Suppress())
    ended = call_after(key("0")).handle(RemoteHungUp(), NOW)
    assert ended == (CallOff(), Finish(InboundEnding.HUNG_UP))
    assert call_after(key("0")).handle(EndRequested(Reason.DRAINED), NOW) == (CallOff(), HangUp())


@pytest.mark.parametrize(
    "event,why",
    [
        (RemoteHungUp(), InboundEnding.TALKED),
        (PeerLost("rtp_silence"), InboundEnding.TALKED),
        (LocalEnded(), InboundEnding.TALKED),
    ],
)
def test_with_a_person_keys_are_not_ours_and_either_end_ends_both(
    event: InboundEvent, why: InboundEnding
) -> None:
    call = call_after(key("0"), Joined("b"))
    assert call.handle(key("1"), NOW + 5) == ()
    assert call.keys == "0"
    assert call.handle(event, NOW + 60) == (CallOff(), Finish(why))
    assert call.handle(RemoteHungUp(), NOW + 61) == ()


def test_the_longest_conversation_with_a_person() -> None:
    call = call_after(key("0"), Joined("b"))
    assert call.handle(WAIT, NOW + 7200) == (CallOff(), HangUp())
    assert ending(call.handle(LocalEnded(), NOW + 7201)) is InboundEnding.TIME_LIMIT


def test_a_joining_that_comes_too_late_joins_nobody() -> None:
    call = call_after(key("0"), TransferFailed())
    assert call.handle(Joined("b"), NOW) == ()
    assert call.stage is Stage.PARTING


@pytest.mark.parametrize(
    "event,why",
    [
        (RemoteHungUp(), InboundEnding.HUNG_UP),
        (PeerLost("rtp_silence"), InboundEnding.PEER_LOST),
        (LocalEnded(), InboundEnding.INTERNAL_ERROR),
    ],
)
def test_the_ways_in_which_it_ends_without_us(event: InboundEvent, why: InboundEnding) -> None:
    assert call_after().handle(event, NOW) == (Finish(why),)


@pytest.mark.parametrize(
    "reason,why",
    [
        (Reason.DRAINED, InboundEnding.DRAINED),
        (Reason.TIME_LIMIT, InboundEnding.TIME_LIMIT),
        (Reason.COMPLETED, InboundEnding.TALKED),
        (Reason.NOTICE_LATE, InboundEnding.INTERNAL_ERROR),
    ],
)
def test_what_we_ask_for_is_how_it_ends(reason: Reason, why: InboundEnding) -> None:
    call = call_after()
    assert call.handle(EndRequested(reason), NOW) == (HangUp(),)
    assert call.handle(EndRequested(Reason.DRAINED), NOW) == ()
    assert ending(call.handle(RemoteHungUp(), NOW)) is why


def test_who_gives_up_before_the_answer_gave_up() -> None:
    call = InboundCall(LIMITS, NOW, has_people=True)
    assert call.handle(RemoteHungUp(), NOW) == (Finish(InboundEnding.GAVE_UP),)


@pytest.mark.parametrize("event", [NotReady(), EndRequested(Reason.DRAINED)])
def test_a_call_that_cannot_be_answered_is_turned_away_once(event: InboundEvent) -> None:
    call = InboundCall(LIMITS, NOW, has_people=True)
    assert call.handle(event, NOW) == (TurnAway(),)
    assert call.handle(NotReady(), NOW) == ()
    assert call.handle(Ready(known=True), NOW) == (), "that comes too late"


def test_a_stranger_has_no_keys_and_no_time_for_them() -> None:
    call = call_after(key("1"), key("0"), known=False)
    assert call.keys == ""
    assert call.handle(done(0), NOW) == (HangUp(),)
    assert ending(call.handle(LocalEnded(), NOW)) is InboundEnding.TOLD


def test_where_there_is_nobody_key_0_fetches_nobody() -> None:
    call = call_after(has_people=False)
    assert call.handle(key("0"), NOW) == ()
    assert call.stage is Stage.SPEAKING
