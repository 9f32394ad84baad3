"""Whether a prompt stops for people, and for nobody else.

    python benchmarks/barge_in_quality.py

Frames go into the analyser and decisions come out (`support/line.py`): no network, no clock, the
same result every time. A prompt plays, and a second later the callee's side brings one clip of
`support/sounds.py`: speech (clean, over street noise, over our own echo), or one of the sounds
that should stop nothing. Twice: with the second detector and without; on the half of the sources
that nothing was tuned on (`--tune` takes the other one).

  stop     from the clip's first sound to the decision; the next packet carries it out
  resume   from the clip's last sound to the decision that brings the prompt back
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from support.line import FRAME_NS, RATE, SAMPLES, Heard, Hybrid, Line
from support.report import finish, percentile, say
from support.sounds import SPEECH_LEVEL, Sound, Sounds, street

from audio.second_opinion import Model, Silero

LEAD = 75
"""Frames of the line before the clip."""
AFTER = 40
"""Frames of it afterwards."""
LONGEST = 5 * RATE
PROMPT_SECONDS = 40
LINE_NOISE = 3.0
DELAYS = (0.04, 0.3)
ECHOES = (-10, -15, -20, -25)
FRAME_MS = FRAME_NS / 1e6
LIMITS = {
    "speech_stops_share": {"least": 0.98},
    "speech_stop_p50_ms": {"most": 300.0},
    "false_stops_share": {"most": 0.01},
    "stopped_before_speech": {"most": 5},
    "echo_stops_share": {"most": 0.0},
    "double_talk_stops_share": {"least": 0.95},
    "backchannel_stops_share": {"most": 0.05},
    "resumed_p99_ms": {"most": 400.0},
}


@dataclass(frozen=True)
class Kind:
    """A kind of clip, and what it comes over."""

    name: str
    clips: Callable[[], Iterator[Sound]]
    stops: bool = False
    echo: float | None = None
    noise: float | None = None
    """dB that street noise lies under a talker, all the time."""


def kinds(sounds: Sounds) -> list[Kind]:
    def nothing() -> Iterator[Sound]:
        while True:
            yield np.zeros(4 * RATE)

    return [
        Kind("speech", sounds.people, stops=True),
        Kind("speech_street_20", sounds.people, stops=True, noise=20),
        Kind("speech_street_10", sounds.people, stops=True, noise=10),
        Kind("double_talk_15", sounds.people, stops=True, echo=-15),
        Kind("double_talk_10", sounds.people, stops=True, echo=-10),
        Kind("backchannels", sounds.backchannels),
        Kind("coughs", sounds.coughs),
        Kind("clicks", sounds.clicks),
        Kind("music", sounds.music),
        *(Kind(f"babble_{below}", sounds.backgrounds("babble", below)) for below in (20, 10)),
        *(Kind(f"street_{below}", sounds.backgrounds("street", below)) for below in (20, 10)),
        *(Kind(f"echo_{-echo}", nothing, echo=echo) for echo in ECHOES),
        Kind("echo_15_street_20", nothing, echo=-15, noise=20),
    ]


class Runs:
    """Clips of one half of the sources, each over a place of the prompt of its own."""

    def __init__(self, sounds: Sounds, model: Model | None, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._model = model
        self._prompt = sounds.prompt(PROMPT_SECONDS)

    def run(self, kind: Kind, clip: Sound) -> Heard:
        rng = self._rng
        clip = clip[:LONGEST]
        count = (LEAD + AFTER) * SAMPLES + -(-len(clip) // SAMPLES) * SAMPLES
        near = rng.normal(0, LINE_NOISE, count)
        if kind.noise is not None:
            near += street(rng, count) * SPEECH_LEVEL * 10 ** (-kind.noise / 20)
        near[LEAD * SAMPLES : LEAD * SAMPLES + len(clip)] += clip
        place = rng.integers(len(self._prompt) - 12 * RATE)
        hybrid = None if kind.echo is None else Hybrid.made(rng, kind.echo, rng.uniform(*DELAYS))
        return Line(self._prompt[place:], self._model, hybrid).run(near, LEAD)


def table(sounds: Sounds, model: Model | None, clips: int) -> dict[str, dict[str, Any]]:
    """What came of each kind."""
    rows = {}
    for number, kind in enumerate(kinds(sounds)):
        runs = Runs(sounds, model, number)
        source = kind.clips()
        found = []
        for _ in range(clips):
            clip = next(source)
            found.append((len(clip[:LONGEST]) / SAMPLES, runs.run(kind, clip)))
        stops = [heard.stopped * FRAME_MS for _, heard in found if heard.stopped is not None]
        early = sum(stop < 0 for stop in stops)
        if kind.stops:
            # What stopped before anybody spoke was stopped by the noise or the echo.
            stops = [stop for stop in stops if stop >= 0]
        resumed = [
            max(0.0, heard.restored[-1] - length) * FRAME_MS
            for length, heard in found
            if heard.stopped is None and heard.restored
        ]
        rows[kind.name] = {
            "clips": clips,
            "stopped": len(stops),
            "stopped_early": early,
            "ducked": sum(bool(heard.ducked) for _, heard in found),
            "stop_p50_ms": round(statistics.median(stops), 1) if stops else None,
            "stop_p95_ms": round(percentile(stops, 0.95), 1) if stops else None,
            "resumed_p50_ms": round(statistics.median(resumed), 1) if resumed else None,
            "resumed_p99_ms": round(percentile(resumed, 0.99), 1) if resumed else None,
            "asked": sum(heard.asked for _, heard in found),
        }
        say(f"{kind.name:18} {rows[kind.name]}")
    return rows


def figures(rows: dict[str, dict[str, Any]]) -> dict[str, object]:
    """What the limits are about."""

    def share(*names: str) -> float:
        stopped = sum(rows[name]["stopped"] for name in names)
        return round(stopped / sum(rows[name]["clips"] for name in names), 4)

    speech = [name for name in rows if name.startswith("speech")]
    double = [name for name in rows if name.startswith("double")]
    echoes = [name for name in rows if name.startswith("echo")]
    early = sum(row["stopped_early"] for name, row in rows.items() if name in {*speech, *double})
    other = [name for name in rows if name not in {*speech, *double, "backchannels"}]
    medians = [rows[name]["stop_p50_ms"] for name in speech if rows[name]["stop_p50_ms"]]
    resumed = [rows[name]["resumed_p99_ms"] for name in ("backchannels", "coughs", "clicks")]
    return {
        "speech_stops_share": share(*speech),
        "speech_stop_p50_ms": statistics.median(medians) if medians else None,
        "double_talk_stops_share": share(*double),
        "false_stops_share": share(*other),
        "stopped_before_speech": early,
        "echo_stops_share": share(*echoes),
        "backchannel_stops_share": share("backchannels"),
        "resumed_p99_ms": max((found for found in resumed if found is not None), default=None),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="what stops a prompt, and what does not")
    parser.add_argument("--clips", type=int, default=150, help="clips of each kind")
    parser.add_argument("--tune", action="store_true", help="the half that was tuned on")
    parser.add_argument("--only-with", action="store_true", help="not without the second detector")
    arguments = parser.parse_args()
    sounds = Sounds(not arguments.tune)
    rows = table(sounds, Silero(RATE), arguments.clips)
    found: dict[str, object] = {**figures(rows), "kinds": rows}
    if not arguments.only_with:
        say("without the second detector:")
        alone = table(Sounds(not arguments.tune), None, arguments.clips)
        found["without_second_detector"] = {**figures(alone), "kinds": alone}
    finish("barge_in_quality", found, LIMITS)


if __name__ == "__main__":
    main()
