"""Checkpoints of the audit log, signed with Ed25519 (RFC 8032).

Whoever keeps the public key and the checkpoints that were told, can show later that the log up to
each of them is still what it was.
"""

from __future__ import annotations

import json
import os
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from dialer.core.office.audit_chain import Checkpoint
from dialer.core.values.outside_json import read_json
from dialer.credentials.key_files import open_to_others
from dialer.errors import AuditError

_OF_LINE: Final = ("node", "at")
_OF_EVENT: Final = ("chain", "signed_at")


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signature, 64 bytes, and whose it is: the public key's 32, in hex."""

    checkpoint: Checkpoint
    signer: str
    signature: bytes

    def is_authentic(self, trusted: str) -> bool:
        """Whether it is signed by the key `trusted`, the public key in hex."""
        if self.signer != trusted:
            return False
        try:
            public_key(trusted).verify(self.signature, self.checkpoint.canonical())
        except InvalidSignature:
            return False
        return True

    def as_json(self) -> str:
        """One line, as it is published and exported."""
        checkpoint = self.checkpoint
        return json.dumps(
            {
                "node": checkpoint.node,
                "sequence": checkpoint.sequence,
                "hash": checkpoint.hash.hex(),
                "at": checkpoint.at,
                "signer": self.signer,
                "signature": self.signature.hex(),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises AuditError where the line is none that `as_json` writes, or MQTT tells."""
        try:
            found: dict[str, Any] = read_json(text)
            at_hash = bytes.fromhex(found["hash"])
            # Or the payload of the MQTT event, which has words of its own for two of them.
            is_event = "signed_at" in found
            node, at = (found[name] for name in (_OF_EVENT if is_event else _OF_LINE))
            checkpoint = Checkpoint(str(node), _whole(found["sequence"]), at_hash, _whole(at))
            signature = bytes.fromhex(found["signature"])
            signer = str(found["signer"])
            public_key(signer)
        except (ValueError, KeyError, TypeError):
            raise AuditError("this is no checkpoint of an audit log") from None
        if len(at_hash) != 32 or len(signature) != 64:
            raise AuditError("this is no checkpoint of an audit log")
        return cls(checkpoint, signer, signature)


class AuditKey:
    """A node's key for checkpoints. It is never shown; `public` is, in hex."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = public.hex()

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """The key in the PEM file at `path`. Raises AuditError, saying what to do."""
        quoted = shlex.quote(str(path))
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                if not stat.S_ISREG(mode):
                    raise AuditError(f"the audit key {quoted} is not a regular file")
                if open_to_others(mode):
                    raise AuditError(f"others may use the audit key; run: chmod 600 {quoted}")
                text = file.read(16384)
        except OSError as error:
            raise AuditError(f"the audit key {quoted} cannot be read: {error.strerror}") from None
        try:
            private = load_pem_private_key(text, None)
        except (ValueError, TypeError):
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            raise AuditError(
                f"{quoted} holds no Ed25519 key in PEM form without a password; restore it, or "
                f"begin a new one with: openssl genpkey -algorithm ed25519 -out {quoted}"
            )
        return cls(private)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a key and write it to the new file `path`, for its owner only.

        Raises AuditError where there is a file already, or none can be made.
        """
        key = cls(Ed25519PrivateKey.generate())
        text = key._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise AuditError(f"no audit key was written to {path}: {error.strerror}") from None
        return key

    def sign(self, checkpoint: Checkpoint) -> SignedCheckpoint:
        """The checkpoint, signed."""
        return SignedCheckpoint(checkpoint, self.public, self.signature(checkpoint.canonical()))

    def signature(self, canonical: bytes) -> bytes:
        """64 bytes over the canonical bytes of something, which begin with what it is."""
        return self._private.sign(canonical)

    def __repr__(self) -> str:
        return f"AuditKey({self.public})"


def public_key(text: str) -> Ed25519PublicKey:
    """The public key whose 32 bytes `text` writes in hex. Raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value
