"""The rule of hours: calls ring only within the day's windows, where the callee lives.

A number may belong to several time zones; then an instant is lawful only if it is so in each of
them. What is not known, a zone or a year's days off, is no time to call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from typing import Final
from zoneinfo import ZoneInfo

from dialer.core.gate.calendars import Calendar, DayKind
from dialer.core.gate.compliance import Allow, Deny, Rule, Verdict
from dialer.core.gate.zones import zones_of
from dialer.core.values.records import AttemptOrder, History

CALLING_HOURS: Final = "calling_hours"

_DAYS_AHEAD: Final = 31
"""How far a next lawful instant is looked for: beyond the longest row of days off."""
_REMEMBERED: Final = 8
"""Answers kept for each set of zones: the gate also asks about days to come."""
_LOOK_AGAIN: Final = timedelta(days=1)
_LOOK_AGAIN_LATER: Final = timedelta(days=7)
_INSTANT: Final = timedelta(microseconds=1)
_NOON: Final = time(12)


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of a day, from `start` up to but not including `end`; ValueError if that is empty."""

    start: time
    end: time

    @classmethod
    def of(cls, start: str, end: str) -> Hours:
        """From texts such as `09:00`."""
        return cls(time.fromisoformat(start), time.fromisoformat(end))

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("hours: the start comes before the end, on one day")

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Windows:
    """Hours in which calls may be placed, by the kind of the day. None at all is allowed."""

    workday: tuple[Hours, ...]
    day_off: tuple[Hours, ...] = ()

    def on(self, kind: DayKind) -> tuple[Hours, ...]:
        """The hours of a day of this kind."""
        return self.workday if kind is DayKind.WORKDAY else self.day_off


@dataclass(frozen=True, slots=True)
class _Found:
    """No instant from `since` up to `until` is lawful; `first` is, where any is known of."""

    since: datetime
    until: datetime
    first: datetime | None

    def answers(self, at: datetime) -> bool:
        """Whether a search from `at` on would find the same, or nothing for long."""
        left = timedelta(0) if self.first is not None else _LOOK_AGAIN_LATER
        return self.since <= at < self.until - left


class CallingHours:
    """When a callee may be called, by windows and calendar. Instants are aware."""

    def __init__(self, windows: Windows, calendar: Calendar) -> None:
        self._windows = windows
        self._calendar = calendar
        self._found: dict[tuple[str, ...], deque[_Found]] = {}

    def is_lawful(self, at: datetime, zones: Sequence[ZoneInfo]) -> bool:
        """Whether `at` lies within a window in every one of `zones`; never, where there is none."""
        return bool(zones) and all(self._is_open(at, zone) for zone in zones)

    def next_lawful(self, at: datetime, zones: Sequence[ZoneInfo]) -> datetime | None:
        """The earliest lawful instant from `at` on, in UTC; None if none is known of.

        Lawful hours are overlaps of windows, so they begin where a window begins in some zone, or
        where a clock jumps into one.
        """
        if self.is_lawful(at, zones):
            return at.astimezone(UTC)
        return self._next_start(at, zones)

    def verdict(self, at: datetime, zones: Sequence[ZoneInfo]) -> Verdict:
        """Allow, or Deny with the reason and the earliest instant that is lawful."""
        if not zones:
            return Deny(CALLING_HOURS, "no time zone of the callee's is known")
        closed = next((zone for zone in zones if not self._is_open(at, zone)), None)
        if closed is None:
            return Allow()
        why, until = self._why(at, closed), self._next_start(at, zones)
        if until is None:
            # Next year's days may be known tomorrow. What is shut for longer than we look ahead,
            # as for who may live at both ends of Russia, must not ask for a turn every day.
            known = self._calendar.kind((at + timedelta(days=_DAYS_AHEAD)).date()) is not None
            again = _LOOK_AGAIN_LATER if known else _LOOK_AGAIN
            return Deny(CALLING_HOURS, why, at + again, again=True)
        return Deny(CALLING_HOURS, why, until)

    def _next_start(self, at: datetime, zones: Sequence[ZoneInfo]) -> datetime | None:
        """The next lawful instant after `at`, which is none.

        At night a whole list asks, one by one, from the same few zones: the answer is the same
        until it has come, and looking through a month of 40 zones takes 30 ms. What is remembered
        too short or too little costs that time, and changes no answer.
        """
        key = tuple(zone.key for zone in zones)
        known = self._found.setdefault(key, deque(maxlen=_REMEMBERED))
        for each in known:
            if each.answers(at):
                return each.first
        starts = merge(*(self._starts(at, zone) for zone in zones))
        found = next((start for start in starts if self.is_lawful(start, zones)), None)
        known.appendleft(_Found(at, found or at + timedelta(days=_DAYS_AHEAD), found))
        return found

    def _is_open(self, at: datetime, zone: ZoneInfo) -> bool:
        local = at.astimezone(zone)
        return any(hours.start <= local.time() < hours.end for hours in self._hours(local.date()))

    def _hours(self, day: date) -> tuple[Hours, ...]:
        kind = self._calendar.kind(day)
        return () if kind is None else self._windows.on(kind)

    def _starts(self, at: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """When windows may begin in `zone` after `at`, in UTC, the first first."""
        today = at.astimezone(zone).date()
        for ahead in range(_DAYS_AHEAD + 1):
            day = today + timedelta(days=ahead)
            # An hour that comes twice, when a clock goes back, begins twice.
            starts = {
                datetime.combine(day, hours.start, zone).replace(fold=fold).astimezone(UTC)
                for hours in self._hours(day)
                for fold in (0, 1)
            }
            jump = _jump(day, zone)
            if jump is not None:
                starts.add(jump)
            yield from sorted(start for start in starts if start > at)

    def _why(self, at: datetime, zone: ZoneInfo) -> str:
        local = at.astimezone(zone)
        kind = self._calendar.kind(local.date())
        if kind is None:
            return (
                f"the days off of {local.year} are not known: name a file of the official notice "
                "in compliance.days, then `dialer config approve`"
            )
        day = "a workday" if kind is DayKind.WORKDAY else "a day off"
        hours = ", ".join(map(str, self._windows.on(kind))) or "none"
        return f"it is {local:%H:%M} on {day} in {zone.key}; hours of calling: {hours}"


def _jump(day: date, zone: ZoneInfo) -> datetime | None:
    """The instant, in UTC, at which the clocks jump between noon of the day before and noon."""
    after = datetime.combine(day, _NOON, zone).astimezone(UTC)
    before = datetime.combine(day - timedelta(days=1), _NOON, zone).astimezone(UTC)
    if before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset():
        return None
    while after - before > _INSTANT:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset():
            after = middle
        else:
            before = middle
    return after


def calling_hours(hours: CallingHours) -> Rule:
    """Calls ring only within the windows of the day, in every zone that may be the callee's."""

    def judge(order: AttemptOrder, _history: History) -> Verdict:
        row = order.contact.row
        zones = zones_of(row.number, row.timezone)
        if order.lab_at is None:
            return hours.verdict(order.at, zones)
        verdict = hours.verdict(order.lab_at, zones)
        if isinstance(verdict, Deny) and verdict.until is not None:
            # The contact waits by our clock, not by the lab's.
            return replace(verdict, until=verdict.until - (order.lab_at - order.at))
        return verdict

    return Rule(CALLING_HOURS, judge)
