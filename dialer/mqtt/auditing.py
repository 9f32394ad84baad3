"""The part of the table of MQTT events that is of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from dialer.audit import SignedCheckpoint
from dialer.mqtt.words import Told, common
from dialer.ports.events import EventSink

_CHECKPOINT: Final[Mapping[str, str]] = {
    "chain": "string; the node whose log it is. `/desk` is added for commands that run "
    "beside the node",
    "sequence": "integer; number of the last record that it covers",
    "hash": "string; the record's hash, 64 hexadecimal digits",
    "signed_at": "integer; microseconds since 1970, UTC",
    "signer": "string; the public key, Ed25519, in hexadecimal digits",
    "signature": "string; 128 hexadecimal digits",
}
AUDITING: Final[Mapping[str, Told]] = {
    "audit_checkpoint": Told(
        "audit/checkpoint",
        "A checkpoint of an audit log was signed. A copy kept outside shows later that the "
        "log up to it is unchanged (docs/audit.md).",
        _CHECKPOINT,
    ),
    **{
        f"audit_anchor_{whose}": Told(
            f"audit/anchor/{whose}",
            f"The last checkpoint of the {what}, where `audit.anchor_mqtt` is set. The node asks "
            "for it when it starts, and does not start where its log does not hold it.",
            _CHECKPOINT,
            retained=True,
        )
        for whose, what in (("node", "node's own log"), ("desk", "log of commands beside the node"))
    },
}
ANCHOR_NODE: Final = AUDITING["audit_anchor_node"].topic
ANCHOR_DESK: Final = AUDITING["audit_anchor_desk"].topic


def checkpoint_signed(sink: EventSink, at: datetime, signed: SignedCheckpoint) -> None:
    sink.publish(AUDITING["audit_checkpoint"].topic, _payload(at, signed))


def anchored(sink: EventSink, at: datetime, signed: SignedCheckpoint, *, is_desk: bool) -> None:
    """Retained: the last of the node's own chain, or of its desk's."""
    sink.publish(ANCHOR_DESK if is_desk else ANCHOR_NODE, _payload(at, signed))


def _payload(at: datetime, signed: SignedCheckpoint) -> dict[str, object]:
    checkpoint = signed.checkpoint
    return {
        **common(at),
        "chain": checkpoint.node,
        "sequence": checkpoint.sequence,
        "hash": checkpoint.hash.hex(),
        "signed_at": checkpoint.at,
        "signer": signed.signer,
        "signature": signed.signature.hex(),
    }
