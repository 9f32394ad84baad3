"""Writes what the callees say: raw A-law for SIPp's RTP streamer, pcaps of keys for its player.

Nothing of it is committed: espeak-ng speaks it at set-up. `python -m sipp_scenarios.media FOLDER`
"""

from __future__ import annotations

import io
import struct
import sys
from pathlib import Path
from typing import Final

import numpy as np

from audio.format import Samples
from audio.g711 import PAYLOAD_TYPES, encode
from audio.rtp import EVENT_TYPE, RtpPacket, key_events
from audio.synthesis import Synthesiser

RATE: Final = 8000
_PCMA: Final = PAYLOAD_TYPES["PCMA"]
_FRAME: Final = RATE // 50

_PCAP_HEADER: Final = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
_ETHERNET: Final = bytes(12) + b"\x08\x00"


def speak(text: str) -> Samples:
    """`text` as espeak-ng says it, int16 [n] at 8 kHz."""
    # Nothing is kept: it is spoken into the file that SIPp streams.
    return Synthesiser(RATE, Path()).say(text, keep=False).samples


def quiet(seconds: float) -> Samples:
    """A quiet room: noise some 60 dB below full scale, as every real line has."""
    noise = np.random.default_rng(1).normal(0, 20, round(seconds * RATE))
    return noise.astype(np.int16)


def cough() -> Samples:
    """120 ms of loud noise that swells and falls: sound, but too short for speech."""
    n = round(0.12 * RATE)
    noise = np.random.default_rng(2).normal(0, 7000, n) * np.hanning(n)
    return np.clip(noise, -32000, 32000).astype(np.int16)


def beep() -> Samples:
    """The 1 kHz tone after an answering machine's greeting."""
    at = np.arange(round(0.6 * RATE)) / RATE
    return (9000 * np.sin(2 * np.pi * 1000 * at)).astype(np.int16)


def voices() -> dict[str, Samples]:
    """What each kind of callee sends, by file name without suffix."""
    greeting = (
        "Hello, you have reached the voice mail of our family. We cannot come to the telephone "
        "right now, because we are out. Please leave your name, your number and a short message "
        "after the tone, and we will call you back as soon as we can."
    )
    answer = speak("Hello? Who is this, please? I did not understand what you want from me.")
    return {
        "quiet": quiet(4),
        "talks": np.concatenate([quiet(2.5), answer, quiet(3)]),
        "coughs": np.concatenate([quiet(5), cough(), quiet(5)]),
        "voicemail": np.concatenate([speak(greeting), quiet(0.4), beep(), quiet(60)]),
    }


def key_pcap(key: str, frames: int = 8) -> bytes:
    """A pcap of one key held for `frames` x 20 ms, by RFC 4733.

    SIPp puts in addresses and ports of the call; the RTP header goes out as it is here.
    """
    file = io.BytesIO()
    file.write(_PCAP_HEADER)
    payloads = list(key_events(key, frames, _FRAME))
    for n, payload in enumerate(payloads):
        rtp = RtpPacket(EVENT_TYPE, 1 + n, 8000, 0x4733, payload, marker=n == 0).pack()
        udp = struct.pack("!HHHH", 6000, 6000, 8 + len(rtp), 0) + rtp
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), n, 0, 64, 17, 0) + bytes(8)
        packet = _ETHERNET + ip + udp
        at = n * 20_000
        file.write(struct.pack("<IIII", at // 1_000_000, at % 1_000_000, *([len(packet)] * 2)))
        file.write(packet)
    return file.getvalue()


def write_media(folder: Path) -> None:
    """Write every file the scenarios name into `folder`, where SIPp is to be started."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples in voices().items():
        (folder / f"{name}.alaw").write_bytes(encode(samples, _PCMA))
    for key in "0123456789":
        (folder / f"dtmf-{key}.pcap").write_bytes(key_pcap(key))


if __name__ == "__main__":
    write_media(Path(sys.argv[1]))
