"""The part of the table of MQTT events that is of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from dialer.audit import SignedCheckpoint
from dialer.mqtt.words import Told, common
from dialer.ports.events import EventSink

AUDITING: Final[Mapping[str, Told]] = {
    "audit_checkpoint": Told(
        "audit/checkpoint",
        "A checkpoint of an audit log was signed. A copy kept outside shows later that the "
        "log up to it is unchanged (docs/audit.md).",
        {
            "chain": "string; the node whose log it is. `/desk` is added for commands that run "
            "beside the node",
            "sequence": "integer; number of the last record that it covers",
            "hash": "string; the record's hash, 64 hexadecimal digits",
            "signed_at": "integer; microseconds since 1970, UTC",
            "signer": "string; the public key, Ed25519, in hexadecimal digits",
            "signature": "string; 128 hexadecimal digits",
        },
    ),
    **{
        f"audit_anchor_{whose}": Told(
            f"audit/anchor/{whose}",
            f"The last checkpoint of the {what}, where `audit.anchor_mqtt` is set. The node asks for "
            "it when it starts, and does not start where its log does not hold it.",
            {
                "node": "string; the chain",
                "sequence": "integer; number of the last record that it covers",
                "hash": "string; the record's hash, 64 hexadecimal digits",
                "at": "integer; microseconds since 1970, UTC",
                "signer": "string; the public key, Ed25519, in hexadecimal digits",
                "signature": "string; 128 hexadecimal digits",
            },
            retained=True,
        )
        for whose, what in (("node", "node's own log"), ("desk", "log of commands beside the node"))
    },
}
ANCHOR_NODE: Final = AUDITING["audit_anchor_node"].topic
ANCHOR_DESK: Final = AUDITING["audit_anchor_desk"].topic


def checkpoint_signed(sink: EventSink, at: datetime, signed: SignedCheckpoint) -> None:
    checkpoint = signed.checkpoint
    payload = {
        **common(at),
        "chain": checkpoint.node,
        "sequence": checkpoint.sequence,
        "hash": checkpoint.hash.hex(),
        "signed_at": checkpoint.at,
        "signer": signed.signer,
        "signature": signed.signature.hex(),
    }
    sink.publish(AUDITING["audit_checkpoint"].topic, payload)
