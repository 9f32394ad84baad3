"""The calendar library as it is in 2026, whatever later years a newer one knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from holidays.countries.china import ChinaStaticHolidays


@contextmanager
def decreed_until_2026() -> Iterator[None]:
    """No year of China is decreed but those up to 2026."""
    decreed = ChinaStaticHolidays.special_public_holidays
    with mock.patch.dict(decreed):
        for year in [year for year in decreed if year > 2026]:
            del decreed[year]
        yield
