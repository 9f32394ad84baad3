"""The tick on the real bridge: real speech into one port, and what the other one plays."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from audio._bridge import DUCK, PROTECTED, STOP, Bridge, Prompt
from audio.events import (
    AudioEvent,
    BargeIn,
    FalseAlarm,
    PlaybackDone,
    PlaybackStarted,
    SpeechEnded,
    SpeechStarted,
)
from audio.loop import Tick
from audio.synthesis import Synthesiser
from tests.support.conference import conference


class Scene:
    """One call of ours, watched; `callee` is its far side, which `hears` what we send."""

    def __init__(self, bridge: Bridge, speech: np.ndarray) -> None:
        self.bridge = bridge
        self.speech = speech
        self.told: queue.Queue[AudioEvent] = queue.Queue()
        self.tick = Tick(bridge, self.told.put)
        self.call, self.callee = bridge.open(), bridge.open()
        bridge.attach(self.call, bridge.slot(self.callee))
        self.tick.watch(self.call)

    def play(self, *policies: int, seconds: float = 4.0) -> None:
        length = int(seconds * self.bridge.rate)
        tone = np.full(length, 8000, np.int16)
        self.bridge.play(self.call, 1, [(Prompt(tone), policy) for policy in policies])

    def say(self, samples: np.ndarray, after: float = 0.3) -> None:
        quiet = np.zeros(int(after * self.bridge.rate), np.int16)
        self.bridge.play(self.callee, 2, [(Prompt(np.concatenate([quiet, samples])), PROTECTED)])

    def next(self, kind: type[AudioEvent], seconds: float = 10.0) -> AudioEvent:
        while True:
            event = self.told.get(timeout=seconds)
            if isinstance(event, kind):
                return event


@pytest.fixture(scope="module", params=[8000, 16000])
def spoken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    cache: Path = tmp_path_factory.mktemp("speech")
    prompt = Synthesiser(request.param, cache).say("Excuse me, who is speaking please?")
    return prompt.samples


@pytest.fixture
def scene(request: pytest.FixtureRequest, spoken: np.ndarray) -> Iterator[Scene]:
    rate = request.node.callspec.params["spoken"]
    with conference(rate) as bridge:
        scene = Scene(bridge, spoken)
        scene.tick.start()
        yield scene
        scene.tick.stop()
        assert scene.tick.stats.analyser_failures == 0
        assert bridge.counts()["dropped_frames"] == 0


def test_speech_ducks_then_stops_the_prompt(scene: Scene) -> None:
    scene.play(STOP)
    scene.say(scene.speech)
    assert isinstance(scene.next(PlaybackStarted), PlaybackStarted)
    started = scene.next(SpeechStarted)
    barged = scene.next(BargeIn)
    done = scene.next(PlaybackDone)
    ended = scene.next(SpeechEnded)
    assert isinstance(started, SpeechStarted)
    assert isinstance(barged, BargeIn)
    assert isinstance(done, PlaybackDone)
    assert isinstance(ended, SpeechEnded)
    assert barged.onset == started.onset < barged.at <= done.at
    assert not done.completed
    assert done.sample == barged.sample
    assert 0.5 < ended.duration < 4
    assert scene.tick.stats.interrupted == scene.tick.stats.ducked == 1
    assert scene.tick.stats.stop_latency.total < 1.0


def test_a_cough_costs_the_prompt_nothing(scene: Scene) -> None:
    scene.play(STOP, seconds=1.5)
    scene.say(scene.speech[: scene.bridge.rate * 6 // 100])
    alarm = scene.next(FalseAlarm)
    done = scene.next(PlaybackDone)
    assert isinstance(alarm, FalseAlarm)
    assert isinstance(done, PlaybackDone)
    assert done.completed
    assert done.sample == int(1.5 * scene.bridge.rate)
    # It went back to where it was ducked, so it took longer than its length.
    assert scene.bridge.stats(scene.call)["sent"] > 1.5 * 50 + 5


def test_a_protected_prompt_is_heard_to_its_end(scene: Scene) -> None:
    scene.play(PROTECTED, seconds=2.0)
    scene.say(scene.speech)
    done = scene.next(PlaybackDone)
    assert isinstance(done, PlaybackDone)
    assert done.completed
    assert scene.tick.stats.ducked == 0


def test_a_prompt_that_ducks_comes_back_and_ends(scene: Scene) -> None:
    scene.play(DUCK, seconds=3.5)
    scene.say(scene.speech[: scene.bridge.rate])
    scene.next(SpeechStarted)
    done = scene.next(PlaybackDone)
    assert isinstance(done, PlaybackDone)
    assert done.completed
    assert scene.tick.stats.ducked == 1
    assert scene.tick.stats.interrupted == 0


def test_the_thread_ends_with_the_bridge(scene: Scene) -> None:
    scene.bridge.shutdown()
    scene.tick._thread.join(timeout=30.0)
    assert not scene.tick._thread.is_alive()
