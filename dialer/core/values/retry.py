"""When a contact is called again whose call came to nothing by no doing of the callee; or never."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from dialer.core.values.outcome import Outcome, Reason, is_carriers_fault

CARRIER_FAULT: Final = "carrier_fault"
"""What a contact waits for that all carriers have failed, where records name the gate's rule."""
COMMIT_LATE: Final = Reason.COMMIT_LATE.value
"""What one waits for that our own database was too slow for: no carrier's fault, and no limit."""
CALLED_AGAIN: Final = (CARRIER_FAULT, COMMIT_LATE)
"""All that contacts wait for which were not reached and are called again in the same run."""

ASKED_LATER: Final = "asked_later"
"""What one waits for who has asked for a call at another time. No run waits for it: who runs the
campaign again calls them, where the gate allows it by then."""
LATER_AFTER: Final = timedelta(hours=2)
"""After the call in which that was asked: longer than the hour of any rule of frequency."""

FIRST_WAIT: Final = timedelta(seconds=60)
"""Longer than any INVITE lives that was given up (64*T1, RFC 3261 17.1.1.2): whoever answers one
late is known to have been reached before they are called again."""
COMMIT_WAIT: Final = timedelta(seconds=5)
"""After the first commit that took too long, where no INVITE was sent that could be answered."""
LONGEST_WAIT: Final = timedelta(minutes=15)
MOST_CALLS: Final = 10
"""After so many calls the fault is no passing one: the contact is done with, and the record says
why. The waits before add up to an hour and a half."""


def wait_after(faults: int, most_calls: int = MOST_CALLS) -> timedelta | None:
    """How long to wait after so many calls by the carriers' fault; None: no more calls.

    Each wait is twice the one before, up to the longest. Raises ValueError for fewer than 1.
    """
    if faults < 1:
        raise ValueError("faults: at least 1")
    if faults >= most_calls:
        return None
    doublings = min(faults - 1, 10)  # by then the longest has long been reached
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << doublings))


def wait_after_late_commit(before: int, *, invited: bool) -> timedelta:
    """How long to wait after a commit that took too long: for ever, but ever longer.

    `before` is how many calls of the contact ended so already; `invited`: this one has sent an
    INVITE, on another trunk, that may be answered yet.
    """
    wait = min(LONGEST_WAIT, COMMIT_WAIT * (1 << min(before, 10)))
    return max(wait, FIRST_WAIT) if invited else wait


def waits_for(outcome: Outcome) -> str:
    """What a contact waits for whose call ended so and that is called again."""
    if outcome.reason is Reason.COMMIT_LATE:
        return COMMIT_LATE
    return CARRIER_FAULT if is_carriers_fault(outcome) else ASKED_LATER
