"""Records of scripts: every step towards the approval of a version, and every one back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dialer.core.dialog.approval import ApprovalStep, Version

SCRIPT_STEP: Final = "script_step"

KINDS: Final = {
    SCRIPT_STEP: "a version of a script was submitted, recalled, played to somebody, approved, "
    "rejected, withdrawn or superseded; `why` is the digest of the reason, `signed` that of the "
    "statement that an approver has signed",
}


def script_step(version: Version, step: ApprovalStep, position: int) -> dict[str, Any]:
    """`version` is known by the digest of all that it says; `position` counts its steps from 1.

    The reason is free text and might name somebody: it is there by its digest, and in clear beside
    the version.
    """
    return {
        "version": version.hash,
        "script": version.subject.script,
        "purpose": version.subject.purpose,
        "industry": version.subject.industry,
        "authors": list(version.authors),
        "position": position,
        "action": step.action.value,
        "by": step.who,
        "why": hashlib.sha256(step.why.encode("utf-8", "surrogatepass")).hexdigest(),
        "signed": step.signed,
    }
