"""Hours of calling, held against a checker that goes through the days minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.gate.calendars import DayKind
from dialer.core.gate.calling_hours import CallingHours, Hours, Windows
from dialer.core.values.verdict import Allow, Deny

ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Kathmandu",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
STEP = timedelta(minutes=5)
JUMPS = ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1))


class Days:
    """Sundays, every seventh day of a month off; the year after 2026 is not known."""

    def kind(self, day: date) -> DayKind | None:
        if day.year > 2026:
            return None
        off = day.weekday() == 6 or day.day % 7 == 0
        return DayKind.DAY_OFF if off else DayKind.WORKDAY


def minutes() -> st.SearchStrategy[int]:
    return st.integers(0, 287).map(lambda fives: fives * 5)


@st.composite
def windows_of_a_day(draw: st.DrawFn) -> tuple[Hours, ...]:
    marks = sorted(set(draw(st.lists(minutes(), max_size=4))))
    ends = [time(mark // 60, mark % 60) for mark in marks]
    return tuple(Hours(a, b) for a, b in zip(ends[::2], ends[1::2], strict=False))


@st.composite
def situations(draw: st.DrawFn) -> tuple[CallingHours, Windows, tuple[ZoneInfo, ...], datetime]:
    windows = Windows(draw(windows_of_a_day()), draw(windows_of_a_day()))
    names = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True))
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    # Often around the nights in which clocks jump: 8 March, 29 March, 5 April, ...
    jumps = [datetime(2026, *day, tzinfo=UTC) for day in JUMPS]
    near = st.builds(
        lambda night, steps: night + STEP * steps, st.sampled_from(jumps), st.integers(-400, 400)
    )
    any_time = st.integers(0, 370 * 288).map(lambda steps: begin + STEP * steps)
    at = draw(near | any_time)
    return CallingHours(windows, Days()), windows, tuple(map(ZoneInfo, names)), at


def lawful(windows: Windows, zones: tuple[ZoneInfo, ...], at: datetime) -> bool:
    """The law once more, by counting minutes of the local day."""
    for zone in zones:
        local = at.astimezone(zone)
        kind = Days().kind(local.date())
        minute = local.hour * 60 + local.minute
        allowed = {
            each
            for hours in ({} if kind is None else windows.on(kind))
            for each in range(
                hours.start.hour * 60 + hours.start.minute, hours.end.hour * 60 + hours.end.minute
            )
        }
        if minute not in allowed:
            return False
    return True


@given(situations())
def test_allow_says_exactly_what_the_law_says(
    situation: tuple[CallingHours, Windows, tuple[ZoneInfo, ...], datetime],
) -> None:
    hours, windows, zones, at = situation
    verdict = hours.verdict(at, zones)
    assert isinstance(verdict, Allow) is lawful(windows, zones, at)
    if isinstance(verdict, Deny):
        assert verdict.until is not None
        assert verdict.until > at


@settings(max_examples=60)
@given(situations())
def test_the_next_lawful_instant_is_lawful_and_none_before_it_is(
    situation: tuple[CallingHours, Windows, tuple[ZoneInfo, ...], datetime],
) -> None:
    hours, windows, zones, at = situation
    found = hours.next_lawful(at, zones)
    last = found or at + timedelta(days=3)
    assert found is None or lawful(windows, zones, found)
    instant = at
    while instant < min(last, at + timedelta(days=3)):
        assert not lawful(windows, zones, instant)
        instant += STEP


def test_where_no_zone_is_known_nothing_is_lawful() -> None:
    hours = CallingHours(Windows((Hours(time(0), time(23, 59)),)), Days())
    verdict = hours.verdict(datetime(2026, 3, 2, 12, tzinfo=UTC), ())
    assert isinstance(verdict, Deny)
    assert verdict.until is None


def test_the_night_in_which_an_hour_comes_twice() -> None:
    """New York, 1 November 2026: 01:30 comes at 05:30 and again at 06:30 UTC."""
    zone = (ZoneInfo("America/New_York"),)
    hours = CallingHours(Windows((), (Hours(time(1, 30), time(2)),)), Days())
    first, second = (datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6))
    assert hours.next_lawful(first - timedelta(hours=2), zone) == first
    assert hours.next_lawful(first + timedelta(minutes=30), zone) == second


def test_the_night_in_which_a_clock_goes_back_into_a_window() -> None:
    """New York, 1 November 2026: at 06:00 UTC it is 01:00 once more."""
    zone = (ZoneInfo("America/New_York"),)
    hours = CallingHours(Windows((), (Hours(time(0, 30), time(1, 15)),)), Days())
    back = datetime(2026, 11, 1, 6, tzinfo=UTC)
    assert hours.next_lawful(back - timedelta(minutes=40), zone) == back


def test_the_night_in_which_an_hour_is_skipped() -> None:
    """New York, 8 March 2026: 02:00 to 03:00 does not exist; a window from 02:30 opens at 03:00."""
    zone = (ZoneInfo("America/New_York"),)
    hours = CallingHours(Windows((), (Hours(time(2, 30), time(5)),)), Days())
    found = hours.next_lawful(datetime(2026, 3, 8, 5, tzinfo=UTC), zone)
    assert found == datetime(2026, 3, 8, 7, tzinfo=UTC)


def test_windows_that_never_meet_are_never_lawful() -> None:
    zones = (ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago"))
    hours = CallingHours(Windows((Hours(time(9), time(9, 30)),)), Days())
    assert hours.next_lawful(datetime(2026, 3, 2, tzinfo=UTC), zones) is None


@settings(max_examples=60)
@given(situations(), st.lists(st.integers(-600, 6000), min_size=2, max_size=8))
def test_what_was_asked_before_changes_no_answer(
    situation: tuple[CallingHours, Windows, tuple[ZoneInfo, ...], datetime], fives: list[int]
) -> None:
    asked, windows, zones, at = situation
    for five in fives:
        instant = at + STEP * five
        fresh = CallingHours(windows, Days())
        said, anew = asked.verdict(instant, zones), fresh.verdict(instant, zones)
        if said != anew:
            # Nothing was found from an earlier instant on, and so not as far ahead: it is asked
            # again before the first instant that a new search finds.
            assert isinstance(said, Deny)
            assert isinstance(anew, Deny)
            assert said.again
            assert said.until is not None
            assert anew.until is not None
            assert said.until <= anew.until


def test_who_can_never_be_called_asks_once_a_week() -> None:
    hours = CallingHours(Windows((Hours(time(9), time(10)),)), Days())
    nowhere = (ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London"))
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    verdict = hours.verdict(at, nowhere)
    assert isinstance(verdict, Deny)
    assert verdict.until == at + timedelta(days=7)
    late = datetime(2026, 12, 20, 12, tzinfo=UTC)
    verdict = hours.verdict(late, nowhere)
    assert isinstance(verdict, Deny)
    assert verdict.until == late + timedelta(days=1)
