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
    complaint: str,
    number: bytes,
    by: str,
    about: str | None,
    evidence: Sequence[str],
    text: str,
    *,
    suppressed: bool,
) -> dict[str, Any]:
    """`about` is the call that it names, `evidence` all calls that are held back for it.

    `text` is the digest of the sealed words; `suppressed`: the number was in the book for no
    complaint before.
    """
    return {
        "complaint": complaint,
        "number": number.hex(),
        "by": by,
        "call": about,
        "evidence": list(evidence),
        "text": text,
        "suppressed": suppressed,
    }


def moved(
    complaint: str, step: int, move: str, by: str, text: str, signed: str | None
) -> dict[str, Any]:
    """`step` counts from 1; `text` is the digest of the sealed words.

    `signed` is the digest of the statement by which it was closed.
    """
    of = {"complaint": complaint, "step": step, "move": move, "by": by}
    return of | {"text": text, "signed": signed}
