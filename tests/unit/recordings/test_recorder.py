"""From taps to tapes: nothing is lost unseen, and one tape's fault is no other's."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from audio.recording import Recorder, TwoSides
from tests.support.taping import FilledTap


@dataclass
class KeptTape:
    """Counts what it is given: frames written as positive, skipped as negative numbers."""

    is_ready: bool = True
    got: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    fails: bool = False

    def write(self, frames: TwoSides) -> None:
        if self.fails:
            raise OSError("no space left")
        self.got.append(len(frames))

    def skip(self, frames: int) -> None:
        self.got.append(-frames)

    def end(self, lost: int) -> None:
        self.ends.append(lost)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()  # not started: the test turns it


def test_frames_go_through_until_the_tap_has_ended(recorder: Recorder) -> None:
    tap, tape = FilledTap(), KeptTape()
    recorder.add(tap, tape)
    tap.put(10, 400)
    recorder.turn()
    assert tape.got == [150, 150, 100]
    assert recorder.live == 1
    tap.put(410, 5)
    tap.stop()
    recorder.turn()
    recorder.turn()
    assert (sum(tape.got), tape.ends, recorder.live) == (405, [0], 0)


def test_gaps_are_told_in_frames(recorder: Recorder) -> None:
    tap, tape = FilledTap(), KeptTape()
    recorder.add(tap, tape)
    tap.put(1, 3)
    tap.put(10, 2)
    recorder.turn()
    tap.put(20, 1)
    recorder.turn()
    assert tape.got == [3, -6, 2, -8, 1]


def test_what_the_ring_lost_is_told_at_the_end(recorder: Recorder) -> None:
    tap, tape = FilledTap(lost=7), KeptTape()
    recorder.add(tap, tape)
    tap.stop()
    recorder.turn()
    assert tape.ends == [7]


def test_a_tape_that_is_not_ready_finds_its_sound_waiting(recorder: Recorder) -> None:
    tap, tape = FilledTap(), KeptTape(is_ready=False)
    recorder.add(tap, tape)
    tap.put(1, 20)
    tap.stop()
    recorder.turn()
    assert (tape.got, tape.ends) == ([], [])
    tape.is_ready = True
    recorder.turn()
    assert (tape.got, tape.ends) == ([20], [0])


def test_a_tape_that_fails_ends_alone(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    bad, good = (FilledTap(), KeptTape(fails=True)), (FilledTap(), KeptTape())
    for tap, tape in (bad, good):
        recorder.add(tap, tape)
        tap.put(1, 3)
    recorder.turn()
    assert bad[0].stopped
    assert bad[1].ends == [0]
    assert good[1].got == [3]
    assert "a recording failed" in caplog.text


def test_where_there_is_nothing_to_record_the_tape_ends(recorder: Recorder) -> None:
    tape = KeptTape()
    recorder.drop(tape)
    recorder.turn()
    assert (tape.got, tape.ends) == ([], [0])


def test_the_end_of_the_recorder_ends_every_tape() -> None:
    recorder = Recorder()
    recorder.start()
    waiting, live = (FilledTap(), KeptTape(is_ready=False)), (FilledTap(), KeptTape())
    for tap, tape in (waiting, live):
        recorder.add(tap, tape)
        tap.put(1, 4)
    recorder.stop()
    assert live[1].got == [4]
    assert [live[1].ends, waiting[1].ends] == [[0], [0]]
    assert live[0].stopped
