"""The tick against a scripted bridge: what it does when things go wrong. The real bridge's turn
is in tests/integration/test_bridge_tick.py."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from audio import _bridge, loop, voice
from audio.analysers import Frames
from audio.echo import Echo
from audio.events import (
    AudioEvent,
    BargeIn,
    BargeInPolicy,
    FalseAlarm,
    PlaybackDone,
    PlaybackStarted,
    SpeechEnded,
    SpeechStarted,
)
from audio.loop import Tick
from audio.opinions import Answer
from audio.second_opinion import Finding, Question
from audio.vad import Vad, VadSettings, Voice
from audio.voice import VoiceAnalyser

FRAME_NS = 20_000_000
WORDS, NO_VOICE = Finding(1.0, 5000.0, 9.0), Finding(0.0, 5000.0)


class ScriptedBridge:
    """Gives the frames it was loaded with, and notes the commands it gets."""

    rate = 8000
    frame_samples = 160

    def __init__(self) -> None:
        self.loaded: list[tuple[int, np.ndarray, int]] = []
        self.happened: list[tuple[int, int, int, int, int, bool]] = []
        self.commands: list[tuple[object, ...]] = []
        self.closed: set[int] = set()
        self.silent: set[int] = set()
        self.clock = 1_000_000_000
        self.place = (7, 4800)
        self.said = 0
        self.heard: dict[int, list[np.ndarray]] = {}

    def hear(self, handle: int, samples: np.ndarray, over: int = _bridge.STOP) -> None:
        for frame in samples.reshape(-1, 160):
            self.loaded.append((handle, frame, over))

    def collect(
        self,
        frames: np.ndarray,
        handles: np.ndarray,
        taken: np.ndarray,
        over: np.ndarray,
        peaks: np.ndarray,
    ) -> int:
        now, self.loaded = self.loaded[: len(frames)], self.loaded[len(frames) :]
        for row, (handle, frame, policy) in enumerate(now):
            frames[row], handles[row], over[row] = frame, handle, policy
            self.heard.setdefault(handle, []).append(frame)
            peaks[row] = np.abs(frame.astype(np.int32)).max()
            taken[row] = self.clock = self.clock + FRAME_NS
        return len(now)

    def recent(self, handle: int, taken: int, heard: np.ndarray, said: np.ndarray) -> bool:
        latest = self.heard[handle][-len(heard) :]
        heard[:], said[:] = 0, 0
        heard[-len(latest) :] = latest
        return True

    def said_peak(self, handle: int, taken: int, first: int, last: int) -> int:
        return self.said

    def events(self) -> list[tuple[int, int, int, int, int, bool]]:
        happened, self.happened = self.happened, []
        return happened

    def _command(self, name: str, handle: int, *rest: object) -> tuple[int, int]:
        if handle in self.closed:
            raise KeyError(handle)
        self.commands.append((name, handle, *rest))
        return self.place

    def duck(self, handle: int) -> tuple[int, int] | None:
        return None if handle in self.silent else self._command("duck", handle)

    def interrupt(self, handle: int) -> tuple[int, int] | None:
        self.silent.add(handle)
        self.happened.append((_bridge.DONE, handle, self.clock, 7, 4800, False))
        return self._command("interrupt", handle)

    def unduck(self, handle: int) -> None:
        self._command("unduck", handle)

    def resume(self, handle: int, play_id: int, sample: int, from_pause: bool) -> bool:
        self._command("resume", handle, play_id, sample, from_pause)
        return True


class Opinions:
    """Answers that are known beforehand."""

    def __init__(self, found: Callable[[Question], Finding]) -> None:
        self._found = found
        self._answers: list[Answer] = []

    def ask(self, handle: int, number: int, question: Question) -> None:
        self._answers.append((handle, number, self._found(question)))

    def take(self) -> list[Answer]:
        found, self._answers = self._answers, []
        return found


class Stage:
    def __init__(
        self,
        sink: Callable[[AudioEvent], None] | None = None,
        vad: VadSettings | None = None,
        found: Callable[[Question], Finding] = lambda _: WORDS,
    ) -> None:
        self.bridge = ScriptedBridge()
        self.told: list[AudioEvent] = []
        voice = partial(VoiceAnalyser, settings=vad, opinions=Opinions(found))
        self.tick = Tick(self.bridge, sink or self.told.append, [voice])  # type: ignore[arg-type]

    @property
    def voice(self) -> VoiceAnalyser:
        (analyser,) = self.tick._analysers
        assert isinstance(analyser, VoiceAnalyser)
        return analyser

    def hear(self, answers: str, over: int = _bridge.STOP, loud: int = 9000) -> None:
        """One frame of call 1 a character, a turn each: what webrtcvad says to it, `v` for voiced.

        In capitals the frame itself is silent: webrtcvad lingers.
        """
        for answer in answers:
            self.voice._calls[1].vad.detect = lambda *_, said=answer in "vV": said
            frame = np.full(160, 0 if answer.isupper() else loud, np.int16)
            self.bridge.hear(1, frame, over)
            self.tick.turn()

    def kinds(self, handle: int) -> Sequence[type]:
        return [type(event) for event in self.told if event.handle == handle]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def silence(frames: int) -> np.ndarray:
    return np.zeros(frames * 160, np.int16)


def test_a_whole_barge_in_in_order(stage: Stage, speech: np.ndarray) -> None:
    stage.tick.watch(1)
    stage.bridge.happened.append((_bridge.STARTED, 1, stage.bridge.clock, 7, 0, False))
    for frame in speech[:2560].reshape(-1, 160):
        stage.bridge.hear(1, frame)
        stage.tick.turn()
    assert stage.bridge.commands == [("duck", 1), ("interrupt", 1)]
    assert stage.kinds(1) == [PlaybackStarted, SpeechStarted, BargeIn, PlaybackDone]
    started, barged = stage.told[1:3]
    assert isinstance(started, SpeechStarted)
    assert isinstance(barged, BargeIn)
    assert (barged.play_id, barged.sample) == (7, 4800)
    assert barged.onset == started.onset == pytest.approx(1.02)
    assert started.at - started.onset == pytest.approx(9 * 0.02, abs=0.09)
    stage.bridge.hear(1, silence(40), over=_bridge.NOTHING)
    stage.tick.turn()
    ended = stage.told[-1]
    assert isinstance(ended, SpeechEnded)
    assert 0.2 < ended.duration < 0.5


def test_a_short_sound_is_a_false_alarm(stage: Stage, speech: np.ndarray) -> None:
    stage.tick.watch(1)
    stage.bridge.hear(1, np.concatenate([speech[:480], silence(20)]))
    stage.tick.turn()
    assert stage.bridge.commands == [("duck", 1), ("resume", 1, 7, 4800, True)]
    assert stage.kinds(1) == [FalseAlarm]
    assert stage.tick.stats.false_alarms == 1


def test_speech_is_timed_from_its_first_frame_to_its_last() -> None:
    stage = Stage(vad=VadSettings(start_frames=3, confirm_frames=5, stop_frames=4))
    stage.tick.watch(1)
    stage.hear("vvvvvvv....", _bridge.NOTHING)
    started, ended = stage.told
    assert (started.at, started.onset) == pytest.approx((1.10, 1.02))  # type: ignore[union-attr]
    assert (ended.at, ended.duration) == pytest.approx((1.22, 0.14))  # type: ignore[union-attr]


def test_speech_ends_though_webrtcvad_lingers(stage: Stage) -> None:
    stage.tick.watch(1)
    stage.hear("v" * 12 + "V" * 24, _bridge.NOTHING)
    assert stage.kinds(1) == [SpeechStarted]
    stage.hear("V", _bridge.NOTHING)
    assert stage.kinds(1)[-1] is SpeechEnded


def test_each_cough_goes_back_to_its_own_place(stage: Stage) -> None:
    stage.tick.watch(1)
    for sample in (4800, 9600):
        stage.bridge.place = (7, sample)
        stage.hear("vvv......")
    resumed = [command for command in stage.bridge.commands if command[0] == "resume"]
    assert resumed == [("resume", 1, 7, 4800, True), ("resume", 1, 7, 9600, True)]


def test_what_a_second_opinion_takes_for_no_voice_stops_nothing_and_is_not_told() -> None:
    stage = Stage(found=lambda _: NO_VOICE)
    stage.tick.watch(1)
    stage.hear("v" * 60)
    assert stage.bridge.commands == [("duck", 1), ("resume", 1, 7, 4800, True)]
    assert stage.kinds(1) == [FalseAlarm]
    stage.hear("." * 25 + "v" * 12)
    assert stage.bridge.commands[2:] == [("duck", 1), ("resume", 1, 7, 4800, True)]


def test_a_voice_that_joins_what_was_dismissed_stops_the_prompt() -> None:
    found = iter([NO_VOICE, NO_VOICE, WORDS])
    stage = Stage(found=lambda _: next(found))
    stage.tick.watch(1)
    stage.hear("v" * 60)
    assert stage.bridge.commands[-1] == ("interrupt", 1)
    assert stage.kinds(1)[:3] == [FalseAlarm, SpeechStarted, BargeIn]


def test_what_goes_on_in_silence_is_doubted_as_soon_as_a_prompt_begins() -> None:
    stage = Stage(found=lambda _: NO_VOICE)
    stage.tick.watch(1)
    stage.hear("v" * 40, _bridge.NOTHING)
    assert stage.kinds(1) == [SpeechStarted]
    stage.hear("v" * 40)
    assert stage.bridge.commands == [("duck", 1), ("resume", 1, 7, 4800, True)]


def test_an_echo_that_is_known_ducks_nothing_and_a_louder_voice_does() -> None:
    echo = Echo(0.99, 0.1, 0.2, np.zeros(1, np.float32))
    stage = Stage(found=lambda _: Finding(0.0, 2000.0, echo=echo))
    stage.tick.watch(1)
    stage.bridge.said = 10_000
    stage.hear("v" * 20 + "." * 25, loud=2000)
    begun = list(stage.bridge.commands)
    assert begun == [("duck", 1), ("resume", 1, 7, 4800, True)]
    stage.hear("v" * 40, loud=2000)
    assert stage.bridge.commands == begun
    stage.hear("v", loud=4000)
    assert stage.bridge.commands == [*begun, ("duck", 1)]


def test_a_prompt_that_has_ended_is_ducked_no_more(stage: Stage) -> None:
    stage.tick.watch(1)
    stage.bridge.resume = lambda *_: False  # type: ignore[method-assign]
    stage.hear("vvv......")
    assert stage.bridge.commands == [("duck", 1), ("unduck", 1)]


def test_who_speaks_on_into_a_prompt_stops_it_as_soon_as_any_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.tick.watch(1)
    clock = SimpleNamespace(monotonic_ns=lambda: stage.bridge.clock + 3_000_000)
    monkeypatch.setattr(voice, "time", clock)
    stage.hear("v" * 40, _bridge.PROTECTED)
    assert stage.bridge.commands == []
    stage.hear("v" * 12)
    assert stage.bridge.commands == [("duck", 1), ("interrupt", 1)]
    # Eleven frames over the prompt after the first, and what the tick took; not since the onset.
    stats = stage.tick.stats
    assert (stats.ducked, stats.interrupted) == (1, 1)
    assert stats.duck_latency.total == pytest.approx(0.003)
    assert stats.stop_latency.total == pytest.approx(0.223)


def test_a_stop_is_timed_from_the_first_sound(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.tick.watch(1)
    clock = SimpleNamespace(monotonic_ns=lambda: stage.bridge.clock + 3_000_000)
    monkeypatch.setattr(voice, "time", clock)
    stage.hear("v" * 12)
    assert stage.tick.stats.stop_latency.total == pytest.approx(11 * 0.02 + 0.003)


def test_a_tick_is_late_by_its_newest_frame_and_only_beyond_a_frame(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = iter([0, FRAME_NS, FRAME_NS + 1])
    clock = SimpleNamespace(monotonic_ns=lambda: stage.bridge.clock + next(behind))
    monkeypatch.setattr(loop, "time", clock)
    for _ in range(3):
        stage.bridge.hear(1, silence(3))
        stage.tick.turn()
    stats = stage.tick.stats
    assert (stats.ticks, stats.late, stats.frames) == (3, 1, 9)
    assert stats.lateness.total == pytest.approx(0.04)


def test_of_the_quiet_frames_one_in_eight_is_shown_each_call_in_its_turn(stage: Stage) -> None:
    shown: list[tuple[int, int]] = []
    for handle in (1, 2):
        stage.tick.watch(handle)
        stage.voice._calls[handle].vad.detect = lambda *_, whose=handle: bool(
            shown.append((stage.tick.stats.ticks - 1, whose))  # type: ignore[func-returns-value]
        )
    for _ in range(16):
        for handle in (1, 2):
            stage.bridge.hear(handle, np.full(160, VadSettings().quietest - 1, np.int16))
        stage.tick.turn()
    assert shown == [(5, 2), (6, 1), (13, 2), (14, 1)]
    stage.bridge.hear(1, np.full(160, VadSettings().quietest, np.int16))
    stage.tick.turn()
    assert len(shown) == 5, "what may be speech always is"


def test_the_thread_goes_before_others_and_never_waits_long(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def refused(*priority: object) -> None:
        asked.append(priority[2])
        raise PermissionError

    def wait(*seen_and_seconds: object) -> int:
        asked.append(seen_and_seconds)
        if len(asked) == 3:
            raise RuntimeError("shut down")
        return 41

    monkeypatch.setattr(loop.os, "setpriority", refused)
    stage.bridge.wait = wait  # type: ignore[attr-defined]
    stage.tick.start()
    stage.tick._thread.join(30)
    assert asked == [-10, (0, 0.2), (41, 0.2)]


def test_frames_of_calls_that_are_not_watched_are_let_go(stage: Stage, speech: np.ndarray) -> None:
    stage.bridge.hear(1, speech)
    stage.tick.turn()
    assert stage.bridge.commands == []
    assert stage.told == []


def test_nothing_is_told_of_a_forgotten_call(stage: Stage, speech: np.ndarray) -> None:
    stage.tick.watch(1)
    stage.bridge.hear(1, speech)
    stage.bridge.happened.append((_bridge.DONE, 1, 0, 7, 1, True))
    stage.tick.forget(1)
    stage.tick.forget(1)
    stage.tick.turn()
    assert stage.told == []


def test_a_call_closed_in_the_middle_is_forgotten(stage: Stage, speech: np.ndarray) -> None:
    stage.tick.watch(1)
    stage.bridge.closed.add(1)
    stage.bridge.hear(1, speech)
    stage.tick.turn()
    assert stage.told == []
    assert stage.tick.stats.analyser_failures == 0


def test_one_broken_analyser_costs_the_other_calls_nothing(
    stage: Stage, speech: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    stage.tick.watch(1)
    stage.tick.watch(2)

    class Broken:
        def hear(self, *_: object) -> None:
            raise ZeroDivisionError

    stage.voice._calls[1].barge_in = Broken()  # type: ignore[assignment]
    for start in range(0, 3200, 160):
        for handle in (1, 2):
            stage.bridge.hear(handle, speech[start : start + 160])
    with caplog.at_level(logging.ERROR):
        stage.tick.turn()
    assert stage.kinds(1) == []
    assert SpeechStarted in stage.kinds(2)
    assert stage.tick.stats.analyser_failures == 1
    assert len(caplog.records) == 1, "said once, not once a frame"
    assert ("unduck", 1) in stage.bridge.commands, "what was quiet is brought back"
    # It still hears of the playback: only the ears are gone.
    stage.bridge.happened.append((_bridge.DONE, 1, 0, 7, 1, True))
    stage.tick.turn()
    assert stage.kinds(1) == [PlaybackDone]


def test_a_sink_that_raises_is_counted_and_survived(speech: np.ndarray) -> None:
    def sink(_: AudioEvent) -> None:
        raise BufferError

    stage = Stage(sink)
    stage.tick.watch(1)
    stage.bridge.hear(1, speech[:3200])
    stage.tick.turn()
    assert stage.bridge.commands == [("duck", 1), ("interrupt", 1)]
    assert stage.tick.stats.sink_failures >= 2


def test_a_sink_may_forget_the_call_it_hears_of(speech: np.ndarray) -> None:
    heard: list[AudioEvent] = []

    def sink(event: AudioEvent) -> None:
        heard.append(event)
        stage.tick.forget(event.handle)

    stage = Stage(sink)
    stage.tick.watch(1)
    stage.bridge.hear(1, speech)
    stage.tick.turn()
    assert len(heard) == 1


def test_more_frames_than_one_collect_holds_are_all_heard(stage: Stage, speech: np.ndarray) -> None:
    stage.tick.watch(1)
    stage.bridge.hear(1, silence(9000))
    stage.bridge.hear(1, speech[:3200])
    stage.tick.turn()
    assert SpeechStarted in stage.kinds(1)
    assert stage.tick.stats.frames == 9020
    assert stage.tick.stats.ticks == 1


@pytest.mark.parametrize("noise", [0.0, 5.0, 30.0])
def test_frames_too_quiet_for_speech_may_be_skipped(
    stage: Stage, speech: np.ndarray, noise: float
) -> None:
    rng = np.random.default_rng(4)
    pieces = [silence(90), speech // 3, silence(60), speech, silence(200), speech // 8, silence(60)]
    line = np.concatenate(pieces)
    line = (line + rng.normal(0, noise, len(line))).astype(np.int16)
    shown = Vad(VadSettings(), 8000)
    voices = [
        shown.hear(frame.data.cast("B"), int(np.abs(frame).max()))
        for frame in line.reshape(-1, 160)
    ]
    onsets = [
        frame
        for frame, (before, after) in enumerate(pairwise(voices))
        if before is Voice.QUIET and after is not Voice.QUIET
    ]
    stage.tick.watch(1)
    for frame in line.reshape(-1, 160):
        stage.bridge.hear(1, frame, over=_bridge.NOTHING)
        stage.tick.turn()
    heard = [event.onset for event in stage.told if isinstance(event, SpeechStarted)]
    spoken = [1 + 0.02 * (2 + frame) for frame in onsets]
    assert len(heard) == 3
    for onset in heard:
        assert min(abs(onset - other) for other in spoken) < 0.03


class Noting:
    """An analyser that notes what it was given, and fails where it is told to."""

    def __init__(self, tell: Callable[[AudioEvent], None], *, fails: bool = False) -> None:
        self.tell = tell
        self.fails = fails
        self.watched: list[int] = []
        self.forgotten: list[int] = []
        self.given: list[tuple[int, int, bytes]] = []

    def watch(self, handle: int, at_most: BargeInPolicy) -> None:
        self.watched.append(handle)

    def forget(self, handle: int) -> None:
        self.forgotten.append(handle)

    def analyse(self, frames: Frames) -> None:
        if self.fails:
            raise ValueError("broken")
        for handle, over, row in zip(frames.handles, frames.over, frames.rows, strict=False):
            self.given.append((handle, over, bytes(row)))
            self.tell(SpeechStarted(handle, 1.0, 1.0))


def test_every_analyser_gets_every_frame_in_order_and_one_that_fails_costs_the_others_nothing(
    speech: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    made: list[Noting] = []
    told: list[AudioEvent] = []

    def noting(fails: bool) -> Callable[..., Noting]:
        def make(_bridge: object, tell: Callable[[AudioEvent], None], _stats: object) -> Noting:
            made.append(Noting(tell, fails=fails))
            return made[-1]

        return make

    bridge = ScriptedBridge()
    tick = Tick(bridge, told.append, [noting(True), noting(False)])  # type: ignore[arg-type]
    tick.watch(1)
    bridge.hear(1, speech[:320], over=_bridge.DUCK)
    bridge.hear(2, silence(1))
    tick.turn()
    frames = [np.ascontiguousarray(part).tobytes() for part in (speech[:160], speech[160:320])]
    broken, good = made
    assert good.given == [
        (1, _bridge.DUCK, frames[0]),
        (1, _bridge.DUCK, frames[1]),
        (2, _bridge.STOP, bytes(320)),
    ]
    assert told == [SpeechStarted(1, 1.0, 1.0)] * 2, "nothing is told of a call nobody watches"
    assert tick.stats.analyser_failures == 1
    assert "missed a turn" in caplog.text
    tick.forget(1)
    assert broken.watched == good.watched == broken.forgotten == good.forgotten == [1]
