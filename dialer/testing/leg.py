"""One call of a `ScriptedLine`: its callee's plan, carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from audio.events import (
    BargeIn,
    BargeInPolicy,
    DtmfReceived,
    FalseAlarm,
    ItemPlayed,
    PlaybackDone,
    PlaybackStarted,
    SpeechEnded,
    SpeechStarted,
    WordsHeard,
)
from audio.recording import Tape
from dialer.core.values.events import (
    Answered,
    Arrived,
    CancelWaits,
    DialFailed,
    HoldChanged,
    InviteSent,
    Joined,
    LocalEnded,
    Parted,
    PeerLost,
    Progressed,
    ReferAnswered,
    Rejected,
    RemoteHungUp,
    TransferAsked,
    Unread,
)
from dialer.core.values.targets import Target
from dialer.ports.line import AnyLineEvent, Playlist
from dialer.testing.callee import (
    Act,
    Answer,
    AskTransfer,
    Callee,
    Fail,
    Garble,
    Hold,
    OnCancel,
    Press,
    Reject,
    RemoteBye,
    Talk,
    Vanish,
)
from dialer.testing.clock import Timer
from dialer.testing.playback import Playback

CONFIRM: Final = 0.2
"""Seconds of sound that make it speech."""

HANGOVER: Final = 0.3
"""Seconds of quiet that end it."""

RECOGNISED: Final = 0.2
"""Seconds until its words are told."""

TIMER_B: Final = 32.0
"""Seconds from an INVITE to its end where nothing ever comes back (RFC 3261 17.1.1.2)."""

LATENCY: Final = 0.005
"""Seconds from a command of ours to what comes of it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One playback as the callee heard it: the prompts that were begun, by name."""

    attempt: str
    at: float
    play_id: int
    prompts: tuple[str, ...]
    completed: bool


class Stage(Protocol):
    """What a leg stands on: its line."""

    heard: list[Heard]
    sent_dtmf: list[tuple[str, str]]

    def now(self) -> float: ...
    def call_at(self, when: float, callback: Callable[[], None]) -> Timer: ...
    def tell(self, attempt: str, event: AnyLineEvent) -> None: ...
    def forget(self, attempt: str) -> None: ...


class Leg:
    """One attempt: its callee's plan, and what is being played to it."""

    def __init__(
        self,
        line: Stage,
        attempt: str,
        opening: Playlist | None,
        callee: Callee,
        handle: int,
    ) -> None:
        self._line = line
        self._attempt = attempt
        self._opening = opening
        self._may_refer_to: tuple[Target, ...] = ()
        self._callee = callee
        self._handle = handle
        self._timers: list[Timer] = []
        self._playback: Playback | None = None
        self._answered = False
        self._cancelled = False
        self._hung_up = False
        self._replied = callee.trying
        self._invited = line.now()
        self._partner: Leg | None = None
        self._tape: Tape | None = None

    @property
    def talks(self) -> bool:
        """Whether the call is answered, and neither side is ending it."""
        return self._answered and not self._cancelled and not self._hung_up

    @property
    def can_join(self) -> bool:
        return self.talks and self._partner is None

    def join(self, other: Leg) -> None:
        for leg, partner in ((self, other), (other, self)):
            leg._be_quiet()  # noqa: SLF001 -- both are of this class
            leg._partner = partner  # noqa: SLF001
            leg._tell_soon(Joined(partner._attempt))  # noqa: SLF001

    def part(self) -> None:
        other, self._partner = self._partner, None
        if other is None:
            return
        other._partner = None  # noqa: SLF001
        for leg in (self, other):
            leg._tell_soon(Parted())  # noqa: SLF001

    def refer(self) -> None:
        codes = self._callee.on_refer
        for number, code in enumerate(codes, start=1):
            when = self._line.now() + number * LATENCY
            self._tell_at(when, ReferAnswered(code, over=number == len(codes)))

    def begin(self) -> None:
        invited = self._line.now()
        self._tell_at(invited, InviteSent(f"{self._attempt}@scripted"))
        callee = self._callee
        if callee.rings_after is not None:
            self._at(invited + callee.rings_after, self._ring)
        match callee.final:
            case Answer(after):
                self._at(invited + after, self._answer)
            case Reject(code, after, q850, retry_after, heard, reached):
                rejected = Rejected(code, q850, retry_after, heard, reached)
                self._finish_at(invited + after, rejected)
            case Garble(code, after):
                self._tell_at(invited + after, Unread(code))
            case Fail(fault, after):
                self._finish_at(invited + after, DialFailed(fault))
            case None:
                pass

    def come_in(self, arrived: Arrived) -> None:
        self._replied = True
        self._tell_soon(arrived)

    def answer(self, opening: Playlist) -> None:
        if not self._answered and not self._hung_up:
            self._opening = opening
            self._at(self._line.now() + LATENCY, self._answer)

    def turn_away(self) -> None:
        if not self._answered and not self._hung_up:
            self._hung_up = True
            self._finish_at(self._line.now() + LATENCY, LocalEnded())

    def end(self) -> None:
        if self._hung_up or self._cancelled:
            return
        if not self._replied:
            self._leave_behind()
            return
        self._be_quiet()
        for timer in self._timers:
            timer.cancel()
        self.part()
        soon = self._line.now() + LATENCY
        if self._answered:
            self._hung_up = True
            self._finish_at(soon, LocalEnded())
            return
        self._cancelled = True
        self._obey_cancel()

    def play(self, playlist: Playlist) -> None:
        if not self.talks or self._partner is not None:
            return
        self._be_quiet()
        self._playback = Playback(playlist, self._line.now())
        self._tell_soon(PlaybackStarted(self._handle, self._line.now(), playlist.play_id))
        for item, ends in enumerate(self._playback.ends_of_items[:-1]):
            self._at(ends, self._item_over(self._playback, item))
        self._at(self._playback.ends, self._played_out(self._playback))

    def stop(self) -> None:
        self._be_quiet()

    def record(self, tape: Tape) -> None:
        if self.talks:
            self._tape = tape
        else:
            tape.end(0)

    def stop_recording(self) -> None:
        tape, self._tape = self._tape, None
        if tape is not None:
            tape.end(0)

    def finish(self, event: AnyLineEvent) -> None:
        """The story's end; nothing follows."""
        for timer in self._timers:
            timer.cancel()
        self._note_heard(completed=False)
        self._timers = []
        self.part()
        for timer in self._timers:  # what the end of the story leaves no time for
            timer.cancel()
        self.stop_recording()
        self._line.forget(self._attempt)
        self._line.tell(self._attempt, event)

    # What the callee does.

    def _leave_behind(self) -> None:
        """No CANCEL may leave: wait for a reply, until the INVITE's time is over."""
        self._cancelled = True
        self._tell_soon(CancelWaits())
        self._finish_at(self._invited + TIMER_B, LocalEnded())

    def _obey_cancel(self) -> None:
        soon = self._line.now() + LATENCY
        if self._callee.on_cancel is OnCancel.OBEYS:
            self._finish_at(soon, LocalEnded())
        elif self._callee.on_cancel is OnCancel.CROSSES:
            self._at(soon, self._answer)

    def _ring(self) -> None:
        first, self._replied = not self._replied, True
        if not self._answered:  # what rings after its answer, no stack tells (RFC 3261 13.2.2.4)
            early_media = self._callee.early_media
            self._tell(Progressed(183 if early_media else 180, early_media))
            if first and self._cancelled:
                for timer in self._timers:
                    timer.cancel()
                self._obey_cancel()

    def _answer(self) -> None:
        self._answered = self._replied = True
        self._tell(Answered())
        if self._cancelled:
            # As the real line does: ACK, and BYE at once (RFC 3261 9.1), in silence.
            self._finish_at(self._line.now() + LATENCY, LocalEnded())
            return
        if self._opening is not None:
            self.play(self._opening)
        now = self._line.now()
        for act in self._callee.acts:
            self._act(act, now + act.at)

    def _act(self, act: Act, when: float) -> None:
        match act:
            case AskTransfer(target=target):
                self._at(when, lambda: self._ask_transfer(target))
            case Press(digit):
                self._at(when, lambda: self._press(digit))
            case Hold(held=held):
                self._tell_at(when, HoldChanged(held))
            case RemoteBye(q850=q850):
                self._finish_at(when, RemoteHungUp(q850))
            case Vanish(why=why):
                self._finish_at(when, PeerLost(why))
            case Talk(seconds=seconds) if seconds < CONFIRM:
                self._at(when + seconds, self._coughed)
            case Talk(seconds=seconds, words=words):
                self._at(when + CONFIRM, lambda: self._spoke(when))
                over = when + seconds + HANGOVER
                self._tell_at(over, SpeechEnded(self._handle, over, seconds))
                if words is not None:
                    told = over + RECOGNISED
                    self._tell_at(told, WordsHeard(self._handle, told, when, words, final=True))

    def _press(self, digit: str) -> None:
        if self._partner is not None:
            self._line.sent_dtmf.append((self._partner._attempt, digit))  # noqa: SLF001
        elif self._opening is not None:
            self._tell(DtmfReceived(self._handle, self._line.now(), digit))

    def allow(self, targets: tuple[Target, ...]) -> None:
        """Whom its callee may ask us to hand on to."""
        self._may_refer_to = targets

    def _ask_transfer(self, target: Target) -> None:
        if self._partner is not None and target in self._may_refer_to:
            self._tell(TransferAsked(target))

    def _coughed(self) -> None:
        playback = self._playback
        if (
            playback is not None
            and playback.policy(self._line.now()) is not BargeInPolicy.PROTECTED
        ):
            self._tell(FalseAlarm(self._handle, self._line.now(), playback.play_id))

    def _spoke(self, onset: float) -> None:
        now = self._line.now()
        if self._partner is not None:
            return
        self._tell(SpeechStarted(self._handle, now, onset))
        playback = self._playback
        if playback is not None and playback.policy(now) is BargeInPolicy.STOP:
            sample = playback.sample(now)
            self._tell(BargeIn(self._handle, now, onset, playback.play_id, sample))
            self._be_quiet()

    # What is being played.

    def _be_quiet(self) -> None:
        playback = self._playback
        if playback is None:
            return
        now = self._line.now()
        self._note_heard(completed=False)
        sample = playback.sample(now)
        self._tell_soon(PlaybackDone(self._handle, now, playback.play_id, sample, completed=False))

    def _item_over(self, playback: Playback, item: int) -> Callable[[], None]:
        def over() -> None:
            if self._playback is playback:
                now = self._line.now()
                self._tell(ItemPlayed(self._handle, now, playback.play_id, item))

        return over

    def _played_out(self, playback: Playback) -> Callable[[], None]:
        def done() -> None:
            if self._playback is not playback:
                return
            now = self._line.now()
            self._item_over(playback, len(playback.ends_of_items) - 1)()
            self._note_heard(completed=True)
            sample = playback.sample(now)
            self._tell(PlaybackDone(self._handle, now, playback.play_id, sample, completed=True))

        return done

    def _note_heard(self, *, completed: bool) -> None:
        playback, self._playback = self._playback, None
        if playback is not None:
            begun = playback.begun(self._line.now())
            self._line.heard.append(
                Heard(self._attempt, playback.began, playback.play_id, begun, completed)
            )

    # Ways of telling.

    def _tell(self, event: AnyLineEvent) -> None:
        self._line.tell(self._attempt, event)

    def _tell_soon(self, event: AnyLineEvent) -> None:
        self._tell_at(self._line.now(), event)

    def _tell_at(self, when: float, event: AnyLineEvent) -> None:
        self._at(when, lambda: self._tell(event))

    def _finish_at(self, when: float, event: AnyLineEvent) -> None:
        self._at(when, lambda: self.finish(event))

    def _at(self, when: float, callback: Callable[[], None]) -> None:
        self._timers.append(self._line.call_at(when, callback))
