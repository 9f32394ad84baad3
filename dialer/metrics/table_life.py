"""The part of the table of metrics that is of complaints and of the life of data."""

from __future__ import annotations

from dialer.metrics.declared import Declared, Kind

LIFE: tuple[Declared, ...] = (
    Declared(
        "dialer_complaints",
        Kind.GAUGE,
        "complaints",
        "Complaints of the whole store by state: `open` (not closed), of these `unanswered`, "
        "and of these `overdue` (for more than 24 h). Refreshed every half minute.",
        ("state",),
    ),
    Declared(
        "dialer_complaint_answer_due_timestamp_seconds",
        Kind.GAUGE,
        "seconds",
        "When the first unanswered complaint must be answered. NaN where all are answered.",
    ),
    Declared(
        "dialer_retention_run_timestamp_seconds",
        Kind.GAUGE,
        "seconds",
        "Time of the last retention run, which destroys data past its term. 0 before the "
        "first run.",
    ),
    Declared(
        "dialer_retention_refused",
        Kind.GAUGE,
        "",
        "1 if the last retention run destroyed nothing because the clock was in doubt or the "
        "store was away. The log says why.",
    ),
    Declared(
        "dialer_retention_late",
        Kind.GAUGE,
        "campaigns",
        "Campaigns whose contact data should have been destroyed by now.",
    ),
)
