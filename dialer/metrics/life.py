"""What a node tells of complaints and of the life of data."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge

from dialer.core.office.complaints import ComplaintFigures
from dialer.metrics.table import DECLARED


class LifeMetrics:
    """Part of `dialer.metrics.Metrics`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str) -> Gauge:
            return Gauge(name, DECLARED[name].means, DECLARED[name].labels, registry=registry)

        complaints = gauge("dialer_complaints")
        self._open = complaints.labels("open")
        self._unanswered = complaints.labels("unanswered")
        self._overdue = complaints.labels("overdue")
        self._due = gauge("dialer_complaint_answer_due_timestamp_seconds")
        self._due.set(float("nan"))
        self._run = gauge("dialer_retention_run_timestamp_seconds")
        self._refused = gauge("dialer_retention_refused")
        self._late = gauge("dialer_retention_late")

    def complaints(self, figures: ComplaintFigures) -> None:
        """How complaints stand now."""
        self._open.set(figures.open)
        self._unanswered.set(figures.unanswered)
        self._overdue.set(figures.overdue)
        due = figures.first_due
        self._due.set(float("nan") if due is None else due.timestamp())

    def destroyed(self, at: datetime, late: int) -> None:
        """What was due at `at` is destroyed; `late` campaigns are past the law's term still."""
        self._run.set(at.timestamp())
        self._refused.set(0)
        self._late.set(late)

    def not_destroyed(self) -> None:
        """Nothing was destroyed: the clock is in doubt, or the store cannot be had."""
        self._refused.set(1)
