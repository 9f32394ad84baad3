"""How long data is kept: the `retention` section."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, field_validator

from dialer.core.office.retention import LEAST_EVIDENCE_MONTHS, MOST_CONTACT_DAYS, RetentionTerms
from dialer.reading.durations import Months
from dialer.reading.fields import Seconds, wrong
from dialer.reading.lawful import MonthsSpan
from dialer.reading.validate import Section

_DAY = 86400.0


class Retention(Section):
    """How long data is kept. Contact data may go sooner, and evidence later, than the law says."""

    contacts: Annotated[Seconds, Field(gt=0, le=MOST_CONTACT_DAYS * _DAY)] = (
        MOST_CONTACT_DAYS * _DAY
    )
    """Contact data is destroyed within this time after the end of its campaign, at most `30d`. The
    node does it one day earlier, so that an outage does not make it late."""
    evidence: MonthsSpan = Months(LEAST_EVIDENCE_MONTHS)
    """Recordings and CDRs are destroyed this long after the last call of their campaign, at least
    `6 months`. They are kept longer while a complaint about one of the calls is open."""

    @field_validator("evidence")
    @classmethod
    def _as_long_as_the_law_says(cls, span: Months) -> Months:
        if span.count < LEAST_EVIDENCE_MONTHS:
            raise wrong(f"evidence is kept for {LEAST_EVIDENCE_MONTHS} months at least")
        return span

    @property
    def terms(self) -> RetentionTerms:
        """The same, as the core takes it."""
        return RetentionTerms(timedelta(seconds=self.contacts), self.evidence.count)
