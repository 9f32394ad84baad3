"""Sealed on its way to the disk, heard again by who has the key, gone when it is not wanted."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from dialer.core.values.recordings import RecordingState
from dialer.errors import RecordingError, SealError
from dialer.recordings import RecordingFolder, wav_of
from dialer.recordings.tape import Heading, SealedTape, Taped
from dialer.testing import MemoryKeys
from dialer.vault import HEADER_BYTES, DataKeys
from tests.support.taping import FRAME, frames, read_wav
from tests.support.vault import TAPES, new_vault

CALL = "0a1b2c"
HEADING = Heading(CALL, "2026-11-23T02:00:00.000+00:00", 8000)


@pytest.fixture
def folder(tmp_path: Path) -> RecordingFolder:
    return RecordingFolder(tmp_path / "recordings")


@pytest.fixture
def keys() -> DataKeys:
    return new_vault(MemoryKeys(), TAPES).keys(TAPES)


class Taping:
    def __init__(self, folder: RecordingFolder, keys: DataKeys | None) -> None:
        self.told: list[Taped] = []
        self.tape = SealedTape(folder, HEADING, self.told.append)
        self.file = folder.of_call(TAPES.campaign, CALL)
        assert not self.tape.is_ready
        if keys is None:
            self.tape.give_up()
        else:
            self.tape.open_with(TAPES.campaign, keys)
        assert self.tape.is_ready

    @property
    def taped(self) -> Taped:
        (taped,) = self.told
        return taped


def test_both_sides_come_back_and_say_what_they_are(
    folder: RecordingFolder, keys: DataKeys
) -> None:
    one = Taping(folder, keys)
    one.tape.write(frames(40, 8000, -500))
    one.tape.skip(700)
    one.tape.write(frames(10, -8000, 500))
    one.tape.end(0)
    assert one.taped.state is RecordingState.WHOLE
    assert one.taped.seconds == pytest.approx(15.0)
    sealed = one.file.read_bytes()
    assert one.taped.sealed_bytes == len(sealed)
    assert one.taped.sha256 == hashlib.sha256(sealed).hexdigest()
    sound = read_wav(wav_of(sealed, CALL, keys))
    assert sound.rate == 8000
    assert sound.samples.shape == (750 * FRAME, 2)
    assert np.allclose(sound.samples[: 40 * FRAME], [8000, -500], rtol=0.05)
    assert np.abs(sound.samples[40 * FRAME : 740 * FRAME]).max() <= 8
    assert np.allclose(sound.samples[740 * FRAME :], [-8000, 500], rtol=0.05)
    assert b"synthetic voice" in sound.info
    assert CALL.encode() in sound.info
    assert b"2026-11-23" in sound.info


def test_nothing_plain_reaches_the_disk(folder: RecordingFolder, keys: DataKeys) -> None:
    one = Taping(folder, keys)
    loud = frames(200, 8000, 8000)
    one.tape.write(loud)
    one.tape.end(0)
    sealed = one.file.read_bytes()
    for plain in (b"synthetic", CALL.encode(), b"\xb5" * 8, loud.tobytes()[:16]):
        assert plain not in sealed
    assert one.file.stat().st_mode & 0o777 == 0o600
    assert one.file.parent.stat().st_mode & 0o777 == 0o700


def test_what_was_lost_makes_it_incomplete(folder: RecordingFolder, keys: DataKeys) -> None:
    one = Taping(folder, keys)
    one.tape.write(frames(10))
    one.tape.end(50)
    assert one.taped.state is RecordingState.INCOMPLETE
    assert one.taped.lost == pytest.approx(1.0)
    assert len(read_wav(wav_of(one.file.read_bytes(), CALL, keys)).samples) == 10 * FRAME


def test_a_killed_process_leaves_what_can_be_heard(folder: RecordingFolder, keys: DataKeys) -> None:
    one = Taping(folder, keys)
    one.tape.write(frames(100))
    assert one.tape._file is not None
    one.tape._file.close()
    sealed = one.file.read_bytes()
    sound = read_wav(wav_of(sealed, CALL, keys))
    assert 50 * FRAME < len(sound.samples) < 100 * FRAME
    assert b"cut" in sound.info
    with pytest.raises(RecordingError, match="nothing is left"):
        wav_of(sealed[:HEADER_BYTES], CALL, keys)


def test_erased_it_is_gone_and_its_key_went_first(
    folder: RecordingFolder, keys: DataKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Taping(folder, keys)
    one.tape.write(frames(100))
    one.tape.erase()
    one.tape.write(frames(100))
    left: list[bytes] = []
    unlink = Path.unlink
    monkeypatch.setattr(
        Path, "unlink", lambda path: (left.append(path.read_bytes()), unlink(path))[1]
    )
    one.tape.end(0)
    assert one.taped == Taped(RecordingState.ERASED, 0.0, 0.0, 0, None)
    assert not one.file.exists()
    assert left[0][:HEADER_BYTES] == bytes(HEADER_BYTES)
    with pytest.raises(SealError):
        wav_of(left[0], CALL, keys)


def test_erased_before_its_first_sound_it_never_was(
    folder: RecordingFolder, keys: DataKeys
) -> None:
    one = Taping(folder, keys)
    one.tape.erase()
    one.tape.write(frames(5))
    one.tape.end(0)
    assert one.taped.state is RecordingState.ERASED
    assert not folder.path.exists()


def test_without_a_key_nothing_is_written(folder: RecordingFolder) -> None:
    one = Taping(folder, None)
    one.tape.write(frames(5))
    one.tape.end(0)
    assert one.taped.state is RecordingState.FAILED
    assert not folder.path.exists()


def test_a_disk_that_takes_nothing_fails_the_recording_alone(
    tmp_path: Path, keys: DataKeys, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "recordings").write_text("no folder")
    one = Taping(RecordingFolder(tmp_path / "recordings"), keys)
    one.tape.write(frames(5))
    one.tape.skip(5)
    one.tape.end(0)
    assert one.taped.state is RecordingState.FAILED
    assert caplog.text.count("its recording stops here") == 1


def test_a_disk_that_fills_up_leaves_an_incomplete_one(
    folder: RecordingFolder, keys: DataKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Taping(folder, keys)
    one.tape.write(frames(100))
    full = os.open("/dev/full", os.O_WRONLY)
    assert one.tape._file is not None
    os.dup2(full, one.tape._file._file.fileno())
    os.close(full)
    one.tape.write(frames(100))
    one.tape.write(frames(100))
    one.tape.end(0)
    assert one.taped.state is RecordingState.INCOMPLETE
    assert one.taped.seconds == pytest.approx(2.0)
    assert b"cut" in read_wav(wav_of(one.file.read_bytes(), CALL, keys)).info


def test_a_campaigns_recordings_go_together(folder: RecordingFolder, keys: DataKeys) -> None:
    one = Taping(folder, keys)
    one.tape.write(frames(5))
    one.tape.end(0)
    assert folder.erase_campaign("another") == 0
    assert folder.erase_campaign(TAPES.campaign) == 1
    assert not folder.of_campaign(TAPES.campaign).exists()
    assert not folder.erase(TAPES.campaign, CALL)


def test_another_calls_recording_does_not_open(folder: RecordingFolder, keys: DataKeys) -> None:
    one = Taping(folder, keys)
    one.tape.write(frames(5))
    one.tape.end(0)
    with pytest.raises(SealError):
        wav_of(one.file.read_bytes(), "another", keys)
