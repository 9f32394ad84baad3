"""Whether a sound over a prompt is believed to be a voice. Pure; fed a frame at a time.

OPEN      -> BELIEVED   the second opinion says speech, or does not come in time
OPEN      -> DISMISSED  it says our echo, or something else, or too often does not know
DISMISSED -> BELIEVED   the sound goes on, was asked about again, and now there is speech in it
BELIEVED  -> DISMISSED  asked again after a while: the voice has gone, the sound has not
any       -> OPEN       the next onset
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from audio.second_opinion import Finding
from audio.vad import Voice

_FRAME_NS: Final = 20_000_000
_FOREVER: Final = 1 << 62


class Trust(IntEnum):
    """In what is heard being a voice."""

    OPEN = 0
    BELIEVED = 1
    DISMISSED = 2


@dataclass(frozen=True, slots=True)
class DoubtSettings:
    """Counts are frames of 20 ms of sound over a prompt."""

    ask_frames: int = 9
    """180 ms: three less than a confirmation, for the answer to be there in time."""
    again_frames: int = 3
    """Where the second opinion does not know, it is asked again after so many more."""
    murmur_frames: int = 28
    """560 ms: a voice that hardly moves ("mm", "uh-huh") is listening and not answering, as long as
    it is no longer than this. The prompt is ducked meanwhile."""
    murmur_again_frames: int = 7
    undecided: int = 5
    """Times that it may not know: then the sound is no voice that anybody wants heard."""
    wait_frames: int = 10
    """200 ms after a question the first opinion holds: no prompt plays on for want of an answer."""
    rest_frames: int = 12
    """A dismissed sound that goes on is asked about after 240 ms, then three times as long..."""
    longest_rest_frames: int = 150
    """...and at last every 3 s. Each time costs a millisecond of one core."""
    pause_frames: int = 10
    """200 ms: a voice that was not believed yet, and pauses so long, has been a murmur."""
    louder: float = 1.8
    """A peak 5 dB over those of the sound that was dismissed: it is asked about anew..."""
    louder_frames: int = 7
    """...140 ms later, so that there is enough of what is new."""


class Doubt:
    """One call's."""

    __slots__ = (
        "_again",
        "_asked",
        "_asked_at",
        "_frames",
        "_loudest",
        "_next",
        "_over",
        "_pause",
        "_rest",
        "_settings",
        "_undecided",
        "_whole",
        "number",
        "trust",
    )

    def __init__(self, settings: DoubtSettings | None = None) -> None:
        self._settings = settings or DoubtSettings()
        self.number = 0
        """Of the latest question; answers to others are stale."""
        self.reopen()

    def reopen(self) -> None:
        """A new onset: all is open."""
        self.trust = Trust.OPEN
        self.number += 1
        self._asked = False
        self._asked_at = 0
        self._frames = 0
        self._next = self._settings.ask_frames
        self._undecided = 0
        self._pause = 0
        self._over = False
        """Whether what was open has ended in a pause; what comes next is an onset of its own."""
        self._whole = True
        self._rest = self._settings.rest_frames
        self._again = _FOREVER
        self._loudest = 0.0

    @property
    def until(self) -> int:
        """Nanoseconds, until which more of the same sound changes nothing."""
        return 0 if self._asked else self._again

    @property
    def ceiling(self) -> float:
        """A peak over this does change something."""
        if self.trust is Trust.DISMISSED and not self._asked:
            return self._loudest * self._settings.louder
        return float(_FOREVER)

    def hear(self, voice: Voice, peak: int, taken: int, *, whole: bool = True) -> bool:
        """Take in a frame over a prompt; whether a second opinion is wanted of the sound up to it.

        `taken` is when it came, in nanoseconds. What was believed of a prompt that is not stopped
        is open again over one that is: then the sound as a `whole` is asked about.
        """
        if voice is Voice.QUIET:
            return False
        if (whole and not self._whole) or (self._over and voice is not Voice.STOPPING):
            self.reopen()
        self._whole = whole
        if voice is not Voice.STOPPING:
            self._frames += 1
            self._pause = 0
        elif self.trust is Trust.OPEN:
            self._pause += 1
            if self._pause >= self._settings.pause_frames:
                self.trust, self._over, self._asked = Trust.DISMISSED, True, False
        if self._asked:
            if taken - self._asked_at > self._settings.wait_frames * _FRAME_NS:
                self._do_without(taken)
            return False
        if peak > self.ceiling:
            self._loudest = peak
            self._again = min(self._again, taken + self._settings.louder_frames * _FRAME_NS)
        due = self._frames >= self._next if self.trust is Trust.OPEN else taken >= self._again
        if due:
            self._asked, self._asked_at = True, taken
            self.number += 1
        return due

    def learn(self, number: int, finding: Finding) -> bool:
        """Take an answer in; whether a sound that had been dismissed is now believed."""
        if number != self.number or not self._asked:
            return False
        self._asked = False
        before = self.trust
        if finding.is_echo or finding.is_other:
            self._loudest = finding.level
            self._dismiss()
        elif finding.is_speech and before is Trust.OPEN and not self._is_enough(finding):
            self._next = self._frames + self._settings.murmur_again_frames
        elif finding.is_sure or (finding.is_speech and before is not Trust.DISMISSED):
            self._believe(self._asked_at)
            return before is Trust.DISMISSED
        elif before is Trust.DISMISSED and self._undecided < self._settings.undecided:
            self._undecided += 1
            self._again = self._asked_at + self._settings.again_frames * _FRAME_NS
        elif before is Trust.OPEN:
            self._undecided += 1
            self._next = self._frames + self._settings.again_frames
            if self._undecided >= self._settings.undecided:
                self._undecided = 0
                self._loudest = finding.level
                self._dismiss()
        else:
            self._loudest = finding.level
            self._put_off()
        return False

    def _is_enough(self, finding: Finding) -> bool:
        """Whether what was said so far wants the floor, and does not only say "mm"."""
        return finding.is_word or not self.may_murmur

    @property
    def may_murmur(self) -> bool:
        """Whether a voice that hardly moves is still let pass."""
        return self.trust is Trust.OPEN and self._frames < self._settings.murmur_frames

    def shown(self, voice: Voice) -> Voice:
        """What may be acted on: an open sound has only begun, a dismissed one is none."""
        if self.trust is Trust.BELIEVED:
            return voice
        if self.trust is Trust.DISMISSED:
            return Voice.QUIET
        return Voice.STARTING if voice is Voice.SPEAKING else voice

    def _do_without(self, now: int) -> None:
        """No answer has come: what is open is believed, what is decided stays so for now."""
        self._asked = False
        if self.trust is Trust.OPEN:
            self._believe(now)
        else:
            self._put_off()

    def _believe(self, now: int) -> None:
        self.trust = Trust.BELIEVED
        self._asked = False
        self._again = now + self._settings.longest_rest_frames * _FRAME_NS

    def _dismiss(self) -> None:
        self.trust = Trust.DISMISSED
        self._put_off()

    def _put_off(self) -> None:
        self._undecided = 0
        self._again = self._asked_at + self._rest * _FRAME_NS
        self._rest = min(3 * self._rest, self._settings.longest_rest_frames)
