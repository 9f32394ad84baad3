"""The part of the table of metrics that is of calls that come in, and of calls handed over."""

from __future__ import annotations

from dialer.metrics.declared import Declared, Kind

BRIDGING: tuple[Declared, ...] = (
    Declared(
        "dialer_inbound_turned_away_total",
        Kind.COUNTER,
        "calls",
        "Inbound calls that were rejected: `stranger` (403: its address is a trunk's no more), "
        "`not_ours` (404: not a number of ours), `closing` (503), `caller` (486: one caller "
        "too often), `flood` (503: too many in one second), `full` (503: too many at once).",
        ("why",),
    ),
    Declared(
        "dialer_inbound_passports_total",
        Kind.COUNTER,
        "calls",
        "Inbound calls of trunks with `stir_trust`, by the best that their Identity headers are: "
        "attestation `a` (believed), `b` or `c`; `replayed`, `stale` (PASSporT or certificate), "
        "`other_number`, `bad_signature`, `unknown_certificate`, `unreadable`, `none`.",
        ("verdict",),
    ),
    Declared(
        "dialer_inbound_calls_total",
        Kind.COUNTER,
        "calls",
        "Inbound calls that were admitted and have ended, by how they ended "
        "(docs/calling-back-and-bridging.md).",
        ("ending",),
    ),
    Declared(
        "dialer_inbound_answered_total",
        Kind.COUNTER,
        "calls",
        "Inbound calls that were answered. `known`: we had called that number before.",
        ("caller",),
    ),
    Declared(
        "dialer_inbound_live",
        Kind.GAUGE,
        "calls",
        "Inbound calls that have not ended.",
    ),
    Declared(
        "dialer_transfers_total",
        Kind.COUNTER,
        "transfers",
        "Transfers to the operator's people, by way (`bridge` or `refer`) and result: "
        "`joined`, `failed`, or `called_off` because the other side was no longer waiting.",
        ("way", "result"),
    ),
)
