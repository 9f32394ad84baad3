"""One thing done at a desk of the store, for a command that does only that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from dialer.app.store import clerk, open_reader
from dialer.config import Config
from dialer.store import Channel

Desk = TypeVar("Desk")
Result = TypeVar("Result")
Row = TypeVar("Row")


def written(
    config: Config, desk: Callable[[Channel], Desk], what: Callable[[Desk], Awaitable[Result]]
) -> Result:
    """What came of `what`, which may write; done beside a node that may be dialling."""

    async def work() -> Result:
        async with clerk(config) as store:
            return await what(desk(store.channel))

    return asyncio.run(work())


def rows(
    config: Config,
    desk: Callable[[Channel], Desk],
    what: Callable[[Desk], Awaitable[Sequence[Row]]],
) -> Sequence[Row]:
    """The rows that `what` reads; none where nothing was ever kept."""

    async def work() -> Sequence[Row]:
        store = open_reader(config)
        if not store.exists:
            return ()
        await store.open()
        try:
            return await what(desk(store.channel))
        finally:
            await store.close()

    return asyncio.run(work())
