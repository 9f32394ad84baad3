"""What is said to somebody who calls us: who we are, why we called, and how to be left alone.

The rules of it:

1.  Whom we have never called hears who we are, and nothing else; keys mean nothing then.
2.  Whom we have called hears who we are, why we called, and the keys; they work from the first
    frame. Key 1: never again. Key 0, where there is somebody: a person. The keys are told twice.
    All this holds for numbers that the carrier has verified. A number is easily forged: whom nobody
    has verified hears the same whether we have called the number or not, who we are and two keys.
    Key 1: never again. Key 2: whether we called, and why; with it rule 2 begins.
3.  "Never again" is on disk before the caller hears that it will be kept; where it cannot be
    written, the caller is told so. It counts whatever else happens in the call, or has happened.
4.  Who asked for a person hears the ringing tone until one answers. Key 1 counts meanwhile, and
    calls it off. If nobody answers in TRANSFER_AT_MOST seconds, the caller is told so.
5.  Joined with a person, the caller's keys are not ours.
6.  Where a recogniser is on, words ask for the same: "never call me again" is key 1, "a person,
    please" key 0, "why did you call" key 2. Who asks whether a robot speaks hears again who we are.
    A mere no, or a bye, is none of it: nobody has asked.
7.  Every turn has a deadline, but OVER and JOINED, which the leg itself bounds.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Final

from audio.events import BargeInPolicy, DtmfReceived, PlaybackDone, WordsHeard
from dialer.core.dialog.dialog import DialogEvent, HangingUp
from dialer.core.dialog.meaning import Meaning
from dialer.core.dialog.script import Transfer
from dialer.core.dialog.script_commands import (
    CallOff,
    EndCall,
    OpenComplaint,
    Play,
    RecordOptOut,
    ScriptCommand,
)
from dialer.core.dialog.script_run import (
    GOODBYE_AT_MOST,
    OPENING,
    PLAY_AT_MOST,
    RINGING,
    RINGING_SECONDS,
    TRANSFER_AT_MOST,
)
from dialer.core.dialog.understanding import understand
from dialer.core.values.callback_prompts import (
    ASK,
    CHOICE,
    GOODBYE,
    IDENTITY,
    KEPT,
    MOMENT,
    NO_CALL,
    NOBODY,
    NOT_KEPT,
    PERSON,
    REASON,
)
from dialer.core.values.events import DeadlinePassed, Joined, RefusalKept, TransferFailed
from dialer.core.values.outcome import Reason
from dialer.core.values.targets import Target

NEVER_AGAIN_KEY: Final = "1"
PERSON_KEY: Final = "0"
WHY_KEY: Final = "2"
TELLINGS: Final = 2
"""How often the keys are told."""
WRITE_AT_MOST: Final = 10.0

Commands = tuple[ScriptCommand, ...]


class CallbackTurn(Enum):
    """Where the conversation stands."""

    UNANSWERED = "unanswered"
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
    OVER = "over"


class CallbackDialog:
    """The `Dialog` of a call that came in.

    `forward` is the person who may be fetched, None for nobody. `listen` is the seconds for which a
    key is waited for after each telling.
    """

    def __init__(self, forward: Target | None, listen: float) -> None:
        self.known = False
        """Whether we have called there; settled before the call is answered."""
        self.attested = True
        """Whether it is certain that the caller's number is the caller's; settled with `known`."""
        self.has_number = True
        """Whether the caller shows one at all; settled with `known`."""
        self._asked = False
        self._forward = forward
        self._listen = listen
        self._turn = CallbackTurn.UNANSWERED
        self._deadline: float | None = None
        self._play_id = OPENING
        self._tellings = 1
        self._keys: list[str] = []
        self._complained = False
        self.kept = False
        """Whether "never again" is on disk."""
        self.talked = False
        """Whether the caller was joined with a person."""
        self.told = False
        """Whether all was said, and the end is ours."""

    @property
    def turn(self) -> CallbackTurn:
        return self._turn

    @property
    def keys(self) -> str:
        """Keys pressed to us, in order; those pressed to a person are none of ours."""
        return "".join(self._keys)

    def opening(self) -> Play:
        """Who we are, to whom we called also why, and the keys."""
        why = (REASON,) if self._is_told else ()
        words = _quietly(*why, *self._choices()) if self._has_keys else ()
        return Play(OPENING, ((IDENTITY, BargeInPolicy.PROTECTED), *words))

    def next_deadline(self) -> float | None:
        """The monotonic instant at which this dialog wants a DeadlinePassed; None: never."""
        return self._deadline

    def answered(self, now: float) -> Commands:
        """The caller hears the opening."""
        self._to(CallbackTurn.SPEAKING, now + PLAY_AT_MOST)
        return ()

    def handle(self, event: DialogEvent, now: float) -> Commands:
        """Take one event, tell what to do. Events that mean nothing here are ignored."""
        commands: Commands = ()
        match event:
            case DeadlinePassed() if self._deadline is not None and now >= self._deadline:
                commands = self._time_is_up(now)
            case DtmfReceived():
                commands = self._key(event.digit, now)
            case WordsHeard(final=True):
                commands = self._words(event.text, now)
            case PlaybackDone() if event.play_id == self._play_id and event.completed:
                commands = self._played(now)
            case RefusalKept():
                commands = self._written(now, kept=event.kept)
            case TransferFailed() if self._turn is CallbackTurn.CONNECTING:
                commands = self._part(NOBODY, now)
            case Joined() if self._turn is CallbackTurn.CONNECTING:
                self.talked = True
                self._to(CallbackTurn.JOINED, None)
            case HangingUp():
                fetching = self._turn in {CallbackTurn.CONNECTING, CallbackTurn.JOINED}
                self._to(CallbackTurn.OVER, None)
                commands = (CallOff(),) if fetching else ()
            case _:
                pass
        return commands

    # Keys.

    def _key(self, digit: str, now: float) -> Commands:
        if not self._has_keys or self._turn not in _HEARING:
            return ()
        self._keys.append(digit)
        return self._wish(digit, now)

    def _words(self, text: str, now: float) -> Commands:
        if not self._has_keys or self._turn not in _HEARING:
            return ()
        meaning = understand(text).meaning
        open_turn = self._turn in {CallbackTurn.SPEAKING, CallbackTurn.WAITING}
        if meaning in _AS_KEYS:
            wished = self._wish(_AS_KEYS[meaning], now)
            if meaning is Meaning.COMPLAINT and not self._complained:
                self._complained = True
                return (OpenComplaint(), *wished)
            if wished or meaning not in _ABOUT_US:
                return wished
        if meaning in _ABOUT_US and open_turn:
            self._to(CallbackTurn.SPEAKING, now + PLAY_AT_MOST)
            why = (REASON,) if self._is_told else ()
            return (self._play(IDENTITY, *why, *self._choices()),)
        return ()

    def _wish(self, digit: str, now: float) -> Commands:
        """What a key asks for, pressed or said in words."""
        if digit == NEVER_AGAIN_KEY and not self.kept:
            called_off = (CallOff(),) if self._turn is CallbackTurn.CONNECTING else ()
            self._to(CallbackTurn.SUPPRESSING, now + WRITE_AT_MOST)
            return (*called_off, RecordOptOut(decides=False))
        is_open = self._turn in {CallbackTurn.SPEAKING, CallbackTurn.WAITING}
        if digit == WHY_KEY and is_open and not self.attested and not self._asked:
            self._asked = True
            self._to(CallbackTurn.SPEAKING, now + PLAY_AT_MOST)
            return (self._play(REASON if self.known else NO_CALL, *self._choices()),)
        if digit == PERSON_KEY and self._forward is not None and self._is_told and is_open:
            self._to(CallbackTurn.CONNECTING, now + TRANSFER_AT_MOST)
            rings = math.ceil(TRANSFER_AT_MOST / RINGING_SECONDS)
            return (self._play(MOMENT, *(RINGING,) * rings), Transfer(self._forward))
        return ()

    def _written(self, now: float, *, kept: bool) -> Commands:
        self.kept = self.kept or kept
        if self._turn is not CallbackTurn.SUPPRESSING:
            return ()
        return self._part(KEPT if kept else NOT_KEPT, now)

    # Words and their end.

    def _played(self, now: float) -> Commands:
        speaking = self._turn is CallbackTurn.SPEAKING
        if self._turn is CallbackTurn.PARTING or (speaking and not self._has_keys):
            return self._said_all()
        if speaking:
            self._to(CallbackTurn.WAITING, now + self._listen)
        return ()

    def _time_is_up(self, now: float) -> Commands:
        match self._turn:
            case CallbackTurn.WAITING if self._tellings < TELLINGS:
                self._tellings += 1
                self._to(CallbackTurn.SPEAKING, now + PLAY_AT_MOST)
                return (self._play(*self._choices()),)
            case CallbackTurn.WAITING:
                return self._part(GOODBYE, now)
            case CallbackTurn.SUPPRESSING:
                return self._part(NOT_KEPT, now)
            case CallbackTurn.CONNECTING:
                return (CallOff(), *self._part(NOBODY, now))
            case CallbackTurn.PARTING:
                return self._said_all()
            case _:
                return self._end(Reason.INTERNAL_ERROR)

    # Ways on.

    @property
    def _is_told(self) -> bool:
        """Whether the caller is, or was, told why we called."""
        return self.known and (self.attested or self._asked)

    @property
    def _has_keys(self) -> bool:
        # What is not certain must not show in what is offered, either.
        return self.known if self.attested else self.has_number

    def _choices(self) -> tuple[str, ...]:
        if self._is_told:
            return (CHOICE,) if self._forward is None else (CHOICE, PERSON)
        return (CHOICE,) if self._asked else (CHOICE, ASK)

    def _part(self, words: str, now: float) -> Commands:
        self._to(CallbackTurn.PARTING, now + GOODBYE_AT_MOST)
        return (self._play(words),)

    def _said_all(self) -> Commands:
        self.told = True
        return self._end(Reason.COMPLETED)

    def _end(self, reason: Reason) -> Commands:
        self._to(CallbackTurn.OVER, None)
        return (EndCall(reason),)

    def _play(self, *keys: str) -> Play:
        self._play_id += 1
        return Play(self._play_id, _quietly(*keys))

    def _to(self, turn: CallbackTurn, deadline: float | None) -> None:
        self._turn, self._deadline = turn, deadline


def _quietly(*keys: str) -> tuple[tuple[str, BargeInPolicy], ...]:
    """Words that the caller's voice makes quiet, and does not stop: nobody asked for an answer."""
    return tuple((key, BargeInPolicy.DUCK) for key in keys)


_AS_KEYS: Final = {
    Meaning.REFUSAL: NEVER_AGAIN_KEY,
    Meaning.COMPLAINT: NEVER_AGAIN_KEY,
    Meaning.PERSON: PERSON_KEY,
    Meaning.ROBOT: WHY_KEY,
    Meaning.SOURCE: WHY_KEY,
}
_ABOUT_US: Final = frozenset({Meaning.ROBOT, Meaning.SOURCE})
_HEARING: Final = frozenset(
    {
        CallbackTurn.SPEAKING,
        CallbackTurn.WAITING,
        CallbackTurn.CONNECTING,
        CallbackTurn.PARTING,
    }
)
"""Where a key counts; while the last words are said, key 1 alone."""
