"""What is told of a call's life, in one place: metrics, MQTT events, and the summary's figures."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from dialer.core.gate.abandonment import counted
from dialer.core.values.recordings import RecordingEnd
from dialer.core.values.records import AttemptEnd, AttemptOrder, CallEnd
from dialer.core.values.verdict import Deny
from dialer.metrics.node import Metrics
from dialer.mqtt.table import CallRef, Teller

KEPT: Final = 10_000
"""Of each figure the last so many are kept for the summary: enough for a p99, bounded for a day."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Figures:
    """Seconds measured in the last calls, for the summary at the end of a run."""

    post_dial_delay: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    first_packet: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    notice: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    barge_in: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))


class Observer:
    """Tells every listener of one campaign's calls; costs microseconds and never raises."""

    def __init__(self, metrics: Metrics, teller: Teller, campaign: str) -> None:
        self._metrics = metrics
        self._teller = teller
        self._campaign = campaign
        self.figures = Figures()

    def dialing(self, order: AttemptOrder) -> None:
        self._metrics.attempt_sent(order.trunk)
        self._teller.call_dialing(order.at, self._ref(order), number_in_call=order.number_in_call)

    def refused(self, verdict: Deny) -> None:
        self._metrics.refused(verdict.rule)

    def ringing(
        self,
        order: AttemptOrder,
        at: datetime,
        *,
        sip_code: int,
        early_media: bool,
        post_dial_delay: float,
    ) -> None:
        """The first reply above 100 came."""
        self._metrics.progressed(order.trunk, post_dial_delay)
        self.figures.post_dial_delay.append(post_dial_delay)
        self._teller.call_ringing(
            at,
            self._ref(order),
            sip_code=sip_code,
            early_media=early_media,
            post_dial_delay=post_dial_delay,
        )

    def answered(self, order: AttemptOrder, at: datetime, *, setup: float) -> None:
        self._metrics.answered(order.trunk)
        self._teller.call_answered(at, self._ref(order), setup=setup)

    def answered_late(self, order: AttemptOrder) -> None:
        """An INVITE that was given up is answered after all."""
        self._metrics.answered_late(order.trunk)

    def first_packet(self, seconds: float) -> None:
        self._metrics.first_packet(seconds)
        self.figures.first_packet.append(seconds)

    def notice(self, order: AttemptOrder, at: datetime, *, spoken: float | None) -> None:
        """Who is calling was told, so many seconds after the answer; None: not in time."""
        if spoken is not None:
            self._metrics.notice_spoken(spoken)
            self.figures.notice.append(spoken)
        self._teller.call_notice(at, self._ref(order), spoken=spoken)

    def barged_in(self, order: AttemptOrder, at: datetime, *, latency: float) -> None:
        self._metrics.barged_in(latency)
        self.figures.barge_in.append(latency)
        self._teller.call_barge_in(at, self._ref(order), latency=latency)

    def digits_unheard(self, order: AttemptOrder, codec: str) -> None:
        """No key of the callee's is sure to be heard."""
        self._metrics.digits_unheard(order.trunk)
        _log.warning(
            "attempt %s: its callee's keys may not be heard: no telephone-event was agreed on, and "
            "%s may lose tones; unless a key comes after all the number is not called again",
            order.attempt,
            codec,
        )

    def attempt_ended(self, order: AttemptOrder, end: AttemptEnd) -> None:
        """An attempt is on record, and the call goes on over another trunk."""
        self._metrics.attempt_ended(order.trunk, end.outcome)
        self._teller.attempt_ended(self._ref(order), end)

    def ended(self, order: AttemptOrder, end: CallEnd) -> None:
        """The call's record is on disk."""
        last = end.last
        talk = (last.ended_at - last.answered_at).total_seconds() if last.answered_at else 0.0
        self._metrics.attempt_ended(order.trunk, last.outcome, talk)
        self._metrics.call_ended(last.outcome)
        self._metrics.answers(*counted(last))
        self._teller.call_ended(self._ref(order), end)

    def recorded(self, order: AttemptOrder, end: RecordingEnd) -> None:
        """What came of the call's recording; it may be told after the call's own end."""
        self._metrics.recording_ended(end.state, end.lost)
        self._teller.call_recording(end.ended_at, self._ref(order), end)

    def load(self, *, live: int, trunk: str, channels_used: int) -> None:
        """A call began or ended."""
        self._metrics.calls_live(live)
        self._metrics.channels_used(trunk, channels_used)

    def _ref(self, order: AttemptOrder) -> CallRef:
        return CallRef(self._campaign, order.call, order.attempt, order.trunk)
