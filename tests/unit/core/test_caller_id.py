from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from dialer.core.caller_id import CallerIds, VerifiedNumber, when
from tests.support.orders import CALLER_ID, number

OURS = VerifiedNumber(CALLER_ID, "Example Bank", "contracts/a-17.pdf", date(2026, 6, 30))
BEIJING = timezone(timedelta(hours=8))


def test_a_number_is_verified_for_its_own_trunk_only() -> None:
    known = CallerIds({"carrier-a": [OURS], "carrier-b": []})
    at = datetime(2026, 3, 2, tzinfo=UTC)
    assert known.is_verified("carrier-a", CALLER_ID, at)
    assert not known.is_verified("carrier-b", CALLER_ID, at)
    assert not known.is_verified("carrier-c", CALLER_ID, at)
    assert not known.is_verified("carrier-a", number(), at)


@pytest.mark.parametrize(
    "at,good",
    [
        (datetime(2026, 6, 30, 9, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 30, 10, 0, tzinfo=UTC), False),
        (datetime(2026, 6, 30, 17, 30, tzinfo=BEIJING), True),
        (datetime(2026, 6, 30, 18, 0, tzinfo=BEIJING), False),
        (datetime(2027, 1, 1, tzinfo=UTC), False),
    ],
)
def test_the_last_day_ends_where_it_ends_first_on_earth(at: datetime, *, good: bool) -> None:
    assert OURS.is_good(at) is good


def test_a_proof_holds_up_to_its_end_and_not_a_microsecond_longer() -> None:
    assert OURS.is_good(OURS.ends)
    assert not OURS.is_good(OURS.ends + timedelta(microseconds=1))
    for_ever = VerifiedNumber(CALLER_ID, "Example Bank", "deed", date.max)
    assert for_ever.is_good(datetime(9999, 12, 31, tzinfo=UTC))


def test_it_is_ours_as_long_as_any_trunk_lists_it_good_or_expired() -> None:
    known = CallerIds({"carrier-a": [OURS], "carrier-b": []})
    assert known.is_ours(CALLER_ID)
    assert not known.is_ours(number())
    assert not CallerIds({}).is_ours(CALLER_ID)


def test_the_operator_is_told_thirty_days_ahead_first_things_first() -> None:
    later = VerifiedNumber(number(1), "Example Bank", "b", date(2026, 7, 10))
    far = VerifiedNumber(number(2), "Example Bank", "c", date(2027, 7, 10))
    known = CallerIds({"carrier-b": [far, later], "carrier-a": [OURS]})

    def told(at: datetime) -> list[tuple[str, int, int]]:
        found = known.expiring(at)
        return [(expiry.trunk, expiry.position, expiry.days_left) for expiry in found]

    ends = OURS.ends
    assert told(ends - timedelta(days=30, seconds=1)) == []
    assert told(ends - timedelta(days=30)) == [("carrier-a", 1, 30)]
    assert told(ends - timedelta(hours=1)) == [("carrier-a", 1, 0), ("carrier-b", 2, 10)]
    assert told(ends) == [("carrier-a", 1, 0), ("carrier-b", 2, 10)]
    assert told(ends + timedelta(seconds=1))[0] == ("carrier-a", 1, -1)
    assert known.first_end("carrier-b") == later.ends
    assert known.first_end("carrier-c") is None


def test_the_warning_names_no_number() -> None:
    (expiry,) = CallerIds({"carrier-a": [OURS]}).expiring(OURS.ends - timedelta(days=12))
    assert str(expiry) == (
        "trunk carrier-a: the proof of number 1 in its list ends in 12 days; "
        "then calls that would show it are refused"
    )
    assert when(1).startswith("ends in 1 day;")
    assert when(0).startswith("ends within a day;")
    assert when(-3).startswith("has expired:")
