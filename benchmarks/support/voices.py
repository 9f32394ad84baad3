"""What the callees of a benchmark say, and the process that says it to hundreds of calls."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from support.peers import HERE, Helper

from audio import g711
from audio.format import Samples
from audio.synthesis import Synthesiser

RATE = 8000
SECONDS = 20
MIX = ("speech",) * 4 + ("noise",) * 3 + ("music",) * 2 + ("silence",)
"""What ten callees in a row send: people in conversation, open lines, hold music, muted."""
TEXTS = ("Yes, hello?", "Who is speaking please?", "I do not need that, thank you.", "Yes.")


def load(folder: Path, port: int, sockets: int) -> Helper:
    """The voices for all calls to UDP ports `port`, `port` + 2...; builds the program it needs."""
    program = folder / "rtp_load"
    source = HERE / "rtp_load.cpp"
    subprocess.run(["c++", "-std=c++17", "-O2", "-o", str(program), str(source)], check=True)
    sound = folder / "voices.ulaw"
    kinds = _sounds()
    sound.write_bytes(b"".join(g711.encode(kinds[kind], 0) for kind in MIX))
    helper = Helper([program, port, sockets, sound, len(MIX)])
    helper.hear()
    return helper


def _sounds() -> dict[str, Samples]:
    rng = np.random.default_rng(11)
    at = np.arange(SECONDS * RATE) / RATE
    music = sum(np.sin(2 * np.pi * hertz * at) for hertz in (262, 330, 392)) * 2500
    # A conversation: a sentence of one to two seconds, then listening.
    speech = rng.normal(0, 20, SECONDS * RATE)
    with tempfile.TemporaryDirectory() as cache:
        voice = Synthesiser(RATE, Path(cache))
        for number, text in enumerate(TEXTS):
            said = voice.say(text).samples
            start = RATE + number * SECONDS * RATE // len(TEXTS)
            speech[start : start + len(said)] += said
    return {
        "speech": np.clip(speech, -32768, 32767).astype(np.int16),
        "noise": rng.normal(0, 40, SECONDS * RATE).astype(np.int16),
        "music": music.astype(np.int16),
        "silence": np.zeros(SECONDS * RATE, np.int16),
    }
