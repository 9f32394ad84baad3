"""What lines, machines and faxes send, told from each other and from everything else."""

from __future__ import annotations

import numpy as np
import pytest

from audio.call_tones import CallTones, Tone, ToneHeard
from audio.format import Samples
from tests.support.tones import key_sound

RATE = 8000
OFFSETS = (0, 37, 90, 151)
"""Where in a frame it begins, in samples at 8 kHz."""


def sound(hertz: tuple[float, ...], seconds: float, rate: int = RATE, level: int = 3000) -> Samples:
    at = np.arange(round(seconds * rate)) / rate
    waves = [level * np.sin(2 * np.pi * each * at + 0.4) for each in hertz]
    whole: Samples = np.sum([np.zeros(len(at)), *waves], axis=0).astype(np.int16)
    return whole


def cadence(hertz: tuple[float, ...], *times: float, again: int = 3, rate: int = RATE) -> Samples:
    """On, off, on, off... in seconds, so often."""
    one = [sound(() if at % 2 else hertz, each, rate) for at, each in enumerate(times)]
    return np.concatenate(one * again)


def rising(*hertz: float, seconds: float = 0.33, gap: float = 0.0) -> Samples:
    return np.concatenate(
        [part for each in hertz for part in (sound((each,), seconds), sound((), gap))]
    )


def heard(what: Samples, offset: int = 0, rate: int = RATE, noise: float = 10) -> list[ToneHeard]:
    samples = rate // 50
    before, after = np.zeros(rate // 10 + offset), np.zeros(rate // 5)
    whole = np.concatenate([before, what, after])
    whole += np.random.default_rng(1).normal(0, noise, len(whole))
    frames = np.clip(whole, -32768, 32767).astype(np.int16)
    tones = CallTones(rate)
    tones.listen(1)
    parts = frames[: len(frames) // samples * samples].reshape(-1, samples)
    return [tone for frame in parts for _, tone in tones.hear([1], frame[None])]


def kinds(told: list[ToneHeard]) -> list[Tone]:
    return [each.tone for each in told]


CHINA, AMERICA, BRITAIN, EUROPE = (450.0,), (440.0, 480.0), (400.0, 450.0), (425.0,)
LOW = (480.0, 620.0)


@pytest.mark.parametrize(
    "hertz,times,tone",
    [
        (CHINA, (1, 4), Tone.RINGBACK),
        (AMERICA, (2, 4), Tone.RINGBACK),
        (EUROPE, (1, 4), Tone.RINGBACK),
        (BRITAIN, (0.4, 0.2, 0.4, 2), Tone.RINGBACK),
        (CHINA, (0.35, 0.35), Tone.BUSY),
        (LOW, (0.5, 0.5), Tone.BUSY),
        (EUROPE, (0.5, 0.5), Tone.BUSY),
        ((400.0,), (0.375, 0.375), Tone.BUSY),
        (CHINA, (0.7, 0.7), Tone.REORDER),
        (LOW, (0.25, 0.25), Tone.REORDER),
        (EUROPE, (0.25, 0.25), Tone.REORDER),
    ],
)
@pytest.mark.parametrize("offset", OFFSETS)
def test_a_line_s_tones_are_told_by_their_cadence(
    hertz: tuple[float, ...], times: tuple[float, ...], tone: Tone, offset: int
) -> None:
    told = kinds(heard(cadence(hertz, *times), offset))
    assert tone in told
    assert set(told) <= {tone, Tone.BEEP}, "a first ring alone is one clean tone"
    assert told[:2].count(Tone.BEEP) <= 1


@pytest.mark.parametrize("rate", [8000, 16000])
def test_both_rates_hear_the_same(rate: int) -> None:
    assert kinds(heard(cadence((1100.0,), 0.5, 3, rate=rate), rate=rate)) == [Tone.CNG] * 3
    assert Tone.BUSY in kinds(heard(cadence(LOW, 0.5, 0.5, rate=rate), rate=rate))


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("off", [-50, 0, 50])
def test_three_rising_tones_come_before_an_announcement(off: int, offset: int) -> None:
    for gap in (0.0, 0.03):
        told = heard(rising(950 + off, 1400 + off, 1800 + off, gap=gap), offset)
        assert kinds(told) == [Tone.SIT]
    assert kinds(heard(rising(914, 1371, 1777, seconds=0.276), offset)) == [Tone.SIT]
    falling = kinds(heard(rising(1800, 1400, 950), offset))
    assert Tone.SIT not in falling


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_fax_calls_and_answers(offset: int) -> None:
    for hertz in (1062, 1100, 1138):
        assert kinds(heard(cadence((hertz,), 0.5, 3, again=2), offset)) == [Tone.CNG] * 2
    for hertz in (2085, 2100, 2115):
        assert kinds(heard(sound((hertz,), 3), offset)) == [Tone.CED]
    at = np.arange(3 * RATE) / RATE
    turned = (
        sound((2100.0,), 3)
        * (1 + 0.2 * np.sin(2 * np.pi * 15 * at))
        * np.where(at // 0.45 % 2, 1, -1)
    )
    assert kinds(heard(turned.astype(np.int16), offset)) == [Tone.CED], "ANSam (ITU-T V.8)"


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("hertz", [440.0, 620.0, 1000.0, 1400.0, 2000.0])
def test_a_beep_is_one_clean_tone_and_then_silence(hertz: float, offset: int) -> None:
    for seconds in (0.12, 0.3, 1.0):
        [beep] = heard(sound((hertz,), seconds), offset)
        assert beep.tone is Tone.BEEP
        assert abs(beep.hertz - hertz) < 10
        assert abs(beep.seconds - seconds) <= 0.04
    assert kinds(heard(sound((hertz,), 0.3, level=600), offset, noise=40)) == [Tone.BEEP]


@pytest.mark.parametrize("offset", OFFSETS)
def test_what_is_no_beep(offset: int) -> None:
    noise = np.random.default_rng(2).normal(0, 3000, 8000).astype(np.int16)
    at = np.arange(4000) / RATE
    siren = (3000 * np.sin(2 * np.pi * (600 * at + 600 * at**2))).astype(np.int16)
    spoken = np.concatenate([sound((1000.0,), 0.3), noise])
    voiced = sound((210.0, 420.0, 630.0, 840.0), 0.5)
    for what in (
        *(noise, siren, spoken, voiced, key_sound("1", 0.3)),
        *(sound((1000.0,), 0.06), sound((300.0,), 0.5), sound((2500.0,), 0.5), sound((), 2)),
        sound((1000.0,), 4),
    ):
        assert heard(what, offset) == []


def test_calls_do_not_hear_each_other() -> None:
    tones = CallTones(RATE)
    beep, quiet = sound((1000.0,), 0.3), sound((), 0.3)
    one = np.concatenate([beep, quiet]).reshape(-1, 160)
    other = np.concatenate([quiet, beep]).reshape(-1, 160)
    for call in (1, 2, 3):
        tones.listen(call)
    tones.forget(3)
    tones.forget(99)
    told = [
        each
        for a, b in zip(one, other, strict=True)
        for each in tones.hear([1, 2], np.stack([a, b]))
    ]
    assert [call for call, _ in told] == [1]
