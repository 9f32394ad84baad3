"""A conversation in which the callee's words count, beside the keys: `script_run` with ears.

What is new to the walk, by the rules of `understanding`:

1.  When the callee falls silent, the words are waited for, UNDERSTAND_WITHIN seconds at most, and
    the node's `pause` where it has one. An answer that was complete before is not waited for.
2.  A refusal counts from the first frame to the last, whatever the prompt, in every node, however
    late it is understood. Over the identity notice it is on record at once; the goodbye follows the
    notice, for nobody is hung up on who does not know who called.
3.  An answer counts as its key does, also over a prompt. Words that began before the question was
    asked answer nothing. "Okay" and 对 are no answer to a question that was not heard to its end:
    over a prompt they let it go on, and where they have stopped it they are doubt.
4.  Words that mean nothing here take `no_match`, at most so often, then `otherwise`. Doubt is
    asked again, once where the node has no `no_match`. No words at all are words that mean
    nothing; a filler alone gives the callee FILLER_WAIT more seconds, then it is silence.
5.  Questions that a callee may ask anywhere are answered by the script's `answers`, then the node
    is said again, ANSWERS_AT_MOST times in a call. Without such an answer, who asks for a robot
    hears the identity notice, and who asks for the number's source the purpose. What is asked
    during the notice is answered after it.
6.  Who asks for a person is handed over where the script hands over anywhere. Who asks for another
    time is told whether they will be called, and the call ends.
7.  Who speaks without end is interrupted where the node has `long_talk`, else after HEAR_AT_MOST.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from audio.events import AudioEvent, BargeInPolicy, SpeechEnded, SpeechStarted, WordsHeard
from dialer.core.dialog.heard_text import is_backchannel
from dialer.core.dialog.meaning import REFUSING, Meaning
from dialer.core.dialog.notice_watch import IDENTITY, SPOKEN_BY
from dialer.core.dialog.script import Intent, Node, Script, Transfer, transfers, utterances
from dialer.core.dialog.script_commands import (
    CallLater,
    OpenComplaint,
    RecordOptOut,
    ScriptCommand,
)
from dialer.core.dialog.script_run import HEAR_AT_MOST, PLAY_AT_MOST, ScriptRun, Turn
from dialer.core.dialog.understanding import Understood, no_of, understand, yes_of
from dialer.core.values.outcome import Reason

UNDERSTAND_WITHIN: Final = 1.5
"""Seconds that a recogniser has from the callee's silence: who waits longer speaks again."""
FILLER_WAIT: Final = 2.5
"""Seconds for which who has only said "mm" may go on."""
WAIT_FOR: Final = 15.0
"""Seconds for which we are silent when asked to wait."""
WAITS_AT_MOST: Final = 3
ANSWERS_AT_MOST: Final = 4
REMEMBERED: Final = 8
"""Turns of the callee whose words may be outstanding; older ones come no more."""

Commands = tuple[ScriptCommand, ...]


class HearingRun(ScriptRun):
    """The walk of one call that has a recogniser.

    `may_call_later` says whether a callee who asks for another time can be given one.
    """

    def __init__(
        self,
        script: Script,
        notice_within: float = SPOKEN_BY,
        *,
        records: bool = False,
        may_call_later: bool = False,
    ) -> None:
        super().__init__(script, notice_within, records=records)
        self._may_call_later = may_call_later
        self._sayable = utterances(script)
        self._began: dict[float, Node | None] = {}
        """The callee's turns whose words have not come, by onset: the node they were begun at."""
        self._texts: list[str] = []
        """What the callee has said to the present question."""
        self._partial = ""
        self._last_partial = (0.0, "")
        self._partial_at = self._onset = self._silent_since = 0.0
        self._entered_at = 0.0
        self._heard_since: float | None = None
        self._patient_until = 0.0
        self._patience: float | None = None
        self._no_matches: dict[str, int] = {}
        self._asked_again: set[str] = set()
        self._interrupted: set[str] = set()
        self._waits = self._answers = 0
        self._early: Understood | None = None
        """What was asked during the notice."""
        self._leaving = False
        """Refused over the identity notice, which is not over."""
        self._cut = False
        """Whether the callee's voice has stopped the present question."""
        self._complained = False
        self._declined = False
        """Whether the last answer was the node's own no."""

    # Words.

    def _of_callee(self, event: AudioEvent, now: float) -> Commands:
        if isinstance(event, WordsHeard):
            return self._words(event, now)
        if isinstance(event, SpeechStarted):
            while len(self._began) >= REMEMBERED:
                del self._began[next(iter(self._began))]
            self._began[event.onset] = self._node
            self._onset = event.onset
        elif isinstance(event, SpeechEnded):
            self._silent_since = self._onset + event.duration
        return super()._of_callee(event, now)

    def _words(self, event: WordsHeard, now: float) -> Commands:
        node = self._began.get(event.onset, self._node)
        if not event.final:
            self._last_partial = (event.onset, event.text)
            if node is self._node and event.onset >= self._entered_at:
                self._partial, self._partial_at = event.text, event.at
            return ()
        text = event.text
        if not text.strip() and self._last_partial[0] == event.onset:
            text = self._last_partial[1]  # the recogniser was lost on the way: better than nothing
        self._began.pop(event.onset, None)
        if self._turn is Turn.JOINED:
            return ()
        meant = understand(text, () if node is None else node.intents)
        if meant.meaning in REFUSING and self._counts(meant.meaning, node):
            return self._refuse(meant, now)
        if node is None and self._turn is Turn.DISCLOSING:
            self._hold(meant)
        is_answer = node is not None and node is self._node and event.onset >= self._entered_at
        return self._take_words(text, now) if is_answer and self._turn in _OPEN else ()

    def _counts(self, refusing: Meaning, node: Node | None) -> bool:
        """Whether it is a refusal here: a mere no, or a bye, is one only where we want an answer.

        A no that is understood late is still one, and so is one to our parting, but not after the
        no that this parting follows; a bye to it never is.
        """
        if refusing is Meaning.NO:
            to_parting = self._turn is Turn.PARTING and not self._declined
            return to_parting or self._turn in {*_OPEN, Turn.DISCLOSING}
        if refusing is Meaning.BYE:
            return self._turn in {*_OPEN, Turn.DISCLOSING} and node is self._node
        return True

    def _take_words(self, text: str, now: float) -> Commands:
        if self._turn is Turn.PROMPTING:
            return self._over_prompt(text, now)
        self._texts.append(text)
        return self._decide(now) if self._turn is not Turn.HEARING else ()

    def _over_prompt(self, text: str, now: float) -> Commands:
        """Words over a prompt: what is clear counts at once, what is not when it is over."""
        meant = self._meant(text)
        if meant.meaning is Meaning.FILLER:
            self._heard = False
        elif meant.meaning not in _UNCLEAR:
            return self._act(meant, now)
        elif self._heard:
            self._texts.append(text)
        return ()

    def _decide(self, now: float, *, at_last: bool = False) -> Commands:
        """The callee is silent: act on what was said, or wait for more where that may come."""
        meant = self._meant(". ".join(self._texts) if self._texts else self._partial)
        if self._heard_since is not None and now - self._heard_since >= HEAR_AT_MOST:
            at_last = True
        if not at_last and meant.meaning in _UNCLEAR:
            wait = FILLER_WAIT if meant.meaning is Meaning.FILLER else 0.0
            until = max(self._patient_until, now + wait)
            if until > now:
                self._turn, self._deadline = Turn.UNDERSTANDING, until
                return ()
        return self._act(meant, now)

    def _meant(self, text: str) -> Understood:
        intents = () if self._node is None else self._node.intents
        meant = understand(text, intents)
        over_prompt = self._turn is Turn.PROMPTING
        is_clear = meant.meaning not in _UNCLEAR and meant.intent != yes_of(intents)
        if is_clear or not (over_prompt or self._cut) or not is_backchannel(text):
            return meant
        return Understood(Meaning.FILLER if over_prompt else Meaning.DOUBT)

    # What it comes to.

    def _act(self, meant: Understood, now: float) -> Commands:
        meaning = meant.meaning
        if meaning in REFUSING:
            return self._refuse(meant, now)
        if meaning is Meaning.ANSWER:
            return self._mean(self._intent(meant.intent), now)
        if meaning in _ASKED:
            self._intents.append(meant.name)
        if meaning is Meaning.FILLER:
            return self._silence(now)
        if meaning is Meaning.WAIT and self._waits < WAITS_AT_MOST:
            return self._wait(now)
        answers: dict[Meaning, Callable[[float], Commands]] = {
            Meaning.PERSON: self._person,
            Meaning.LATER: self._later,
            Meaning.ROBOT: partial(self._answer, "robot", IDENTITY),
            Meaning.SOURCE: partial(self._answer, "source", "disclosure.purpose"),
            Meaning.DOUBT: partial(self._not_understood, doubt=True),
        }
        return answers.get(meaning, self._not_understood)(now)

    def _mean(self, intent: Intent, now: float) -> Commands:
        self._declined = self._node is not None and intent.name == no_of(self._node.intents)
        return super()._mean(intent, now)

    def _intent(self, name: str) -> Intent:
        intents = () if self._node is None else self._node.intents
        return next(each for each in intents if each.name == name)

    def _refuse(self, meant: Understood, now: float) -> Commands:
        complaint: Commands = ()
        if meant.meaning is Meaning.COMPLAINT and not self._complained:
            self._complained = True
            complaint = (OpenComplaint(),)
        if self._opted_out:
            return complaint
        self._intents.append(meant.name)
        if self._turn is Turn.DISCLOSING and self.notice_spoken is None:
            self._opted_out = self._leaving = True
            return (*complaint, RecordOptOut())
        return (*complaint, *self._opt_out(now))

    def _hold(self, meant: Understood) -> None:
        if meant.meaning in _ASKED and self._early is None:
            self._early = meant

    def _answer(self, key: str, instead: str, now: float) -> Commands:
        """Say it, then ask again."""
        self._answers += 1
        if self._node is None or self._answers > ANSWERS_AT_MOST:
            return self._otherwise(now)
        words = f"answers.{key}"
        return self._enter(self._node.name, now, (words if words in self._sayable else instead,))

    def _person(self, now: float) -> Commands:
        here = () if self._node is None else self._node.intents
        offered = [each.then for each in here if isinstance(each.then, Transfer)]
        offered += [transfer for _place, transfer in transfers(self._script)]
        if offered:
            return self._hand_over(offered[0], (), now)
        if "answers.no_person" in self._sayable:
            return self._answer("no_person", "", now)
        return self._not_understood(now, doubt=True)

    def _later(self, now: float) -> Commands:
        self._turn = Turn.PARTING
        if self._may_call_later and "answers.later" in self._sayable:
            return (CallLater(), self._say("answers.later", now))
        if "answers.no_later" in self._sayable:
            return (self._say("answers.no_later", now),)
        if self._script.goodbye is None:
            return self._end(Reason.COMPLETED)
        return self._enter(self._script.goodbye, now)

    def _wait(self, now: float) -> Commands:
        self._waits += 1
        self._new_question(now)
        if "answers.wait" in self._sayable:
            self._patience = WAIT_FOR
            self._turn = Turn.PROMPTING
            self._began_here = self._heard = False
            return (self._say("answers.wait", now),)
        self._turn, self._deadline = Turn.LISTENING, now + WAIT_FOR
        return ()

    def _say(self, key: str, now: float) -> ScriptCommand:
        return self._play(((key, BargeInPolicy.DUCK),), now + PLAY_AT_MOST)

    def _not_understood(self, now: float, *, doubt: bool = False) -> Commands:
        node = self._node
        if node is None:
            return self._otherwise(now)
        turn = node.no_match
        taken = self._no_matches.get(node.name, 0)
        if turn is not None and taken < turn.at_most:
            self._no_matches[node.name] = taken + 1
            return self._enter(turn.node, now)
        if doubt and turn is None and node.name not in self._asked_again:
            self._asked_again.add(node.name)
            return self._enter(node.name, now)
        return self._otherwise(now)

    # The turns.

    def _enter(self, name: str, now: float, before: tuple[str, ...] = ()) -> Commands:
        self._new_question(now)
        return super()._enter(name, now, before)

    def _new_question(self, now: float) -> None:
        self._texts.clear()
        self._partial = ""
        self._heard_since = None
        self._patience = None
        self._cut = False
        self._entered_at = now

    def _barged_in(self, now: float) -> None:
        self._cut = self._cut or self._turn is Turn.PROMPTING
        super()._barged_in(now)

    def _hear(self, now: float) -> None:
        super()._hear(now)
        if self._heard_since is None:
            self._heard_since = now
        long = None if self._node is None else self._node.long_talk
        most = HEAR_AT_MOST
        if long is not None and self._node is not None and self._node.name not in self._interrupted:
            most = long.after
        self._deadline = max(now, self._heard_since + most)

    def _speech_started(self, now: float) -> None:
        super()._speech_started(now)
        if self._turn is Turn.UNDERSTANDING:
            self._hear(now)

    def _speech_ended(self, now: float) -> Commands:
        if self._turn is not Turn.HEARING:
            return super()._speech_ended(now)
        self._speaking = False
        pause = 0.0 if self._node is None else self._node.pause
        self._patient_until = now + pause
        self._turn, self._deadline = Turn.UNDERSTANDING, now + max(UNDERSTAND_WITHIN, pause)
        if self._partial_at < self._silent_since:
            return ()  # the end of what was said is not in it
        meant = self._meant(". ".join((*self._texts, self._partial)))
        return self._act(meant, now) if meant.meaning is Meaning.ANSWER else ()

    def _played(self, now: float, *, completed: bool) -> Commands:
        if self._turn is Turn.DISCLOSING and completed and self._early is not None:
            self._node = self._script.nodes[self._script.start]
            return self._act(self._early, now)
        if self._turn is Turn.PROMPTING and self._heard:
            if self._texts:
                return self._decide(now, at_last=True)
            self._turn, self._deadline = Turn.UNDERSTANDING, now + UNDERSTAND_WITHIN
            return ()
        patience = self._patience
        commands = super()._played(now, completed=completed)
        if self._turn is Turn.LISTENING and patience is not None:
            self._deadline = now + patience
        return commands

    def _disclosed(self, key: str, now: float) -> Commands:
        if key != IDENTITY or not self._leaving or self._turn is not Turn.DISCLOSING:
            return super()._disclosed(key, now)
        self._leaving = False
        in_time = self._notice.is_over(now)
        return self._take_leave(now) if in_time else self._said_goodbye(now)

    def _opt_out(self, now: float) -> Commands:
        if self._leaving and self._turn is Turn.DISCLOSING:  # key 1 does not wait for the notice
            self._leaving = False
            self._notice.let_go()
            return self._take_leave(now)
        return super()._opt_out(now)

    def _deadline_passed(self, now: float) -> Commands:
        graceless = self._deadline is not None and now >= self._deadline
        if self._leaving and (graceless or self._notice.is_late(now)):
            # Nothing is said to who was not told who called; but what they said is kept first.
            self._leaving = False
            self._notice.let_go()
            return self._said_goodbye(now)
        return super()._deadline_passed(now)

    def _time_is_up(self, now: float) -> Commands:
        if self._turn is Turn.UNDERSTANDING:
            return self._decide(now, at_last=True)
        if self._turn is not Turn.HEARING:
            return super()._time_is_up(now)
        node = self._node
        if node is not None and node.long_talk is not None and node.name not in self._interrupted:
            self._interrupted.add(node.name)
            return self._enter(node.long_talk.node, now)
        return self._decide(now, at_last=True)


_OPEN: Final = frozenset({Turn.PROMPTING, Turn.LISTENING, Turn.HEARING, Turn.UNDERSTANDING})
"""Where words can be an answer."""
_UNCLEAR: Final = frozenset({Meaning.DOUBT, Meaning.UNKNOWN, Meaning.NOTHING, Meaning.FILLER})
_ASKED: Final = frozenset({Meaning.PERSON, Meaning.ROBOT, Meaning.SOURCE, Meaning.LATER})
"""What is answered wherever the script stands, and recorded."""
