"""The thread that writes: it takes all that waits, commits it once, and tells everyone.

A commit costs a trip to the disk, however much is in it. While one is under way the next group
gathers by itself: the slower the disk, the larger the groups. What nobody is dialled for, such as
the end of a call, waits a moment for company; an attempt that is to be dialled waits for nothing.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine

from dialer.errors import StoreError
from dialer.store.following import Followers
from dialer.store.prepared import plainly
from dialer.store.sqlite import Refusal, SqliteDatabase

_LARGEST_GROUP: Final = 500

_PATIENCE: Final = 0.02
"""Seconds for which patient work waits for company: halves the commits of a steady 100 calls/s."""

Result = TypeVar("Result")
OnCommit = Callable[[float, int], None]
"""Told (seconds that the commit took, changes in it), on the writer's thread."""
Work = Callable[[Connection], Result]
"""What is done within the group's transaction, on the writer's thread. It never commits."""


@dataclass(slots=True, eq=False)
class _Job:
    work: Work[Any]
    future: asyncio.Future[Any]
    alone: bool
    patient: bool
    result: object = None
    error: Exception | None = None


class GroupWriter:
    """Runs `Work` in the order it came. Every method belongs to the event loop's thread.

    Work that raises is rolled back alone, and its error is its caller's. Where a commit fails,
    everything in it has failed: each caller gets a StoreError and may try again.
    """

    def __init__(
        self,
        database: SqliteDatabase,
        on_commit: OnCommit | None = None,
        followers: Followers | None = None,
    ) -> None:
        self._database = database
        self._followers = followers or Followers()
        self._on_commit = on_commit
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._held: _Job | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._taking = False
        self.commits = 0
        """Commits that succeeded: against the work done, how much shares one."""

    async def start(self, opening: Work[None] = lambda _connection: None) -> None:
        """Open the database on the writer's thread; `opening` is its first transaction."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._ended = loop.create_future()
        self._taking = True
        opened = self.submit(opening, alone=True)
        # A daemon: an interpreter that dies without close() loses nothing that was committed.
        threading.Thread(target=self._run, args=(loop,), name="store-writer", daemon=True).start()
        try:
            await opened
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Let what is queued be committed, then end the thread."""
        if self._ended is None:
            return
        if self._taking:
            self._taking = False
            self._queue.put(None)
        await asyncio.shield(self._ended)

    def submit(
        self, work: Work[Result], *, alone: bool = False, patient: bool = False
    ) -> asyncio.Future[Result]:
        """Have `work` done and committed.

        `alone` gives it a transaction of its own; `patient` work may wait for company.
        A future that is cancelled before its turn is not worked on at all; after that it is too
        late, and what was done stands.
        """
        if not self._taking or self._loop is None:
            raise StoreError("the store is not open for writing")
        future: asyncio.Future[Result] = self._loop.create_future()
        self._queue.put(_Job(work, future, alone, patient))
        return future

    def _gone(self) -> None:
        """The thread has ended: nothing that comes late may wait for ever."""
        self._taking = False
        left = [] if self._held is None else [self._held]
        self._held = None
        with suppress(Empty):
            while True:
                job = self._queue.get_nowait()
                if job is not None:
                    left.append(job)
        for job in left:
            job.error = StoreError("the store was closed before this could be written")
        _resolve(left)
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    # ------------------------------------------------------------------ on the writer's thread

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        engine = self._database.writer()
        try:
            self._serve(engine, loop)
        finally:
            engine.dispose()
            # A loop that was closed under us waits for nothing.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._gone)

    def _serve(self, engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
        group = self._gather()
        try:
            connection = engine.connect()
        except Exception as error:  # noqa: BLE001 - who waits for it must hear of it
            jobs = [job for job in group if job is not None]
            self._fail(jobs, error)
            _tell(loop, jobs)
            return
        with connection:
            while True:
                jobs = [job for job in group if job is not None and not job.future.cancelled()]
                if jobs:
                    self._commit(connection, jobs)
                    _tell(loop, jobs)
                if None in group:
                    return
                group = self._gather()

    def _gather(self) -> list[_Job | None]:
        """All that waits, up to the first job that wants to be alone; at least one."""
        group = [self._held or self._queue.get()]
        self._held = None
        until = monotonic() + _PATIENCE
        with suppress(Empty):
            while _open(group):
                # Once one is in a hurry there is no time left for the others.
                if group[-1] is not None and not group[-1].patient:
                    until = 0.0
                job = self._next(until - monotonic())
                if job is not None and job.alone:
                    self._held = job
                    break
                group.append(job)
        return group

    def _next(self, seconds: float) -> _Job | None:
        """The next job, waited for at most so long. Raises Empty."""
        if seconds > 0:
            return self._queue.get(timeout=seconds)
        return self._queue.get_nowait()

    def _commit(self, connection: Connection, jobs: list[_Job]) -> None:
        began = time.perf_counter()
        try:
            self._database.begin(connection)
            self._followers.begin()
            if len(jobs) == 1:
                jobs[0].result = jobs[0].work(connection)
            else:
                for job in jobs:
                    self._apart(connection, job)
            self._followers.finish(connection)
            self._database.commit(connection)
            self._followers.committed()
        except Exception as error:  # noqa: BLE001 - each caller gets what its work raised
            with suppress(*Refusal):
                self._database.roll_back(connection)
            self._fail(jobs, error)
        else:
            self.commits += 1
            if self._on_commit is not None:
                self._on_commit(time.perf_counter() - began, len(jobs))

    def _apart(self, connection: Connection, job: _Job) -> None:
        """Do one job of a group so that its failure does not touch its neighbours."""
        plainly(connection, "SAVEPOINT job")
        mark = self._followers.mark()
        try:
            job.result = job.work(connection)
        except Exception as error:
            if self._database.lost_transaction(connection):
                raise
            plainly(connection, "ROLLBACK TO SAVEPOINT job")
            self._followers.undo(mark)
            self._fail([job], error)
        plainly(connection, "RELEASE SAVEPOINT job")

    def _fail(self, jobs: list[_Job], error: Exception) -> None:
        for job in jobs:
            if job.error is None:
                refused = isinstance(error, Refusal)
                job.error = self._database.explain(error) if refused else error


def _open(group: list[_Job | None]) -> bool:
    """Whether more may join."""
    last = group[-1]
    return last is not None and not last.alone and len(group) < _LARGEST_GROUP


def _tell(loop: asyncio.AbstractEventLoop, jobs: list[_Job]) -> None:
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(_resolve, jobs)


def _resolve(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)
