"""The metrics of what the law holds a node to."""

from __future__ import annotations

from typing import Final

from dialer.metrics.declared import Declared, Kind

LAW: Final = (
    Declared(
        "dialer_launches_held",
        Kind.GAUGE,
        "1 or 0",
        "1 while no call is launched because a rule holds the whole node: `store_away` while the "
        "database is away, `clock_sane` where the "
        "wall clock cannot be believed, `abandon_rate` where one more abandoned call would be one "
        "too many (docs/gate.md).",
        ("rule",),
    ),
    Declared(
        "dialer_live_answers_total",
        Kind.COUNTER,
        "calls",
        "Calls that people answered: somebody was heard, or was left alone.",
    ),
    Declared(
        "dialer_abandoned_calls_total",
        Kind.COUNTER,
        "calls",
        "Those of them to whom nobody spoke within 2 s: no notice, or no person where one was "
        "promised. The law's bound is over 30 days of one campaign (docs/gate.md).",
    ),
)
