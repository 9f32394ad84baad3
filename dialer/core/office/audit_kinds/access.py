"""Records of access: who may do what by whose leave, and who looked at numbers in clear."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from dialer.core.office.grants import Denial, Grant
from dialer.core.office.looks import Look
from dialer.core.office.person_keys import PersonKey

ACCESS_GIVEN: Final = "access_given"
ACCESS_RECOVERED: Final = "access_recovered"
ACCESS_REVOKED: Final = "access_revoked"
ACCESS_REFUSED: Final = "access_refused"
KEY_REGISTERED: Final = "key_registered"
KEY_REVOKED: Final = "key_revoked"
LOOK: Final = "look"

KINDS: Final = {
    ACCESS_GIVEN: "somebody was given access; `by` is null for the first",
    ACCESS_RECOVERED: "the store's owner let an admin in again, without a token; `account` is the "
    "operating system's that did it, `why` its reason",
    ACCESS_REVOKED: "somebody's access was taken away",
    ACCESS_REFUSED: "a token was used that opens nothing, or not this, or what has not the form of "
    "a token; `by` is whose it is or was, null where it is nobody's; `right` what was to be done, "
    "null where nothing yet",
    KEY_REGISTERED: "somebody registered a key to sign with; `by` is whose word was given for it",
    KEY_REVOKED: "a key signs no more from now on",
    LOOK: "somebody is about to see numbers in clear",
}


def given(
    grant: Grant,
    second: str | None = None,
    signed: str | None = None,
    closed: Sequence[Grant] = (),
) -> dict[str, Any]:
    """`second` is the person who gave it together with `by`, `signed` the digest of their word.

    `closed` are the accesses of that name that the new one ends.
    """
    return _of(grant, closed) | {
        "by": grant.given_by,
        "second": second,
        "signed": signed,
        "expires": None if grant.expires_at is None else grant.expires_at.isoformat(),
    }


def key_registered(key: PersonKey, vouched: str | None) -> dict[str, Any]:
    """`signed` and `vouched` are the digests of the statements that were signed for it."""
    return {
        "user": key.name,
        "fingerprint": key.fingerprint,
        "signed": key.signed,
        "by": key.vouched_by or key.name,
        "vouched": vouched,
    }


def key_revoked(key: PersonKey) -> dict[str, Any]:
    return {"user": key.name, "fingerprint": key.fingerprint, "by": key.revoked_by}


def recovered(grant: Grant, account: str, why: str, closed: Sequence[Grant] = ()) -> dict[str, Any]:
    return _of(grant, closed) | {"account": account, "why": why}


def revoked(grant: Grant) -> dict[str, Any]:
    return _of(grant) | {"by": grant.revoked_by}


def refused(denial: Denial) -> dict[str, Any]:
    right = None if denial.right is None else denial.right.value
    return {"by": denial.by, "right": right, "why": denial.why}


def look(looked: Look) -> dict[str, Any]:
    return {
        "by": looked.by,
        "what": looked.what,
        "asked": dict(looked.asked),
        "rows": looked.rows,
        "why": looked.why,
    }


def token_digest(token_hash: str) -> str:
    """What stands for a token's hash: the log is read by more people than the table."""
    return hashlib.sha256(token_hash.encode("utf-8", "surrogatepass")).hexdigest()


def _of(grant: Grant, closed: Sequence[Grant] = ()) -> dict[str, Any]:
    body: dict[str, Any] = {
        "user": grant.name,
        "roles": sorted(grant.roles),
        "token": token_digest(grant.token_hash),
    }
    if closed:
        body["closed"] = [token_digest(each.token_hash) for each in closed]
    return body
