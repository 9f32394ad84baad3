"""The operator's side of a call that is handed over: a leg without words, to be joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dialer.calls.leg import Leg, LegParts, Watcher, attempt_end
from dialer.core.calls.call import Call, CallLimits
from dialer.core.dialog.dialog import NoDialog
from dialer.core.values.events import TransferAsked
from dialer.core.values.legs import LegEnd, LegOrder
from dialer.core.values.outcome import Outcome
from dialer.core.values.targets import Target
from dialer.ports.line import AnyLineEvent, Dial, Line

SecondLeg = Leg[LegOrder, LegEnd]


@dataclass(frozen=True, slots=True)
class LegOutside:
    """What a leg acts on.

    `sent` is told when the INVITE has left, with the monotonic time; `answered` at the 200; `asked`
    when the far side wants the callee handed on; `wall` turns a monotonic instant into UTC.
    """

    line: Line
    sent: Callable[[float], None]
    answered: Callable[[], None]
    asked: Callable[[Target], None]
    wall: Callable[[float], datetime]


def second_leg(
    order: LegOrder,
    limits: CallLimits,
    outside: LegOutside,
    may_refer_to: tuple[Target, ...] = (),
) -> SecondLeg:
    """One second leg; to `may_refer_to` its far side may ask us to hand the callee on."""
    call, wall = Call(limits), outside.wall
    first = Dial(order.attempt, order.trunk, order.target, order.caller_id, None, may_refer_to)

    def record(outcome: Outcome, now: float) -> LegEnd:
        joined_at = leg.joined_at
        last = attempt_end(order, call, outcome, now, wall)
        return LegEnd(last, None if joined_at is None else wall(joined_at))

    parts = LegParts(outside.line, first, wall, record, _SecondLegWatcher(outside))
    leg = SecondLeg(order.attempt, order, call, NoDialog(), parts)
    return leg


class _SecondLegWatcher(Watcher):
    def __init__(self, outside: LegOutside) -> None:
        self._outside = outside

    def sent(self, at: float) -> None:
        self._outside.sent(at)

    def opened(self, _at: float) -> None:
        self._outside.answered()

    def heard(self, event: AnyLineEvent, _at: float) -> None:
        if isinstance(event, TransferAsked):
            self._outside.asked(event.target)
