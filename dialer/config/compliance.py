"""The section `compliance` of `dialer.yaml`: whose law holds, and what is tightened beyond it."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from dialer.core.dialog.notice_watch import SPOKEN_BY
from dialer.core.gate.calling_hours import Hours
from dialer.reading.durations import Months
from dialer.reading.fields import ExistingFile, Otherwise, Seconds, wrong
from dialer.reading.lawful import (
    CountryCalendar,
    DayHours,
    LabNetwork,
    MonthsOrForever,
)
from dialer.reading.validate import Section

_THE_LAWS: Final = Otherwise("the jurisdiction's")


class PerNumber(Section):
    """How often one number may be tried, over all campaigns of this store."""

    hour: Annotated[int | None, _THE_LAWS] = Field(default=None, ge=1, le=60)
    """Attempts in any 60 minutes."""
    day: Annotated[int | None, _THE_LAWS] = Field(default=None, ge=1, le=100)
    """Attempts in any 24 hours."""

    @model_validator(mode="after")
    def _a_day_holds_an_hour(self) -> PerNumber:
        if self.hour is not None and self.day is not None and self.hour > self.day:
            raise wrong("hour cannot be more than day")
        return self


class Windows(Section):
    """Hours in which calls may be placed, in the callee's own time zone."""

    workday: Annotated[tuple[DayHours, ...] | None, _THE_LAWS] = None
    """Hours of workdays."""
    holiday: Annotated[tuple[DayHours, ...] | None, _THE_LAWS] = None
    """Hours of days off."""

    @field_validator("workday", "holiday")
    @classmethod
    def _in_order_and_apart(cls, windows: tuple[Hours, ...] | None) -> tuple[Hours, ...] | None:
        for earlier, later in pairwise(windows or ()):
            if later.start < earlier.end:
                raise wrong("windows must be in order and must not overlap")
        return windows


class Compliance(Section):
    """The law that calls are held to, and what tightens it.

    What is not written here is as the jurisdiction has it (docs/gate.md); what would be looser is
    a fault.
    """

    jurisdiction: Literal["CN", "US"] = "CN"
    """Whose law holds. It names the countries whose numbers may be called, and no others are:
    `CN` mainland China, `US` the United States and their territories."""
    windows: Windows = Windows.model_construct()
    """Hours in which calls may be placed."""
    calendar: Annotated[CountryCalendar | None, _THE_LAWS] = None
    """The country whose public holidays and make-up workdays count. In a year whose days are not
    known yet, as China's are not before its notice of the November before, nobody is called."""
    per_number: PerNumber = PerNumber.model_construct()
    """How often one number may be tried."""
    consent_valid: Annotated[MonthsOrForever, _THE_LAWS] = None
    """How long a contact's consent holds after it was given; for ever by default, until withdrawn.
    `24 months` if the consent's own words end it."""
    refusal_rest: Annotated[MonthsOrForever, _THE_LAWS] = None
    """How long a number rests after its callee has refused."""
    one_number: Annotated[MonthsOrForever, _THE_LAWS] = None
    """How long a callee who was shown one of our numbers is shown no other, by any campaign. A
    number that no trunk lists any more binds nobody (docs/caller-id.md)."""
    abandon_rate: Annotated[float | None, _THE_LAWS] = Field(default=None, gt=0, le=0.5)
    """The largest share of calls answered by people that may be abandoned, over 30 days of one
    campaign: `0.03`. Where there is a bound, nothing is launched that could break it."""
    notice_within: Annotated[Seconds, Field(ge=1, le=SPOKEN_BY)] = SPOKEN_BY
    """Within how long after the answer the callee has been told who is calling. A notice that takes
    longer, but for 100 ms that are left for its start, is refused; a call in which it was not over
    in time, measured from its RTP, is hung up as `notice_late` (docs/in-the-call.md)."""
    wording_lists: tuple[ExistingFile, ...] = ()
    """Lists of your own of what no script may say; they add to the shipped ones
    (docs/wording.md)."""
    lab_networks: tuple[LabNetwork, ...] = ()
    """Private networks of your own, such as those of network namespaces, in which trunks marked
    `lab` may lie, beside loopback."""


def wished_of(compliance: Compliance) -> dict[str, object]:
    """What the section says of the jurisdiction's figures, by their field of `Terms`."""
    windows, per_number = compliance.windows, compliance.per_number
    said: dict[str, object] = {
        field: value
        for field, value in (
            ("workday", windows.workday),
            ("day_off", windows.holiday),
            ("calendar", compliance.calendar),
            ("per_hour", per_number.hour),
            ("per_day", per_number.day),
            ("abandon_rate", compliance.abandon_rate),
        )
        if value is not None
    }
    for field, key in (
        ("consent_months", "consent_valid"),
        ("refusal_months", "refusal_rest"),
        ("one_number_months", "one_number"),
    ):
        # `forever` is something to say, too.
        if key in compliance.model_fields_set:
            months: Months | None = getattr(compliance, key)
            said[field] = None if months is None else months.count
    return said
