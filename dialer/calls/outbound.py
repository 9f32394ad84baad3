"""An outbound call's leg: what is told of it, and the record of its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from audio.events import AudioEvent, BargeIn, DtmfReceived, PlaybackStarted, SpeechStarted
from audio.speech.recogniser import Wanted
from dialer.calls.leg import Leg, LegParts, Recording, Say, Watcher, attempt_end
from dialer.calls.observer import Observer
from dialer.calls.transfer import HandOver
from dialer.core.calls.call import Call, CallLimits
from dialer.core.calls.grading import CallFacts, GradeRule, grade
from dialer.core.calls.transcript import Transcript, packed
from dialer.core.dialog.script import PlayFile, Script, utterances
from dialer.core.dialog.script_commands import Play, StartRecording, StopRecording
from dialer.core.dialog.script_hearing import HearingRun
from dialer.core.dialog.script_run import OPENING, ScriptRun
from dialer.core.trunks.trunk_state import LONGEST_RETRY_AFTER
from dialer.core.values.attention import Attention
from dialer.core.values.events import CallLineEvent, Joined, KeysUnheard, Progressed, ReferAnswered
from dialer.core.values.outcome import Outcome, Reason, Who, is_carriers_fault, is_refusal
from dialer.core.values.records import AttemptEnd, AttemptOrder, CallEnd
from dialer.ports.line import AnyLineEvent, Dial, Line

_log = logging.getLogger(__name__)

Session = Leg[AttemptOrder, CallEnd]


@dataclass(frozen=True, slots=True)
class Outside:
    """What a session acts on.

    `sent` is told when the INVITE has left, with the monotonic time; `answered` at its 200, with
    the post-dial delay, None where nothing rang, and the monotonic time; `refused` when the callee
    opts out, with the UTC time, and answers by `Session.refusal_kept`; `wall` turns a monotonic
    instant into UTC; `recording` records the call, where calls are recorded;
    by `grades` the call is graded. `hears`: a recogniser tells the callee's words. `complained` is
    told when the callee complains of us, with the UTC time; `call_later` when they were promised a
    call at another time, which is None where none may be.
    """

    line: Line
    observer: Observer
    sent: Callable[[float], None]
    answered: Callable[[float | None, float], None]
    refused: Callable[[datetime], None]
    wall: Callable[[float], datetime]
    hand_over: HandOver | None = None
    recording: Recording | None = None
    grades: Sequence[GradeRule] = ()
    hears: bool = False
    complained: Callable[[datetime], None] | None = None
    call_later: Callable[[], None] | None = None


def outbound_leg(
    order: AttemptOrder, script: Script, limits: CallLimits, say: Say, outside: Outside
) -> Session:
    """One attempt; `say` gives the prompts of `core.dialog.script.utterances`."""
    call = Call(limits)
    run = _run(script, limits.notice, outside)

    def words_of(key: str) -> str:
        # As approved, its braces not filled: what fills them is the contact's, and has a shorter
        # life than what is evidence.
        said = utterances(script).get(key)
        return (
            "" if said is None else (said.words or "") if isinstance(said, PlayFile) else said.text
        )

    watcher = _CallWatcher(order, call, run, outside, Transcript(words_of))
    parts = LegParts(
        line=outside.line,
        first=Dial(
            order.attempt,
            order.trunk,
            order.contact.row.number,
            order.caller_id,
            None,
            listens=_wanted(script) if outside.hears else None,
        ),
        wall=outside.wall,
        record=watcher.record,
        watcher=watcher,
        say=say,
        refused=outside.refused,
        hand_over=outside.hand_over,
        recording=outside.recording,
        complained=outside.complained,
        call_later=outside.call_later,
    )
    return Session(order.attempt, order, call, run, parts)


def _wanted(script: Script) -> Wanted:
    """The script's language, and every phrase that is an answer anywhere in it."""
    said = (word for node in script.nodes.values() for each in node.intents for word in each.words)
    return Wanted(script.language, tuple(dict.fromkeys(said)))


def _run(script: Script, notice_within: float, outside: Outside) -> ScriptRun:
    records = outside.recording is not None
    if not outside.hears:
        return ScriptRun(script, notice_within, records=records)
    may_call_later = outside.call_later is not None
    return HearingRun(script, notice_within, records=records, may_call_later=may_call_later)


class _CallWatcher(Watcher):
    """Tells the observer each thing once, and notes what the record of the call wants."""

    def __init__(
        self,
        order: AttemptOrder,
        call: Call,
        run: ScriptRun,
        outside: Outside,
        transcript: Transcript,
    ) -> None:
        self._order = order
        self._call = call
        self._run = run
        self._outside = outside
        self._observer = outside.observer
        self._wall = outside.wall
        self._transcript = transcript
        self._attention = Attention()
        self._began_at = 0.0
        self._opened_at: float | None = None
        self._first_packet: float | None = None
        self._barge_ins = 0
        self._turns = 0
        """How often the callee was heard, by voice or key."""
        self._keys_unheard = False
        self._rests_until: datetime | None = None
        self._joined = False
        """Whether the callee was given to a person."""
        self._told_ringing = False
        self._told_notice = False

    def dialing(self, now: float) -> None:
        self._began_at = now
        self._observer.dialing(self._order)

    def sent(self, at: float) -> None:
        self._outside.sent(at)

    def asked_to_rest(self, seconds: int, at: float) -> None:
        longest = timedelta(seconds=min(seconds, LONGEST_RETRY_AFTER))
        self._rests_until = self._wall(at) + longest

    def answered(self, at: float) -> None:
        self._attention.answered(at)
        self._transcript.answered(at)
        self._outside.answered(self._call.post_dial_delay, at)
        self._observer.answered(self._order, self._wall(at), setup=at - self._began_at)
        self._observe_first_packet()

    def signalled(self, event: CallLineEvent, at: float) -> None:
        if isinstance(event, Joined):
            self._joined = True
            self._attention.attended(at)
        delay = self._call.post_dial_delay
        if isinstance(event, Progressed) and delay is not None and not self._told_ringing:
            self._told_ringing = True
            self._observer.ringing(
                self._order,
                self._wall(at),
                sip_code=event.code,
                early_media=event.early_media,
                post_dial_delay=delay,
            )

    def heard(self, event: AnyLineEvent, at: float) -> None:
        if isinstance(event, ReferAnswered) and 200 <= event.code < 300:
            self._joined = True
            self._attention.attended(at)
        if isinstance(event, AudioEvent):
            self._transcript.heard(event)
        if isinstance(event, KeysUnheard):
            self._keys_unheard = True
            self._observer.digits_unheard(self._order, event.codec)
        self._turns += isinstance(event, SpeechStarted | DtmfReceived)
        if isinstance(event, PlaybackStarted) and event.play_id == OPENING:
            self._opened_at = at
            self._observe_first_packet()
        elif isinstance(event, BargeIn):
            self._barge_ins += 1
            self._observer.barged_in(self._order, self._wall(at), latency=event.at - event.onset)

    def plays(self, play: Play) -> None:
        self._transcript.plays(play.play_id, [key for key, _policy in play.items])

    def records(self, command: StartRecording | StopRecording, now: float) -> None:
        self._transcript.keeps_words_from = now if isinstance(command, StartRecording) else None
        if isinstance(command, StopRecording) and command.erase:
            self._transcript.erase_words()

    def said(self, now: float) -> None:
        spoken = self._run.notice_spoken
        if spoken is not None:
            self._observe_notice(spoken, now)

    def ending(self, reason: Reason, now: float) -> None:
        if reason is Reason.NOTICE_LATE:
            _log.warning(
                "attempt %s: its callee was not told in time who is calling; hung up",
                self._order.attempt,
            )
            self._observe_notice(None, now)

    def promised(self, now: float) -> None:
        self._attention.promised(now)

    def nobody_came(self) -> None:
        self._attention.nobody_came()

    def record(self, outcome: Outcome, now: float) -> CallEnd:
        """The record of the end."""
        answered = self._call.answered_at is not None
        last = replace(
            attempt_end(self._order, self._call, outcome, now, self._wall),
            rests_until=self._rests_until if is_carriers_fault(outcome) else None,
            first_packet=self._first_packet,
            notice_spoken=self._run.notice_spoken,
            barge_ins=self._barge_ins,
            speech=self._turns > 0 if answered else None,
            abandoned=self._attention.abandoned(
                self._first_packet, now, by_callee=outcome.who is Who.CALLEE
            ),
        )
        return CallEnd(
            last=last,
            contact=self._order.contact.id,
            keys=self._run.keys,
            path=self._run.path,
            intents=self._run.intents,
            grade=self._grade(last),
            transcript=packed(self._transcript.lines),
            # By words the callee can say no as well.
            digits_unheard=self._keys_unheard and not (self._run.keys or self._outside.hears),
        )

    def _grade(self, last: AttemptEnd) -> str:
        if last.answered_at is None:
            return ""
        facts = CallFacts(
            talk=(last.ended_at - last.answered_at).total_seconds(),
            turns=self._turns,
            intents=self._run.intents,
            nodes=self._run.path,
            joined=self._joined,
            refused=self._run.opted_out or is_refusal(last.outcome),
        )
        return grade(self._outside.grades, facts).value

    def _observe_notice(self, spoken: float | None, now: float) -> None:
        if not self._told_notice:
            self._told_notice = True
            self._observer.notice(self._order, self._wall(now), spoken=spoken)

    def _observe_first_packet(self) -> None:
        """Answer and opening are told by two threads, so either may come first."""
        answered_at = self._call.answered_at
        if answered_at is None or self._opened_at is None or self._first_packet is not None:
            return
        self._first_packet = max(0.0, self._opened_at - answered_at)
        self._observer.first_packet(self._first_packet)
