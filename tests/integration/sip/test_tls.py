"""SIP over TLS: whom we speak to, and whom not, and what a trunk tells of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.core.trunks.trunk_state import StateReason
from dialer.core.values.events import Answered, DialFailed, LocalEnded, LocalFault
from dialer.errors import LineError
from dialer.sip import _guard
from dialer.sip.line import SipLine
from dialer.sip.settings import SipSettings, TlsSettings, Transport, TrunkSettings
from tests.support.certificates import Authority, Certificate
from tests.support.line import CALLEE, SETTINGS, order, running
from tests.support.rtp import RtpPeer
from tests.support.sipp import Sipp
from tests.support.tls_front import TlsFront
from tests.support.waiting import until

PHONE = "callee-answers-at-rtp-port"
BY_TCP = ("-t", "t1")
TLS = TrunkSettings("", "", transport=Transport.TLS)
PROBED = replace(TLS, options_every=30.0)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def settings(authority: Authority) -> SipSettings:
    return replace(
        SETTINGS,
        transports=(Transport.UDP, Transport.TLS),
        tls=TlsSettings(port=0, ca_file=str(authority.file)),
    )


@pytest.mark.parametrize("scheme", ["sip", "sips"])
async def test_a_whole_call_with_a_verified_carrier(
    tmp_path: Path, authority: Authority, settings: SipSettings, scheme: str
) -> None:
    like = TLS if scheme == "sip" else TrunkSettings("", "")
    examined = _guard.invites()
    with Sipp(PHONE, tmp_path, options=BY_TCP) as carrier:
        async with (
            TlsFront(authority.certify("localhost"), carrier.port, scheme=scheme) as front,
            RtpPeer(carrier.rtp_port),
            running(f"{scheme}:localhost:{front.port}", settings=settings, trunk=like) as (
                line,
                listener,
            ),
        ):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            assert await listener.end_of("a") == LocalEnded()
    assert carrier.verdict == "passed", carrier.verdict
    invite = carrier.messages()[0]
    assert invite.first_line == f"INVITE {scheme}:{CALLEE.clear}@localhost:{front.port} SIP/2.0"
    assert (invite.header("Via") or "").startswith("SIP/2.0/TLS ")
    contact = invite.header("Contact") or ""
    assert contact.startswith(f"<{scheme}:")
    assert ";transport=tls>" in contact
    # One connection served the whole call, BYE included, and the guard read its INVITE.
    assert front.handshakes == 1
    assert _guard.invites() == examined + 1


Bad = Callable[[Authority, Path], Certificate]


def expired(authority: Authority, _folder: Path) -> Certificate:
    return authority.certify("localhost", ends=timedelta(hours=-1))


def of_another(authority: Authority, _folder: Path) -> Certificate:
    return authority.certify("sbc.other.example")


def of_itself(authority: Authority, _folder: Path) -> Certificate:
    return authority.certify("localhost", of_itself=True)


def of_a_stranger(_authority: Authority, folder: Path) -> Certificate:
    return Authority(folder, "stranger").certify("localhost")


@pytest.mark.parametrize(
    "bad, why, words",
    [
        (expired, StateReason.CERTIFICATE_EXPIRED, "has run out"),
        (of_another, StateReason.CERTIFICATE_NAME, "names somebody else"),
        (of_itself, StateReason.CERTIFICATE_UNTRUSTED, "no trusted authority"),
        (of_a_stranger, StateReason.CERTIFICATE_UNTRUSTED, "no trusted authority"),
    ],
)
async def test_nothing_is_said_to_who_does_not_prove_its_name(
    tmp_path: Path,
    authority: Authority,
    settings: SipSettings,
    caplog: pytest.LogCaptureFixture,
    bad: Bad,
    why: StateReason,
    words: str,
) -> None:
    with Sipp(PHONE, tmp_path, options=BY_TCP) as carrier:
        async with (
            TlsFront(bad(authority, tmp_path), carrier.port) as front,
            running(f"sip:localhost:{front.port}", settings=settings, trunk=PROBED) as (
                line,
                listener,
            ),
        ):
            await until(lambda: line.trunk_states()[0].why is why, 5)
            assert not line.trunk_states()[0].up
            line.dial(order())
            assert await listener.end_of("a") == DialFailed(LocalFault.TRANSPORT)
            assert front.came == b""
    assert words in caplog.text
    assert CALLEE.digits not in caplog.text


async def test_a_trunk_believes_its_own_authority_and_no_other(
    tmp_path: Path, authority: Authority, settings: SipSettings
) -> None:
    theirs = Authority(tmp_path, "theirs")
    like = replace(PROBED, ca_file=str(theirs.file))
    with Sipp(PHONE, tmp_path, options=BY_TCP) as carrier:
        async with (
            TlsFront(theirs.certify("localhost", like="t0"), carrier.port) as good,
            TlsFront(authority.certify("localhost", like="t1"), carrier.port) as bad,
            running(
                f"sip:localhost:{good.port}",
                f"sip:localhost:{bad.port}",
                settings=settings,
                trunk=like,
            ) as (line, _),
        ):
            await until(lambda: line.trunk_states()[0].up, 5)
            await until(lambda: line.trunk_states()[1].why is StateReason.CERTIFICATE_UNTRUSTED, 5)


async def test_an_address_can_be_verified_too(
    tmp_path: Path, authority: Authority, settings: SipSettings
) -> None:
    with Sipp(PHONE, tmp_path, options=BY_TCP) as carrier:
        async with (
            TlsFront(authority.certify("127.0.0.1"), carrier.port) as front,
            running(f"sip:127.0.0.1:{front.port}", settings=settings, trunk=PROBED) as (line, _),
        ):
            await until(lambda: line.trunk_states()[0].up, 5)


async def test_a_number_that_is_not_the_trunk_s_is_vetoed_by_tls_as_well(
    tmp_path: Path, authority: Authority, settings: SipSettings
) -> None:
    with Sipp(PHONE, tmp_path, options=BY_TCP) as carrier:
        async with (
            TlsFront(authority.certify("localhost"), carrier.port) as front,
            running(f"sip:localhost:{front.port}", settings=settings, trunk=PROBED) as (
                line,
                listener,
            ),
        ):
            await until(lambda: line.trunk_states()[0].up, 5)
            line.dial(replace(order(), caller_id=CALLEE))
            assert await listener.end_of("a") == DialFailed(LocalFault.VETOED)
            assert b"INVITE" not in front.came


async def test_files_that_are_no_certificates_are_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    tls = TlsSettings(port=0, ca_file=str(tmp_path / "ca.pem"))
    line = SipLine(
        replace(SETTINGS, transports=(Transport.TLS,), tls=tls),
        [replace(TLS, name="t0", uri="sip:127.0.0.1:5061")],
    )
    with pytest.raises(LineError, match=r"ca\.pem holds no certificates"):
        await line.start(lambda _attempt, _at, _event: None)
