"""Waiting for what cannot be awaited: a count, a property, a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool], limit: float = 60.0) -> None:
    """Return once `holds()` is true; TimeoutError after `limit` seconds."""
    async with asyncio.timeout(limit):
        while not holds():  # noqa: ASYNC110 - there is no event to await
            await asyncio.sleep(0.005)
