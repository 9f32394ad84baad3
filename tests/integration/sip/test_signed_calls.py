"""STIR/SHAKEN on the wire: what SIPp received is verified by Debian's secsipidx."""

from __future__ import annotations

import base64
import logging
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import pjsua2 as pj
import pytest

from dialer.core.values.events import Answered, DialFailed, LocalFault, Rejected
from dialer.core.values.number import E164
from dialer.core.values.number_form import NumberForm, NumberStyle
from dialer.credentials.passport import Passport, Signer, certified, parse, read_key
from dialer.sip import guard
from dialer.sip.account import TrunkAccount
from dialer.sip.settings import Identity, Registration, TrunkSettings
from tests.support.capture import Capture
from tests.support.line import CALLEE, CALLER, order, running
from tests.support.passports import (
    ORIGID,
    URL,
    make_pair,
    make_signer,
    secsipidx,
    verified,
)
from tests.support.rtp import RtpPeer
from tests.support.sipp import Message, Sipp

MEMBER: Final = TrunkSettings("", "", registration=Registration("user-7", "veridial-1"))
OTHER: Final = E164("+861065550199")


def other_caller(claims: str) -> str:
    """The claims, as if another number were signed for."""
    text = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)).decode()
    lie = text.replace(CALLER.digits, OTHER.digits)
    return base64.urlsafe_b64encode(lie.encode()).rstrip(b"=").decode()


def bit(signature: str) -> str:
    """The signature with one letter changed."""
    return signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]


def first_invite(carrier: Sipp) -> Message:
    return next(message for message in carrier.messages() if message.what == "INVITE")


async def invite_over(trunk: TrunkSettings, folder: Path) -> Message:
    """The INVITE that a carrier on such a trunk gets."""
    with Sipp("carrier-401", folder) as carrier:
        async with running(carrier.uri, trunk=trunk) as (line, listener):
            line.dial(order())
            assert await listener.end_of("a") == Rejected(401)
    return first_invite(carrier)


def passport_of(invite: Message) -> Passport:
    identity = invite.header("Identity")
    assert identity is not None
    return parse(identity)


async def test_somebody_else_verifies_it_and_nothing_that_was_tampered_with(
    tmp_path: Path,
) -> None:
    signer, pair = make_signer(tmp_path / "keys", CALLER)
    before = int(time.time())
    invite = await invite_over(TrunkSettings("", "", signer=signer), tmp_path)
    identity = invite.header("Identity") or ""
    token, tail = identity.split(";", 1)
    assert tail == f"info=<{URL}>;alg=ES256;ppt=shaken"
    assert secsipidx(identity, pair.public, tmp_path) == "ok"

    header, claims, signature = token.split(".")
    told = parse(identity)
    assert (told.attest, told.orig, told.dest) == ("A", CALLER.digits, (CALLEE.digits,))
    assert told.origid == str(ORIGID)
    assert before <= told.issued_at.timestamp() <= time.time()
    assert parsedate_to_datetime(invite.header("Date") or "") == told.issued_at

    for bent_claims, bent_signature in (
        (other_caller(claims), signature),
        (claims, bit(signature)),
    ):
        bent = f"{header}.{bent_claims}.{bent_signature};{tail}"
        assert bent != identity
        assert "ECDSA verification failed" in secsipidx(bent, pair.public, tmp_path)
    stranger = make_pair(tmp_path / "stranger")
    assert "ECDSA verification failed" in secsipidx(identity, stranger.public, tmp_path)


async def test_a_proof_that_has_grown_old_is_not_fresh_to_somebody_else(tmp_path: Path) -> None:
    signer, pair = make_signer(tmp_path / "keys", CALLER)
    old = signer.identity(CALLER, CALLEE, datetime.fromtimestamp(time.time() - 100, UTC))
    assert "expired" in secsipidx(old, pair.public, tmp_path)
    assert secsipidx(old, pair.public, tmp_path, expire=600) == "ok"


NATIONAL: Final = NumberForm(NumberStyle.NATIONAL, country="86", access="17951")


@pytest.mark.parametrize(
    "form, identity",
    [
        (NumberForm(), Identity.FROM),
        (NumberForm(NumberStyle.DIGITS, access="9"), Identity.FROM),
        (NATIONAL, Identity.FROM),
        (NumberForm(NumberStyle.NATIONAL, country="44"), Identity.FROM),
        (NATIONAL, Identity.PAI),
        (NumberForm(), Identity.PPI),
    ],
)
async def test_from_pai_to_and_the_passport_say_the_same(
    form: NumberForm, identity: Identity, tmp_path: Path
) -> None:
    """However a trunk wants numbers written, and wherever: the PASSporT has E.164's digits."""
    signer, _ = make_signer(tmp_path / "keys", CALLER)
    like = MEMBER if identity is not Identity.FROM else TrunkSettings("", "")
    trunk = replace(like, signer=signer, numbers=form, identity=identity)
    with Sipp("carrier-407-then-answers", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri, trunk=trunk) as (line, listener):
            line.dial(order())
            await listener.end_of("a") if identity is Identity.FROM else await listener.hears(
                "a", Answered
            )
    invite = first_invite(carrier)
    shown = {
        Identity.FROM: "From",
        Identity.PAI: "P-Asserted-Identity",
        Identity.PPI: "P-Preferred-Identity",
    }[identity]
    told = passport_of(invite)
    assert (invite.header(shown) or "").startswith(f"<sip:{form.caller(CALLER)}@")
    assert (invite.header("To") or "").startswith(f"<sip:{form.callee(CALLEE)}@")
    assert (told.orig, told.dest) == (CALLER.digits, (CALLEE.digits,))


async def test_who_asks_for_credentials_gets_the_same_fresh_passport_again(
    tmp_path: Path,
) -> None:
    signer, pair = make_signer(tmp_path / "keys", CALLER)
    trunk = replace(MEMBER, signer=signer)
    with Sipp("carrier-407-then-answers", tmp_path) as carrier:
        async with RtpPeer(carrier.rtp_port), running(carrier.uri, trunk=trunk) as (line, listener):
            line.dial(order())
            await listener.hears("a", Answered)
            line.end("a")
            await listener.end_of("a")
    invites = [message for message in carrier.messages() if message.what == "INVITE"]
    assert [bool(each.header("Proxy-Authorization")) for each in invites] == [False, True]
    first, again = (each.header("Identity") or "" for each in invites)
    assert first == again
    assert secsipidx(again, pair.public, tmp_path) == "ok"


async def test_every_attempt_is_signed_anew(tmp_path: Path) -> None:
    signer, _ = make_signer(tmp_path / "keys", CALLER)
    trunk = TrunkSettings("", "", signer=signer)
    with Sipp("carrier-401", tmp_path) as one, Sipp("carrier-401", tmp_path) as two:
        async with running(one.uri, two.uri, trunk=trunk) as (line, listener):
            line.dial(order("a", "t0"))
            assert await listener.end_of("a") == Rejected(401)
            line.dial(order("b", "t1"))
            assert await listener.end_of("b") == Rejected(401)
    told = [first_invite(carrier).header("Identity") for carrier in (one, two)]
    assert None not in told
    # The signature alone differs within one second.
    assert told[0] != told[1]


async def test_a_trunk_that_wants_none_gets_none(tmp_path: Path) -> None:
    invite = await invite_over(TrunkSettings("", ""), tmp_path)
    assert invite.header("Identity") is None
    assert invite.header("Date") is None


async def test_what_is_not_signed_does_not_leave(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A proof that runs out between the gate's yes and the INVITE."""
    pair = make_pair(tmp_path / "keys")
    credentials = certified(read_key(pair.key), pair.certificate)
    expired = Signer(credentials, URL, [verified(CALLER, date(2020, 1, 1))], ORIGID)
    trunk = TrunkSettings("", "", signer=expired)
    caplog.set_level(logging.DEBUG)
    with Sipp("carrier-401", tmp_path) as carrier, Capture([carrier.port]) as capture:
        async with running(carrier.uri, trunk=trunk) as (line, listener):
            line.dial(order())
            assert await listener.end_of("a", limit=3.0) == DialFailed(LocalFault.VETOED)
    assert capture.datagrams() == []
    assert "attempt a: no INVITE, for nothing is signed: the proof" in caplog.text
    assert CALLER.digits not in caplog.text


@pytest.mark.parametrize("lie", ["caller", "callee", "twice", "attest"])
async def test_a_passport_that_says_another_thing_than_the_invite_is_vetoed(
    lie: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python has the key, so it can sign a lie; the guard reads what was signed."""
    signer, _ = make_signer(tmp_path / "keys", CALLER, OTHER)
    honest = TrunkAccount.vouch

    def vouch(account: TrunkAccount, options: Any, caller_id: E164, callee: object) -> None:  # noqa: ANN401
        now = datetime.now(UTC)
        if lie == "twice":
            honest(account, options, caller_id, callee)
        if lie == "attest":
            monkeypatch.setattr("dialer.credentials.passport.ATTEST", "B")
        header = pj.SipHeader()
        header.hName = "Identity"
        header.hValue = signer.identity(
            OTHER if lie == "caller" else caller_id, OTHER if lie == "callee" else CALLEE, now
        )
        options.headers.append(header)

    monkeypatch.setattr(TrunkAccount, "vouch", vouch)
    trunk = TrunkSettings("", "", signer=signer, caller_ids=frozenset({CALLER, OTHER}))
    before = guard.Figures().vetoes["identity"]
    with Sipp("carrier-401", tmp_path) as carrier, Capture([carrier.port]) as capture:
        async with running(carrier.uri, trunk=trunk) as (line, listener):
            line.dial(order())
            assert await listener.end_of("a", limit=3.0) == DialFailed(LocalFault.VETOED)
    assert capture.datagrams() == []
    assert guard.Figures().vetoes["identity"] == before + 1
