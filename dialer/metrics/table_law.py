"""The metrics of what the law holds a node to."""

from __future__ import annotations

from typing import Final

from dialer.metrics.declared import Declared, Kind

LAW: Final = (
    Declared(
        "dialer_launches_held",
        Kind.GAUGE,
        "1 or 0",
        "1 while a rule pauses dialing on the node: `store_away` (the database is away), "
        "`clock_sane` (the wall clock is in doubt), or `abandon_rate` (one more abandoned "
        "call could exceed the limit, docs/gate.md).",
        ("rule",),
    ),
    Declared(
        "dialer_live_answers_total",
        Kind.COUNTER,
        "calls",
        "Calls that people answered: somebody was heard, or the call was abandoned.",
    ),
    Declared(
        "dialer_abandoned_calls_total",
        Kind.COUNTER,
        "calls",
        "Live answers to whom nobody spoke within 2 s: no notice, or no person where one was "
        "promised. The law's limit is over 30 days of one campaign (docs/gate.md).",
    ),
)
