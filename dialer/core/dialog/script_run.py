"""One conversation: walks a script from the answer to the hang-up.

The rules of the walk:

1.  The disclosure is the opening. It is armed on the line before the INVITE leaves and starts
    with the answer, so `answered` does not play it again. Its identity notice is protected from
    the callee's voice; the rest of it is ducked, never cut.
2.  Key 1 is an opt-out from the first frame to the last: the goodbye node's words are said,
    protected, then the call is hung up. Nothing else is said or heard after it, whatever comes.
    It counts even while we hang up for another reason.
3.  Other keys and speech during the disclosure are ignored: no question was asked yet, so none of
    it can be an answer, least of all consent. They are kept for the record.
4.  A key during a node's prompt or after it takes the branch of the intent that has it, at once;
    a key that no intent has takes `otherwise`.
5.  Speech: words are not recognised yet, so what the callee says takes `otherwise`, when the
    callee falls silent. Speech that stops a prompt counts. So does speech that began over a
    ducked prompt, but as that prompt is never stopped, it is heard out first. Speech over a
    protected prompt counts if it outlasts the prompt.
6.  Silence for the node's `listen` seconds after its prompt takes the silence branch, at most so
    many times for this node in the whole call, then `otherwise`.
7.  Noise that is held for speech for HEAR_AT_MOST seconds counts as said.
8.  A node that hangs up says all of its words, at most ducked, and hears nothing but an opt-out.
9.  A prompt that ends early, though neither the callee nor we have stopped it, tells that media
    has failed, or that the call is ending already. Where the call hangs on that prompt (in the
    opening, in a node that hangs up), it is given GRACE seconds, then ended: nobody is sold
    anything who has not heard who is calling.
10. While the callee is handed over, the node's words are said, then a ringing tone is heard; only
    an opt-out is acted on, and it calls the handing over off. If that fails, or has come to nothing
    in TRANSFER_AT_MOST seconds, the script goes on by `otherwise`. Once callee and operator are
    joined, the script is over but for their parting, which ends the call.
11. Whoever has not been told in time who is calling (`core.dialog.notice`) is hung up, without
    another word: what comes after it would be said by nobody.
12. A refusal is kept before the call ends: after the goodbye there is silence until it is
    committed, KEEP_AT_MOST seconds at most. An intent may say that it is a refusal; then it is one
    as key 1 is.
13. A call is recorded, where it is, from the end of the notice that says so, until it ends or the
    callee is joined to a person. The key that stops it works from the first frame to the last,
    answers no question, and holds for the rest of the call.
14. A prompt of which no end is told in PLAY_AT_MOST seconds (the goodbye of an opt-out:
    GOODBYE_AT_MOST) ends the call. So every conversation ends, whatever media does.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Final

from audio.events import (
    AudioEvent,
    BargeIn,
    BargeInPolicy,
    DtmfReceived,
    ItemPlayed,
    PlaybackDone,
    SpeechEnded,
    SpeechStarted,
)
from dialer.core.dialog.dialog import DialogEvent, HangingUp
from dialer.core.dialog.notice_watch import IDENTITY, SPOKEN_BY, NoticeWatch
from dialer.core.dialog.script import (
    OPT_OUT_KEY,
    RECORDING,
    Branch,
    Go,
    Intent,
    Node,
    Refuse,
    Script,
    Transfer,
    utterances,
)
from dialer.core.dialog.script_commands import (
    CallOff,
    EndCall,
    Play,
    RecordOptOut,
    ScriptCommand,
    StartRecording,
    StopRecording,
)
from dialer.core.values.events import DeadlinePassed, Joined, RefusalKept, TransferFailed
from dialer.core.values.outcome import Reason

OPENING: Final = 0
"""The `play_id` of the disclosure."""

HEAR_AT_MOST: Final = 20.0
GRACE: Final = 2.0
PLAY_AT_MOST: Final = 120.0
GOODBYE_AT_MOST: Final = 15.0
KEEP_AT_MOST: Final = 15.0
TRANSFER_AT_MOST: Final = 90.0

RINGING: Final = "tone.ringing"
"""The item of a Play that stands for RINGING_SECONDS of the tone that a caller hears."""
RINGING_SECONDS: Final = 5.0


class Turn(Enum):
    """Where the conversation stands."""

    WAITING = "waiting"
    """Not answered yet."""
    DISCLOSING = "disclosing"
    PROMPTING = "prompting"
    """A node's prompt is playing."""
    LISTENING = "listening"
    """The prompt is over, nothing is heard."""
    HEARING = "hearing"
    """The prompt is over, the callee speaks."""
    UNDERSTANDING = "understanding"
    """The callee has fallen silent; what was said is being recognised (`script_hearing`)."""
    PARTING = "parting"
    """The words of a node that hangs up are playing."""
    TRANSFERRING = "transferring"
    JOINED = "joined"
    """The callee talks with a person."""
    OPTED_OUT = "opted_out"
    """The goodbye of an opt-out is playing."""
    KEEPING = "keeping"
    """The goodbye is over, the refusal is being written."""
    OVER = "over"


class ScriptRun:
    """The walk of one call through a script that `script.check` found no problem in.

    `handle` takes every audio event of the call, and TransferFailed, with its monotonic time.
    `notice_within` is the seconds that the identity notice has from the answer; `records` says
    whether the call is recorded, once its callee has been told.
    """

    def __init__(
        self, script: Script, notice_within: float = SPOKEN_BY, *, records: bool = False
    ) -> None:
        self._script = script
        self._opening = tuple(key for key in utterances(script) if key.startswith("disclosure."))
        self._notice = NoticeWatch(notice_within)
        self._may_record = records
        self._turn = Turn.WAITING
        self._node: Node | None = None
        self._play_id = OPENING
        self._deadline: float | None = None
        self._speaking = False
        self._began_here = False
        self._heard = False
        self._silences: dict[str, int] = {}
        self._path: list[str] = []
        self._keys: list[str] = []
        self._intents: list[str] = []
        self._opted_out = False
        self._kept = False

    @property
    def turn(self) -> Turn:
        return self._turn

    @property
    def path(self) -> tuple[str, ...]:
        """Nodes visited, in order."""
        return tuple(self._path)

    @property
    def keys(self) -> str:
        """Keys the callee pressed since the answer, in order, also those that were ignored."""
        return "".join(self._keys)

    @property
    def intents(self) -> tuple[str, ...]:
        """Names of the answers that were understood, in order."""
        return tuple(self._intents)

    @property
    def opted_out(self) -> bool:
        return self._opted_out

    @property
    def notice_spoken(self) -> float | None:
        """Seconds from the answer to the last packet of the identity notice; None: not yet."""
        return self._notice.spoken

    def opening(self) -> Play:
        """The disclosure, to be armed on the line before the INVITE leaves."""
        protected = {IDENTITY: BargeInPolicy.PROTECTED}
        return Play(
            OPENING,
            tuple((key, protected.get(key, BargeInPolicy.DUCK)) for key in self._opening),
        )

    def next_deadline(self) -> float | None:
        """The monotonic instant at which this run wants a DeadlinePassed; None: never."""
        deadlines = (self._deadline, self._notice.deadline)
        return min((at for at in deadlines if at is not None), default=None)

    def answered(self, now: float) -> tuple[ScriptCommand, ...]:
        """The callee is on the line and hears the opening, so there is nothing to command."""
        if self._turn is Turn.WAITING:
            self._turn = Turn.DISCLOSING
            self._deadline = now + PLAY_AT_MOST
            self._notice.answered(now)
        return ()

    def handle(self, event: DialogEvent, now: float) -> tuple[ScriptCommand, ...]:
        """Take one event, tell what to do. Events that mean nothing here are ignored."""
        if self._turn is Turn.WAITING or isinstance(event, HangingUp):
            return ()
        if isinstance(event, DeadlinePassed):
            return self._deadline_passed(now)
        if isinstance(event, PlaybackDone | ItemPlayed):
            return self._of_playback(event, now)
        if isinstance(event, Joined | TransferFailed | RefusalKept):
            return self._of_our_commands(event, now)
        return self._of_callee(event, now)

    def _of_callee(self, event: AudioEvent, now: float) -> tuple[ScriptCommand, ...]:
        match event:
            case DtmfReceived():
                return self._key(event.digit, now)
            case SpeechStarted():
                self._speech_started(now)
            case SpeechEnded():
                return self._speech_ended(now)
            case BargeIn() if event.play_id == self._play_id:
                self._barged_in(now)
            case _:
                pass
        return ()

    def _of_playback(
        self, event: PlaybackDone | ItemPlayed, now: float
    ) -> tuple[ScriptCommand, ...]:
        if isinstance(event, PlaybackDone):
            ours = event.play_id == self._play_id
            return self._played(now, completed=event.completed) if ours else ()
        return self._disclosed(self._opening[event.item], now) if event.play_id == OPENING else ()

    def _of_our_commands(
        self, event: Joined | TransferFailed | RefusalKept, now: float
    ) -> tuple[ScriptCommand, ...]:
        match event:
            case RefusalKept(kept=True):
                return self._refusal_kept()
            case TransferFailed() if self._turn is Turn.TRANSFERRING:
                return self._otherwise(now)
            case Joined() if self._turn is Turn.TRANSFERRING:
                self._turn = Turn.JOINED
                self._deadline = None
                return (StopRecording(erase=False),) if self._may_record else ()
            case _:
                return ()

    def _deadline_passed(self, now: float) -> tuple[ScriptCommand, ...]:
        if self._notice.is_late(now):
            return self._end(Reason.NOTICE_LATE)
        if self._deadline is not None and now >= self._deadline:
            return self._time_is_up(now)
        return ()

    # The opening.

    def _disclosed(self, key: str, now: float) -> tuple[ScriptCommand, ...]:
        """One of its notices was spoken whole."""
        if key == IDENTITY:
            in_time = self._notice.is_over(now)
            late = not in_time and self._turn is Turn.DISCLOSING
            return self._end(Reason.NOTICE_LATE) if late else ()
        if key == RECORDING and self._may_record and not self._opted_out:
            return (StartRecording(),)
        return ()

    # Keys.

    def _key(self, digit: str, now: float) -> tuple[ScriptCommand, ...]:
        self._keys.append(digit)
        if digit == OPT_OUT_KEY:
            return self._opt_out(now)
        if digit == self._script.disclosure.stop_recording_key:
            return self._stop_recording()
        if self._node is None or self._turn not in _ASKING:
            return ()
        for intent in self._node.intents:
            if intent.dtmf == digit:
                return self._mean(intent, now)
        return self._otherwise(now)

    def _mean(self, intent: Intent, now: float) -> tuple[ScriptCommand, ...]:
        self._intents.append(intent.name)
        stopped = self._stop_recording() if intent.stop_recording else ()
        return (*stopped, *self._take(intent.then, now))

    def _stop_recording(self) -> tuple[ScriptCommand, ...]:
        if not self._may_record:
            return ()
        self._may_record = False
        return (StopRecording(erase=True),)

    def _opt_out(self, now: float) -> tuple[ScriptCommand, ...]:
        if self._opted_out:
            return ()
        self._opted_out = True
        self._notice.let_go()
        if self._turn is Turn.OVER:
            return (RecordOptOut(),)
        return (RecordOptOut(), *self._call_off(), *self._take_leave(now))

    def _take_leave(self, now: float) -> tuple[ScriptCommand, ...]:
        """Goodbye, to who has refused."""
        if self._script.goodbye is None:
            return self._end(Reason.OPTED_OUT)
        self._turn = Turn.OPTED_OUT
        self._path.append(self._script.goodbye)
        goodbye = (f"nodes.{self._script.goodbye}", BargeInPolicy.PROTECTED)
        return (self._play((goodbye,), now + GOODBYE_AT_MOST),)

    def _refusal_kept(self) -> tuple[ScriptCommand, ...]:
        self._kept = True
        return self._end(Reason.OPTED_OUT) if self._turn is Turn.KEEPING else ()

    def _said_goodbye(self, now: float) -> tuple[ScriptCommand, ...]:
        if self._kept:
            return self._end(Reason.OPTED_OUT)
        self._turn = Turn.KEEPING
        self._deadline = now + KEEP_AT_MOST
        return ()

    # The callee's voice.

    def _speech_started(self, now: float) -> None:
        self._speaking = True
        self._began_here = self._turn is Turn.PROMPTING
        if self._turn is Turn.LISTENING:
            self._hear(now)

    def _speech_ended(self, now: float) -> tuple[ScriptCommand, ...]:
        self._speaking = False
        if self._turn is Turn.HEARING:
            return self._otherwise(now)
        if self._turn is Turn.PROMPTING and self._began_here and self._node is not None:
            self._heard = self._node.policy is BargeInPolicy.DUCK
        return ()

    def _barged_in(self, now: float) -> None:
        if self._turn in {Turn.PROMPTING, Turn.LISTENING}:
            self._hear(now)

    def _hear(self, now: float) -> None:
        self._turn = Turn.HEARING
        self._deadline = now + HEAR_AT_MOST

    # The end of a prompt, and of patience.

    def _played(self, now: float, *, completed: bool) -> tuple[ScriptCommand, ...]:
        match self._turn:
            case Turn.OPTED_OUT:
                return self._said_goodbye(now)
            case Turn.DISCLOSING | Turn.PARTING if not completed:
                self._deadline = now + GRACE
            case Turn.DISCLOSING:
                return self._enter(self._script.start, now)
            case Turn.PARTING:
                return self._end(Reason.COMPLETED)
            case Turn.PROMPTING if self._heard:
                return self._otherwise(now)
            case Turn.PROMPTING if self._speaking:
                self._hear(now)
            case Turn.PROMPTING if self._node is not None:
                self._turn = Turn.LISTENING
                self._deadline = now + (self._node.listen or 0.0)
            case _:
                pass
        return ()

    def _time_is_up(self, now: float) -> tuple[ScriptCommand, ...]:
        match self._turn:
            case Turn.LISTENING:
                return self._silence(now)
            case Turn.HEARING:
                return self._otherwise(now)
            case Turn.OPTED_OUT:
                return self._said_goodbye(now)
            case Turn.KEEPING:
                return self._end(Reason.OPTED_OUT)
            case Turn.TRANSFERRING:
                return (*self._call_off(), *self._otherwise(now))
            case _:
                return self._end(Reason.INTERNAL_ERROR)

    def _silence(self, now: float) -> tuple[ScriptCommand, ...]:
        node = self._node
        if node is None or node.silence is None:
            return self._otherwise(now)
        taken = self._silences.get(node.name, 0)
        if taken >= node.silence.at_most:
            return self._otherwise(now)
        self._silences[node.name] = taken + 1
        return self._enter(node.silence.node, now)

    # Ways on.

    def _otherwise(self, now: float) -> tuple[ScriptCommand, ...]:
        if self._node is None or self._node.otherwise is None:
            return self._end(Reason.INTERNAL_ERROR)
        return self._enter(self._node.otherwise, now)

    def _take(self, branch: Branch, now: float) -> tuple[ScriptCommand, ...]:
        if isinstance(branch, Go):
            return self._enter(branch.node, now)
        if isinstance(branch, Refuse):
            return self._opt_out(now)
        return self._hand_over(branch, (), now)

    def _hand_over(
        self, transfer: Transfer, words: tuple[tuple[str, BargeInPolicy], ...], now: float
    ) -> tuple[ScriptCommand, ...]:
        self._turn = Turn.TRANSFERRING
        self._deadline = now + TRANSFER_AT_MOST
        self._play_id += 1
        rings = math.ceil(TRANSFER_AT_MOST / RINGING_SECONDS)
        ringing = ((RINGING, BargeInPolicy.PROTECTED),) * rings
        return (Play(self._play_id, (*words, *ringing)), transfer)

    def _call_off(self) -> tuple[CallOff, ...]:
        return (CallOff(),) if self._turn in {Turn.TRANSFERRING, Turn.JOINED} else ()

    def _enter(
        self, name: str, now: float, before: tuple[str, ...] = ()
    ) -> tuple[ScriptCommand, ...]:
        """Go on at a node; the prompts of `before` are said first, in the same breath."""
        node = self._script.nodes[name]
        self._node = node
        self._path.append(name)
        self._began_here = self._heard = False
        first = tuple((key, BargeInPolicy.DUCK) for key in before)
        if node.transfer is not None:
            words = (*first, (f"nodes.{name}", BargeInPolicy.DUCK))
            return self._hand_over(node.transfer, words, now)
        self._turn = Turn.PARTING if node.hang_up else Turn.PROMPTING
        policy = node.policy
        if node.hang_up and policy is BargeInPolicy.STOP:
            policy = BargeInPolicy.DUCK
        return (self._play((*first, (f"nodes.{name}", policy)), now + PLAY_AT_MOST),)

    def _play(self, items: tuple[tuple[str, BargeInPolicy], ...], over_by: float) -> Play:
        self._play_id += 1
        self._deadline = over_by
        return Play(self._play_id, items)

    def _end(self, reason: Reason) -> tuple[ScriptCommand, ...]:
        self._turn = Turn.OVER
        self._deadline = None
        self._notice.let_go()
        return (EndCall(reason),)


_ASKING: Final = frozenset({Turn.PROMPTING, Turn.LISTENING, Turn.HEARING, Turn.UNDERSTANDING})
