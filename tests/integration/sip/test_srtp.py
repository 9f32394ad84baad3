"""Encrypted sound, on captured packets: what leaves in clear, and what does not."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import numpy as np
import pytest

from audio.events import PlaybackDone
from audio.g711 import PAYLOAD_TYPES, decode
from dialer.core.calls.signalling import from_sip
from dialer.core.values.events import Answered, Rejected
from dialer.core.values.outcome import Who
from dialer.sip.settings import Srtp, TrunkSettings
from tests.support.capture import Capture, RtpOnWire
from tests.support.line import order, running
from tests.support.rtp import RtpPeer
from tests.support.sipp import Message, Sipp

PCMA = PAYLOAD_TYPES["PCMA"]
TAG = 10
"""Bytes of the authentication tag of AES_CM_128_HMAC_SHA1_80 (RFC 3711 5.2)."""
FRAME = 160
IN_CLEAR = "callee-answers-at-rtp-port"
ENCRYPTED = "callee-answers-with-srtp"


def is_a_tone(packets: list[RtpOnWire]) -> bool:
    """Whether these G.711 payloads, taken for clear ones, sound like our 440 Hz."""
    sound = np.concatenate([decode(each.packet.payload[:FRAME], PCMA) for each in packets])
    spectrum = np.abs(np.fft.rfft(sound.astype(np.float64)))
    return abs(float(np.argmax(spectrum)) * 8000 / len(sound) - 440) < 10


async def call(
    carrier: Sipp, srtp: Srtp
) -> tuple[list[RtpOnWire], Rejected | None, tuple[Message, ...]]:
    """One call to `carrier`: what RTP went to its phone, how it was refused, and its messages."""
    refused = None
    like = TrunkSettings("", "", srtp=srtp)
    with carrier, Capture([carrier.rtp_port]) as capture:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri, trunk=like) as (line, listener):
            line.dial(order())
            if srtp is Srtp.REQUIRED and carrier.name.startswith(IN_CLEAR):
                end = await listener.end_of("a")
                assert isinstance(end, Rejected)
                refused = end
                assert not any(isinstance(event, Answered) for event in listener.told("a"))
            else:
                await listener.hears("a", PlaybackDone)
                line.end("a")
                await listener.end_of("a")
    return capture.rtp(carrier.rtp_port), refused, tuple(carrier.messages())


async def test_without_srtp_the_prompt_can_be_heard(tmp_path: Path) -> None:
    heard, _, messages = await call(Sipp(IN_CLEAR, tmp_path), Srtp.OFF)
    assert is_a_tone([each for each in heard if each.packet.payload_type == PCMA])
    assert "a=crypto" not in messages[0].body


@pytest.mark.parametrize("srtp, profile", [(Srtp.REQUIRED, "RTP/SAVP"), (Srtp.OPTIONAL, "RTP/AVP")])
async def test_who_takes_srtp_is_sent_nothing_that_can_be_heard(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, srtp: Srtp, profile: str
) -> None:
    heard, _, messages = await call(Sipp(ENCRYPTED, tmp_path, {"profile": profile}), srtp)
    voice = [each for each in heard if each.packet.payload_type == PCMA]
    assert len(voice) > 15
    assert {len(each.packet.payload) for each in voice} == {FRAME + TAG}
    assert not is_a_tone(voice)
    keys = re.findall(r"a=crypto:\d+ AES_\S+ inline:([A-Za-z0-9+/]+)", messages[0].body)
    assert f" {profile} " in messages[0].body
    suites = re.findall(r"a=crypto:\d+ (\S+) ", messages[0].body)
    assert suites == ["AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80"]
    assert [len(base64.b64decode(key + "=" * (-len(key) % 4))) for key in keys] == [30, 46]
    assert "its SRTP keys go in clear" in caplog.text
    assert not any(key in caplog.text for key in keys)


async def test_required_never_falls_back(tmp_path: Path) -> None:
    heard, refused, messages = await call(Sipp(IN_CLEAR, tmp_path), Srtp.REQUIRED)
    assert heard == []
    assert refused is not None
    assert from_sip(refused.code).who is Who.CARRIER
    assert {message.what for message in messages if message.came} == {"INVITE", "ACK", "BYE"}


async def test_optional_speaks_in_clear_with_who_does_not_take_it(tmp_path: Path) -> None:
    heard, _, messages = await call(Sipp(IN_CLEAR, tmp_path), Srtp.OPTIONAL)
    assert is_a_tone([each for each in heard if each.packet.payload_type == PCMA])
    assert "a=crypto" in messages[0].body


async def test_keys_are_new_for_each_call(tmp_path: Path) -> None:
    seen = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        _, _, messages = await call(Sipp(IN_CLEAR, folder), Srtp.OPTIONAL)
        seen += re.findall(r"inline:(\S+)", messages[0].body)
    assert len(set(seen)) == len(seen) > 1
