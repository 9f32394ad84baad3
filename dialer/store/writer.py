"""The thread that writes: it takes all that waits, commits it once, and tells everyone.

A commit costs a trip to the disk, however much is in it. While one is under way the next group
gathers by itself: the slower the disk, the larger the groups. What nobody is dialled for, such as
the end of a call, waits a moment for company; an attempt that is to be dialled does so only where
commits follow each other closely, and others are sure to come.

While the database is away (its disk full, its server down) what is to be dialled fails at once;
what has happened already, such as the end of a call, is kept and written when it is back.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from dialer.errors import StoreAwayError, StoreError
from dialer.store.database import Database
from dialer.store.following import Followers
from dialer.store.link import InDoubtError, Link
from dialer.store.prepared import plainly

_LARGEST_GROUP: Final = 500

_PATIENCE: Final = 0.02
"""Seconds for which work waits for company: two or three of a steady 100 attempts/s share one."""

_RETRY_EVERY: Final = 0.5
"""Seconds between two tries to write what is kept, while the database is away."""

_REPEATS: Final = 3
"""How often a transaction that others were in the way of is tried anew at once."""

Result = TypeVar("Result")
OnCommit = Callable[[float, int], None]
"""Told (seconds that the commit took, changes in it), on the writer's thread."""
Work = Callable[[Connection], Result]
"""What is done within the group's transaction, on the writer's thread. It never commits."""


class Patience(Enum):
    """How long work waits for company before it is committed."""

    NONE = "it waits for nothing"
    IN_A_CROWD = "until a moment after the last commit; where that is past, for nothing"
    SOME = "for a moment"


@dataclass(slots=True, eq=False)
class _Job:
    work: Work[Any]
    future: asyncio.Future[Any]
    alone: bool
    patience: Patience
    keep: bool
    locks: Sequence[int]
    in_doubt: str | None = None
    """Which commit it was in, where that may have been done or not."""
    result: object = None
    error: Exception | None = None

    @property
    def waits(self) -> bool:
        """Whether it is to be done again when the database is back."""
        return self.keep and isinstance(self.error, StoreAwayError)


class GroupWriter:
    """Runs `Work` in the order it came. Every method belongs to the event loop's thread.

    Work that raises is rolled back alone, and its error is its caller's. Where a commit fails,
    everything in it has failed: each caller gets a StoreError and may try again.
    """

    def __init__(
        self,
        database: Database,
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
        self._kept: list[_Job] = []
        self._keeps = True
        self._committed_at = -math.inf
        self.commits = 0
        """Commits that succeeded: against the work done, how much shares one."""

    async def start(self, opening: Work[None] = lambda _connection: None) -> None:
        """Open the database on the writer's thread; `opening` is its first transaction."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._ended = loop.create_future()
        self._taking = self._keeps = True
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

    def stop_waiting(self) -> None:
        """Keep nothing any more for a database that is away: it fails as all else does."""
        self._keeps = False

    def submit(
        self,
        work: Work[Result],
        *,
        alone: bool = False,
        patience: Patience = Patience.NONE,
        keep: bool = False,
        locks: Sequence[int] = (),
    ) -> asyncio.Future[Result]:
        """Have `work` done and committed; it may be called again where others were in its way.

        `alone` gives it a transaction of its own, and calls it once; what is to be kept waits for
        a database that is away. `locks` are the keys on
        which no other node works meanwhile.
        A future that is cancelled before its turn is not worked on at all; after that it is too
        late, and what was done stands.
        """
        if not self._taking or self._loop is None:
            raise StoreError("the store is not open for writing")
        future: asyncio.Future[Result] = self._loop.create_future()
        self._queue.put(_Job(work, future, alone, patience, keep, locks))
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
        database = self._database
        link = Link(database, database.writer, database.enter, database.leave)
        try:
            self._serve(link, loop)
        finally:
            link.close()
            # A loop that was closed under us waits for nothing.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._gone)

    def _serve(self, link: Link, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            group = self._gather()
            fresh = [job for job in group if job is not None and not job.future.cancelled()]
            kept, self._kept = self._kept, []
            groups = [kept, fresh] if fresh and fresh[0].alone else [kept + fresh]
            for jobs in filter(None, groups):
                self._commit(link, jobs)
                if self._keeps and None not in group:
                    self._kept += [job for job in jobs if job.waits]
                _tell(loop, [job for job in jobs if job not in self._kept])
            if None in group:
                return

    def _gather(self) -> list[_Job | None]:
        """All that waits, up to the first job that wants to be alone.

        At least one, unless something is kept, whose time comes without any.
        """
        try:
            group = [self._held or self._queue.get(timeout=_RETRY_EVERY if self._kept else None)]
        except Empty:
            return []
        self._held = None
        until = math.inf
        with suppress(Empty):
            while _open(group):
                if group[-1] is not None:
                    # Who has least patience decides for all.
                    until = min(until, self._until(group[-1].patience))
                job = self._next(until - monotonic())
                if job is not None and job.alone:
                    self._held = job
                    break
                group.append(job)
        return group

    def _until(self, patience: Patience) -> float:
        """The instant up to which a job that came just now waits."""
        match patience:
            case Patience.NONE:
                return 0.0
            case Patience.IN_A_CROWD:
                return self._committed_at + _PATIENCE
            case Patience.SOME:
                return monotonic() + _PATIENCE

    def _next(self, seconds: float) -> _Job | None:
        """The next job, waited for at most so long. Raises Empty."""
        if seconds > 0:
            return self._queue.get(timeout=seconds)
        return self._queue.get_nowait()

    def _commit(self, link: Link, jobs: list[_Job]) -> None:
        began = time.perf_counter()
        repeats = 0 if jobs[0].alone else _REPEATS
        while (error := self._try(link, jobs)) is not None and repeats > 0:
            repeats -= 1
            if not (
                isinstance(error, self._database.refusals) and self._database.may_repeat(error)
            ):
                break
        if error is not None:
            self._fail(jobs, error)
            return
        self.commits += 1
        self._committed_at = monotonic()
        if self._on_commit is not None:
            self._on_commit(time.perf_counter() - began, len(jobs))

    def _try(self, link: Link, jobs: list[_Job]) -> Exception | None:
        """Do the jobs in one transaction; what went wrong with all of them, if anything did."""
        try:
            connection = link.connection()
            self._database.begin(connection)
            jobs = [job for job in jobs if not self._was_done(connection, job)]
            for job in jobs:
                job.result, job.error = None, None
            locks = {key for job in jobs for key in job.locks}
            if locks:
                self._database.lock(connection, sorted(locks))
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
            link.undo()
            if isinstance(error, InDoubtError):
                for job in jobs:
                    job.in_doubt = error.mark if job.error is None else None
            return error
        return None

    def _was_done(self, connection: Connection, job: _Job) -> bool:
        """Whether the commit that the connection was lost in was done after all."""
        mark, job.in_doubt = job.in_doubt, None
        if mark is None:
            return False
        try:
            done = self._database.was_committed(connection, mark)
        except Exception:
            job.in_doubt = mark
            raise
        if done:
            job.error = None
        return done

    def _apart(self, connection: Connection, job: _Job) -> None:
        """Do one job of a group so that its failure does not touch its neighbours."""
        plainly(connection, "SAVEPOINT job")
        mark = self._followers.mark()
        try:
            job.result = job.work(connection)
        except Exception as error:
            if self._database.lost_transaction(connection) or self._concerns_all(error):
                raise
            plainly(connection, "ROLLBACK TO SAVEPOINT job")
            self._followers.undo(mark)
            self._fail([job], error)
        plainly(connection, "RELEASE SAVEPOINT job")

    def _concerns_all(self, error: Exception) -> bool:
        """Whether the neighbours would meet the same, or might not if all are tried anew."""
        if not isinstance(error, self._database.refusals):
            return False
        return self._database.may_repeat(error) or isinstance(
            self._database.explain(error), StoreAwayError
        )

    def _fail(self, jobs: list[_Job], error: Exception) -> None:
        told = (
            self._database.explain(error) if isinstance(error, self._database.refusals) else error
        )
        for job in jobs:
            if job.error is None:
                job.error = told


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
