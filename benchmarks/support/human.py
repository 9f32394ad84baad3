"""Human voices: the announcements that Debian's packages for Asterisk bring, in five languages.

Fetched by apt, which knows their checksums, and unpacked below .cache; nothing is installed.
"""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
from support.peers import CHECKOUT
from support.report import say

from audio.format import Samples

PACKAGES = tuple(
    f"asterisk-core-sounds-{language}-wav" for language in ("en", "es", "fr", "it", "ru")
)
FOLDER = CHECKOUT / ".cache" / "human-voices"
RATE = 8000
NOBODY = "monkeys"
"""Prompts of this name hold no voice of a person's."""


def speech() -> Samples:
    """All of it in a row. Raises RuntimeError where apt cannot bring it."""
    whole = FOLDER / "whole"
    if not whole.exists():
        say("fetching human voices (100 MB)")
        _fetch(whole)
    files = sorted(FOLDER.glob("*/usr/share/asterisk/sounds/**/*.wav"))
    return np.concatenate([_samples(file) for file in files if NOBODY not in file.name])


def _fetch(whole: Path) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        fetch = ["apt-get", "download", *PACKAGES]
        subprocess.run(
            fetch, cwd=FOLDER, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for package in sorted(FOLDER.glob("*.deb")):
            unpack = ["dpkg-deb", "-x", str(package), str(FOLDER / package.name.partition("_")[0])]
            subprocess.run(unpack, check=True)
            package.unlink()
    except (OSError, subprocess.CalledProcessError) as error:
        raise RuntimeError(f"apt brings no {PACKAGES[0]}: {error}; run apt-get update") from error
    whole.touch()


def _samples(file: Path) -> Samples:
    with wave.open(str(file)) as recording:
        if (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) != (
            RATE,
            1,
            2,
        ):
            raise RuntimeError(f"{file} is not of {RATE} Hz, one channel and 16 bit")
        return np.frombuffer(recording.readframes(recording.getnframes()), "<i2")
