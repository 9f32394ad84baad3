"""The part of the table of metrics that is of complaints and of the life of data."""

from __future__ import annotations

from dialer.metrics.declared import Declared, Kind

LIFE: tuple[Declared, ...] = (
    Declared(
        "dialer_complaints",
        Kind.GAUGE,
        "complaints",
        "Complaints by where they stand: `open` (not closed), of these `unanswered`, and of these "
        "`overdue` (for more than 24 h). Of the whole store, looked up every half minute.",
        ("state",),
    ),
    Declared(
        "dialer_complaint_answer_due_timestamp_seconds",
        Kind.GAUGE,
        "seconds",
        "When the first of the unanswered complaints must be answered; NaN where all are.",
    ),
    Declared(
        "dialer_retention_run_timestamp_seconds",
        Kind.GAUGE,
        "seconds",
        "When data that is over its term was last looked for, and destroyed; 0 before the first.",
    ),
    Declared(
        "dialer_retention_refused",
        Kind.GAUGE,
        "",
        "1 where the last look destroyed nothing because the clock was in doubt or the store could "
        "not be had; the log says why.",
    ),
    Declared(
        "dialer_retention_late",
        Kind.GAUGE,
        "campaigns",
        "Campaigns whose contact data should have been destroyed by now.",
    ),
)
