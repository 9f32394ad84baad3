"""The operator's side of a call that is handed over: placed, joined, ended, recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dialer.core.calls.call import Call, CallLimits, UnexpectedEventError
from dialer.core.calls.commands import Cancel, Finish, HangUp, SendInvite, StartConversation
from dialer.core.values.events import (
    CallEvent,
    DeadlinePassed,
    DialRequested,
    EndRequested,
    Joined,
    LocalEnded,
    TransferAsked,
)
from dialer.core.values.legs import LegEnd, LegOrder
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import AttemptEnd
from dialer.core.values.targets import Target
from dialer.ports.line import AnyLineEvent, Dial, Line

_log = logging.getLogger(__name__)


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


class SecondLeg:
    """One leg from its commit to its end; a `dialer.calls.live.Live`.

    `may_refer_to` are the targets that its far side may ask us to hand the callee on to.
    """

    def __init__(
        self,
        order: LegOrder,
        limits: CallLimits,
        outside: LegOutside,
        may_refer_to: tuple[Target, ...] = (),
    ) -> None:
        self.order = order
        self._call = Call(limits)
        self._line = outside.line
        self._sent = outside.sent
        self._answered = outside.answered
        self._asked = outside.asked
        self._wall = outside.wall
        self._may_refer_to = may_refer_to
        self._joined_at: float | None = None
        self._end: LegEnd | None = None

    @property
    def was_sent(self) -> bool:
        """Whether `sent` was told."""
        return self._call.sip_call_id is not None

    @property
    def was_joined(self) -> bool:
        return self._joined_at is not None

    def begin(self, now: float) -> LegEnd | None:
        """The leg is committed: send the INVITE."""
        return self._tell(DialRequested(), now)

    def take(self, event: AnyLineEvent, at: float) -> LegEnd | None:
        """One event of the line; of sound and transfers nothing is wanted here."""
        if isinstance(event, TransferAsked):
            self._asked(event.target)
        if not isinstance(event, CallEvent):
            return None
        was_sent = self.was_sent
        if isinstance(event, Joined) and self._joined_at is None:
            self._joined_at = at
        end = self._tell(event, at)
        if self.was_sent and not was_sent:
            self._sent(at)
        return end

    def wake(self, now: float) -> LegEnd | None:
        """A deadline has come."""
        return self._tell(DeadlinePassed(), now) if self._call.next_deadline() else None

    def end(self, reason: Reason, now: float) -> LegEnd | None:
        """We want the leg to end."""
        return self._tell(EndRequested(reason), now)

    def give_up(self, now: float) -> LegEnd | None:
        """The leg was told to end, and the line will not say that it did: here it is over."""
        return self._tell(LocalEnded(), now)

    def next_deadline(self) -> float | None:
        """The monotonic instant at which `wake` is wanted; None: never."""
        return None if self._end is not None else self._call.next_deadline()

    def _tell(self, event: CallEvent, now: float) -> LegEnd | None:
        if self._end is not None:
            return None
        try:
            commands = self._call.handle(event, now)
        except UnexpectedEventError as fault:
            _log.error("leg %s: %s", self.order.attempt, fault)
            return None
        for command in commands:
            match command:
                case SendInvite():
                    self._line.dial(self._dial())
                case Cancel() | HangUp():
                    self._line.end(self.order.attempt)
                case StartConversation():
                    self._answered()
                case Finish(outcome):
                    self._end = self._record(outcome, now)
        return self._end

    def _dial(self) -> Dial:
        order = self.order
        return Dial(
            attempt=order.attempt,
            trunk=order.trunk,
            callee=order.target,
            caller_id=order.caller_id,
            opening=None,
            may_refer_to=self._may_refer_to,
        )

    def _record(self, outcome: Outcome, now: float) -> LegEnd:
        answered_at, joined_at = self._call.answered_at, self._joined_at
        last = AttemptEnd(
            attempt=self.order.attempt,
            call=self.order.call,
            outcome=outcome,
            ended_at=self._wall(now),
            sip_call_id=self._call.sip_call_id,
            post_dial_delay=self._call.post_dial_delay,
            answered_at=None if answered_at is None else self._wall(answered_at),
        )
        return LegEnd(last, None if joined_at is None else self._wall(joined_at))
