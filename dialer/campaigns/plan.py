"""What a campaign dials, and by which rules its calls are judged and bounded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from audio.prompts import Prompt
from dialer.core.calls.call import CallLimits
from dialer.core.calls.grading import GradeRule
from dialer.core.dialog.script import Script
from dialer.core.gate.compliance import Gate
from dialer.core.values.number import E164
from dialer.core.values.records import Contact
from dialer.core.values.retry import MOST_CALLS
from dialer.ports.desks import Complain

Say = Callable[[str], Prompt]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to dial. `prepare` makes a contact's prompts; `fresh` tells a first run from a later."""

    id: int
    name: str
    purpose: str
    caller_id: E164
    script: Script
    concurrency: int
    prepare: Callable[[Contact], Awaitable[Say]]
    fresh: bool
    script_version: str = ""
    """The hash of what is said; the gate asks whether it is approved."""
    grades: tuple[GradeRule, ...] = ()
    """How its calls are graded."""


@dataclass(frozen=True, slots=True)
class CallRules:
    """How the calls of every campaign of a node are judged and bounded."""

    gate: Gate
    limits: CallLimits
    abandon_bound: bool = False
    """Whether the law bounds how many answered calls may be abandoned."""
    fault_calls: int = MOST_CALLS
    """Calls to a contact that may come to nothing by the carriers' fault."""
    hears: bool = False
    """Whether a recogniser tells what callees say."""
    complain: Complain | None = None
    """Takes a complaint down."""
