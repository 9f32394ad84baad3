"""The one way from the line's threads to the event loop, and the one place that keeps its promise.

Events of all threads go into one deque in the order they were posted, and are delivered in
batches: the loop is woken once for however many came since.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque

from dialer.core.values.events import (
    Arrived,
    DialFailed,
    LocalEnded,
    PeerLost,
    Rejected,
    RemoteHungUp,
)
from dialer.ports.line import AnyLineEvent, LineSink

_log = logging.getLogger(__name__)

_LAST = (Rejected, DialFailed, RemoteHungUp, LocalEnded, PeerLost)


class Mailbox:
    """Line and audio events on their way to `sink`, on `loop`'s thread.

    An attempt has events between `open`, or its Arrived, and its first terminal one, and none
    after: whatever the stack or the tick still say of it is dropped here.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, sink: LineSink) -> None:
        self._loop = loop
        self._sink = sink
        self._posted: deque[tuple[str, float, AnyLineEvent]] = deque()
        self._woken = False
        self._open: set[str] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def open(self, attempt: str) -> None:
        """Let events of `attempt` through. Raises ValueError where it is open already."""
        if attempt in self._open:
            raise ValueError(f"attempt {attempt} is being dialled already")
        self._open.add(attempt)
        self._idle.clear()

    def is_open(self, attempt: str) -> bool:
        return attempt in self._open

    @property
    def open_attempts(self) -> tuple[str, ...]:
        return tuple(self._open)

    async def wait_idle(self) -> None:
        """Wait until every open attempt has had its terminal event delivered."""
        await self._idle.wait()

    def post(self, attempt: str, at: float, event: AnyLineEvent) -> None:
        """From any thread. Never blocks; after the loop has closed it does nothing."""
        self.put(attempt, at, event)
        self.wake()

    def put(self, attempt: str, at: float, event: AnyLineEvent) -> None:
        """Give the event its place in the order, and leave it to a `wake` to have it delivered."""
        self._posted.append((attempt, at, event))

    def wake(self) -> None:
        """Have the loop deliver what was put."""
        # Whoever still sees the flag set after he has put his event is in time for the delivery
        # that will clear it, for that clears it before it takes the first item.
        if not self._woken:
            self._woken = True
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody listens
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._woken = False
        posted = self._posted
        while posted:
            attempt, at, event = posted.popleft()
            if isinstance(event, Arrived):
                self._open.add(attempt)
                self._idle.clear()
            elif attempt not in self._open:
                continue
            if isinstance(event, _LAST):
                self._open.discard(attempt)
                if not self._open:
                    self._idle.set()
            try:
                self._sink(attempt, at, event)
            except Exception:  # noqa: BLE001  it is logged with its traceback
                # The other calls of this batch must not pay for one call's fault.
                _log.exception("the sink failed on %s of attempt %s", type(event).__name__, attempt)
