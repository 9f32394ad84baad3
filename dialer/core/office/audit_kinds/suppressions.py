"""Records of the book of suppressions, where people change it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

OWN_LISTED: Final = "own_listed"
SUPPRESSION_LIFTED: Final = "suppression_lifted"
FORGOTTEN: Final = "forgotten"
LIST_IMPORTED: Final = "list_imported"
NUMBERS_RESPELLED: Final = "numbers_respelled"
NUMBER_RESPELLED: Final = "number_respelled"

KINDS: Final = {
    OWN_LISTED: "a number was put on our own do-not-call list",
    SUPPRESSION_LIFTED: "a number was taken from our own do-not-call list",
    FORGOTTEN: "a person asked for their data to be destroyed: never to be called again",
    NUMBERS_RESPELLED: "an upgrade found numbers in another spelling: how many, where",
    NUMBER_RESPELLED: "what was kept of a number under another spelling (`was`) is its own now",
    LIST_IMPORTED: "a list of somebody else's came into force; `replaced` imports went with "
    "it, and `gone` numbers are on no list of its name any more",
}


def by_hand(number: bytes, by: str, reason: str) -> dict[str, Any]:
    """`reason` is kept in clear, and was checked to hold no number."""
    return {"number": number.hex(), "by": by, "reason": reason}


def respelled(number: str, was: str) -> dict[str, Any]:
    """Both are keyed hashes in hex: the one spelling's, and the other's that is no more."""
    return {"number": number, "was": was}


def lifted(number: bytes, by: str, reason: str, why: str, since: datetime | None) -> dict[str, Any]:
    """`why` the number was in the book until now, and `since` when."""
    entry = {"why": why, "since": None if since is None else since.isoformat()}
    return by_hand(number, by, reason) | entry


def list_imported(
    name: str, source: str, digest: str, until: datetime | None, numbers: int
) -> dict[str, Any]:
    """`digest` is the file's, `numbers` how many it held."""
    return {
        "list": name,
        "source": source,
        "digest": digest,
        "until": None if until is None else until.isoformat(),
        "numbers": numbers,
    }


def in_force(
    body: dict[str, Any],
    by: str,
    import_: int,
    hashes: str,
    ended: Sequence[int],
    gone: int,
    signed: str | None,
) -> dict[str, Any]:
    """What `list_imported` gives, with who did it, the import's number, what it ended and drops.

    `hashes` is the digest of the keyed hashes of all its numbers, in their order; `signed` that of
    the statement by which it replaced others.
    """
    return body | {
        "by": by,
        "import": import_,
        "hashes": hashes,
        "replaced": len(ended),
        "ended": list(ended),
        "gone": gone,
        "signed": signed,
    }
