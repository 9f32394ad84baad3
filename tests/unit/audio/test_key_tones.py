"""Keys in band, at the limits of ITU-T Q.24; and the analyser that tells of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from audio.analysers import Frames
from audio.events import AudioEvent, BargeInPolicy, DtmfReceived
from audio.key_tones import KeyTones, keys_in
from audio.keys import KeyAnalyser
from audio.prompts import PromptMakingError, Samples, read_wav, write_wav
from audio.stats import TickStats
from tests.support.tones import ALL_KEYS, frequencies, key_sound, pair

OFFSETS = range(0, 160, 23)
"""Where in a frame a key begins, in samples at 8 kHz."""


def silence(seconds: float, rate: int = 8000) -> Samples:
    return np.zeros(round(seconds * rate), np.int16)


def heard(sound: Samples, offset: int = 0, rate: int = 8000) -> str:
    samples = rate // 50
    tones = KeyTones(rate, samples)
    tones.listen(1)
    whole = np.concatenate([silence(0.05 + offset / 8000, rate), sound, silence(0.1, rate)])
    frames = whole[: len(whole) // samples * samples].reshape(-1, samples)
    return "".join(key for frame in frames for _, key in tones.hear([1], frame[None]))


def always(key: str, sound: Samples, expected: str | None = None) -> bool:
    return all(
        heard(sound, offset) == (key if expected is None else expected) for offset in OFFSETS
    )


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("key", ALL_KEYS)
def test_every_key_of_40_ms_is_one_key(key: str, rate: int) -> None:
    for seconds in (0.04, 0.1, 0.5):
        assert [heard(key_sound(key, seconds, rate), at, rate) for at in OFFSETS] == [key] * len(
            OFFSETS
        )


@pytest.mark.parametrize("key", ALL_KEYS)
def test_frequencies_1_5_percent_off_are_taken_and_3_5_are_not(key: str) -> None:
    low, high = frequencies(key)
    for lower, higher in ((1.015, 0.985), (0.985, 1.015), (1.015, 1.015)):
        assert always(key, pair(low * lower, high * higher, 0.045))
    for lower, higher in ((1.035, 1), (0.965, 1), (1, 1.035), (1, 0.965)):
        assert always(key, pair(low * lower, high * higher, 0.1), "")


@pytest.mark.parametrize("key", ALL_KEYS)
def test_the_tones_may_differ_as_far_as_lines_make_them(key: str) -> None:
    tones = partial(pair, *frequencies(key), 0.045)
    for louder in (4.0, -8.0):
        assert always(key, tones(louder=louder, level=3000))
    for louder in (7.0, -11.0):
        assert always(key, tones(louder=louder, level=3000), "")
    assert always(key, tones(level=32768 * 10 ** (-31 / 20)))
    assert always(key, tones(level=32768 * 10 ** (-36 / 20)), "")


@pytest.mark.parametrize("key", ALL_KEYS)
def test_noise_15_db_below_hides_no_key(key: str) -> None:
    sound = key_sound(key, 0.05).astype(float)
    spread = np.sqrt((sound**2).mean() * 10**-1.5)
    noise = np.random.default_rng(1).normal(0, spread, len(sound))
    assert always(key, (sound + noise).astype(np.int16))


def test_what_is_too_short_or_broken_off() -> None:
    for key in ALL_KEYS:
        short, long = key_sound(key, 0.02), key_sound(key, 0.06)
        assert always(key, short, "")
        assert always(key, np.concatenate([long, silence(0.04), long]), key * 2)
        assert always(key, np.concatenate([long, silence(0.01), long]))
    assert always("", np.concatenate([key_sound("1", 0.06), key_sound("5", 0.06)]), "15")


@pytest.mark.parametrize("key", ALL_KEYS)
@pytest.mark.parametrize("lost", [1, 2, 3])
def test_packets_that_are_lost_in_it_do_not_make_two_of_one_key(key: str, lost: int) -> None:
    sound = key_sound(key, 0.4).astype(float)
    gap = slice(1280, 1280 + 160 * lost)
    noise = np.random.default_rng(4).normal(0, 300, 160 * lost)
    # Made up for by what came before, fading.
    sound[gap] = sound[640 : 640 + 160 * lost][::-1] * np.linspace(1, 0.2, 160 * lost) + noise
    assert always(key, sound.astype(np.int16))


def test_what_is_no_key() -> None:
    at = np.arange(4000) / 8000
    one = (6000 * np.sin(2 * np.pi * 941 * at)).astype(np.int16)
    three = pair(697, 1209, 0.5) + (6000 * np.sin(2 * np.pi * 1800 * at)).astype(np.int16)
    two_low = pair(697, 852, 0.5)
    noise = np.random.default_rng(2).normal(0, 4000, 40000).astype(np.int16)
    square = np.where(np.sin(2 * np.pi * 697 * at) > 0, 6000, -6000).astype(np.int16)
    for sound in (one, three, two_low, noise, square, silence(1)):
        assert heard(sound) == ""


# The analyser.

NS = 20_000_000


class Listening:
    """An analyser, fed frame by frame, and what it told."""

    def __init__(self) -> None:
        self.told: list[AudioEvent] = []
        bridge = cast("Any", SimpleNamespace(rate=8000))
        self.analyser = KeyAnalyser(bridge, self.told.append, TickStats())
        self.turn = 0

    def frames(self, *of: tuple[int, Samples]) -> Frames:
        """One collect: a frame for each (call, 160 samples)."""
        self.turn += 1
        rows = [bytearray(sound.tobytes()) for _, sound in of]
        return Frames(
            turn=self.turn,
            rate=8000,
            samples=160,
            handles=[call for call, _ in of],
            peaks=[int(np.abs(sound).max()) for _, sound in of],
            over=[0] * len(of),
            taken=[self.turn * NS] * len(of),
            rows=[memoryview(row) for row in rows],
        )

    @property
    def keys(self) -> list[tuple[int, str]]:
        return [
            (event.handle, event.digit) for event in self.told if isinstance(event, DtmfReceived)
        ]


def test_keys_are_heard_where_it_was_asked_for_and_there_alone() -> None:
    desk, sound = Listening(), key_sound("1", 0.1).reshape(-1, 160)
    for call in (1, 2, 3):
        desk.analyser.watch(call, BargeInPolicy.STOP)
    desk.analyser.listen(2)
    desk.analyser.listen(3)
    for frame in sound:
        desk.analyser.analyse(desk.frames((1, frame), (2, frame), (3, frame // 2)))
    assert desk.keys == [(2, "1"), (3, "1")]
    desk.analyser.listen(2, on=False)
    desk.analyser.forget(3)
    desk.analyser.forget(99)
    for frame in (*np.zeros((9, 160), np.int16), *sound):
        desk.analyser.analyse(desk.frames((2, frame), (3, frame)))
    assert len(desk.keys) == 2


def test_after_a_stall_several_frames_of_one_call_come_in_their_order() -> None:
    desk, sound = Listening(), key_sound("5", 0.1).reshape(-1, 160)
    desk.analyser.listen(1)
    desk.analyser.analyse(desk.frames(*((1, frame) for frame in sound)))
    assert desk.keys == [(1, "5")]


def test_no_analyser_after_it_takes_a_key_for_a_voice() -> None:
    desk, sound = Listening(), key_sound("2", 0.3).reshape(-1, 160)
    desk.analyser.listen(1)
    left = []
    for frame in sound:
        frames = desk.frames((1, frame), (2, frame))
        desk.analyser.analyse(frames)
        left.append(frames.peaks[0])
        assert bool(frames.peaks[0]) is any(frames.rows[0])
        assert frames.peaks[1]
        assert bytes(frames.rows[1]) == frame.tobytes()
    assert sum(peak > 0 for peak in left) <= 2


@pytest.mark.parametrize("first", [True, False])
def test_a_press_that_comes_by_two_ways_is_one_key(first: bool) -> None:
    desk, sound = Listening(), key_sound("1", 0.1).reshape(-1, 160)
    desk.analyser.listen(1)

    def tones() -> None:
        for frame in (*np.zeros((9, 160), np.int16), *sound):
            desk.analyser.analyse(desk.frames((1, frame)))

    if first:
        tones()
        assert desk.keys == [(1, "1")]
    assert desk.analyser.came_otherwise(1, "1", 0.5) is first
    assert not desk.analyser.came_otherwise(1, "1", 0.6), "the second event is a second press"
    desk.analyser.listen(1)  # a new stream of the same call
    tones()
    assert len(desk.keys) == first, "tones are only sound from the first event on"


@pytest.mark.parametrize("key,at", [("2", 0.5), ("1", 9.0)])
def test_another_key_or_a_later_one_is_a_press_of_its_own(key: str, at: float) -> None:
    desk = Listening()
    desk.analyser.listen(1)
    for frame in key_sound("1", 0.1).reshape(-1, 160):
        desk.analyser.analyse(desk.frames((1, frame)))
    assert not desk.analyser.came_otherwise(1, key, at)


@pytest.mark.parametrize("at", [0.0, 1.11, 2.235, 9.9])
def test_a_recording_that_sounds_like_a_key_is_no_prompt(at: float, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    sound = rng.normal(0, 500, 80_000).astype(np.int16)
    assert keys_in(sound, 8000) == ""
    start = round(at * 8000)
    sound[start : start + 640] += key_sound("1", 0.08)
    assert keys_in(sound, 8000) == "1"
    write_wav(tmp_path / "menu.wav", sound, 8000)
    with pytest.raises(PromptMakingError, match="holds the tones of 1, and their echo"):
        read_wav(tmp_path / "menu.wav", 8000)
