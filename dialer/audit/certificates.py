"""Certificates of destruction, signed with the node's audit key (Ed25519, RFC 8032)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature

from dialer.audit.signing import AuditKey, public_key
from dialer.core.office.certificate import Certificate
from dialer.core.values.outside_json import read_json
from dialer.errors import AuditError


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A certificate with its signature, 64 bytes, and whose it is: the public key's 32, in hex."""

    certificate: Certificate
    signer: str
    signature: bytes

    @classmethod
    def made(cls, certificate: Certificate, key: AuditKey) -> Self:
        """`certificate`, signed with `key`."""
        return cls(certificate, key.public, key.signature(certificate.canonical()))

    def is_authentic(self, trusted: str) -> bool:
        """Whether it is signed by the key `trusted`, the public key in hex."""
        if self.signer != trusted:
            return False
        try:
            public_key(trusted).verify(self.signature, self.certificate.canonical())
        except InvalidSignature:
            return False
        return True

    def as_json(self) -> str:
        """The text that is stored, shown and checked: one JSON object."""
        return json.dumps(
            {
                "veridial": "certificate of destruction",
                "certificate": self.certificate.as_dict(),
                "signer": self.signer,
                "signature": self.signature.hex(),
            },
            ensure_ascii=False,
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises AuditError where the text is not one that `as_json` writes."""
        try:
            found = read_json(text)
            certificate = Certificate.from_dict(found["certificate"])
            signer, signature = str(found["signer"]), bytes.fromhex(found["signature"])
            public_key(signer)
        except (ValueError, KeyError, TypeError):
            raise AuditError("this is no certificate of destruction, or a damaged one") from None
        if len(signature) != 64:
            raise AuditError("this is no certificate of destruction, or a damaged one")
        return cls(certificate, signer, signature)
