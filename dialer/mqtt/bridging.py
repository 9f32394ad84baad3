"""The part of the table of MQTT events that is of calls that come in, and of calls handed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from dialer.core.values.inbound_records import InboundEnd, LastCall
from dialer.core.values.legs import LegEnd, LegOrder
from dialer.mqtt.words import Told, campaign_words, common, span, topic_level
from dialer.ports.events import EventSink

_INBOUND: Final[Mapping[str, str]] = {
    "trunk": "string; trunk of the inbound call",
    "about": "string or null; id of our last call to the caller",
    "campaign": "string or null; the campaign of that call",
}
_LEG: Final[Mapping[str, str]] = {
    "leg": "string; id of the second leg, to the operator's person",
    "trunk": "string; trunk of the leg; for a REFER, of the call",
    "kind": "string; `bridge` or `refer`",
}

BRIDGING: Final[Mapping[str, Told]] = {
    "inbound_arrived": Told(
        "inbound/{call}/arrived",
        "Somebody calls one of our numbers and was admitted. The arrival is on record.",
        _INBOUND,
    ),
    "inbound_answered": Told(
        "inbound/{call}/answered", "The call is answered; the caller hears who we are.", _INBOUND
    ),
    "inbound_ended": Told(
        "inbound/{call}/ended",
        "An inbound call ended. There is exactly one event for each that arrived.",
        {
            **_INBOUND,
            "ending": "string; how it ended (docs/calling-back-and-bridging.md)",
            "talk_seconds": "number or null; answer to end",
        },
    ),
    "transfer_began": Told(
        "transfers/{call}/began",
        "A transfer of an outbound or inbound call begins. The leg is committed.",
        _LEG,
    ),
    "transfer_joined": Told(
        "transfers/{call}/joined", "The two legs are joined, or the REFER succeeded.", _LEG
    ),
    "transfer_ended": Told(
        "transfers/{call}/ended",
        "The second leg ended, joined or not.",
        {
            **_LEG,
            "who": "string; who ended it (docs/outcomes.md)",
            "reason": "string; why (docs/outcomes.md)",
            "sip_code": "integer or null; final SIP code",
            "joined_seconds": "number or null; time since the two legs were joined",
        },
    ),
}


class BridgingTeller:
    """Part of `dialer.mqtt.table.Teller`. `at` is aware UTC."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink

    def inbound_arrived(
        self, at: datetime, call: str, *, trunk: str, about: LastCall | None
    ) -> None:
        self._tell_inbound("inbound_arrived", at, call, _inbound(trunk, about))

    def inbound_answered(
        self, at: datetime, call: str, *, trunk: str, about: LastCall | None
    ) -> None:
        self._tell_inbound("inbound_answered", at, call, _inbound(trunk, about))

    def inbound_ended(
        self, call: str, end: InboundEnd, *, trunk: str, about: LastCall | None
    ) -> None:
        """The call's record is on disk. The keys that were pressed stay there."""
        talk = (end.ended_at - end.answered_at).total_seconds() if end.answered_at else None
        fields = {**_inbound(trunk, about), "ending": end.ending.value, "talk_seconds": span(talk)}
        self._tell_inbound("inbound_ended", end.ended_at, call, fields)

    def transfer_began(self, order: LegOrder) -> None:
        self._tell_transfer("transfer_began", order.at, order, {})

    def transfer_joined(self, at: datetime, order: LegOrder) -> None:
        self._tell_transfer("transfer_joined", at, order, {})

    def transfer_ended(self, order: LegOrder, end: LegEnd) -> None:
        last, joined_at = end.last, end.joined_at
        joined = None if joined_at is None else (last.ended_at - joined_at).total_seconds()
        fields: dict[str, object] = {
            "who": last.outcome.who.value,
            "reason": last.outcome.reason.value,
            "sip_code": last.outcome.sip_code,
            "joined_seconds": span(joined),
        }
        self._tell_transfer("transfer_ended", last.ended_at, order, fields)

    def _tell_inbound(self, kind: str, at: datetime, call: str, fields: dict[str, object]) -> None:
        topic = BRIDGING[kind].topic.format(call=topic_level(call))
        self._sink.publish(topic, {**common(at), **fields})

    def _tell_transfer(
        self, kind: str, at: datetime, order: LegOrder, fields: dict[str, object]
    ) -> None:
        topic = BRIDGING[kind].topic.format(call=topic_level(order.call))
        leg = {"leg": order.attempt, "trunk": order.trunk, "kind": order.kind.value}
        self._sink.publish(topic, {**common(at), **leg, **fields})


def _inbound(trunk: str, about: LastCall | None) -> dict[str, object]:
    return {
        "trunk": trunk,
        "about": None if about is None else about.call,
        "campaign": None if about is None else campaign_words(about.campaign)[0],
    }
