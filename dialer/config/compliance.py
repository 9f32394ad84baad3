"""The section `compliance` of `dialer.yaml`: whose law holds, and what is tightened beyond it."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import Field, PrivateAttr, field_validator, model_validator

from dialer.config.days import gather_days
from dialer.core.dialog.notice_watch import SPOKEN_BY
from dialer.core.gate.calling_hours import Hours
from dialer.core.values.decreed import DecreedYear
from dialer.core.values.suppression import LIST_SHRINK
from dialer.reading.durations import Months
from dialer.reading.fields import ExistingFile, Otherwise, Seconds, Written, wrong
from dialer.reading.lawful import (
    CountryCalendar,
    DayHours,
    LabNetwork,
    MonthsOrForever,
)
from dialer.reading.validate import Section

NumberStart = Annotated[
    str, Field(pattern=r"^\+[1-9][0-9]{0,14}$"), Written("first digits, `+8610655501`")
]
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
    """The law that calls must follow, and what tightens it.

    A figure that is not written here is the jurisdiction's (docs/gate.md). A looser figure is a
    fault.
    """

    jurisdiction: Literal["CN", "US"] = "CN"
    """The law that applies. It names the countries whose numbers may be called; no other numbers
    are called. `CN` is mainland China, `US` the United States and their territories."""
    windows: Windows = Windows.model_construct()
    """Hours in which calls may be placed."""
    calendar: Annotated[CountryCalendar | None, _THE_LAWS] = None
    """The country whose public holidays and make-up workdays count. Nobody is called in a year
    whose holidays are not known yet. China publishes them in November of the year before."""
    days: tuple[ExistingFile, ...] = Field(default=(), max_length=20)
    """Files of official notices, one a year, for years that the dialer does not know by itself
    (docs/calling-hours.md). They are part of what `dialer config approve` approves."""
    per_number: PerNumber = PerNumber.model_construct()
    """How often one number may be tried."""
    consent_valid: Annotated[MonthsOrForever, _THE_LAWS] = None
    """How long a contact's consent is valid after it was given. Default: for ever, until it is
    withdrawn. Write `24 months` if the wording of the consent limits it."""
    refusal_rest: Annotated[MonthsOrForever, _THE_LAWS] = None
    """The cooling-off: how long a number is not called after its callee has refused."""
    one_number: Annotated[MonthsOrForever, _THE_LAWS] = None
    """How long a callee who has seen one of our numbers sees no other, in any campaign. A number
    that no trunk lists any more does not count (docs/caller-id.md)."""
    abandon_rate: Annotated[float | None, _THE_LAWS] = Field(default=None, gt=0, le=0.5)
    """The largest share of calls answered by people that may be abandoned, over 30 days of one
    campaign: `0.03`. Where there is a limit, no call is launched that could exceed it."""
    notice_within: Annotated[Seconds, Field(ge=1, le=SPOKEN_BY)] = SPOKEN_BY
    """How soon after the answer the identity notice must be over. A longer notice is rejected
    before the run; 100 ms are reserved for its start. A call whose notice was late, measured from
    its RTP, is hung up as `notice_late` (docs/in-the-call.md)."""
    list_shrink: float = Field(default=LIST_SHRINK, ge=0, le=1)
    """The largest share of an imported suppression list that may leave it by `suppress import
    --replace`, over 30 days."""
    wording_lists: tuple[ExistingFile, ...] = ()
    """Your own lists of what no script may say. They are added to the shipped lists
    (docs/wording.md)."""
    lab_numbers: tuple[NumberStart, ...] = ()
    """What numbers may begin with that `lab` trunks dial and show as they are: `+8610655501`. Name
    only numbers that are yours. Any other number is dialled and shown there as `+999` and its last
    12 digits, which no network leads anywhere."""
    lab_networks: tuple[LabNetwork, ...] = ()
    """Private networks of this machine, such as those of network namespaces. `lab` trunks may be
    there, besides loopback. A node does not start where one is behind a router."""

    _decreed: tuple[DecreedYear, ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _days_of_notices(self) -> Compliance:
        years: list[DecreedYear] = []
        counts = self.calendar or self.jurisdiction
        for position, path in enumerate(self.days):
            year, faults = gather_days(path)
            if year is None:
                told = faults[0]
                what = f"{path.name}:{told.line}: {told.key}: {told.what}"
                raise wrong(what, "days", position)
            if year.country != counts:
                what = f"is of {year.country}, but the days of {counts} count"
                raise wrong(what, "days", position)
            if any(year.year == other.year for other in years):
                raise wrong(f"another file is of {year.year}, too", "days", position)
            years.append(year)
        self._decreed = tuple(years)
        return self

    @property
    def decreed(self) -> tuple[DecreedYear, ...]:
        """The years of `days`, as they were when the configuration was read."""
        return self._decreed


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
