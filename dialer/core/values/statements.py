"""What a person signs with their own key: an act, in words that name all that it changes.

The text is canonical: the same act by the same person at the same second is the same text, and a
text is one act's only. Values are JSON, so that none of them can hold a line of its own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from dialer.core.values.refused import Refused

UNSIGNED_BEFORE: Final = "unsigned, before 0.2"
"""What stands in place of a signature where something was approved before there were any."""
SIGNED_WITHIN: Final = timedelta(days=1)
"""How old a signature may be that was made elsewhere."""
_AHEAD: Final = timedelta(minutes=2)
_HEAD: Final = "veridial statement 1"
_LINE: Final = re.compile(r"([a-z_]+): (.+)")


class Act(StrEnum):
    """What is signed."""

    APPROVE_SCRIPT = "approve script"
    APPROVE_CONFIGURATION = "approve configuration"
    WITHDRAW_CONFIGURATION = "withdraw configuration"
    CLOSE_COMPLAINT = "close complaint"
    REPLACE_LIST = "replace suppression list"
    GRANT_COMPLIANCE = "grant compliance"
    REGISTER_KEY = "register key"


@dataclass(frozen=True, slots=True)
class Statement:
    """One act of the user `by`. `named` says of what; `at` is aware, and counts to the second."""

    act: Act
    operator: str
    named: Mapping[str, str]
    by: str
    at: datetime

    @property
    def text(self) -> str:
        """What is signed, to the byte."""
        at = self.at.astimezone(UTC).isoformat(timespec="seconds")
        said = {"act": self.act.value, "operator": self.operator, **self.named}
        lines = [f"{key}: {json.dumps(value)}" for key, value in (*said.items(), ("by", self.by))]
        return "\n".join((_HEAD, *lines, f'at: "{at}"', ""))


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement's text and a signature over it, as `ssh-keygen -Y sign` writes it; unchecked."""

    text: str
    signature: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was checked, as it is kept: whose it is, and by which of their keys."""

    text: str
    signature: str
    key: str
    """The key's fingerprint."""
    by: str
    at: datetime

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hex: the name of the signature, which serves one act only."""
        return digest_of(self.text)

    @classmethod
    def of(cls, signed: Signed, key: str, by: str, at: datetime) -> Self:
        return cls(signed.text, signed.signature, key, by, at)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def said_in(text: str) -> dict[str, str]:
    """What a statement says, by its keys; empty where the text is none."""
    head, *lines = text.split("\n")
    if head != _HEAD or not lines or lines.pop():
        return {}
    said = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        try:
            value = json.loads(found[2]) if found else None
        except ValueError:
            value = None
        if found is None or not isinstance(value, str) or found[1] in said:
            return {}
        said[found[1]] = value
    return said


def names(text: str, act: Act, by: str, **named: str) -> bool:
    """Whether the text is a statement of this act by this user, that says all of `named`."""
    said = said_in(text)
    return bool(said) and all(
        said.get(key) == value for key, value in {"act": act, "by": by, **named}.items()
    )


def fault_of_statement(text: str, wanted: Statement, now: datetime) -> Refused | None:
    """Why a text that was signed is not the statement that is `wanted`, whenever it was made."""
    try:
        at = datetime.fromisoformat(said_in(text).get("at", ""))
        is_it = text == replace(wanted, at=at).text
    except ValueError:
        at, is_it = now, False
    if not is_it:
        return Refused(
            f"what was signed is not this: {wanted.act.value}; --statement shows the text to sign"
        )
    if not now - SIGNED_WITHIN <= at <= now + _AHEAD:
        return Refused("the signature is more than a day old, or of a time to come: sign it anew")
    return None
