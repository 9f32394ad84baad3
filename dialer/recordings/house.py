"""Recordings of a node's calls, from the end of their notice to what is on record of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from dialer.core.values.recordings import RecordingEnd, RecordingState
from dialer.errors import DialerError
from dialer.ports.clock import Clock
from dialer.ports.line import Line
from dialer.ports.recordings import RecordingDesk
from dialer.recordings.folder import RecordingFolder
from dialer.recordings.tape import Heading, SealedTape, Taped

_log = logging.getLogger(__name__)

SeeThrough = Callable[[Coroutine[Any, Any, None]], object]
"""Runs what must be done before the store is closed."""


class CallRecordings:
    """All recordings of a node; `rate` is the line's. Belongs to the event loop's thread."""

    def __init__(
        self,
        desk: RecordingDesk,
        folder: RecordingFolder,
        line: Line,
        clock: Clock,
        *,
        node: str,
        rate: int,
    ) -> None:
        self.desk = desk
        self.folder = folder
        self.line = line
        self.clock = clock
        self.node = node
        self.rate = rate

    async def recover(self) -> None:
        """See to the end of what a killed process left: cut it, or go on erasing it.

        Raises StoreError.
        """
        for row in await self.desk.left(self.node):
            now = self.clock.utc()
            if row.state is RecordingState.ERASING:
                try:
                    await asyncio.to_thread(self.folder.erase, row.campaign, row.call)
                except OSError as error:
                    _log.error("call %s: its recording cannot be erased: %s", row.call, error)
                    continue
                await self.desk.end(RecordingEnd(row.call, RecordingState.ERASED, now))
            elif self.folder.of_call(row.campaign, row.call).exists():
                await self.desk.cut(row.call, now)
            else:
                await self.desk.end(RecordingEnd(row.call, RecordingState.FAILED, now))

    def of_call(
        self,
        call: str,
        attempt: str,
        see_through: SeeThrough,
        told: Callable[[RecordingEnd], None],
    ) -> CallRecording:
        """What records one call over one attempt; `told` hears what came of it."""
        return CallRecording(self, call, attempt, see_through, told)


class CallRecording:
    """One call's: `dialer.calls.leg.Recording`."""

    def __init__(
        self,
        house: CallRecordings,
        call: str,
        attempt: str,
        see_through: SeeThrough,
        told: Callable[[RecordingEnd], None],
    ) -> None:
        self._house = house
        self._call = call
        self._attempt = attempt
        self._see_through = see_through
        self._told = told
        self._tape: SealedTape | None = None

    def start(self) -> None:
        house, loop = self._house, asyncio.get_running_loop()
        over: asyncio.Future[Taped] = loop.create_future()

        def when_over(taped: Taped) -> None:
            with suppress(RuntimeError):  # the loop has closed: nobody waits
                loop.call_soon_threadsafe(over.set_result, taped)

        now = house.clock.utc()
        heading = Heading(self._call, now.isoformat(timespec="milliseconds"), house.rate)
        self._tape = SealedTape(house.folder, heading, when_over)
        # Before it is on record: what is said meanwhile waits in the tap.
        house.line.record(self._attempt, self._tape)
        self._see_through(self._record(self._tape, over))

    def stop(self, *, erase: bool) -> None:
        if erase:
            if self._tape is not None:
                self._tape.erase()
            self._see_through(self._decline())
        self._house.line.stop_recording(self._attempt)

    async def _record(self, tape: SealedTape, over: asyncio.Future[Taped]) -> None:
        house = self._house
        try:
            campaign, keys = await house.desk.begin(self._call, house.node, house.clock.utc())
        except DialerError as failure:
            _log.error("call %s: not recorded: %s", self._call, failure)
            tape.give_up()
            await over
            self._told(RecordingEnd(self._call, RecordingState.FAILED, house.clock.utc()))
            return
        tape.open_with(campaign, keys)
        taped = await over
        if taped.state is RecordingState.ERASING:
            return  # it stays on record as such, and is tried again at the next start
        end = RecordingEnd(
            self._call,
            taped.state,
            house.clock.utc(),
            taped.seconds,
            taped.lost,
            taped.sealed_bytes,
            taped.sha256,
        )
        try:
            await house.desk.end(end)
        except DialerError as failure:
            _log.error("call %s: the end of its recording is not kept: %s", self._call, failure)
        self._told(end)

    async def _decline(self) -> None:
        try:
            await self._house.desk.decline(self._call, self._house.clock.utc())
        except DialerError as failure:
            _log.error(
                "call %s: recording stopped, but that is not on record: %s", self._call, failure
            )
