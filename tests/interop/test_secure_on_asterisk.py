"""TLS, SRTP and the wide-band codecs with a real Asterisk 22."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from audio.events import PlaybackDone
from audio.prompts import Prompt
from dialer.core.trunks import trunk_state
from dialer.core.trunks.trunk_state import StateReason
from dialer.core.values.events import Answered, LocalEnded, Rejected
from dialer.core.values.number import E164
from dialer.demo.files import free_rtp_ports
from dialer.sip.settings import (
    Identity,
    Registration,
    SipSettings,
    Srtp,
    TlsSettings,
    Transport,
    TrunkSettings,
)
from sipp_scenarios.media import speak
from tests.support.asterisk import PASSWORD, Asterisk
from tests.support.capture import Capture
from tests.support.certificates import Authority
from tests.support.line import SETTINGS, order, running
from tests.support.rtp import playlist
from tests.support.sound import found_in
from tests.support.waiting import until

IS_RECORDED = E164("+8613900000009")
SECURE = TrunkSettings(
    "",
    "",
    transport=Transport.TLS,
    srtp=Srtp.REQUIRED,
    registration=Registration("1002", PASSWORD),
    identity=Identity.PAI,
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pbx(authority: Authority) -> Iterator[Asterisk]:
    with Asterisk(certificate=authority.certify("localhost")) as asterisk:
        yield asterisk


@pytest.fixture
def settings(authority: Authority) -> SipSettings:
    tls = TlsSettings(port=0, ca_file=str(authority.file))
    return replace(SETTINGS, transports=(Transport.UDP, Transport.TLS), tls=tls)


async def heard_by_the_callee(
    pbx: Asterisk, uri: str, settings: SipSettings, like: TrunkSettings
) -> float:
    """How alike what Asterisk has recorded of a call is to what was said, 0 to 1."""
    said = Prompt("notice", speak("This is the automated assistant of Example Bank."), 8000)
    async with running(uri, settings=settings, trunk=like) as (line, listener):
        await until(lambda: line.trunk_states()[0].up)
        line.dial(order(opening=playlist(said), callee=IS_RECORDED))
        await listener.hears("a", Answered)
        await listener.hears("a", PlaybackDone)
        line.end("a")
        assert await listener.end_of("a") == LocalEnded()
    heard = await pbx.heard()
    assert np.any(heard)
    return found_in(heard, said.samples)[1]


async def test_a_registered_trunk_by_tls_with_srtp(
    pbx: Asterisk, settings: SipSettings, caplog: pytest.LogCaptureFixture
) -> None:
    # Ports of this call's own, so that nobody else's sound is taken for ours.
    first = free_rtp_ports(1)[0]
    alone = replace(settings, rtp_ports=(first, first + 3))
    with Capture(range(first, first + 4)) as wire:
        uri = f"sip:localhost:{pbx.tls_port}"
        alike = await heard_by_the_callee(pbx, uri, alone, SECURE)
    assert alike > 0.98
    voice = [each for each in wire.rtp() if each.packet.payload_type == 8]
    # 160 bytes of G.711 and the tag of AES_CM_128_HMAC_SHA1_80.
    assert {len(each.packet.payload) for each in voice} == {170}
    assert PASSWORD not in caplog.text
    assert "inline:" not in caplog.text


async def test_a_pbx_that_was_away_is_registered_with_by_a_new_connection(
    authority: Authority, settings: SipSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trunk_state, "HASTE", 1.0)
    with Asterisk(certificate=authority.certify("localhost")) as pbx:
        uri = f"sip:localhost:{pbx.tls_port}"
        async with running(uri, settings=settings, trunk=SECURE) as (line, _):
            await until(lambda: line.trunk_states()[0].up)
            pbx.kill()
            # The registration has minutes to live, but nobody could call us by it.
            await until(lambda: line.trunk_states()[0].why is StateReason.UNREACHABLE)
            pbx.start()
            await until(lambda: line.trunk_states()[0].up)


async def test_a_pbx_that_takes_no_srtp_is_not_called_in_clear(
    pbx: Asterisk, settings: SipSettings
) -> None:
    like = replace(SECURE, registration=None, identity=Identity.FROM)  # known by its address
    async with running(f"sip:localhost:{pbx.tls_port}", settings=settings, trunk=like) as (
        line,
        listener,
    ):
        line.dial(order(callee=IS_RECORDED))
        end = await listener.end_of("a")
    assert isinstance(end, Rejected)
    assert end.code == 488
    assert pbx.channels() == 0


@pytest.mark.parametrize("codec, alike", [("G722", 0.95), ("opus", 0.8)])
async def test_codecs_that_are_resampled(pbx: Asterisk, codec: str, alike: float) -> None:
    like = TrunkSettings("", "", codecs=(codec, "PCMA"))
    with Capture({pbx.port}) as wire:
        assert await heard_by_the_callee(pbx, pbx.uri, SETTINGS, like) > alike
    answer = next(message for message in wire.sip() if message.what == "200")
    assert f" {codec}/" in answer.text
