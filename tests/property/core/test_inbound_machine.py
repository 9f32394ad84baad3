"""A call that came in, under any order of events: one end, and a promise kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from audio.events import DtmfReceived, PlaybackDone
from dialer.calls.inbound import House, inbound_leg
from dialer.core.calls.call import CallLimits
from dialer.core.calls.call_table import State
from dialer.core.dialog.callback import CallbackDialog, CallbackTurn
from dialer.core.dialog.script import Transfer
from dialer.core.values.callback_prompts import IDENTITY, KEPT, NOT_KEPT
from dialer.core.values.events import (
    Answered,
    Arrived,
    Joined,
    LocalEnded,
    Parted,
    PeerLost,
    ReferAnswered,
    RemoteHungUp,
)
from dialer.core.values.inbound_records import InboundEnd, InboundEnding, InboundOrder
from dialer.core.values.outcome import Reason
from dialer.core.values.targets import Extension
from dialer.ports.line import AnyLineEvent, Line, Playlist
from tests.support.nodes import prompt
from tests.support.orders import CALLER_ID, number

PERSON = Extension("8000", "pbx")
STARTED = datetime(2026, 3, 4, tzinfo=UTC)


class Side:
    """Whoever is being fetched."""

    def __init__(self) -> None:
        self.wanted = True

    def call_off(self) -> None:
        self.wanted = False

    def refer_answered(self, event: ReferAnswered) -> None:
        raise AssertionError(event)


class InboundMachine(RuleBasedStateMachine):
    """Everything that line, store and operator may say, in every order."""

    @initialize(has_people=st.booleans())
    def arrives(self, *, has_people: bool) -> None:
        self.now = 1000.0
        self.has_people = has_people
        self.told: list[str] = []
        self.opening: Playlist | None = None
        self.plays: list[Playlist] = []
        self.sides: list[Side] = []
        self.ends: list[InboundEnd] = []
        self.known: bool | None = None
        self.kept = False
        self.dialog = CallbackDialog(PERSON if has_people else None, listen=6.0)
        arrived = Arrived("carrier-a", CALLER_ID, number(1), "1@x")
        order = InboundOrder("in-1", "node", "carrier-a", number(1), CALLER_ID, "1@x", STARTED)
        house = House(
            line=cast("Line", self),
            suppress=lambda _at: self.told.append("suppress"),
            fetch=self.fetch,
            answered=lambda: self.told.append("answered"),
            keys_unheard=lambda _event: None,
            wall=lambda at: STARTED + timedelta(seconds=at),
        )
        self.leg = inbound_leg(order, arrived, self.dialog, CallLimits(talk=7200), house)
        self.give(self.leg.begin(self.now))

    # The line, as far as such a call needs one.

    def answer(self, _call: str, opening: Playlist, _listens: object = None) -> None:
        self.told.append("answer")
        self.opening = opening

    def turn_away(self, _call: str, _code: int, _retry_after: int | None = None) -> None:
        self.told.append("turn away")

    def play(self, _call: str, playlist: Playlist) -> None:
        self.told.append("play")
        self.plays.append(playlist)

    def end(self, _call: str) -> None:
        self.told.append("hang up")

    def fetch(self, transfer: Transfer) -> Side:
        assert transfer == Transfer(PERSON)
        self.told.append("fetch")
        self.sides.append(Side())
        return self.sides[-1]

    def give(self, end: InboundEnd | None) -> None:
        if end is not None:
            self.ends.append(end)
            self.told_at_end = list(self.told)

    def take(self, event: AnyLineEvent) -> None:
        self.give(self.leg.take(event, self.now))

    @property
    def state(self) -> State:
        return self.leg._call.state

    @rule(known=st.booleans())
    def is_looked_up(self, *, known: bool) -> None:
        if self.known is None:
            self.known = self.dialog.known = known
            self.give(self.leg.answer(prompt, self.now))

    @rule()
    def cannot_be_answered(self) -> None:
        if self.known is None:
            self.give(self.leg.end(Reason.CANCELLED, self.now))

    @rule(event=st.sampled_from([Answered(), Joined("b"), Parted()]))
    def something_happens(self, event: AnyLineEvent) -> None:
        self.take(event)

    @rule()
    def nobody_comes(self) -> None:
        if self.dialog.turn is not CallbackTurn.JOINED:
            for side in self.sides:
                side.wanted = False
            self.give(self.leg.transfer_failed(self.now))

    @rule(reason=st.sampled_from([Reason.DRAINED, Reason.COMPLETED]))
    def an_end_is_wanted(self, reason: Reason) -> None:
        self.give(self.leg.end(reason, self.now))

    @rule(event=st.sampled_from([RemoteHungUp(), RemoteHungUp(41), LocalEnded(), PeerLost("x")]))
    def something_ends(self, event: AnyLineEvent) -> None:
        self.take(event)

    @rule(kept=st.booleans())
    def is_written(self, *, kept: bool) -> None:
        if "suppress" in self.told:
            if not self.ends:
                self.kept = self.kept or kept
            self.give(self.leg.refusal_kept(self.now, kept=kept))

    @rule(digit=st.sampled_from("01259*"))
    def key(self, digit: str) -> None:
        self.take(DtmfReceived(1, self.now, digit))

    @rule(completed=st.booleans())
    def prompt_ends(self, *, completed: bool) -> None:
        last = max((each.play_id for each in self.plays), default=0)
        self.take(PlaybackDone(1, self.now, last, 0, completed))

    @rule(seconds=st.floats(0, 40))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.give(self.leg.wake(self.now))

    @invariant()
    def it_ends_once_and_nothing_follows(self) -> None:
        assert len(self.ends) <= 1
        assert bool(self.ends) is (self.state is State.ENDED)
        if self.ends:
            assert self.told == self.told_at_end

    @invariant()
    def it_always_waits_for_something(self) -> None:
        assert (self.leg.next_deadline() is None) is bool(self.ends)

    @invariant()
    def it_is_answered_or_turned_away_once(self) -> None:
        assert self.told.count("answer") + self.told.count("turn away") <= 1
        assert self.told.count("answered") <= self.told.count("answer")
        for end in self.ends:
            away = end.ending is InboundEnding.TURNED_AWAY
            assert away is ("turn away" in self.told)
            assert (end.answered_at is not None) is ("answered" in self.told)
            if end.ending is InboundEnding.GAVE_UP:
                assert end.answered_at is None

    @invariant()
    def a_stranger_hears_who_we_are_and_nothing_else(self) -> None:
        if self.known is False:
            assert self.plays == []
            assert not {"suppress", "fetch"} & set(self.told)
            assert self.dialog.keys == ""
            if self.opening is not None:
                assert [item.prompt.name for item in self.opening.items] == [IDENTITY]

    @invariant()
    def never_again_is_promised_only_once_it_is_kept(self) -> None:
        for each in self.plays:
            if each.items[0].prompt.name == KEPT:
                assert self.kept
            if each.items[0].prompt.name == NOT_KEPT:
                assert "suppress" in self.told
        for end in self.ends:
            assert (end.ending is InboundEnding.SUPPRESSED) is self.kept

    @invariant()
    def who_was_fetched_is_called_off_before_the_end(self) -> None:
        if not self.has_people:
            assert self.sides == []
        assert sum(side.wanted for side in self.sides) <= 1
        over = self.state in {State.HANGING_UP, State.ENDED}
        if over or self.dialog.turn is CallbackTurn.SUPPRESSING:
            assert not any(side.wanted for side in self.sides)

    @invariant()
    def nothing_is_said_to_who_no_longer_listens(self) -> None:
        said = self.told[self.told.index("hang up") :] if "hang up" in self.told else []
        assert not {"play", "fetch", "suppress"} & set(said)

    @invariant()
    def hanging_up_is_asked_for_once(self) -> None:
        assert self.told.count("hang up") <= 1

    def teardown(self) -> None:
        """Whatever the line says or does not, it is over in the end."""
        if not hasattr(self, "leg"):
            return
        for _ in range(30):
            self.now = self.leg.next_deadline() or self.now
            self.give(self.leg.wake(self.now))
        assert len(self.ends) == 1


TestInboundMachine = InboundMachine.TestCase
TestInboundMachine.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
