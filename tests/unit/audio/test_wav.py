"""Recordings in every form that people keep them in: read, or named with what to do."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.prompts import PromptMakingError, read_wav
from audio.wav import WavError, wav_samples

RATE = 8000
TONE = 0.5 * np.sin(2 * np.pi * 400 * np.arange(RATE) / RATE)


def made(
    subtype: str, rate: int = RATE, channels: int = 1, form: str = "WAV", endian: str = "FILE"
) -> bytes:
    """One second of 400 Hz."""
    tone = 0.5 * np.sin(2 * np.pi * 400 * np.arange(rate) / rate)
    file = io.BytesIO()
    frames = np.repeat(tone[:, None], channels, axis=1)
    soundfile.write(file, frames, rate, format=form, subtype=subtype, endian=endian)
    return file.getvalue()


def is_the_tone(file: bytes, within: float) -> bool:
    heard = wav_samples(file, RATE) / 32768
    assert heard.shape == (RATE,)
    # Its ends lie beside silence, where a filter rings.
    return bool(np.abs(heard - TONE)[200:-200].max() < within)


@pytest.mark.parametrize(
    "subtype, form, within",
    [
        ("PCM_16", "WAV", 1e-4),
        ("PCM_16", "WAVEX", 1e-4),
        ("PCM_24", "WAV", 1e-4),
        ("PCM_24", "WAVEX", 1e-4),
        ("PCM_32", "WAV", 1e-4),
        ("PCM_U8", "WAV", 0.02),
        ("FLOAT", "WAV", 1e-4),
        ("FLOAT", "WAVEX", 1e-4),
        ("DOUBLE", "WAV", 1e-4),
        ("ULAW", "WAV", 0.02),
        ("ALAW", "WAV", 0.02),
        ("ULAW", "WAVEX", 0.02),
        ("PCM_16", "RF64", 1e-4),
        ("PCM_24", "RF64", 1e-4),
    ],
)
@pytest.mark.parametrize("rate, channels", [(8000, 1), (44100, 2), (48000, 1), (16000, 2)])
def test_every_form_of_pcm_is_read(
    subtype: str, form: str, within: float, rate: int, channels: int
) -> None:
    assert is_the_tone(made(subtype, rate, channels, form), max(within, 2e-3 * (rate != RATE)))


def test_big_endian_wav_is_read() -> None:
    file = made("PCM_16", endian="BIG")
    assert file.startswith(b"RIFX")
    assert is_the_tone(file, 1e-4)


def test_sixteen_bits_at_the_rate_are_taken_bit_for_bit() -> None:
    samples = np.random.default_rng(1).integers(-32768, 32768, 999).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAVEX", subtype="PCM_16")
    assert np.array_equal(wav_samples(file.getvalue(), RATE), samples)


def test_chunks_before_and_after_the_sound_do_no_harm() -> None:
    file = made("PCM_16")
    note = b"LIST" + struct.pack("<I", 5) + b"INFOx\0"
    more = file[:12] + note + file[12:] + note
    whole = more[:4] + struct.pack("<I", len(more) - 8) + more[8:]
    assert is_the_tone(whole, 1e-4)


def rf64_of(file: bytes, named: int) -> bytes:
    """`file`, its sizes in a chunk ds64 (EBU Tech 3306)."""
    at = file.index(b"data")
    sizes = struct.pack("<QQQI", len(file) + 28, named, RATE, 0)
    ds64 = b"ds64" + struct.pack("<I", len(sizes)) + sizes
    data = b"data" + b"\xff" * 4 + file[at + 8 :]
    return b"RF64" + b"\xff" * 4 + b"WAVE" + ds64 + file[12:at] + data


def test_the_lengths_of_rf64_are_those_of_its_own_chunk() -> None:
    assert is_the_tone(rf64_of(made("PCM_16"), 2 * RATE), 1e-4)
    with pytest.raises(WavError, match="is cut off: its header names 32000 bytes of sound, and"):
        wav_samples(rf64_of(made("PCM_16"), 4 * RATE))


@pytest.mark.parametrize("subtype, form", [("PCM_16", "WAV"), ("FLOAT", "WAVEX"), ("ULAW", "WAV")])
@pytest.mark.parametrize("share", [0.99, 0.5, 0.1])
def test_a_file_that_is_cut_is_a_fault(subtype: str, form: str, share: float) -> None:
    file = made(subtype, form=form)
    with pytest.raises(WavError, match=r"is cut off: its header names \d+ bytes of sound, and"):
        wav_samples(file[: int(len(file) * share)])


def test_one_byte_too_few_is_a_fault_and_none_too_few_is_not() -> None:
    file = made("PCM_16")
    with pytest.raises(WavError, match="names 16000 bytes of sound, and 15999 are there"):
        wav_samples(file[:-1])
    assert is_the_tone(file, 1e-4)


def named(file: bytes, size: int) -> bytes:
    at = file.index(b"data") + 4
    return file[:at] + struct.pack("<I", size) + file[at + 4 :]


CANCEL = np.stack([TONE, -TONE], axis=1)


def stereo(frames: np.ndarray, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, frames, RATE, format="WAV", subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize(
    "file, says",
    [
        (b"ID3\x04\0\0\0\0\0\0" * 9, "it is an MP3 file under the name of WAV"),
        (b"\xff\xfb\x90\x64" * 99, "it is an MP3 file under the name of WAV"),
        (b"\xff\xf3\x40\xc4" * 99, "it is an MP3 file under the name of WAV"),
        (b"\xff\xf1\x50\x80" * 99, "it is an AAC file under the name of WAV"),
        (b"OggS" * 40, "it is an Ogg file under the name of WAV"),
        (b"fLaC" * 40, "it is a FLAC file"),
        (b"\0\0\0\x20ftypM4A " * 9, "it is an MP4 or M4A file"),
        (b"#!AMR\n" * 40, "it is an AMR file"),
        (b"<!DOCTYPE html>", "it is a page of the web"),
        (made("PCM_16", form="AIFF"), "it is an AIFF file"),
        (made("VORBIS", form="OGG"), "it is an Ogg file"),
        (made("IMA_ADPCM"), "holds IMA ADPCM in a WAV file; save it as a WAV file of PCM"),
        (made("MS_ADPCM"), "holds Microsoft ADPCM"),
        (made("GSM610"), "holds GSM 6.10"),
        (named(made("PCM_16"), 0xFFFFFFFF), "does not say how long its sound is"),
        (named(made("PCM_16"), 0), "holds no sound"),
        (b"RIFF\x24\0\0\0AVI LIST" + bytes(40), "a RIFF file of another kind"),
        (b"RIFF", "ends early"),
        (b"", "it is empty"),
        (bytes(4000), "does not begin as one"),
        (made("PCM_16", channels=6), "has 6 channels; a prompt is mono or stereo"),
        (made("PCM_16", rate=1000), "says that it is sampled at 1000 Hz"),
        (stereo(CANCEL), "has two channels that cancel each other"),
        (stereo(4 * TONE, "FLOAT"), "is 6.0 dB over full scale"),
        (stereo(TONE * np.nan, "FLOAT"), "holds samples that are no numbers"),
    ],
)
def test_what_cannot_be_heard_as_it_was_meant_is_named(file: bytes, says: str) -> None:
    with pytest.raises(WavError) as refused:
        wav_samples(file, RATE)
    assert says in str(refused.value)


def test_mp3_within_a_wav_is_named() -> None:
    file = made("PCM_16")
    at = file.index(b"fmt ") + 8
    with pytest.raises(WavError, match="holds MP3 in a WAV file"):
        wav_samples(file[:at] + b"\x55\0" + file[at + 2 :])


def test_a_stereo_recording_of_one_side_is_no_silence() -> None:
    heard = wav_samples(stereo(np.stack([TONE, 0 * TONE], axis=1)), RATE)
    assert np.abs(heard).max() == pytest.approx(0.25 * 32768, rel=0.01)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    path = tmp_path / "p.wav"
    path.write_bytes(made("PCM_24"))
    read_wav(path, RATE)
    before = open_files()
    for cut in (100, 30, 0):
        path.write_bytes(made("PCM_24")[:cut])
        with pytest.raises(PromptMakingError, match=r"p\.wav: "):
            read_wav(path, RATE)
    path.write_bytes(made("PCM_24"))
    for _ in range(3):
        read_wav(path, RATE)
    assert open_files() == before


def test_random_bytes_in_a_header_end_in_words() -> None:
    dice = np.random.default_rng(2)
    for form in ("WAV", "WAVEX", "RF64"):
        good = made("PCM_16", form=form)[:400]
        for _ in range(300):
            bad = bytearray(good)
            for _ in range(int(dice.integers(1, 6))):
                bad[int(dice.integers(0, 120))] = int(dice.integers(0, 256))
            with suppress(WavError):
                assert len(wav_samples(bytes(bad), RATE)) > 0
