"""Callers whose number somebody has signed for: who counts as verified on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.events import Arrived
from dialer.core.values.number_form import NumberForm
from dialer.credentials.verifier import Attested, Seen, Verifier, trusted
from dialer.sip.line import SipLine
from dialer.sip.settings import TrunkSettings
from tests.support.issuer import CALLER, OURS, THEIRS, Issuer, signed
from tests.support.line import SETTINGS, Listener
from tests.support.passports import URL
from tests.support.raw_sip import Datagrams
from tests.support.waiting import until

HERE = "127.0.0.1"
TRUNK = TrunkSettings(
    "t0", "sip:127.0.0.1:5099", frozenset({OURS}), numbers=NumberForm(country="86")
)
SHOWN = f"P-Asserted-Identity: <sip:{CALLER.clear}@{HERE}>\r\n"
OTHERS = ec.generate_private_key(ec.SECP256R1())


def now() -> int:
    return int(datetime.now(UTC).timestamp())


@pytest.mark.parametrize(
    "headers, said",
    [
        (lambda: f"{SHOWN}Identity: {signed(iat=now())}\r\n", Attested.A),
        (lambda: f"{SHOWN}y: {signed(iat=now())}\r\n", Attested.A),
        (lambda: f"{SHOWN}Identity: x\r\nIdentity: {signed(iat=now())}\r\n", Attested.A),
        (lambda: f"{SHOWN}Identity: {signed(iat=now(), attest='B')}\r\n", Attested.B),
        (lambda: f"{SHOWN}Identity: {signed(iat=now(), key=OTHERS)}\r\n", Attested.BAD),
        (lambda: f"{SHOWN}Identity: {signed(iat=now() - 90)}\r\n", Attested.STALE),
        (lambda: f"{SHOWN}Identity: {'x' * 20_000}\r\n", Attested.UNREADABLE),
        (lambda: SHOWN, Attested.NONE),
        # Who hides has no number that could be proved.
        (lambda: f"{SHOWN}Privacy: id\r\nIdentity: {signed(iat=now())}\r\n", None),
    ],
)
@pytest.mark.parametrize("believes", [True, False])
async def test_a_caller_is_verified_by_a_signature_that_is_believed(
    tmp_path: Path, headers: object, said: Attested | None, believes: bool
) -> None:
    assert callable(headers)
    issuer = Issuer(tmp_path)
    certificates = {URL: trusted(issuer.certify(THEIRS), issuer.file)}
    judge = Verifier(certificates, Seen())
    trunk = replace(TRUNK, verifier=judge if believes else None)
    line = SipLine(SETTINGS, [trunk], door=Door(DoorLimits(per_minute=1)))
    listener = Listener()
    await line.start(listener)
    try:
        with Datagrams(HERE, line.port) as carrier:
            carrier.ask("INVITE", headers=headers())
            await until(lambda: bool(listener.events))
            (name,) = listener.events
            event = await listener.hears(name, Arrived)
            assert event.attested is (believes and said is Attested.A)
            counted = [cause for cause, n in judge.counts.items() if n]
            assert counted == ([said.value] if believes and said else [])
            # Who is turned away at the door costs no verification.
            carrier.ask("INVITE", number=1, headers=headers())
            while not (await carrier.hears()).startswith(("SIP/2.0 486", "SIP/2.0 180")):
                pass
            assert sum(judge.counts.values()) == len(counted)
    finally:
        await line.close()


def test_of_several_headers_that_are_of_others_none_is_believed(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    judge = Verifier({URL: trusted(issuer.certify(THEIRS), issuer.file)}, Seen())
    several = [signed(iat=now(), origid=f"{n}", dest={"tn": ["1"]}) for n in range(4)]
    assert judge.judge(several, CALLER, OURS, datetime.now(UTC)) is Attested.OTHER
