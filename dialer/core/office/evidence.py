"""What a call leaves as evidence: its record and its consent's, as bytes whose digest is chained.

They hold personal data in clear, and are sealed or made only when they are exported. A few random
bytes in each, its `salt`, see to it that nobody who has the digest can try all numbers of a country
once the data is destroyed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from dialer.core.values.number import E164
from dialer.core.values.records import ContactRow

_pack: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# Compact: with an indent it would be written by Python, at seven times the cost.
_write: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Callee:
    """Whom a call went to, and the consent that it went by, as that was when the call began.

    `salt` is 32 hexadecimal digits; empty where the call is older than its salt.
    """

    number: E164
    purpose: str
    source: str
    at: datetime
    ref: str
    salt: str

    @classmethod
    def of(cls, row: ContactRow, salt: bytes) -> Self:
        return cls(
            row.number,
            row.consent_purpose,
            row.consent_source,
            row.consent_at,
            row.consent_ref,
            salt.hex(),
        )

    def packed(self) -> bytes:
        """As it is sealed."""
        at = self.at.isoformat()
        whole = [self.number.clear, self.purpose, self.source, at, self.ref, self.salt]
        return _pack(whole).encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        number, purpose, source, at, ref, salt = json.loads(packed)
        return cls(E164(number), purpose, source, datetime.fromisoformat(at), ref, salt)

    def consent(self) -> bytes:
        """The consent's record, for export; its digest is in the record of the first attempt."""
        return _write(
            {
                "number": self.number.clear,
                "purpose": self.purpose,
                "source": self.source,
                "at": _instant(self.at),
                "reference": self.ref,
                "salt": self.salt,
            }
        ).encode()


def cdr(call: Mapping[str, Any], callee: Callee) -> bytes:
    """The record of an ended call, for export; its digest is in the record of the call's end.

    `call` are its fields without personal data other than the keys that the callee pressed;
    instants among them are aware.
    """
    fields = {name: _instant(v) if isinstance(v, datetime) else v for name, v in call.items()}
    return _write(fields | {"number": callee.number.clear, "salt": callee.salt}).encode()


def digest(record: bytes) -> str:
    """SHA-256 in hex, as records of the audit log name what is exported."""
    return hashlib.sha256(record).hexdigest()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
