"""The leg of a call that came in, and the record of its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dialer.calls.leg import Leg, LegParts, Watcher, spoken_between
from dialer.calls.transfer import HandOver
from dialer.core.calls.call import Call, CallLimits
from dialer.core.calls.inbound import inbound_ending
from dialer.core.dialog.callback import CallbackDialog
from dialer.core.values.events import Arrived, KeysUnheard
from dialer.core.values.inbound_records import InboundEnd, InboundOrder
from dialer.core.values.outcome import Outcome
from dialer.ports.line import AnyLineEvent, Line

InboundLeg = Leg[InboundOrder, InboundEnd]


@dataclass(frozen=True, slots=True)
class House:
    """What the leg of a call that came in acts on.

    `suppress` writes that the caller is never to be called again and answers by
    `Leg.refusal_kept`; `complained` takes a complaint down; `fetch` hands the caller over to the
    operator; `answered` is told at the ACK; `keys_unheard` that no key can be heard; `wall` turns a
    monotonic instant into UTC.
    """

    line: Line
    suppress: Callable[[datetime], None]
    fetch: HandOver
    answered: Callable[[], None]
    keys_unheard: Callable[[KeysUnheard], None]
    wall: Callable[[float], datetime]
    complained: Callable[[datetime], None] | None = None


def inbound_leg(
    order: InboundOrder, arrived: Arrived, dialog: CallbackDialog, limits: CallLimits, house: House
) -> InboundLeg:
    """One call that came in; once `dialog` knows who calls, it is to be answered, or ended."""
    call, wall, watcher = Call(limits), house.wall, _InboundWatcher(house)

    def record(outcome: Outcome, now: float) -> InboundEnd:
        answered_at, ended_at = spoken_between(call, now, wall)
        answered = answered_at is not None
        return InboundEnd(
            call=order.call,
            ending=inbound_ending(
                outcome, dialog, turned_away=watcher.was_turned_away, answered=answered
            ),
            ended_at=ended_at,
            answered_at=answered_at,
            keys=dialog.keys,
        )

    parts = LegParts(
        line=house.line,
        first=arrived,
        wall=wall,
        record=record,
        watcher=watcher,
        refused=house.suppress,
        hand_over=house.fetch,
        complained=house.complained,
    )
    return InboundLeg(order.call, order, call, dialog, parts)


class _InboundWatcher(Watcher):
    def __init__(self, house: House) -> None:
        self._house = house
        self.was_turned_away = False

    def answered(self, _at: float) -> None:
        self._house.answered()

    def heard(self, event: AnyLineEvent, _at: float) -> None:
        if isinstance(event, KeysUnheard):
            self._house.keys_unheard(event)

    def turned_away(self) -> None:
        self.was_turned_away = True
