"""A script talked through without a telephone: the real walk, and a clock that nobody waits for.

Prompts last as long as such words do. A prompt is heard to its end before the callee's next move,
unless the callee moves over it. A person who is to be fetched answers at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audio.events import (
    BargeIn,
    BargeInPolicy,
    DtmfReceived,
    ItemPlayed,
    PlaybackDone,
    SpeechEnded,
    SpeechStarted,
    WordsHeard,
)
from dialer.core.calls.grading import CallFacts, Grade, GradeRule, grade
from dialer.core.dialog.dialog import DialogEvent
from dialer.core.dialog.heard_text import heard
from dialer.core.dialog.notice_watch import IDENTITY
from dialer.core.dialog.script import PlayFile, Script, Transfer, utterances
from dialer.core.dialog.script_commands import (
    CallLater,
    EndCall,
    OpenComplaint,
    Play,
    RecordOptOut,
    ScriptCommand,
)
from dialer.core.dialog.script_hearing import HearingRun
from dialer.core.dialog.script_run import RINGING, Turn
from dialer.core.dialog.understanding import Understood, understand
from dialer.core.values.events import DeadlinePassed, Joined, RefusalKept, TransferFailed
from dialer.core.values.outcome import Reason

TOKEN_SECONDS: Final = 0.3
"""A word of English, or a sign of Chinese, as a voice says it."""
TURN_SECONDS: Final = 1.0
NOTICE_SECONDS: Final = 2.5
MOST_DEADLINES: Final = 50
REFUSED, COMPLAINED, CALL_LATER, HANDED_OVER = "refusal", "complaint", "call_later", "transfer"


@dataclass(frozen=True, slots=True)
class Said:
    """One prompt: its key among the script's utterances, and its words as they are approved."""

    key: str
    words: str


class Rehearsal:
    """One conversation. `may_call_later` as of `HearingRun`; `person` answers when fetched."""

    def __init__(self, script: Script, *, may_call_later: bool = True, person: bool = True) -> None:
        self._run = HearingRun(script, may_call_later=may_call_later)
        self._words = {
            key: (each.words or "") if isinstance(each, PlayFile) else each.text
            for key, each in utterances(script).items()
        }
        self._script = script
        self._person = person
        self._now = 0.0
        self._left: list[tuple[str, BargeInPolicy]] = []
        self._item = self._play_id = 0
        self._item_ends = 0.0
        self._said: list[Said] = []
        self._talked = False
        self._turns = 0
        self.recorded: list[str] = []
        """What was put on record, in order: REFUSED, COMPLAINED, CALL_LATER, HANDED_OVER."""
        self.ended: Reason | None = None
        self._perform((self._run.opening(), *self._run.answered(0.0)))

    @property
    def intents(self) -> tuple[str, ...]:
        return self._run.intents

    @property
    def path(self) -> tuple[str, ...]:
        return self._run.path

    @property
    def is_opening(self) -> bool:
        """Whether nothing was asked yet."""
        return self._run.turn is Turn.DISCLOSING

    @property
    def is_over(self) -> bool:
        """Whether nothing is said or heard any more."""
        return self.ended is not None or self._run.turn is Turn.JOINED

    def said(self) -> Sequence[Said]:
        """What was begun to be said since this was asked last."""
        told, self._said = self._said, []
        return told

    def meaning_of(self, text: str) -> Understood:
        """What these words would mean now."""
        node = None if not self._run.path else self._script.nodes[self._run.path[-1]]
        return understand(text, () if node is None else node.intents)

    def grade(self, rules: Sequence[GradeRule]) -> Grade:
        facts = CallFacts(
            talk=self._now,
            turns=self._turns,
            intents=self._run.intents,
            nodes=self._run.path,
            joined=self._talked,
            refused=self._run.opted_out,
        )
        return grade(rules, facts)

    # The callee's moves.

    def speak(self, text: str, *, over: bool = False) -> None:
        """The callee says this; `over` what is being said."""
        if not over:
            self._play_out()
        self._turns += 1
        self._now += 0.5
        onset = self._now
        self._give(SpeechStarted(1, self._now, onset))
        if self._left and self._left[0][1] is BargeInPolicy.STOP:
            self._give(BargeIn(1, self._now, onset, self._play_id, 0))
            self._done(completed=False)
        self._now += TURN_SECONDS
        self._give(SpeechEnded(1, self._now, TURN_SECONDS))
        self._give(WordsHeard(1, self._now, onset, text, final=True))

    def press(self, digit: str, *, over: bool = False) -> None:
        if not over:
            self.settle()
        self._turns += 1
        self._give(DtmfReceived(1, self._now, digit))
        self.settle(play_out=False)

    def stay_silent(self) -> None:
        """Until something is said, or the call is over."""
        self._play_out()
        before = len(self._said), self.ended
        for _ in range(MOST_DEADLINES):
            if self.is_over or (len(self._said), self.ended) != before:
                return
            self._pass()
            self._play_out()

    def settle(self, *, play_out: bool = True) -> None:
        """Nothing more is said for now: what was said last is acted on.

        Prompts are heard out with `play_out`, and in any case where nothing is asked after them.
        """
        self._settle()
        if play_out or self._run.turn in _LAST_WORDS or self._run.opted_out:
            self._play_out()
            self._settle()

    # Time and sound.

    def _settle(self) -> None:
        while self._run.turn is Turn.UNDERSTANDING and not self._left:
            self._pass()

    def _pass(self) -> None:
        deadline = self._run.next_deadline()
        if deadline is not None:
            self._now = max(self._now, deadline)
            self._give(DeadlinePassed())

    def _play_out(self) -> None:
        while self._left and not self.is_over:
            self._now = max(self._now, self._item_ends)
            play_id, item = self._play_id, self._item
            self._left.pop(0)
            self._item += 1
            self._begin_item()
            self._give(ItemPlayed(1, self._now, play_id, item))
            if play_id == self._play_id and not self._left:
                self._done(completed=True)

    def _begin_item(self) -> None:
        if self._left:
            key, _policy = self._left[0]
            seconds = TOKEN_SECONDS * len(heard(self._words[key]).split())
            # Its length is inspected before the approval: here it is always in time.
            self._item_ends = self._now + (
                min(NOTICE_SECONDS, seconds) if key == IDENTITY else seconds
            )

    def _done(self, *, completed: bool) -> None:
        self._left = []
        self._give(PlaybackDone(1, self._now, self._play_id, 0, completed))

    def _give(self, event: DialogEvent) -> None:
        self._perform(self._run.handle(event, self._now))

    def _perform(self, commands: Sequence[ScriptCommand]) -> None:
        for command in commands:
            match command:
                case Play(play_id, items):
                    self._play_id, self._item = play_id, 0
                    self._left = [item for item in items if item[0] != RINGING]
                    self._said += [Said(key, self._words[key]) for key, _policy in self._left]
                    self._begin_item()
                case RecordOptOut():
                    self.recorded.append(REFUSED)
                    self._give(RefusalKept())
                case OpenComplaint():
                    self.recorded.append(COMPLAINED)
                case CallLater():
                    self.recorded.append(CALL_LATER)
                case Transfer():
                    self.recorded.append(HANDED_OVER)
                    self._talked = self._person
                    self._give(Joined("person") if self._person else TransferFailed())
                case EndCall(reason):
                    self.ended = reason
                case _:
                    pass


_LAST_WORDS: Final = frozenset({Turn.PARTING, Turn.OPTED_OUT, Turn.KEEPING})
