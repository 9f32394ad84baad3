"""The sound of a WAV file, whatever form of PCM it has; what is no whole WAV file is named.

libsndfile (by soundfile) reads the samples. What it forgives is looked at here before: a file that
was cut off plays as long as it lasts, and a callee would hear half of approved words.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from audio.format import Samples
from audio.resample import resample

_FORMS: Final = ("PCM_16", "PCM_24", "PCM_32", "PCM_U8", "FLOAT", "DOUBLE", "ULAW", "ALAW")
_RATES: Final = (4000, 192_000)
_MOST_CHANNELS: Final = 2
_LOUDEST: Final = 1.001
"""Of full scale; what floats go beyond it would be clipped."""
_UNKNOWN: Final = (0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000)
"""Lengths of sound that programs write which cannot go back to the header."""
_OTHERS: Final = (
    (b"ID3", "an MP3 file"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a FLAC file"),
    (b"FORM", "an AIFF file"),
    (b"caff", "a CAF file"),
    (b".snd", "an AU file"),
    (b"#!AMR", "an AMR file"),
    (b"\x1aE\xdf\xa3", "a WebM or Matroska file"),
    (b"0&\xb2u", "a WMA file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a file compressed with gzip"),
    (b"<", "a page of the web or another text"),
)
_INSIDE: Final = {
    0x0002: "Microsoft ADPCM",
    0x0011: "IMA ADPCM",
    0x0031: "GSM 6.10",
    0x0050: "MPEG audio",
    0x0055: "MP3",
    0x00FF: "AAC",
    0x0161: "WMA",
}
"""Registered numbers of forms (RFC 2361) that a prompt is now and then kept in."""
_SAVE: Final = "save it as a WAV file of PCM"


class WavError(ValueError):
    """What is wrong with a WAV file, as words that follow its name."""


def wav_samples(file: bytes, rate: int | None = None) -> Samples:
    """The sound of a WAV file's bytes as mono int16, at `rate` Hz or its own. Raises WavError."""
    _refuse_others(file)
    _refuse_cut(file)
    sound = _read(file)
    rate = rate or sound.rate
    if sound.frames.dtype == np.int16 and sound.rate == rate and sound.frames.shape[1] == 1:
        return np.ascontiguousarray(sound.frames[:, 0])
    heard = sound.frames.astype(np.float64)
    if sound.frames.dtype == np.int16:
        heard /= 32768
    mono = heard.mean(axis=1)
    if np.abs(heard).max() > 0.01 > 8 * np.abs(mono).max():
        raise WavError(f"has two channels that cancel each other; {_SAVE}, mono")
    scaled = np.round(resample(mono, sound.rate, rate) * 32768)
    return np.clip(scaled, -32768, 32767).astype(np.int16)


@dataclass(frozen=True, slots=True)
class _Sound:
    frames: NDArray[np.int16] | NDArray[np.float64]
    """[n, channels]: int16 as it is written, or of full scale 1."""
    rate: int


def _read(file: bytes) -> _Sound:
    # By a descriptor: soundfile reads Python's own files by callbacks, for which a page of memory
    # would have to be writable and executable, and deploy/systemd forbids that.
    descriptor = os.memfd_create("prompt")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as stream:
            stream.write(file)
        os.lseek(descriptor, 0, os.SEEK_SET)
        with soundfile.SoundFile(descriptor, closefd=False) as sound:
            _refuse_form(sound)
            kind = "int16" if sound.subtype == "PCM_16" else "float64"
            frames = sound.read(dtype=kind, always_2d=True)
            rate = sound.samplerate
    except soundfile.SoundFileError as error:
        raise WavError(f"not a PCM WAV file: {str(error).rstrip('.')}; {_SAVE}") from error
    finally:
        os.close(descriptor)
    if len(frames) == 0:
        raise WavError("holds no sound")
    if kind == "float64":
        loudest = float(np.abs(frames).max())
        if not np.isfinite(loudest):
            raise WavError("holds samples that are no numbers")
        if loudest > _LOUDEST:
            over = 20 * float(np.log10(loudest))
            raise WavError(f"is {over:.1f} dB over full scale, and would be distorted; lower it")
    return _Sound(frames, rate)


def _refuse_form(sound: soundfile.SoundFile) -> None:
    if sound.subtype not in _FORMS:
        raise WavError(f"holds {sound.subtype_info}; {_SAVE}")
    if sound.channels > _MOST_CHANNELS:
        raise WavError(f"has {sound.channels} channels; a prompt is mono or stereo")
    if not _RATES[0] <= sound.samplerate <= _RATES[1]:
        raise WavError(f"says that it is sampled at {sound.samplerate} Hz; {_SAVE}")


def _refuse_others(file: bytes) -> None:
    if not file:
        raise WavError("not a PCM WAV file: it is empty")
    if file[:4] in {b"RIFF", b"RF64", b"BW64", b"RIFX"}:
        if len(file) >= 12 and file[8:12] != b"WAVE":
            raise WavError(f"not a PCM WAV file: it is a RIFF file of another kind; {_SAVE}")
        return
    other = next((what for magic, what in _OTHERS if file.startswith(magic)), None)
    if other is None and len(file) > 1 and file[0] == 0xFF and file[1] & 0xE0 == 0xE0:
        # A frame of MPEG audio, without a tag before it: 11 bits are set.
        layer = file[1] & 0x06
        other = "an MP3 file" if layer else "an AAC file"
    if other is None and file[4:8] == b"ftyp":
        other = "an MP4 or M4A file"
    if other is not None:
        raise WavError(f"not a PCM WAV file: it is {other} under the name of WAV; {_SAVE}")
    raise WavError(f"not a PCM WAV file: it does not begin as one (with RIFF); {_SAVE}")


def _refuse_cut(file: bytes) -> None:
    """Raises WavError where the header names more sound than there is, or a form that is none."""
    large = None
    for name, size, at in _chunks(file):
        if name == b"ds64" and len(file) >= at + 16:
            large = struct.unpack_from("<Q", file, at + 8)[0]
        elif name == b"fmt " and len(file) >= at + 2:
            form = struct.unpack_from(">H" if file[:4] == b"RIFX" else "<H", file, at)[0]
            if form in _INSIDE:
                raise WavError(f"holds {_INSIDE[form]} in a WAV file; {_SAVE}")
        elif name == b"data":
            named = large if large is not None and size == 0xFFFFFFFF else size
            there = len(file) - at
            if large is None and size in _UNKNOWN:
                raise WavError(
                    "does not say how long its sound is, as a program leaves it that writes to a "
                    f"pipe; {_SAVE} once more, to a file"
                )
            if named > there:
                raise WavError(
                    f"is cut off: its header names {named} bytes of sound, and {there} are there; "
                    "take the whole file anew from where it came from"
                )
            return
    raise WavError("not a PCM WAV file: it ends early, before its sound")


def _chunks(file: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, length and place of each chunk's content, until the sound begins."""
    order = ">I" if file[:4] == b"RIFX" else "<I"
    at = 12
    while at + 8 <= len(file):
        name, size = file[at : at + 4], struct.unpack_from(order, file, at + 4)[0]
        yield name, size, at + 8
        at += 8 + size + size % 2
