"""The native bridge on PJSIP's real conference: two ports joined, each the other's far side."""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from audio._bridge import DONE, DUCK, NOTHING, PLAYED, PROTECTED, STARTED, STOP, Bridge, Prompt, Tap
from tests.support.conference import Collector, conference, let_pass, listen


@pytest.fixture(params=[8000, 16000])
def bridge(request: pytest.FixtureRequest) -> Iterator[Bridge]:
    with conference(request.param) as started:
        yield started


@pytest.fixture
def narrow() -> Iterator[Bridge]:
    with conference() as started:
        yield started


def counting(length: int) -> np.ndarray:
    """Samples that say where they stand, none of them zero."""
    return (np.arange(length) % 30000 + 1).astype(np.int16)


def pair(bridge: Bridge) -> tuple[int, int]:
    ours, theirs = bridge.open(), bridge.open()
    bridge.attach(ours, bridge.slot(theirs))
    return ours, theirs


def until_gone(bridge: Bridge, seconds: float = 30.0) -> dict[str, int]:
    deadline = time.monotonic() + seconds
    while bridge.counts()["live_ports"] and time.monotonic() < deadline:
        let_pass(bridge, 1)
    return bridge.counts()


def test_a_prompt_arrives_whole_at_the_far_side(bridge: Bridge) -> None:
    ours, theirs = pair(bridge)
    samples = counting(bridge.rate // 2)
    half = len(samples) // 2
    bridge.play(ours, 1, [(Prompt(samples[:half]), PROTECTED), (Prompt(samples[half:]), STOP)])
    heard, taken = listen(bridge, 35, theirs)
    first = int(np.flatnonzero(heard)[0])
    assert np.array_equal(heard[first : first + len(samples)], samples)
    assert np.median(np.diff(taken)) == pytest.approx(20e6, rel=0.1)
    kinds = [(event[0], event[3], event[4], event[5]) for event in bridge.events()]
    assert kinds == [
        (STARTED, 1, 0, False),
        (PLAYED, 1, 0, True),
        (PLAYED, 1, 1, True),
        (DONE, 1, len(samples), True),
    ]


def test_frames_say_what_was_being_played_over(narrow: Bridge) -> None:
    ours, _theirs = pair(narrow)
    prompts = [(Prompt(counting(320)), policy) for policy in (PROTECTED, DUCK, STOP)]
    narrow.play(ours, 1, prompts)
    collector = Collector(narrow)
    over: list[int] = []
    seen = 0
    for _ in range(12):
        seen = narrow.wait(seen, 2.0)
        count = narrow.collect(*collector.arrays)
        over += collector.over[:count][collector.handles[:count] == ours].tolist()
    played = [policy for policy in over if policy != NOTHING]
    # A frame is stamped with what follows it: the last one of a prompt with the next prompt.
    assert played == sorted(played)
    assert set(played) == {PROTECTED, DUCK, STOP}
    assert over[-1] == NOTHING


def test_a_detached_prompt_waits_and_goes_on(narrow: Bridge) -> None:
    ours, theirs = pair(narrow)
    samples = counting(16000)
    narrow.play(ours, 1, [(Prompt(samples), STOP)])
    before, _ = listen(narrow, 10, theirs)
    narrow.detach(ours)
    until_held, _ = listen(narrow, 3, theirs)
    held = narrow.place(ours)
    while_held, _ = listen(narrow, 10, theirs)
    assert narrow.place(ours) == held
    assert not while_held.any()
    narrow.attach(ours, narrow.slot(theirs))
    after, _ = listen(narrow, 100, theirs)
    heard = np.concatenate([before, until_held, after])
    heard = heard[heard != 0]
    assert (np.diff(heard) > 0).all()
    assert len(samples) - len(heard) <= 160, "no more than the frame under way when it was held"
    assert np.array_equal(after[-160 * 3 :], np.zeros(480, np.int16)), "it came to its end"
    assert narrow.events()[-1][5] is True


def taken_from(tap: Tap, room: int = 400) -> tuple[np.ndarray, np.ndarray]:
    frames = np.zeros((room, 2, tap.frame_samples), np.int16)
    periods = np.zeros(room, np.int64)
    count = tap.take(frames, periods)
    return frames[:count], periods[:count]


def test_a_tap_keeps_both_sides_of_the_same_instant(bridge: Bridge) -> None:
    ours, theirs = bridge.open(), bridge.open()
    low, high = counting(bridge.rate), counting(bridge.rate) + np.int16(1000)
    bridge.play(ours, 1, [(Prompt(low), STOP)])
    bridge.play(theirs, 1, [(Prompt(high), STOP)])
    # Neither begins before they are joined, and then both do.
    bridge.attach(ours, bridge.slot(theirs))
    before = let_pass(bridge, 3)
    tap = bridge.record(ours)
    with pytest.raises(RuntimeError, match="already"):
        bridge.record(ours)
    let_pass(bridge, 12)
    tap.stop()
    frames, periods = taken_from(tap)
    assert 9 <= len(frames) <= let_pass(bridge, 0) - before
    assert (np.diff(periods) == 1).all()
    heard, said = frames[:, 0].ravel(), frames[:, 1].ravel()
    assert np.array_equal(said, low[said[0] - 1 :][: len(said)])
    assert np.array_equal(heard, high[heard[0] - 1001 :][: len(heard)])
    assert abs(int(heard[0]) - 1000 - int(said[0])) <= 2 * bridge.frame_samples
    assert tap.ended
    assert tap.lost == 0


def test_what_a_tap_holds_outlives_its_call(narrow: Bridge) -> None:
    ours, _theirs = pair(narrow)
    tap = narrow.record(ours)
    let_pass(narrow, 6)
    narrow.close(ours)
    assert not tap.ended
    let_pass(narrow, 2)
    frames, _ = taken_from(tap)
    assert len(frames) >= 4
    assert tap.ended
    with pytest.raises(KeyError):
        narrow.record(ours)


def test_a_tap_that_nobody_reads_counts_what_it_loses(narrow: Bridge) -> None:
    ours, _theirs = pair(narrow)
    tap = narrow.record(ours)
    let_pass(narrow, 160)
    frames, periods = taken_from(tap)
    assert len(frames) == 150
    assert (np.diff(periods) == 1).all()
    let_pass(narrow, 3)
    assert tap.lost >= 5
    later, after = taken_from(tap)
    assert len(later) >= 1
    assert after[0] - periods[-1] == tap.lost + 1


def test_on_hold_a_tap_keeps_nothing_and_its_periods_tell(narrow: Bridge) -> None:
    ours, theirs = pair(narrow)
    tap = narrow.record(ours)
    before = let_pass(narrow, 5)
    narrow.detach(ours)
    let_pass(narrow, 10)
    narrow.attach(ours, narrow.slot(theirs))
    held = let_pass(narrow, 0) - before
    let_pass(narrow, 5)
    _, periods = taken_from(tap)
    gaps = np.diff(periods)
    assert len(gaps[gaps > 1]) == 1
    assert 8 <= gaps.max() <= held + 3


def test_handles_are_never_given_out_twice(narrow: Bridge) -> None:
    given: set[int] = set()
    for _ in range(50):
        handle = narrow.open()
        assert handle > 0
        assert handle not in given
        given.add(handle)
        narrow.close(handle)
        with pytest.raises(KeyError):
            narrow.stop(handle)
        with pytest.raises(KeyError):
            narrow.close(handle)
    assert until_gone(narrow)["live_ports"] == 0


def test_a_closed_call_brings_no_frames(narrow: Bridge) -> None:
    ours, theirs = pair(narrow)
    listen(narrow, 5, theirs)
    narrow.close(ours)
    let_pass(narrow, 2)
    collector = Collector(narrow)
    narrow.collect(*collector.arrays)
    count = narrow.collect(*collector.arrays)
    assert ours not in collector.handles[:count]
    narrow.close(theirs)
    assert until_gone(narrow)["live_ports"] == 0


def test_a_stalled_interpreter_bends_no_pace_and_loses_no_frame(narrow: Bridge) -> None:
    pairs = [pair(narrow) for _ in range(20)]
    samples = counting(8000 * 3)
    prompt = Prompt(samples)
    for number, (ours, _) in enumerate(pairs):
        narrow.play(ours, number, [(prompt, STOP)])
    first = let_pass(narrow, 2)
    collector = Collector(narrow, room=8192)
    narrow.collect(*collector.arrays)
    before = narrow.counts()
    began = time.monotonic()
    # PyDLL keeps the interpreter's lock, as a long call of a C extension does.
    ctypes.PyDLL(None).usleep(800_000)
    assert time.monotonic() - began >= 0.8
    last = narrow.wait(first, 1.0)
    count = narrow.collect(*collector.arrays)
    after = narrow.counts()
    assert last - first >= 38
    assert after["dropped_frames"] == before["dropped_frames"] == 0
    assert after["skipped_ticks"] == before["skipped_ticks"]
    for _, theirs in pairs:
        ours = collector.handles[:count] == theirs
        heard = collector.frames[:count][ours].ravel()
        assert len(heard) >= 38 * 160
        assert (np.diff(heard) == 1).all(), "a frame is missing, or out of order"
        gaps = np.diff(collector.taken[:count][ours])
        assert np.median(gaps) == pytest.approx(20e6, rel=0.1)
        # The pace is the native clock's: the stall of 0.8 s does not show.
        assert gaps.max() < 200e6


def test_a_ring_left_alone_drops_the_newest_and_counts_it(narrow: Bridge) -> None:
    ours, theirs = pair(narrow)
    narrow.play(ours, 1, [(Prompt(counting(8000 * 3)), STOP)])
    time.sleep(1.6)
    collector = Collector(narrow)
    count = narrow.collect(*collector.arrays)
    heard = collector.frames[:count][collector.handles[:count] == theirs].ravel()
    assert len(heard) == 64 * 160
    assert narrow.counts()["dropped_frames"] > 0
    assert narrow.stats(theirs)["dropped"] > 0
    assert (np.diff(heard[heard > 0]) == 1).all()


def test_thousands_of_calls_come_and_go_without_a_leak(narrow: Bridge) -> None:
    process = psutil.Process()
    collector = Collector(narrow)
    gc.collect()
    before = narrow.counts()["live_prompts"]  # of other tests' modules
    prompt = Prompt(counting(4000))
    stop = threading.Event()

    def tick() -> None:
        seen = 0
        while not stop.is_set():
            seen = narrow.wait(seen, 0.1)
            narrow.collect(*collector.arrays)
            narrow.events()

    def churn(calls: int) -> None:
        live: list[tuple[int, int]] = []
        for number in range(calls):
            ours, theirs = pair(narrow)
            narrow.play(ours, number, [(prompt, STOP), (Prompt(counting(200)), DUCK)])
            narrow.record(theirs).stop()
            live.append((ours, theirs))
            if len(live) > 40:
                for handle in live.pop(0):
                    narrow.close(handle)
            if number % 20 == 0:
                # The conference does at most 100 operations a tick; more would only queue up.
                time.sleep(0.025)
        for handles in live:
            for handle in handles:
                narrow.close(handle)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        churn(300)
        until_gone(narrow)
        warm = process.memory_info().rss
        churn(2000)
        counts = until_gone(narrow)
    finally:
        stop.set()
        thread.join()
    assert counts["live_ports"] == 0
    assert counts["live_prompts"] == before + 1
    assert process.memory_info().rss - warm < 8_000_000


def test_a_bridge_that_is_shut_down_says_so(narrow: Bridge) -> None:
    handle = narrow.open()
    narrow.shutdown()
    narrow.shutdown()
    with pytest.raises(RuntimeError, match="not started"):
        narrow.wait(0, 0.1)
    with pytest.raises(RuntimeError, match="not started"):
        narrow.open()
    ticks = narrow.counts()["ticks"]
    time.sleep(0.06)
    assert narrow.counts()["ticks"] == ticks
    narrow.close(handle)


def test_calls_left_open_are_freed_with_pjsip() -> None:
    with conference() as bridge:
        gc.collect()
        before = bridge.counts()["live_prompts"]  # of other tests' modules
        handles = [bridge.open() for _ in range(10)]
        bridge.play(handles[0], 1, [(Prompt(counting(100)), STOP)])
    for handle in handles:
        bridge.close(handle)
    counts = bridge.counts()
    assert counts["live_ports"] == 0
    del bridge
    assert Bridge().counts()["live_prompts"] == before


def test_a_bridge_of_another_rate_is_refused() -> None:
    with conference(16000) as running:
        running.shutdown()
        with pytest.raises(RuntimeError, match="runs at 16000 Hz, 320 samples"):
            Bridge(8000).start()
    with pytest.raises(ValueError, match="8000 or 16000"):
        Bridge(44100)


def test_without_pjsip_there_is_a_plain_error() -> None:
    with pytest.raises(RuntimeError, match="PJSIP is not up"):
        Bridge().start()


def test_a_thread_that_pjsip_does_not_know_is_refused(narrow: Bridge) -> None:
    wrong: list[str] = []

    def foreign() -> None:
        try:
            narrow.open()
        except RuntimeError as error:
            wrong.append(str(error))

    thread = threading.Thread(target=foreign)
    thread.start()
    thread.join()
    assert "unknown to PJSIP" in wrong[0]


def test_arrays_of_the_wrong_shape_are_refused(narrow: Bridge) -> None:
    good = Collector(narrow)
    for wrong in (
        (good.frames, good.handles, good.taken, good.over, good.taken),
        (good.frames[:, :80].copy(), good.handles, good.taken, good.over, good.peaks),
        (good.frames.astype(np.int32), good.handles, good.taken, good.over, good.peaks),
        (good.frames, good.handles[:5], good.taken, good.over, good.peaks),
        (good.frames, good.handles, good.taken, good.over.astype(np.int64), good.peaks),
        (good.frames[::2], good.handles, good.taken, good.over, good.peaks),
    ):
        with pytest.raises(TypeError, match="dtype or shape"):
            narrow.collect(*wrong)


def test_lateness_is_measured_for_every_tick(narrow: Bridge) -> None:
    let_pass(narrow, 2)
    bounds, counts, total = narrow.lateness()
    assert bounds == sorted(bounds)
    assert len(counts) == len(bounds) + 1
    assert sum(counts) >= narrow.counts()["ticks"] - 1 > 0
    assert total > 0


def test_peaks_are_those_of_the_frames(narrow: Bridge) -> None:
    ours, theirs = pair(narrow)
    rng = np.random.default_rng(2)
    noise = rng.integers(-32768, 32768, 4000).astype(np.int16)
    noise[::500] = -32768
    narrow.play(ours, 1, [(Prompt(noise), STOP)])
    let_pass(narrow, 10)
    collector = Collector(narrow)
    count = narrow.collect(*collector.arrays)
    peaks = np.abs(collector.frames[:count].astype(np.int32)).max(axis=1)
    assert np.array_equal(collector.peaks[:count], peaks)
    assert 32768 in peaks
    assert theirs


def test_what_both_sides_said_last_can_be_compared(bridge: Bridge) -> None:
    ours, theirs = pair(bridge)
    samples = counting(bridge.rate)
    bridge.play(ours, 1, [(Prompt(samples, bridge.rate), STOP)])
    bridge.play(theirs, 1, [(Prompt(samples[::-1].copy(), bridge.rate), STOP)])
    frames, taken = listen(bridge, 25, ours)
    frames = frames.reshape(-1, bridge.frame_samples)
    heard, said = np.empty((2, 10, bridge.frame_samples), np.int16)
    assert bridge.recent(ours, int(taken[-1]), heard, said)
    assert np.array_equal(heard, frames[-10:])
    steps = np.diff(said.ravel().astype(int))
    assert set(steps) == {1}, "what was said stands in its order, without a gap"
    assert bridge.said_peak(ours, int(taken[-1]), 0, 0) == said[-1].max()
    assert bridge.said_peak(ours, int(taken[-1]), 2, 4) == said[-3].max()
    assert bridge.said_peak(ours, 12345, 0, 4) == 0
    assert not bridge.recent(ours, 12345, heard, said)
    with pytest.raises(TypeError):
        bridge.recent(ours, int(taken[-1]), heard, said[:5])
    bridge.close(ours)
    with pytest.raises(KeyError):
        bridge.recent(ours, int(taken[-1]), heard, said)
