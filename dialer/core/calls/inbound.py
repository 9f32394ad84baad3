"""One call that came in: who called you, why, and how to be left alone.

The rules of it:

1.  Whom we have never called hears who we are, and nothing else; keys mean nothing then.
2.  Whom we have called hears who we are, why we called, and the keys; they work from the first
    frame. Key 1: never again. Key 0, where there is somebody: a person. The keys are told twice.
3.  "Never again" is on disk before the caller hears that it will be kept; where it cannot be
    written, the caller is told so. It counts whatever else happens in the call, or has happened.
4.  Who asked for a person hears the ringing tone until one answers. Key 1 counts meanwhile, and
    calls it off. If nobody answers in TRANSFER_AT_MOST seconds, the caller is told so.
5.  Joined with a person, the caller's keys are not ours. When one of the two hangs up, it is over.
6.  The call ends in exactly one Finish; what the line still says after it is heard without effect.
7.  Every stage but ENDED has a deadline, so that no line that has gone silent keeps a call.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import Enum
from typing import Final

from audio.events import AudioEvent, BargeInPolicy, DtmfReceived, PlaybackDone
from dialer.core.calls.inbound_prompts import (
    CHOICE,
    GOODBYE,
    IDENTITY,
    KEPT,
    MOMENT,
    NOBODY,
    NOT_KEPT,
    PERSON,
    REASON,
)
from dialer.core.dialog.script_commands import CallOff, Play
from dialer.core.dialog.script_run import (
    GOODBYE_AT_MOST,
    OPENING,
    PLAY_AT_MOST,
    RINGING,
    RINGING_SECONDS,
    TRANSFER_AT_MOST,
)
from dialer.core.values.events import (
    Answered,
    DeadlinePassed,
    EndRequested,
    Joined,
    LineEvent,
    LocalEnded,
    PeerLost,
    RemoteHungUp,
    TransferFailed,
)
from dialer.core.values.inbound_records import InboundEnding
from dialer.core.values.outcome import Reason

NEVER_AGAIN_KEY: Final = "1"
PERSON_KEY: Final = "0"
TELLINGS: Final = 2
"""How often the keys are told."""


class Stage(Enum):
    """Where the call stands."""

    ARRIVED = "arrived"
    """It rings at the caller's end while we look up who is calling."""
    ANSWERING = "answering"
    """200 was asked for."""
    SPEAKING = "speaking"
    WAITING = "waiting"
    """The keys were told; none has come yet."""
    SUPPRESSING = "suppressing"
    """"Never again" is being written."""
    CONNECTING = "connecting"
    """A person is being called."""
    JOINED = "joined"
    PARTING = "parting"
    """The last words are being said."""
    HANGING_UP = "hanging_up"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Ready:
    """Who is calling was looked up and is on record. `known`: we have called there."""

    known: bool


@dataclass(frozen=True, slots=True)
class NotReady:
    """The call cannot be answered: no channel, no record, no prompts."""


@dataclass(frozen=True, slots=True)
class Written:
    """What came of Suppress."""

    kept: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the call, with this as its opening."""

    opening: Play


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Refuse the call: 503 with Retry-After."""


@dataclass(frozen=True, slots=True)
class Suppress:
    """Write that the caller is never to be called again, and answer with Written."""


@dataclass(frozen=True, slots=True)
class FetchPerson:
    """Hand the caller over to the operator, or answer with TransferFailed."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The call is over; record it."""

    ending: InboundEnding


InboundCommand = Answer | TurnAway | Play | Suppress | FetchPerson | CallOff | HangUp | Finish
InboundEvent = (
    LineEvent
    | AudioEvent
    | Ready
    | NotReady
    | Written
    | TransferFailed
    | EndRequested
    | DeadlinePassed
)
Commands = tuple[InboundCommand, ...]


@dataclass(frozen=True, slots=True)
class InboundLimits:
    """Spans in seconds, each finite and above 0; raises ValueError otherwise."""

    look_up: float = 5.0
    answer: float = 40.0
    """200 to ACK: 64*T1 (RFC 3261 13.3.1.4), and some more."""
    listen: float = 6.0
    """How long a key is waited for after each telling."""
    write: float = 10.0
    joined: float = 7200.0
    """Longest conversation with a person."""
    end: float = 33.0
    """BYE, or a final reply, to the end of it: 64*T1 (RFC 3261 17.1.2.2)."""

    def __post_init__(self) -> None:
        for limit in fields(self):
            seconds: float = getattr(self, limit.name)
            if not (math.isfinite(seconds) and seconds > 0):
                raise ValueError(f"{limit.name}: {seconds} is no span of seconds above 0")


_END_OF: Final = {
    Reason.DRAINED: InboundEnding.DRAINED,
    Reason.TIME_LIMIT: InboundEnding.TIME_LIMIT,
    Reason.COMPLETED: InboundEnding.TALKED,
}


class InboundCall:
    """One call from Arrived to its Finish.

    Give `handle` every event with its monotonic time, and do what it returns; and DeadlinePassed
    when `next_deadline()` has come. `has_people`: there is somebody to be fetched.
    """

    def __init__(self, limits: InboundLimits, now: float, *, has_people: bool) -> None:
        self._limits = limits
        self._has_people = has_people
        self._stage = Stage.ARRIVED
        self._deadline: float | None = now + limits.look_up
        self._known = False
        self._play_id = OPENING
        self._tellings = 1
        self._keys: list[str] = []
        self._ending: InboundEnding | None = None
        self._suppressed = False
        self._answered_at: float | None = None

    @property
    def stage(self) -> Stage:
        return self._stage

    @property
    def keys(self) -> str:
        """Keys pressed to us, in order; those pressed to a person are none of ours."""
        return "".join(self._keys)

    @property
    def answered_at(self) -> float | None:
        """Monotonic time of the answer; None where there was none."""
        return self._answered_at

    def next_deadline(self) -> float | None:
        """The monotonic instant at which this call wants a DeadlinePassed; None: never."""
        return self._deadline

    def handle(self, event: InboundEvent, now: float) -> Commands:
        """Take one event, tell what to do. Events that mean nothing here are ignored."""
        if self._stage is Stage.ENDED:
            return ()
        if isinstance(event, DeadlinePassed):
            is_due = self._deadline is not None and now >= self._deadline
            return self._time_is_up(now) if is_due else ()
        return self._of_the_house(event, now) or self._of_the_line(event, now)

    def _of_the_house(self, event: InboundEvent, now: float) -> Commands:
        commands: Commands = ()
        match event:
            case Ready():
                commands = self._ready(event, now)
            case NotReady():
                commands = self._not_ready(now)
            case Written():
                commands = self._written(event, now)
            case TransferFailed() if self._stage is Stage.CONNECTING:
                commands = self._part(NOBODY, now)
            case EndRequested() if self._stage is Stage.ARRIVED:
                commands = self._not_ready(now)
            case EndRequested():
                ending = _END_OF.get(event.reason, InboundEnding.INTERNAL_ERROR)
                commands = self._hang_up(ending, now)
            case _:
                pass
        return commands

    def _of_the_line(self, event: InboundEvent, now: float) -> Commands:
        commands: Commands = ()
        match event:
            case Answered():
                self._answered(now)
            case DtmfReceived():
                commands = self._key(event.digit, now)
            case PlaybackDone() if event.play_id == self._play_id and event.completed:
                commands = self._played(now)
            case Joined():
                commands = self._joined(now)
            case RemoteHungUp() if self._answered_at is None:
                commands = self._finish(InboundEnding.GAVE_UP)
            case RemoteHungUp():
                commands = self._finish(InboundEnding.HUNG_UP)
            case LocalEnded():
                commands = self._finish(InboundEnding.INTERNAL_ERROR)
            case PeerLost():
                commands = self._finish(InboundEnding.PEER_LOST)
            case _:
                pass
        return commands

    # Whoever calls.

    def _ready(self, event: Ready, now: float) -> Commands:
        if self._stage is not Stage.ARRIVED:
            return ()
        self._known = event.known
        self._to(Stage.ANSWERING, now + self._limits.answer)
        keys = (REASON, *self._choices()) if event.known else ()
        items = ((IDENTITY, BargeInPolicy.PROTECTED), *_quietly(*keys))
        return (Answer(Play(OPENING, items)),)

    def _not_ready(self, now: float) -> Commands:
        if self._stage is not Stage.ARRIVED:
            return ()
        self._ending = InboundEnding.TURNED_AWAY
        self._to(Stage.HANGING_UP, now + self._limits.end)
        return (TurnAway(),)

    def _answered(self, now: float) -> None:
        self._answered_at = now
        if self._stage is Stage.ANSWERING:
            self._to(Stage.SPEAKING, now + PLAY_AT_MOST)

    # Keys.

    def _key(self, digit: str, now: float) -> Commands:
        if not self._known or self._stage not in _HEARING:
            return ()
        self._keys.append(digit)
        if digit == NEVER_AGAIN_KEY and not self._suppressed:
            called_off = (CallOff(),) if self._stage is Stage.CONNECTING else ()
            self._to(Stage.SUPPRESSING, now + self._limits.write)
            return (*called_off, Suppress())
        may_fetch = self._has_people and self._stage in {Stage.SPEAKING, Stage.WAITING}
        if digit == PERSON_KEY and may_fetch:
            self._to(Stage.CONNECTING, now + TRANSFER_AT_MOST)
            rings = math.ceil(TRANSFER_AT_MOST / RINGING_SECONDS)
            return (self._play(MOMENT, *(RINGING,) * rings), FetchPerson())
        return ()

    def _written(self, event: Written, now: float) -> Commands:
        self._suppressed = self._suppressed or event.kept
        if self._stage is not Stage.SUPPRESSING:
            return ()
        return self._part(KEPT if event.kept else NOT_KEPT, now)

    def _joined(self, now: float) -> Commands:
        if self._stage is Stage.CONNECTING:
            self._ending = InboundEnding.TALKED
            self._to(Stage.JOINED, now + self._limits.joined)
        return ()

    # Words and their end.

    def _played(self, now: float) -> Commands:
        if self._stage is Stage.PARTING or (self._stage is Stage.SPEAKING and not self._known):
            return self._hang_up(InboundEnding.TOLD, now)
        if self._stage is Stage.SPEAKING:
            self._to(Stage.WAITING, now + self._limits.listen)
        return ()

    def _time_is_up(self, now: float) -> Commands:
        commands: Commands = ()
        match self._stage:
            case Stage.ARRIVED:
                commands = self._not_ready(now)
            case Stage.WAITING if self._tellings < TELLINGS:
                self._tellings += 1
                self._to(Stage.SPEAKING, now + PLAY_AT_MOST)
                commands = (self._play(*self._choices()),)
            case Stage.WAITING:
                commands = self._part(GOODBYE, now)
            case Stage.SUPPRESSING:
                commands = self._part(NOT_KEPT, now)
            case Stage.CONNECTING:
                commands = (CallOff(), *self._part(NOBODY, now))
            case Stage.JOINED:
                self._ending = InboundEnding.TIME_LIMIT
                commands = self._hang_up(InboundEnding.TIME_LIMIT, now)
            case Stage.PARTING:
                commands = self._hang_up(InboundEnding.TOLD, now)
            case Stage.HANGING_UP:
                commands = self._finish(InboundEnding.INTERNAL_ERROR)
            case _:
                commands = self._hang_up(InboundEnding.INTERNAL_ERROR, now)
        return commands

    # Ways on.

    def _choices(self) -> tuple[str, ...]:
        return (CHOICE, PERSON) if self._has_people else (CHOICE,)

    def _part(self, words: str, now: float) -> Commands:
        self._to(Stage.PARTING, now + GOODBYE_AT_MOST)
        return (self._play(words),)

    def _play(self, *keys: str) -> Play:
        self._play_id += 1
        return Play(self._play_id, _quietly(*keys))

    def _hang_up(self, ending: InboundEnding, now: float) -> Commands:
        if self._stage is Stage.HANGING_UP:
            return ()
        called_off = (CallOff(),) if self._stage in {Stage.CONNECTING, Stage.JOINED} else ()
        self._ending = self._ending or ending
        self._to(Stage.HANGING_UP, now + self._limits.end)
        return (*called_off, HangUp())

    def _finish(self, ending: InboundEnding) -> Commands:
        called_off = (CallOff(),) if self._stage in {Stage.CONNECTING, Stage.JOINED} else ()
        self._stage, self._deadline = Stage.ENDED, None
        decided = InboundEnding.SUPPRESSED if self._suppressed else self._ending or ending
        return (*called_off, Finish(decided))

    def _to(self, stage: Stage, deadline: float) -> None:
        self._stage, self._deadline = stage, deadline


def _quietly(*keys: str) -> tuple[tuple[str, BargeInPolicy], ...]:
    """Words that the caller's voice makes quiet, and does not stop: nobody asked for an answer."""
    return tuple((key, BargeInPolicy.DUCK) for key in keys)


_HEARING: Final = frozenset({Stage.SPEAKING, Stage.WAITING, Stage.CONNECTING, Stage.PARTING})
"""Where a key counts; while the last words are said, key 1 alone."""
