"""The real clock. The core never sees it: only the values it gives."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """`dialer.ports.Clock` over the machine's clocks; asyncio's loop runs on the same monotonic."""

    def monotonic(self) -> float:
        return time.monotonic()

    def steady(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def utc(self) -> datetime:
        return datetime.now(UTC)
