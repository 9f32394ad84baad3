"""PASSporTs of callers: which are believed, and what is wrong with the others."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from dialer.core.values.number import E164
from dialer.credentials import verifier
from dialer.credentials.passport import BadKeyError
from dialer.credentials.verifier import Attested, Seen, Trusted, Verifier, trusted
from tests.support.issuer import CALLER, DAY, NOW, OURS, THEIRS, Issuer, encoded, signed
from tests.support.passports import PROVIDER, URL

ONE_NUMBER = bytes.fromhex("3011a20f160d") + CALLER.digits.encode()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""


def mirrored(identity: str) -> str:
    """The same with the other signature that is as right (r, n - s)."""
    token, tail = identity.split(";", 1)
    head, claims, signature = token.split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    s = ORDER - int.from_bytes(raw[32:], "big")
    return f"{head}.{claims}.{encoded(raw[:32] + s.to_bytes(32, 'big'))};{tail}"


def at(seconds: int) -> int:
    return int(NOW.timestamp()) + seconds


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    issuer = Issuer(tmp_path_factory.mktemp("issuer"))
    return trusted(issuer.certify(THEIRS), issuer.file)


@pytest.mark.parametrize(
    "identities, said",
    [
        ([signed()], Attested.A),
        ([signed(attest="B")], Attested.B),
        ([signed(attest="C")], Attested.C),
        ([signed(iat=at(-60))], Attested.A),
        ([signed(iat=at(60))], Attested.A),
        ([signed(dest={"tn": ["8613800138000", OURS.digits]})], Attested.A),
        ([mirrored(signed())], Attested.A),
        ([], Attested.NONE),
        ([signed(attest="D")], Attested.UNREADABLE),
        (["", "x", signed()[:-1] + "x", signed() + "x" * 5000], Attested.UNREADABLE),
        ([signed(iat=True)], Attested.UNREADABLE),
        ([signed(iat=10**30)], Attested.UNREADABLE),
        ([signed(dest={"uri": ["sip:a@b"]})], Attested.UNREADABLE),
        ([signed(url="https://elsewhere.example/a.pem")], Attested.UNKNOWN),
        ([signed(key=ec.generate_private_key(ec.SECP256R1()))], Attested.BAD),
        ([signed().replace(".", ".e30", 1)], Attested.UNREADABLE),
        ([signed(iat=at(-61))], Attested.STALE),
        ([signed(iat=at(61))], Attested.STALE),
        ([signed(orig={"tn": "8613800138000"})], Attested.OTHER),
        ([signed(orig={"tn": CALLER.clear})], Attested.OTHER),
        ([signed(dest={"tn": ["8613800138000"]})], Attested.OTHER),
        ([signed(dest={"tn": []})], Attested.OTHER),
        # The best of several, of which four are read.
        ([signed(attest="C"), "x", signed(), signed(iat=at(-90))], Attested.A),
        ([*["x"] * 4, signed()], Attested.UNREADABLE),
    ],
)
def test_a_caller_is_attested_by_a_whole_passport_and_no_less(
    known: Trusted, identities: list[str], said: Attested
) -> None:
    judge = Verifier({URL: known}, Seen())
    assert judge.judge(identities, CALLER, OURS, NOW) is said
    assert judge.counts == {each.value: int(each is said) for each in Attested}


def test_one_bit_elsewhere_and_it_is_not_believed(known: Trusted) -> None:
    whole = signed()
    token = whole.partition(";")[0]
    for position in range(len(token)):
        other = "A" if whole[position] != "A" else "B"
        changed = whole[:position] + other + whole[position + 1 :]
        said = Verifier({URL: known}, Seen()).judge([changed], CALLER, OURS, NOW)
        # The last character of a signature has four bits that mean nothing.
        assert said is not Attested.A or position == len(token) - 1


def test_it_is_believed_once_whichever_signature_and_trunk_it_comes_with(known: Trusted) -> None:
    seen = Seen()
    first, second = (Verifier({URL: known}, seen) for _ in range(2))
    identity = signed()
    assert first.judge([identity], CALLER, OURS, NOW) is Attested.A
    for again in (identity, mirrored(identity)):
        assert second.judge([again], CALLER, OURS, NOW + timedelta(seconds=60)) is Attested.REPLAYED
    assert second.judge([identity], CALLER, OURS, NOW + timedelta(seconds=61)) is Attested.STALE


def test_without_room_for_more_none_is_believed_until_there_is(
    known: Trusted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "_MOST_SEEN", 2)
    judge = Verifier({URL: known}, Seen())

    def says(number: int, seconds: int) -> Attested:
        identity = signed(iat=at(seconds), origid=f"{number}")
        return judge.judge([identity], CALLER, OURS, NOW + timedelta(seconds=seconds))

    assert [says(n, 0) for n in range(3)] == [Attested.A, Attested.A, Attested.REPLAYED]
    assert says(4, 121) is Attested.A


@pytest.mark.parametrize(
    "listed, said", [(PROVIDER, Attested.A), (ONE_NUMBER, Attested.A), (None, None)]
)
@pytest.mark.parametrize("caller", [CALLER, E164("+8613912345679")])
def test_a_certificate_of_numbers_is_for_these(
    tmp_path: Path, listed: bytes | None, said: Attested | None, caller: E164
) -> None:
    issuer = Issuer(tmp_path)
    file = issuer.certify(THEIRS, listed=listed)
    if said is None:
        with pytest.raises(BadKeyError, match="TNAuthList"):
            trusted(file, issuer.file)
        return
    judge = Verifier({URL: trusted(file, issuer.file)}, Seen())
    found = judge.judge([signed(orig={"tn": caller.digits})], caller, OURS, NOW)
    assert found is (said if listed == PROVIDER or caller == CALLER else Attested.OTHER)


@pytest.mark.parametrize("whose", ["certificate", "authority"])
def test_a_certificate_is_believed_as_long_as_it_and_its_authority_hold(
    tmp_path: Path, whose: str
) -> None:
    soon = NOW + timedelta(seconds=30)
    issuer = Issuer(tmp_path, ends=soon if whose == "authority" else NOW + DAY)
    file = issuer.certify(THEIRS, ends=soon if whose == "certificate" else NOW + DAY)
    judge = Verifier({URL: trusted(file, issuer.file)}, Seen())
    assert judge.judge([signed()], CALLER, OURS, NOW) is Attested.A
    late = NOW + timedelta(seconds=31)
    assert judge.judge([signed(iat=at(31))], CALLER, OURS, late) is Attested.STALE


Made = Callable[[Issuer], Path]


@pytest.mark.parametrize(
    "made, told",
    [
        (lambda at: Issuer(at.folder, "other").certify(THEIRS), "authorities_file"),
        (lambda at: at.certify(ec.generate_private_key(ec.SECP384R1())), "P-256"),
        (lambda at: at.certify(rsa.generate_private_key(65537, 2048)), "P-256"),
        (lambda at: at.certify(THEIRS, listed=b"\x30\x00"), "TNAuthList cannot be read"),
        (lambda at: at.certify(THEIRS, constrained="1.3.6.1.5.5.7.1.27"), "JWTClaimConstraints"),
        (lambda at: at.certify(THEIRS, constrained="1.3.6.1.5.5.7.1.33"), "JWTClaimConstraints"),
        (lambda at: at.folder / "gone.pem", "cannot be read"),
    ],
)
def test_what_is_not_believed_from_the_start(tmp_path: Path, made: Made, told: str) -> None:
    issuer = Issuer(tmp_path)
    with pytest.raises(BadKeyError, match=told):
        trusted(made(issuer), issuer.file)
