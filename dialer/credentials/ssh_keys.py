"""Keys and signatures of people, as OpenSSH writes them: ed25519, ECDSA, RSA, and FIDO keys.

What `ssh-keygen -Y sign -n veridial` makes (PROTOCOL.sshsig) is verified here, without a program.
A FIDO key signs only when somebody touches it, and its signature must say that somebody did.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from dialer.errors import SignatureError

NAMESPACE: Final = "veridial"
"""What a signature is made for: one made for a commit or a file does not count here."""

_ED25519: Final = "ssh-ed25519"
_SK_ED25519: Final = "sk-ssh-ed25519@openssh.com"
_SK_ECDSA: Final = "sk-ecdsa-sha2-nistp256@openssh.com"
_RSA: Final = "ssh-rsa"
_CURVES: Final[dict[str, tuple[type[EllipticCurve], type[HashAlgorithm]]]] = {
    "ecdsa-sha2-nistp256": (SECP256R1, SHA256),
    "ecdsa-sha2-nistp384": (SECP384R1, SHA384),
    "ecdsa-sha2-nistp521": (SECP521R1, SHA512),
    _SK_ECDSA: (SECP256R1, SHA256),
}
_FIDO: Final = frozenset({_SK_ED25519, _SK_ECDSA})
_KINDS: Final = frozenset({_ED25519, _SK_ED25519, _RSA, *_CURVES})
_RSA_HASHES: Final[dict[str, type[HashAlgorithm]]] = {
    "rsa-sha2-256": SHA256,
    "rsa-sha2-512": SHA512,
}
_FEWEST_RSA_BITS: Final = 2048
_TOUCHED: Final = 0x01
_ARMOUR: Final = re.compile(
    r"\s*-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----\s*"
)
_MOST: Final = 16_384


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A person's public key. `text` is its line without a comment: `ssh-ed25519 AAAA...`."""

    text: str

    @classmethod
    def read(cls, line: str) -> Self:
        """The key of one line of a .pub file. Raises SignatureError, also for one too weak."""
        parts = line.split()
        if len(line) > _MOST or len(parts) < 2 or parts[0] not in _KINDS:
            raise SignatureError(
                "this is no public key that can be registered: one line of ed25519, ECDSA, RSA or "
                "a FIDO key (ssh-keygen -t ed25519 makes one; name its .pub file)"
            )
        key = cls(f"{parts[0]} {parts[1]}")
        kind, *_rest = _fields(key.blob)
        if kind != parts[0].encode():
            raise SignatureError("this public key is damaged")
        key.verifies(b"", b"", b"")
        return key

    @property
    def kind(self) -> str:
        return self.text.split()[0]

    @property
    def blob(self) -> bytes:
        try:
            return base64.b64decode(self.text.split()[1], validate=True)
        except (binascii.Error, ValueError):
            raise SignatureError("this public key is damaged") from None

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it: by it a person knows their key."""
        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).rstrip(b"=").decode()

    def verifies(
        self, algorithm: bytes, signature: bytes, message: bytes, rest: bytes = b""
    ) -> bool:
        """Whether `signature` is this key's over `message`.

        `rest` is what a FIDO key adds: flags and counter. Raises SignatureError where the key
        itself is none, or too weak.
        """
        parts = _fields(self.blob)
        if self.kind in _FIDO:
            if len(rest) != 5 or not rest[0] & _TOUCHED:
                _checked(self.kind, parts, b"", b"", b"")
                return False
            application = hashlib.sha256(parts[-1]).digest()
            message = application + rest + hashlib.sha256(message).digest()
        elif rest:
            return False
        return _checked(self.kind, parts, algorithm, signature, message)


@dataclass(frozen=True, slots=True)
class SshSignature:
    """A signature as `ssh-keygen -Y sign` writes it, taken apart."""

    key: PublicKey
    namespace: bytes
    hash_name: bytes
    algorithm: bytes
    signature: bytes
    rest: bytes

    @classmethod
    def read(cls, armoured: str) -> Self:
        """Raises SignatureError where `armoured` is none."""
        found = _ARMOUR.fullmatch(armoured) if len(armoured) <= _MOST else None
        if found is None:
            raise SignatureError("this is no signature that ssh-keygen -Y sign has made")
        try:
            data = base64.b64decode("".join(found[1].split()), validate=True)
        except (binascii.Error, ValueError):
            raise SignatureError("this signature is damaged") from None
        if data[:10] != b"SSHSIG\x00\x00\x00\x01":
            raise SignatureError("this signature is of a form that is not known")
        parts = _fields(data[10:])
        if len(parts) != 5:
            raise SignatureError("this signature is damaged")
        blob, namespace, _reserved, hash_name, signed = parts
        kind = _fields(blob)[0].decode("ascii", "replace")
        key = PublicKey.read(f"{kind} {base64.b64encode(blob).decode()}")
        algorithm, after = _field(signed)
        signature, rest = _field(after)
        return cls(key, namespace, hash_name, algorithm, signature, rest)

    def is_over(self, text: str) -> bool:
        """Whether it was made for us, and over exactly `text`."""
        if self.namespace != NAMESPACE.encode() or self.hash_name not in {b"sha256", b"sha512"}:
            return False
        digest = hashlib.new(self.hash_name.decode(), text.encode()).digest()
        parts = (self.namespace, b"", self.hash_name, digest)
        message = b"SSHSIG" + b"".join(len(p).to_bytes(4, "big") + p for p in parts)
        return self.key.verifies(self.algorithm, self.signature, message, self.rest)


def is_signed(text: str, signature: str, public: str) -> bool:
    """Whether `signature` is over `text`, by the key whose line is `public`; never raises."""
    try:
        read = SshSignature.read(signature)
        return read.key == PublicKey.read(public) and read.is_over(text)
    except SignatureError:
        return False


def _checked(
    kind: str, parts: list[bytes], algorithm: bytes, signature: bytes, message: bytes
) -> bool:
    try:
        if kind in {_ED25519, _SK_ED25519}:
            edwards = Ed25519PublicKey.from_public_bytes(parts[1])
            if algorithm == kind.encode():
                edwards.verify(signature, message)
                return True
        elif kind == _RSA:
            numbers = RSAPublicNumbers(*(int.from_bytes(part, "big") for part in parts[1:3]))
            rsa: RSAPublicKey = numbers.public_key()
            if rsa.key_size < _FEWEST_RSA_BITS:
                raise SignatureError("this RSA key is too short: ssh-keygen -t ed25519 makes one")
            hashed = _RSA_HASHES.get(algorithm.decode("ascii", "replace"))
            if hashed is not None:
                rsa.verify(signature, message, PKCS1v15(), hashed())
                return True
        else:
            curve, hash_of = _CURVES[kind]
            point = EllipticCurvePublicKey.from_encoded_point(curve(), parts[2])
            if algorithm == kind.encode():
                r, s = (int.from_bytes(part, "big") for part in _fields(signature))
                point.verify(encode_dss_signature(r, s), message, ECDSA(hash_of()))
                return True
    except InvalidSignature:
        return False
    except (IndexError, ValueError, TypeError, UnsupportedAlgorithm):
        raise SignatureError("this public key or signature is damaged") from None
    return False


def _field(data: bytes) -> tuple[bytes, bytes]:
    """The first string of RFC 4251 5, and what comes after it."""
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 or len(data) < 4 + length:
        raise SignatureError("this public key or signature is damaged")
    return data[4 : 4 + length], data[4 + length :]


def _fields(data: bytes) -> list[bytes]:
    """All strings that `data` is made of. Raises SignatureError."""
    parts = []
    while data:
        part, data = _field(data)
        parts.append(part)
    if not parts:
        raise SignatureError("this public key or signature is damaged")
    return parts
