from __future__ import annotations

import numpy as np
import pytest

from audio.doubt import Doubt, DoubtSettings, Trust
from audio.echo import Echo
from audio.second_opinion import Finding
from audio.vad import Voice

MS = 1_000_000
SPEECH, OTHER, UNKNOWN = Finding(0.9, 5000.0, 9.0), Finding(0.05, 5000.0), Finding(0.4, 5000.0)
MURMUR = Finding(0.9, 5000.0, 1.0)
ECHO = Finding(0.0, 5000.0, echo=Echo(0.99, 0.1, 0.2, np.zeros(1, np.float32)))


class Sound:
    """One sound that goes on over a prompt."""

    def __init__(self, settings: DoubtSettings | None = None) -> None:
        self.doubt = Doubt(settings)
        self.frame = 0

    def goes_on(self, frames: int, peak: int = 5000) -> list[int]:
        """The frames, from 1, at which a second opinion was wanted."""
        asked = []
        for _ in range(frames):
            self.frame += 1
            if self.doubt.hear(Voice.SPEAKING, peak, self.frame * 20 * MS):
                asked.append(self.frame)
        return asked

    def learns(self, finding: Finding) -> bool:
        return self.doubt.learn(self.doubt.number, finding)


def test_a_voice_is_believed_as_soon_as_the_second_opinion_agrees() -> None:
    sound = Sound()
    assert sound.goes_on(9) == [9]
    assert sound.doubt.shown(Voice.SPEAKING) is Voice.STARTING
    assert not sound.learns(SPEECH)
    assert sound.doubt.trust is Trust.BELIEVED
    assert sound.doubt.shown(Voice.SPEAKING) is Voice.SPEAKING
    assert sound.goes_on(160) == [159], "a believed sound is asked about again after 3 s"


@pytest.mark.parametrize("finding", [OTHER, ECHO])
def test_what_is_no_voice_is_none_and_is_asked_about_ever_more_seldom(finding: Finding) -> None:
    sound = Sound()
    sound.goes_on(9)
    sound.learns(finding)
    assert sound.doubt.shown(Voice.SPEAKING) is Voice.QUIET
    asked = []
    for _ in range(400):
        if sound.goes_on(1):
            asked.append(sound.frame)
            sound.learns(finding)
    assert asked == [21, 57, 165, 315]


def test_speech_that_follows_on_what_was_dismissed_stops_the_prompt() -> None:
    sound = Sound()
    sound.goes_on(9)
    sound.learns(OTHER)
    assert sound.goes_on(12) == [21]
    assert sound.learns(SPEECH), "the answer says that it has lasted long enough"


def test_a_dismissed_sound_that_grows_is_asked_about_soon() -> None:
    sound = Sound()
    sound.goes_on(9)
    sound.learns(OTHER)
    for rest in (12, 36, 108):
        assert sound.goes_on(rest)
        sound.learns(OTHER)
    assert sound.goes_on(5) == []
    assert sound.doubt.ceiling == 9000
    begun = sound.frame
    assert sound.goes_on(20, 13_000) == [begun + 8]


def test_who_never_knows_is_asked_five_times() -> None:
    sound, asked = Sound(), []
    for _ in range(60):
        if sound.goes_on(1):
            asked.append(sound.frame)
            sound.learns(UNKNOWN)
    assert asked[:5] == [9, 12, 15, 18, 21]
    assert sound.doubt.trust is Trust.DISMISSED


def test_an_answer_that_does_not_come_leaves_the_first_opinion() -> None:
    sound = Sound()
    sound.goes_on(9)
    sound.goes_on(10)
    assert sound.doubt.trust is Trust.OPEN
    sound.goes_on(1)
    assert sound.doubt.trust is Trust.BELIEVED
    assert not sound.learns(OTHER), "what comes later than that is stale"
    assert sound.doubt.trust is Trust.BELIEVED


def test_a_dismissed_sound_is_asked_about_again_though_an_answer_was_lost() -> None:
    sound = Sound()
    sound.goes_on(9)
    sound.learns(OTHER)
    assert sound.goes_on(60) == [21, 57]
    assert sound.doubt.trust is Trust.DISMISSED


def test_an_answer_about_an_earlier_sound_is_stale() -> None:
    sound = Sound()
    sound.goes_on(9)
    number = sound.doubt.number
    sound.doubt.reopen()
    assert not sound.doubt.learn(number, SPEECH)
    assert sound.doubt.trust is Trust.OPEN
    assert sound.goes_on(9) == [18]


def test_frames_of_a_pause_do_not_count() -> None:
    doubt = Doubt()
    assert not any(doubt.hear(Voice.STOPPING, 0, at * 20 * MS) for at in range(30))
    assert not any(doubt.hear(Voice.QUIET, 0, at * 20 * MS) for at in range(30))


def test_a_murmur_is_let_pass_and_who_goes_on_is_believed() -> None:
    sound, asked = Sound(), []
    while sound.doubt.trust is Trust.OPEN and sound.frame < 60:
        if sound.goes_on(1):
            asked.append(sound.frame)
            sound.learns(MURMUR)
    assert asked == [9, 16, 23, 30]
    assert sound.doubt.trust is Trust.BELIEVED


def test_a_murmur_that_pauses_is_over_and_what_comes_then_is_an_onset() -> None:
    sound = Sound()
    sound.goes_on(9)
    sound.learns(MURMUR)
    for frame in range(10):
        assert sound.doubt.shown(Voice.STOPPING) is Voice.STOPPING
        sound.doubt.hear(Voice.STOPPING, 0, (10 + frame) * 20 * MS)
    assert sound.doubt.shown(Voice.STOPPING) is Voice.QUIET
    assert sound.goes_on(9) == [18]


def test_over_a_prompt_that_may_be_stopped_the_sound_as_a_whole_is_asked_about() -> None:
    doubt = Doubt()
    for frame in range(9):
        asked = doubt.hear(Voice.SPEAKING, 5000, frame * 20 * MS, whole=False)
    assert asked
    doubt.learn(doubt.number, SPEECH)
    assert doubt.trust is Trust.BELIEVED
    doubt.hear(Voice.SPEAKING, 5000, 9 * 20 * MS, whole=True)
    assert doubt.trust is Trust.OPEN
