"""STIR/SHAKEN: signed statements that a number is ours to show (PASSporTs).

RFC 8225 is the token, RFC 8588 its `shaken` form, RFC 8224 the Identity header that carries it,
ATIS-1000074 what its attestations mean. The only one that is ever made is A: the caller is known
and entitled to the number. A number that cannot have an A is not signed at all.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import stat
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from dialer.core.gate.caller_id import VerifiedNumber
from dialer.core.gate.signed import Validity
from dialer.core.values.number import E164
from dialer.credentials.certificate_chain import TnAuthList, chain_fault, span, tn_auth_list
from dialer.credentials.key_files import open_to_others

ATTEST: Final = "A"
_ES256: Final = ec.ECDSA(hashes.SHA256())
_HALF: Final = 32
_SIZE_LIMIT: Final = 64 * 1024
_ORIGIDS: Final = uuid.UUID("6f0b6dd4-2c4e-5d0b-9d7e-0d6c8c1f7a52")
_IDENTITY: Final = re.compile(
    r"(?P<token>[\w-]+\.[\w-]+\.[\w-]+)[ \t]*;[ \t]*info=<(?P<info>[^>]*)>(?P<rest>(?:;[^;]*)*)",
    re.ASCII,
)


class SigningError(ValueError):
    """What was asked for is not signed; the message says why, and holds no number."""


class BadKeyError(ValueError):
    """A key or certificate cannot be used for signing; the message says what to do."""


class BadPassportError(ValueError):
    """The text is no PASSporT of the `shaken` form; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A P-256 key and the certificate that names its owner, which belong together."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    valid: Validity
    """When the certificate holds, and all of its chain."""
    numbers: TnAuthList | None = None
    """Whose numbers it is for; None where it does not say."""


def read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The private key in a PEM file. Raises BadKeyError; its text never quotes the file."""
    try:
        # Rights and text of one and the same file, whatever is put in its place meanwhile.
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(_SIZE_LIMIT)
    except OSError as error:
        raise BadKeyError(f"the key cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(mode) or open_to_others(mode):
        raise BadKeyError("others may read or change the key; run chmod 600 on it")
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError:
        raise BadKeyError("the key is under a password; store it without, mode 600") from None
    except Exception:  # noqa: BLE001 - whatever it is, its text might tell of the key
        raise BadKeyError("the file holds no private key in PEM form") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadKeyError("ES256 needs a key on the curve P-256 (prime256v1)")  # RFC 8225 5.1
    return key


def certified(
    key: ec.EllipticCurvePrivateKey, path: Path, authorities: Path | None = None
) -> Credentials:
    """The key with its certificate in a PEM file, the first where a chain follows.

    The chain must hold, and end at one of `authorities`, where these are given. Raises BadKeyError.
    """
    chain = read_certificates(path)
    certificate = chain[0]
    if certificate.public_key() != key.public_key():
        raise BadKeyError("the certificate belongs to another key")
    fault = chain_fault(chain, () if authorities is None else read_certificates(authorities))
    if fault is not None:
        raise BadKeyError(fault)
    try:
        numbers = tn_auth_list(certificate)
    except ValueError as error:
        raise BadKeyError(f"the certificate's TNAuthList cannot be read: {error}") from None
    return Credentials(key, span(chain), numbers)


def read_certificates(path: Path) -> list[x509.Certificate]:
    """Those in a PEM file, at least one. Raises BadKeyError."""
    try:
        with path.open("rb") as file:
            return x509.load_pem_x509_certificates(file.read(_SIZE_LIMIT))
    except OSError as error:
        raise BadKeyError(f"the certificate cannot be read: {error.strerror}") from None
    except ValueError:
        raise BadKeyError("the file holds no certificate in PEM form") from None


def origid_of(operator: str, trunk: str) -> uuid.UUID:
    """The origination identifier of an operator's trunk: the same on every node, for ever.

    RFC 8588 5 has it name an origin (a customer, a group of lines) to whoever traces calls back.
    Ours is the trunk; an identifier for each call would name nothing that Call-ID does not.
    """
    return uuid.uuid5(_ORIGIDS, f"{operator}\n{trunk}")


class Signer:
    """Signs for one trunk. Signing takes some 50 us and no I/O; any thread may.

    `certificate_url` is where verifiers find the certificate. Only the trunk's own `numbers` are
    ever signed for, and each only as long as its proof and the certificate hold.
    """

    def __init__(
        self,
        credentials: Credentials,
        certificate_url: str,
        numbers: Iterable[VerifiedNumber],
        origid: uuid.UUID,
    ) -> None:
        self._credentials = credentials
        self._numbers = {known.number: known for known in numbers}
        self._origid = str(origid)
        header = {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": certificate_url}
        self._header = _base64(_canonical(header))
        self._tail = f";info=<{certificate_url}>;alg=ES256;ppt=shaken"

    def identity(self, caller_id: E164, callee: E164, at: datetime) -> str:
        """The value of the Identity header of an INVITE that leaves at the aware instant `at`.

        Raises SigningError where `caller_id` is not verified for the trunk then, or the
        certificate is not valid then (RFC 8224 4.1).
        """
        known = self._numbers.get(caller_id)
        if known is None:
            raise SigningError("the caller ID is not verified for this trunk")
        if not known.is_good(at):
            raise SigningError("the proof of the caller ID has expired")
        if not self._credentials.valid.holds(at):
            raise SigningError("the certificate is not valid now")
        claims = {
            "attest": ATTEST,
            "dest": {"tn": [callee.digits]},
            "iat": int(at.timestamp()),
            "orig": {"tn": caller_id.digits},
            "origid": self._origid,
        }
        signed = f"{self._header}.{_base64(_canonical(claims))}"
        r, s = decode_dss_signature(self._credentials.key.sign(signed.encode(), _ES256))
        # JWS wants the two numbers side by side, not in DER (RFC 7518 3.4).
        signature = _base64(r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big"))
        return f"{signed}.{signature}{self._tail}"


@dataclass(frozen=True, slots=True)
class Passport:
    """What a PASSporT says. Numbers are digits without a plus (RFC 8224 8.3)."""

    attest: str
    orig: str = field(repr=False)
    dest: tuple[str, ...] = field(repr=False)
    issued_at: datetime
    origid: str
    certificate_url: str
    signed: bytes = field(repr=False)
    """The text that the signature is over."""
    signature: bytes = field(repr=False)
    """r and s, 64 bytes."""

    def is_signed_by(self, key: ec.EllipticCurvePublicKey) -> bool:
        r, s = (
            int.from_bytes(half, "big") for half in (self.signature[:_HALF], self.signature[_HALF:])
        )
        try:
            key.verify(encode_dss_signature(r, s), self.signed, _ES256)
        except InvalidSignature:
            return False
        return True


def parse(identity: str) -> Passport:
    """The PASSporT in an Identity header's value, in full form. Raises BadPassportError.

    What it says is believed only after `is_signed_by`.
    """
    found = _IDENTITY.fullmatch(identity.strip())
    if found is None:
        raise BadPassportError("not an Identity header in full form (RFC 8224 4)")
    head, body, signature = found["token"].split(".")
    parameters = {
        name.strip().lower(): value.strip().strip('"')
        for name, _, value in (part.partition("=") for part in found["rest"].split(";")[1:])
    }
    if not (parameters.get("alg", "ES256") == "ES256" and parameters.get("ppt") == "shaken"):
        raise BadPassportError("not signed by ES256, or of another kind than shaken")
    header, claims = _object(head), _object(body)
    kind = {"alg": "ES256", "ppt": "shaken", "typ": "passport"}
    if {name: header.get(name) for name in kind} != kind or header.get("x5u") != found["info"]:
        raise BadPassportError("its header does not say what the Identity header says")
    try:
        read = Passport(
            attest=_text(claims["attest"]),
            orig=_text(claims["orig"]["tn"]),
            dest=_texts(claims["dest"]["tn"]),
            issued_at=_instant(claims["iat"]),
            origid=_text(claims["origid"]),
            certificate_url=found["info"],
            signed=f"{head}.{body}".encode(),
            signature=_bytes(signature),
        )
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise BadPassportError("a claim is missing or of the wrong kind (RFC 8588)") from None
    if len(read.signature) != 2 * _HALF or read.attest not in {"A", "B", "C"}:
        raise BadPassportError("its signature or its attestation is none")
    return read


def _canonical(value: Mapping[str, object]) -> bytes:
    """Keys in order and no white space, so that all who sign or verify do so over one text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()  # RFC 8225 9


def _base64(raw: bytes) -> str:
    """Base64 for URLs, without padding (RFC 7515 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)


def _object(part: str) -> Mapping[str, Any]:
    try:
        value = json.loads(_bytes(part))
    except (binascii.Error, ValueError, RecursionError):
        raise BadPassportError("not JSON in base64url (RFC 8225 3)") from None
    if not isinstance(value, dict):
        raise BadPassportError("not a JSON object (RFC 8225 3)")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is wanted")
    return value


def _instant(value: object) -> datetime:
    # A bool is an int to Python, and not to JSON (RFC 7519 2, NumericDate).
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a number of seconds is wanted")
    return datetime.fromtimestamp(value, UTC)


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError("a list is wanted")
    return tuple(_text(value) for value in values)
