from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from dialer.core.gate.caller_id import CallerIds, VerifiedNumber
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
