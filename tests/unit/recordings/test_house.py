"""One call's recording over the life of its call, and what a killed process left."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from dialer.core.values.recordings import RecordingEnd, RecordingState
from dialer.errors import StoreError
from dialer.recordings import CallRecordings, RecordingFolder, recording_of
from dialer.recordings.house import CallRecording
from dialer.testing import FakeClock, MemoryRecordings
from tests.support.taping import frames, read_wav

NODE = "node-1"
CAMPAIGN = "card-renewal"


class TapedLine:
    """The line as far as recordings see it. It gives the tape sound, on another thread."""

    def __init__(self) -> None:
        self.tape: Any = None
        self.sound = 50

    def record(self, _attempt: str, tape: object) -> None:
        self.tape = tape

    def stop_recording(self, _attempt: str) -> None:
        if self.tape is not None:
            asyncio.get_running_loop().run_in_executor(None, self.finish)

    def finish(self) -> None:
        tape, self.tape = self.tape, None
        if tape is not None:
            tape._ready.wait(5)
            tape.write(frames(self.sound))
            tape.end(0)


class House:
    def __init__(self, folder: Path) -> None:
        self.desk = MemoryRecordings({"call-1": CAMPAIGN})
        self.folder = RecordingFolder(folder)
        self.line = TapedLine()
        self.rooms = CallRecordings(
            self.desk,
            self.folder,
            self.line,
            FakeClock(),
            node=NODE,
            rate=8000,  # type: ignore[arg-type]
        )
        self.ends: list[RecordingEnd] = []
        self.tasks: list[asyncio.Task[None]] = []

    def see_through(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    def call(self, name: str = "call-1") -> CallRecording:
        return self.rooms.of_call(name, "attempt-1", self.see_through, self.ends.append)

    async def over(self) -> None:
        while self.tasks:
            await self.tasks.pop()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "recordings")


async def test_a_call_is_kept_to_its_end(house: House) -> None:
    recording = house.call()
    recording.start()
    await asyncio.sleep(0)
    house.line.stop_recording("attempt-1")
    await house.over()
    (end,) = house.ends
    assert (end.state, end.seconds) == (RecordingState.WHOLE, pytest.approx(1.0))
    row = await house.desk.of_call("call-1")
    assert row is not None
    assert (row.state, row.sha256) == (RecordingState.WHOLE, end.sha256)
    sound = await recording_of(house.desk, house.folder, "call-1")
    assert sound is not None
    assert len(read_wav(sound).samples) == 8000
    assert [kind for kind, _ in house.desk.noted] == ["recording_begun", "recording_ended"]


async def test_who_declines_is_forgotten(house: House) -> None:
    recording = house.call()
    recording.start()
    await asyncio.sleep(0)
    recording.stop(erase=True)
    await house.over()
    (end,) = house.ends
    assert end.state is RecordingState.ERASED
    assert await recording_of(house.desk, house.folder, "call-1") is None
    assert list(house.folder.path.rglob("*.vrds")) == []
    assert [kind for kind, _ in house.desk.noted] == [
        "recording_begun",
        "recording_declined",
        "recording_ended",
    ]


async def test_who_declines_first_is_never_recorded(house: House) -> None:
    house.call().stop(erase=True)
    await house.over()
    assert house.ends == []
    assert house.desk.noted == [("recording_declined", "call-1")]


async def test_what_the_store_does_not_know_is_not_recorded(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    recording = house.call("nobody")
    recording.start()
    await asyncio.sleep(0)
    house.line.stop_recording("attempt-1")
    await house.over()
    assert [end.state for end in house.ends] == [RecordingState.FAILED]
    assert list(house.folder.path.rglob("*.vrds")) == []
    assert "not recorded" in caplog.text


async def test_a_store_that_goes_away_leaves_a_recording_for_the_next_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_end: RecordingEnd) -> None:
        raise StoreError("the disk is full")

    recording = house.call()
    recording.start()
    await asyncio.sleep(0)
    with monkeypatch.context() as patch:
        patch.setattr(house.desk, "end", away)
        house.line.stop_recording("attempt-1")
        await house.over()
    await house.rooms.recover()
    row = await house.desk.of_call("call-1")
    assert row is not None
    assert row.state is RecordingState.CUT
    assert await recording_of(house.desk, house.folder, "call-1") is not None


async def test_after_a_kill_an_erasure_is_brought_to_its_end(house: House) -> None:
    _, keys = await house.desk.begin("call-1", NODE, FakeClock().utc())
    file = house.folder.create(CAMPAIGN, "call-1")
    keys.stream_writer("recording", "call-1", file).write(b"x" * 9000)
    file.close()
    await house.desk.decline("call-1", FakeClock().utc())
    await house.rooms.recover()
    assert not house.folder.of_call(CAMPAIGN, "call-1").exists()
    row = await house.desk.of_call("call-1")
    assert row is not None
    assert row.state is RecordingState.ERASED


async def test_after_a_kill_before_the_first_sound_there_is_nothing(house: House) -> None:
    await house.desk.begin("call-1", NODE, FakeClock().utc())
    await house.rooms.recover()
    row = await house.desk.of_call("call-1")
    assert row is not None
    assert row.state is RecordingState.FAILED
