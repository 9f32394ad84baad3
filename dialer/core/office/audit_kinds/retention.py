"""Records of the life of data: campaigns that end, and what is destroyed after that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

CAMPAIGN_ENDED: Final = "campaign_ended"
DESTRUCTION_BEGUN: Final = "destruction_begun"
DESTROYED: Final = "destroyed"
CLOCK_CONFIRMED: Final = "clock_confirmed"

KINDS: Final = {
    CAMPAIGN_ENDED: "a campaign calls nobody from now on",
    DESTRUCTION_BEGUN: "data is being destroyed: its keys are gone",
    DESTROYED: "data was destroyed; `digest` is that of its certificate",
    CLOCK_CONFIRMED: "somebody said that a clock far ahead of the last record is right",
}


def campaign_ended(campaign: str, by: str, ended_at: str) -> dict[str, Any]:
    return {"campaign": campaign, "by": by, "ended_at": ended_at}


def begun(
    destruction: str, matter: str, subject: str, by: str, keys: Sequence[str]
) -> dict[str, Any]:
    """`subject` is a campaign's name, or the keyed hash of a number in hex."""
    return {
        "destruction": destruction,
        "matter": matter,
        "subject": subject,
        "by": by,
        "keys": list(keys),
    }


def destroyed(
    destruction: str, matter: str, subject: str, digest: str, counts: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "destruction": destruction,
        "matter": matter,
        "subject": subject,
        "digest": digest,
        "counts": dict(counts),
    }


def clock_confirmed(by: str, shown: str) -> dict[str, Any]:
    """`shown` is what the clock showed."""
    return {"by": by, "shown": shown}
