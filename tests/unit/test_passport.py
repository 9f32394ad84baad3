"""PASSporTs: made, read back, and refused."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from dialer.core.gate.signed import Validity
from dialer.core.values.number import E164
from dialer.credentials.passport import (
    BadKeyError,
    BadPassportError,
    Credentials,
    Signer,
    SigningError,
    certified,
    origid_of,
    parse,
    read_key,
)
from tests.support.passports import ORIGID, URL, make_pair, verified, write_key

NOW = datetime(2026, 3, 2, 12, 0, 0, 900_000, tzinfo=UTC)
OURS = E164("+861065550100")
CALLEE = E164("+8613912345678")
KEY = ec.generate_private_key(ec.SECP256R1())
CREDENTIALS = Credentials(KEY, Validity(NOW - timedelta(days=1), NOW + timedelta(days=90)))
SIGNER = Signer(CREDENTIALS, URL, [verified(OURS, date(2026, 4, 1))], ORIGID)
IDENTITY = SIGNER.identity(OURS, CALLEE, NOW)


def decoded(part: str) -> str:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def test_its_text_is_the_canonical_one_to_the_byte() -> None:
    token, tail = IDENTITY.split(";", 1)
    header, claims, signature = token.split(".")
    assert decoded(header) == (
        '{"alg":"ES256","ppt":"shaken","typ":"passport",'
        '"x5u":"https://certificates.example/a-17.pem"}'
    )
    assert decoded(claims) == (
        '{"attest":"A","dest":{"tn":["8613912345678"]},"iat":1772452800,'
        f'"orig":{{"tn":"861065550100"}},"origid":"{ORIGID}"}}'
    )
    assert len(signature) == 86, "r and s, not DER"
    assert "=" not in token
    assert tail == "info=<https://certificates.example/a-17.pem>;alg=ES256;ppt=shaken"


def test_what_was_made_is_read_back() -> None:
    read = parse(IDENTITY)
    assert read.is_signed_by(KEY.public_key())
    assert not read.is_signed_by(ec.generate_private_key(ec.SECP256R1()).public_key())
    assert (read.attest, read.orig, read.dest) == ("A", OURS.digits, (CALLEE.digits,))
    assert read.issued_at == NOW.replace(microsecond=0)
    assert (read.origid, read.certificate_url) == (str(ORIGID), URL)
    assert OURS.digits not in repr(read)
    assert CALLEE.digits not in repr(read)


def test_the_parameters_may_be_quoted_and_spaced_as_others_do() -> None:
    token = IDENTITY.partition(";")[0]
    assert parse(f'{token};info=<{URL}>;ppt="shaken"').is_signed_by(KEY.public_key())
    assert parse(f"{token} ; info=<{URL}>;alg=ES256;ppt=shaken").orig == OURS.digits


@pytest.mark.parametrize(
    "who, at, why",
    [
        (E164("+861065550199"), NOW, "not verified for this trunk"),
        (OURS, datetime(2026, 4, 1, 10, 0, tzinfo=UTC), "proof of the caller ID has expired"),
        (OURS, NOW - timedelta(days=2), "certificate is not valid now"),
    ],
)
def test_nothing_but_what_deserves_an_a_is_signed(who: E164, at: datetime, why: str) -> None:
    with pytest.raises(SigningError, match=why) as refused:
        SIGNER.identity(who, CALLEE, at)
    assert who.digits not in str(refused.value)


def test_a_certificate_ends() -> None:
    ends = NOW + timedelta(hours=1)
    signer = Signer(Credentials(KEY, Validity(NOW, ends)), URL, [verified(OURS)], ORIGID)
    assert signer.identity(OURS, CALLEE, ends)
    with pytest.raises(SigningError, match="certificate"):
        signer.identity(OURS, CALLEE, ends + timedelta(seconds=1))


def test_an_origin_is_the_same_on_every_node_and_another_for_every_trunk() -> None:
    assert str(origid_of("B2-20260001", "carrier-a")) == "b56212e6-1208-5f11-a62d-fb83dda361f7"
    assert len({origid_of(who, trunk) for who in ("a", "b") for trunk in ("t", "u")}) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        IDENTITY.partition(";")[0],
        IDENTITY.replace("ppt=shaken", "ppt=div"),
        IDENTITY.replace("alg=ES256", "alg=none"),
        IDENTITY.replace("info=<https:", "info=<http:"),
        IDENTITY[10:],
        f".{IDENTITY}",
        f"..{IDENTITY.partition(';')[2]}",
        IDENTITY.replace(IDENTITY.split(".")[1], encoded("[]")),
        IDENTITY.replace(IDENTITY.split(".")[1], encoded("{}")),
        IDENTITY.replace(IDENTITY.split(".")[1], encoded("[" * 100_000)),
        IDENTITY.replace(IDENTITY.split(".")[0], encoded('{"alg":"none"}')),
        IDENTITY.replace(IDENTITY.split(".")[2].partition(";")[0], "AAAA"),
    ],
)
def test_what_is_no_shaken_passport_is_refused(text: str) -> None:
    with pytest.raises(BadPassportError):
        parse(text)


@pytest.mark.parametrize(
    "claim, value",
    [
        ("attest", "D"),
        ("attest", None),
        ("dest", {"tn": "8613912345678"}),
        ("dest", {"tn": [8613912345678]}),
        ("iat", "soon"),
        ("iat", "1772452800"),
        ("iat", True),
        ("iat", 1e300),
        ("orig", {"uri": "sip:a@b"}),
        ("origid", 7),
    ],
)
def test_a_claim_of_the_wrong_kind_is_refused(claim: str, value: object) -> None:
    body = IDENTITY.split(".")[1]
    claims = json.loads(decoded(body)) | {claim: value}
    with pytest.raises(BadPassportError):
        parse(IDENTITY.replace(body, encoded(json.dumps(claims))))


# Keys.


def test_a_key_and_its_certificate(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, begins=NOW, ends=NOW + timedelta(days=30))
    found = certified(read_key(pair.key), pair.certificate)
    begins = NOW.replace(microsecond=0)
    assert found.valid == Validity(begins, begins + timedelta(days=30))
    assert "key" not in repr(found)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602, 0o601, 0o777, 0o620])
def test_a_key_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    pair = make_pair(tmp_path, mode=mode)
    with pytest.raises(BadKeyError, match="chmod 600"):
        read_key(pair.key)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_key_of_its_user_and_the_service_s_group_is_taken(tmp_path: Path, mode: int) -> None:
    assert read_key(make_pair(tmp_path, mode=mode).key).key_size == 256


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP256K1()], ids=lambda curve: curve.name)
def test_another_curve_is_refused(tmp_path: Path, curve: ec.EllipticCurve) -> None:
    write_key(tmp_path / "key.pem", ec.generate_private_key(curve))
    with pytest.raises(BadKeyError, match="P-256"):
        read_key(tmp_path / "key.pem")


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.touch(mode=0o600)
    file.write_bytes(
        rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(BadKeyError, match="P-256"):
        read_key(file)


def test_a_key_that_cannot_be_read_is_refused_without_a_word_of_it(tmp_path: Path) -> None:
    with pytest.raises(BadKeyError, match="No such file"):
        read_key(tmp_path / "none.pem")
    with pytest.raises(BadKeyError, match="Is a directory"):
        read_key(tmp_path)
    file = tmp_path / "key.pem"
    write_key(file, KEY, password=b"open sesame")
    with pytest.raises(BadKeyError, match="under a password"):
        read_key(file)
    file.write_bytes(
        b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0IG1hdGVyaWFs\n-----END PRIVATE KEY-----\n"
    )
    with pytest.raises(BadKeyError, match="no private key in PEM") as refused:
        read_key(file)
    assert "c2VjcmV0" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    ours, theirs = make_pair(tmp_path / "ours"), make_pair(tmp_path / "theirs")
    with pytest.raises(BadKeyError, match="another key"):
        certified(read_key(ours.key), theirs.certificate)
    with pytest.raises(BadKeyError, match="no certificate in PEM"):
        certified(read_key(ours.key), ours.key)
    with pytest.raises(BadKeyError, match="certificate cannot be read"):
        certified(read_key(ours.key), tmp_path / "none.pem")
