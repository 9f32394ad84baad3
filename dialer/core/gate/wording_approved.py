"""The rule that what is said is approved: its standing, asked in the gate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from dialer.core.gate.compliance import ASK_AGAIN, Allow, Deny, Rule, Verdict
from dialer.core.values.records import AttemptOrder, History
from dialer.core.values.standing import ApprovalState, Standing

WORDING_APPROVED: Final = "wording_approved"


def wording_approved() -> Rule:
    """The words that the call would say are approved, byte for byte.

    A denial is a fault of our set-up, not of the contact's: it is asked about again later. On a
    lab's trunk no person hears the call, so that words may be tried there before they are approved;
    but what somebody has rejected is not said there either.
    """

    def judge(order: AttemptOrder, history: History) -> Verdict:
        lab = order.lab_at is not None
        why = why_not_said(order.script_version, history.wording, order.at, lab=lab)
        if why is None:
            return Allow()
        return Deny(WORDING_APPROVED, why, order.at + ASK_AGAIN, again=True)

    return Rule(WORDING_APPROVED, judge)


def why_not_said(
    version: str, standing: Standing | None, now: datetime, *, lab: bool
) -> str | None:
    """Why the words of `version`, a content's hash, may not be said now; None where they may.

    In plain words that name nobody. `standing` is None where nobody ever submitted them; `lab`
    tells that it is a lab's trunk that they would be said on.
    """
    if lab and (standing is None or standing.state not in {ApprovalState.REJECTED, None}):
        return None
    if standing is None:
        return "these words were never submitted for approval, or were changed since"
    name = f"version {version[:12]} of the script"
    if standing.state is not ApprovalState.APPROVED:
        return f"{name} {_STANDING[standing.state]}"
    if not standing.signed:
        return (
            f"the approval of {name} is not signed by who gave it: have it withdrawn, submitted "
            "and approved anew"
        )
    if standing.since > now:
        return f"the approval of {name} lies in the future: clock gone back"
    return None


_STANDING: Final[Mapping[ApprovalState | None, str]] = MappingProxyType(
    {
        None: "has a record that does not hold together",
        ApprovalState.DRAFT: "is a draft: it must be submitted and approved",
        ApprovalState.SUBMITTED: "waits for approval by someone who did not write it",
        ApprovalState.REJECTED: "was rejected, or its approval was withdrawn",
        ApprovalState.SUPERSEDED: "was superseded by a later one",
    }
)
