"""The analyser that brings callees' turns to a recogniser, and tells of their words.

It comes after the one that tells speech from silence, whose events say where a turn begins and
ends. A turn is fed from a little before its onset: a recogniser needs the first consonant. Nothing
here waits for a recogniser, and a tick does not grow by more than a copy of each frame.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from audio.analysers import Frames, Tell
from audio.events import AudioEvent, BargeInPolicy, SpeechEnded, SpeechStarted, WordsHeard
from audio.format import FRAME_SECONDS
from audio.speech.recogniser import Recogniser, SpeechStream, Understood, Wanted
from audio.stats import TickStats

if TYPE_CHECKING:
    from audio._bridge import Bridge

_log = logging.getLogger(__name__)

_BEFORE: Final = 30
"""Frames kept of each call: the 240 ms that a confirmation takes, and as much before the onset."""
_MOST: Final = round(30 / FRAME_SECONDS)
"""Frames of one turn; what is longer is heard to there."""


class SpeechFeed:
    """Feeds `recogniser` on the calls for which it was asked to."""

    def __init__(
        self, bridge: Bridge, tell: Tell, stats: TickStats, recogniser: Recogniser
    ) -> None:
        del stats
        self._rate = bridge.rate
        self._tell = tell
        self._recogniser = recogniser
        self._calls: dict[int, _Listened] = {}
        self._asked: deque[tuple[int, Wanted | None]] = deque()
        """What other threads want: only the tick's touches the rest."""

    def listen(self, handle: int, wanted: Wanted) -> None:
        """Listen for words on this call from the next tick on. Any thread."""
        self._asked.append((handle, wanted))

    def watch(self, _handle: int, _at_most: BargeInPolicy) -> None:
        """Nothing is recognised on a call until `listen` asks for it."""

    def forget(self, handle: int) -> None:
        self._asked.append((handle, None))

    def heard(self, event: AudioEvent) -> None:
        """What the analysers before have told, in the same tick."""
        call = self._calls.get(event.handle)
        if call is None:
            return
        if isinstance(event, SpeechStarted):
            self._begin(call, event)
        elif isinstance(event, SpeechEnded) and call.stream is not None:
            stream, call.stream = call.stream, None
            stream.end()

    def analyse(self, frames: Frames) -> None:
        while self._asked:
            self._take(*self._asked.popleft())
        if not self._calls:
            return
        find = self._calls.get
        for handle, row in zip(frames.handles, frames.rows, strict=False):
            call = find(handle)
            if call is None:
                continue
            samples = bytes(row)
            call.before.append(samples)
            if call.stream is not None and call.fed < _MOST:
                call.fed += 1
                call.stream.feed(samples)

    def _begin(self, call: _Listened, event: SpeechStarted) -> None:
        handle, onset = event.handle, event.onset

        def understood(result: Understood) -> None:
            now = time.monotonic()
            self._tell(WordsHeard(handle, now, onset, result.text, result.final, result.confidence))

        if call.stream is not None:
            call.stream.drop()  # two beginnings without an end: the first is never told
        call.stream = self._recogniser.open(call.wanted, self._rate, understood)
        call.fed = len(call.before)
        for samples in call.before:
            call.stream.feed(samples)

    def _take(self, handle: int, wanted: Wanted | None) -> None:
        if wanted is not None:
            self._calls[handle] = _Listened(wanted)
            return
        call = self._calls.pop(handle, None)
        if call is not None and call.stream is not None:
            call.stream.drop()


class _Listened:
    """One call."""

    __slots__ = ("before", "fed", "stream", "wanted")

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.before: deque[bytes] = deque(maxlen=_BEFORE)
        """The frames before now."""
        self.stream: SpeechStream | None = None
        """Of the turn that is being spoken."""
        self.fed = 0
