"""Where `now` comes from."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    pass


class Clock(Protocol):
    """Where `now` comes from. Only `app` hands one out; the core gets the values."""

    def monotonic(self) -> float:
        """Seconds that only grow; for timers."""
        ...

    def steady(self) -> float:
        """Seconds that only grow, also while the machine sleeps: what `utc` is held against."""
        ...

    def utc(self) -> datetime:
        """Aware UTC wall time; for records and for law."""
        ...
