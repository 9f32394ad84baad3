from __future__ import annotations

import os
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from audio.prompts import (
    Prompt,
    PromptMakingError,
    freeze,
    read_recording,
    read_wav,
    wav_bytes,
    write_wav,
)


def wav(path: Path, channels: int = 1, width: int = 2, rate: int = 8000, frames: int = 80) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(bytes(range(1, 1 + channels * width)) * frames)
    return path


def test_what_was_written_is_read_and_cannot_be_changed(tmp_path: Path) -> None:
    samples = np.arange(-300, 300, dtype=np.int16)
    path = tmp_path / "a.wav"
    write_wav(path, samples, 16000, {"ICMT": "odd"})
    prompt = read_wav(path, 16000)
    assert prompt.name == "a.wav"
    assert prompt.seconds == pytest.approx(600 / 16000)
    assert np.array_equal(prompt.samples, samples)
    with pytest.raises(ValueError, match="read-only"):
        prompt.samples[0] = 1
    assert list(tmp_path.iterdir()) == [path], "no temporary file is left"


def test_info_is_a_riff_list_that_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, np.zeros(4, np.int16), 8000, {"ICMT": "synthetic voice"})
    data = path.read_bytes()
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    at = data.index(b"LIST")
    assert data[at + 8 : at + 16] == b"INFOICMT"
    assert b"synthetic voice\0" in data


def test_a_file_without_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PromptMakingError, match=r"p\.wav: holds no sound"):
        read_wav(wav(tmp_path / "p.wav", frames=0), 8000)


@pytest.mark.parametrize(
    "shape", [{"channels": 2}, {"width": 1}, {"width": 3}, {"rate": 44100}, {"rate": 16000}]
)
def test_another_form_is_read_at_the_rate_that_is_wanted(
    tmp_path: Path, shape: dict[str, int]
) -> None:
    frames = shape.get("rate", 8000)
    prompt = read_wav(wav(tmp_path / "p.wav", **shape, frames=frames), 8000)
    assert (prompt.rate, prompt.seconds) == (8000, 1.0)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"ID3 not a wav at all" * 20, b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_wav_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "p.wav"
    path.write_bytes(data)
    with pytest.raises(PromptMakingError, match="not a PCM WAV file"):
        read_wav(path, 8000)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(PromptMakingError, match=r"none\.wav: cannot be read: No such file"):
        read_wav(tmp_path / "none.wav", 8000)


def test_the_longest_file_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    assert len(read_recording(path)) == 50_000_000
    with path.open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(PromptMakingError, match="over 50 MB"):
        read_recording(path)


def test_a_file_of_two_channels_says_so(tmp_path: Path) -> None:
    path = tmp_path / "both.wav"
    path.write_bytes(wav_bytes(np.arange(8, dtype=np.int16), 16000, channels=2))
    with wave.open(str(path)) as sound:
        assert sound.getparams()[:4] == (2, 2, 16000, 4)
    # PCM, channels, frames and bytes a second, bytes a frame, bits a sample.
    assert struct.unpack("<HHIIHH", path.read_bytes()[20:36]) == (1, 2, 16000, 64000, 4, 16)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = wav(tmp_path / "p.wav", frames=100)
    path.write_bytes(path.read_bytes()[:-51])
    with pytest.raises(PromptMakingError, match="names 200 bytes of sound, and 149 are there"):
        read_wav(path, 8000)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.wav"
    write_wav(path, np.ones(4, np.int16), 8000)
    before = path.read_bytes()
    with pytest.raises(UnicodeEncodeError):
        write_wav(path, np.zeros(4, np.int16), 8000, {"ÄÖÜ": "not a key"})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_on_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, names = tmp_path / "a.wav", []

    def sync(descriptor: int) -> None:
        assert os.fstat(descriptor).st_size == 44 + 8
        names.extend(each.name for each in tmp_path.iterdir())

    monkeypatch.setattr(os, "fsync", sync)
    write_wav(path, np.zeros(4, np.int16), 8000)
    (name,) = names
    assert name.startswith(".a.wav.")


def test_the_native_copy_is_made_once() -> None:
    prompt = Prompt("p", freeze(np.arange(10, dtype=np.int16)), 8000)
    assert prompt.native is prompt.native
    assert len(prompt.native) == 10


def test_freezing_copies_only_what_could_change() -> None:
    own = np.arange(6, dtype=np.int16)
    frozen = freeze(own)
    own[0] = 99
    assert frozen[0] == 0
    assert freeze(frozen) is frozen
