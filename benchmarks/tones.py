"""Tones: what in speech is taken for one, and which keys at the limits of ITU-T Q.24 are missed.

    python benchmarks/tones.py

Two hours of human voices (`support/sounds.py`), as loud as they come and 6 dB louder, clipped, in
which neither a key nor another tone (`audio/call_tones.py`) may be heard; each key at each limit,
at 23 places in a frame, through A-law. The figures `us_per_frame` are one core's time for a frame
of a call, 64 calls at once: keys are looked for only where an answer left telephone-event out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import soundfile
from support.peers import CHECKOUT
from support.report import finish, say

from audio import g711
from audio.call_tones import CallTones
from audio.format import Samples
from audio.key_tones import KeyTones

sys.path.append(str(CHECKOUT))

from support.sounds import RATE, folder

from tests.support.tones import ALL_KEYS, frequencies, pair

FRAME = RATE // 50
PLACES = range(0, FRAME, 7)
LANES = 64
ALAW = 8
OVERLOAD = 3.14
"""dBm0 of a sine at full scale (ITU-T G.711)."""
LIMITS = {
    "speech_hours": {"least": 1.0},
    "talk_off": {"most": 0},
    "talk_off_louder": {"most": 0},
    "found_share": {"least": 1.0},
    "taken_wrongly_share": {"most": 0.0},
    "other_tones_in_speech": {"most": 0},
    "us_per_frame": {"most": 40.0},
    "other_tones_us_per_frame": {"most": 40.0},
}


def speech() -> Samples:
    """All the announcements, in five languages; monkeys are no people."""
    files = sorted(folder().glob("asterisk/sounds/**/*.wav"))
    said = [soundfile.read(file, dtype="int16") for file in files if "monkeys" not in file.name]
    return np.concatenate([sound for sound, rate in said if rate == RATE and sound.ndim == 1])


def level(dbm0: float) -> float:
    return float(32768 * 10 ** ((dbm0 - OVERLOAD) / 20))


def talk_off(sound: Samples, tones: KeyTones | CallTones) -> tuple[list[object], float]:
    """What was heard in it, and the microseconds that a frame took."""
    steps = len(sound) // FRAME // LANES
    lanes = sound[: steps * FRAME * LANES].reshape(LANES, steps, FRAME)
    calls = list(range(LANES))
    for call in calls:
        tones.listen(call)
    began = time.process_time()
    found = [tone for step in range(steps) for _, tone in tones.hear(calls, lanes[:, step])]
    return found, (time.process_time() - began) * 1e6 / (steps * LANES)


def heard(sound: Samples) -> list[str]:
    """What `sound` is heard as, at each of PLACES, all at once."""
    length = ((len(sound) + FRAME) // FRAME + 7) * FRAME
    whole = np.zeros((len(PLACES), length), np.int16)
    for row, place in zip(whole, PLACES, strict=True):
        row[place : place + len(sound)] = sound
    whole = g711.decode(g711.encode(whole.reshape(-1), ALAW), ALAW).reshape(whole.shape)
    tones, calls = KeyTones(RATE, FRAME), list(range(len(PLACES)))
    said = [""] * len(calls)
    for call in calls:
        tones.listen(call)
    for at in range(0, length, FRAME):
        for call, found in tones.hear(calls, whole[:, at : at + FRAME]):
            said[call] += found
    return said


def key(
    name: str,
    seconds: float = 0.04,
    *,
    dbm0: float = -10.0,
    louder: float = 0.0,
    off: tuple[float, float] = (0.0, 0.0),
) -> Samples:
    """`dbm0` is of the weaker tone, `louder` of the high one over the low, `off` in percent."""
    low, high = (hertz * (1 + by / 100) for hertz, by in zip(frequencies(name), off, strict=True))
    return pair(low, high, seconds, louder=louder, level=level(dbm0))


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.int16)


def noisy(name: str) -> Samples:
    sound = key(name).astype(float)
    spread = np.sqrt((sound**2).mean() * 10**-1.5)
    return (sound + np.random.default_rng(1).normal(0, spread, len(sound))).astype(np.int16)


TAKEN: dict[str, Callable[[str], Samples]] = {
    "40 ms": key,
    "1.5 % off": lambda name: key(name, off=(1.5, 1.5)),
    "-1.5 % off": lambda name: key(name, off=(-1.5, -1.5)),
    "apart": lambda name: key(name, off=(-1.5, 1.5)),
    "0 dBm0": lambda name: key(name, dbm0=0.0),
    "-25 dBm0": lambda name: key(name, dbm0=-25.0),
    "high 4 dB louder": lambda name: key(name, louder=4.0),
    "low 8 dB louder": lambda name: key(name, louder=-8.0),
    "all at once": lambda name: key(name, dbm0=-25.0, louder=-8.0, off=(1.5, -1.5)),
    "noise 15 dB below": noisy,
    "10 ms broken": lambda name: np.concatenate([key(name, 0.05), quiet(0.01), key(name, 0.05)]),
}
REFUSED: dict[str, Callable[[str], Samples]] = {
    "20 ms": lambda name: key(name, 0.02),
    "3.5 % off, low": lambda name: key(name, 0.1, off=(3.5, 0)),
    "-3.5 % off, low": lambda name: key(name, 0.1, off=(-3.5, 0)),
    "3.5 % off, high": lambda name: key(name, 0.1, off=(0, 3.5)),
    "-3.5 % off, high": lambda name: key(name, 0.1, off=(0, -3.5)),
    "-55 dBm0": lambda name: key(name, 0.1, dbm0=-55.0),
}


def right(make: Callable[[str], Samples], *, times: int = 1, wrong: bool = False) -> list[bool]:
    """Whether each key was heard so many times at each place; or was not, where that is `wrong`."""
    return [(said == name * times) is not wrong for name in ALL_KEYS for said in heard(make(name))]


def main() -> None:
    found = {name: right(make) for name, make in TAKEN.items()}
    taken = {name: right(make, times=0, wrong=True) for name, make in REFUSED.items()}
    found["40 ms apart"] = right(
        lambda name: np.concatenate([key(name), quiet(0.04), key(name)]), times=2
    )
    for name, each in (found | taken).items():
        say(f"{name}: {np.mean(each):.3f}")
    figures: dict[str, object] = {
        "found_share": round(float(np.mean([np.mean(each) for each in found.values()])), 4),
        "taken_wrongly_share": round(float(np.mean([np.mean(each) for each in taken.values()])), 4),
        "presses": sum(map(len, (found | taken).values())),
    }
    sound = speech()
    louder = np.clip(sound.astype(np.int32) * 2, -32768, 32767).astype(np.int16)
    keys, cost = talk_off(sound, KeyTones(RATE, FRAME))
    keys_louder, _ = talk_off(louder, KeyTones(RATE, FRAME))
    others, cost_of_others = talk_off(sound, CallTones(RATE))
    say(f"in speech: {keys + others or 'nothing'}; 6 dB louder: {keys_louder or 'nothing'}")
    figures |= {
        "speech_hours": round(len(sound) / RATE / 3600, 2),
        "talk_off": len(keys),
        "talk_off_louder": len(keys_louder),
        "other_tones_in_speech": len(others),
        "us_per_frame": round(cost, 1),
        "other_tones_us_per_frame": round(cost_of_others, 1),
    }
    finish("tones", figures, LIMITS)


if __name__ == "__main__":
    main()
