"""One callee sees one number of ours: whoever rings back a number they know reaches who rang them.

Who is shown now this number, now that one, cannot tell our calls from a stranger's, cannot block
them, and is being led past the marks that others have put on a number. So what a callee has been
shown binds every campaign, every node and every run, until the operator has given that number up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dialer.core.gate.caller_id import CallerIds
from dialer.core.gate.compliance import Allow, Deny, Rule, Verdict
from dialer.core.values.months import months_after
from dialer.core.values.records import AttemptOrder, History, Shown

ONE_NUMBER: Final = "one_number"
_WHY: Final = "this callee knows another of our numbers: one callee sees one number"


@dataclass(frozen=True, slots=True)
class OneNumber:
    """For how many calendar months a callee is bound to the number shown last; None: for ever.

    Raises ValueError for less than 1.
    """

    months: int | None = None

    def __post_init__(self) -> None:
        if self.months is not None and self.months < 1:
            raise ValueError("one_number: at least 1 month")


def one_number(caller_ids: CallerIds, memory: OneNumber) -> Rule:
    """The callee sees the number that they were shown last, of those that are still ours.

    A number is given up when it is taken off every trunk; one whose proof has run out is still
    there, and still binds: else a lapse would be a way to change numbers. A committed attempt
    counts as shown, whether or not the phone rang.
    """

    def judge(order: AttemptOrder, history: History) -> Verdict:
        kept = [
            shown
            for shown in history.shown
            if caller_ids.is_ours(shown.caller_id) and not _forgotten(memory, shown, order.at)
        ]
        if not kept or max(kept, key=lambda shown: shown.at).caller_id == order.caller_id:
            return Allow()
        return Deny(ONE_NUMBER, _WHY)

    return Rule(ONE_NUMBER, judge)


def _forgotten(memory: OneNumber, shown: Shown, at: datetime) -> bool:
    return memory.months is not None and at >= months_after(shown.at, memory.months)
