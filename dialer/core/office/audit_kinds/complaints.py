"""Records of complaints: who did what when. What was said is personal data, and not here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

COMPLAINT_OPENED: Final = "complaint_opened"
COMPLAINT_MOVED: Final = "complaint_moved"

KINDS: Final = {
    COMPLAINT_OPENED: "a complaint was taken down, its number suppressed, its evidence held back",
    COMPLAINT_MOVED: "a complaint was answered, closed or opened again",
}


def opened(
    complaint: str, number: bytes, by: str, about: str | None, evidence: Sequence[str]
) -> dict[str, Any]:
    """`about` is the call that it names, `evidence` all calls that are held back for it."""
    return {
        "complaint": complaint,
        "number": number.hex(),
        "by": by,
        "call": about,
        "evidence": list(evidence),
    }


def moved(complaint: str, move: str, by: str, signed: str | None) -> dict[str, Any]:
    """`signed` is the digest of the statement by which it was closed."""
    return {"complaint": complaint, "move": move, "by": by, "signed": signed}
