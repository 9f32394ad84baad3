"""Which frames reach a recogniser, and that each turn has one final result, or none is wanted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from audio.analysers import Frames
from audio.events import AudioEvent, BargeInPolicy, SpeechEnded, SpeechStarted, WordsHeard
from audio.speech.feed import SpeechFeed
from audio.speech.recogniser import (
    Came,
    SpeechFigures,
    TellUnderstood,
    Understood,
    Wanted,
    joined,
)
from audio.stats import TickStats

ENGLISH = Wanted("en", ("yes", "no"))


class Turn:
    def __init__(self, wanted: Wanted, rate: int, tell: TellUnderstood) -> None:
        self.wanted, self.rate, self.tell = wanted, rate, tell
        self.fed: list[int] = []
        self.over = ""

    def feed(self, samples: bytes) -> None:
        self.fed.append(int(np.frombuffer(samples, np.int16)[0]))

    def end(self) -> None:
        self.over = "ended"

    def drop(self) -> None:
        self.over = "dropped"


class Desk:
    """A feed, fed frame by frame; each frame's samples are its number."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.told: list[AudioEvent] = []
        self.figures = SpeechFigures()
        bridge = cast("Any", SimpleNamespace(rate=8000))
        self.feed = SpeechFeed(bridge, self.told.append, TickStats(), cast("Any", self))
        self.number = 0

    def open(self, wanted: Wanted, rate: int, tell: TellUnderstood) -> Turn:
        self.turns.append(Turn(wanted, rate, tell))
        return self.turns[-1]

    def frames(self, count: int, *calls: int) -> None:
        for _ in range(count):
            self.number += 1
            row = memoryview(np.full(160, self.number, np.int16).tobytes())
            size = len(calls)
            self.feed.analyse(
                Frames(0, 8000, 160, calls, [0] * size, [0] * size, [0] * size, [row] * size)
            )


def test_a_turn_is_fed_from_before_its_onset_to_its_end() -> None:
    desk = Desk()
    desk.feed.watch(1, BargeInPolicy.STOP)
    desk.feed.listen(1, ENGLISH)
    desk.frames(100, 1, 2)
    desk.feed.heard(SpeechStarted(1, 2.0, 1.76))
    desk.feed.heard(SpeechStarted(2, 2.0, 1.76))
    desk.frames(10, 1, 2)
    desk.feed.heard(SpeechEnded(1, 2.2, 0.3))
    desk.frames(5, 1, 2)
    (turn,) = desk.turns
    assert (turn.wanted, turn.rate, turn.over) == (ENGLISH, 8000, "ended")
    assert turn.fed == list(range(71, 111))
    turn.tell(Understood("ye", Came.WORDS, final=False))
    turn.tell(Understood("yes", Came.WORDS, confidence=0.9))
    partial, final = desk.told
    assert isinstance(partial, WordsHeard)
    assert isinstance(final, WordsHeard)
    assert (partial.text, partial.final, partial.onset) == ("ye", False, 1.76)
    assert (final.text, final.final, final.confidence, final.handle) == ("yes", True, 0.9, 1)


def test_a_call_that_is_over_wants_no_words() -> None:
    desk = Desk()
    desk.feed.listen(1, ENGLISH)
    desk.frames(3, 1)
    desk.feed.heard(SpeechStarted(1, 2.0, 1.76))
    desk.feed.forget(1)
    desk.feed.forget(9)
    desk.frames(3, 1)
    desk.feed.heard(SpeechEnded(1, 2.2, 0.3))
    (turn,) = desk.turns
    assert turn.over == "dropped"
    assert turn.fed == [1, 2, 3]


def test_who_never_falls_silent_is_heard_for_half_a_minute() -> None:
    desk = Desk()
    desk.feed.listen(1, ENGLISH)
    desk.frames(1, 1)
    desk.feed.heard(SpeechStarted(1, 2.0, 1.76))
    desk.frames(3000, 1)
    assert len(desk.turns[0].fed) == 1500
    desk.feed.heard(SpeechStarted(1, 70.0, 69.0))
    assert [turn.over for turn in desk.turns] == ["dropped", ""]


def test_expected_phrases_are_joined_whole() -> None:
    assert joined(["yes", "no thank you", "stop"], 17) == "yes, no thank you"
    assert joined([], 9) == ""
