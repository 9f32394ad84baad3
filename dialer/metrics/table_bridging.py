"""The part of the table of metrics that is of calls that come in, and of calls handed over."""

from __future__ import annotations

from dialer.metrics.declared import Declared, Kind

BRIDGING: tuple[Declared, ...] = (
    Declared(
        "dialer_inbound_turned_away_total",
        Kind.COUNTER,
        "calls",
        "Calls to us that were not let in: `stranger` (403: no trunk of ours), `not_ours` (404: no "
        "number of ours), `closing` (503), `caller` (486: one caller too often), `flood` (503: too "
        "many in one second), `full` (503: too many at once).",
        ("why",),
    ),
    Declared(
        "dialer_inbound_calls_total",
        Kind.COUNTER,
        "calls",
        "Calls that were let in and have ended, by how (docs/calling-back-and-bridging.md).",
        ("ending",),
    ),
    Declared(
        "dialer_inbound_answered_total",
        Kind.COUNTER,
        "calls",
        "Calls that came in and were answered; `known` where we had called that number before.",
        ("caller",),
    ),
    Declared(
        "dialer_inbound_live",
        Kind.GAUGE,
        "calls",
        "Calls that came in and have not ended.",
    ),
    Declared(
        "dialer_transfers_total",
        Kind.COUNTER,
        "transfers",
        "Calls handed over to the operator's own people: `bridge` or `refer`, and whether they "
        "were `joined`, `failed`, or `called_off` because nobody waited any more.",
        ("way", "result"),
    ),
)
