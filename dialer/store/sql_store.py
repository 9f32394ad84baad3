"""`SqlStore`: the Store of `dialer.ports` on SQL. Each method queues its work and waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from dialer.core.office.audit_chain import desk_chain
from dialer.core.office.audit_kinds import suppressions as kinds
from dialer.core.values.inbound_records import InboundEnd, InboundOrder, InboundRow, LastCall
from dialer.core.values.legs import DecideLeg, LegEnd, LegOrder, LegRow
from dialer.core.values.records import (
    AttemptEnd,
    AttemptOrder,
    AttemptRow,
    CallEnd,
    CallRow,
    CampaignRecord,
    Contact,
    ContactRow,
    Decide,
    History,
    PastAttempt,
    Progress,
)
from dialer.core.values.verdict import Verdict
from dialer.errors import StoreError, StoreInDoubtError, VaultError
from dialer.ports.store import OpenedCampaign
from dialer.store import migrations
from dialer.store.audit_trail import AuditTrail
from dialer.store.channel import Channel
from dialer.store.database import Database
from dialer.store.following import Afterwards, Followers
from dialer.store.keyring import Keyring, StoreKeys
from dialer.store.people import People
from dialer.store.queries import inbound, legs, reports, tallies
from dialer.store.queries.calling import Calling
from dialer.store.queries.importing import Importing
from dialer.store.queries.recovery import Recovery
from dialer.store.queries.suppression import Book
from dialer.store.queries.tallies import Tallies
from dialer.store.queries.turns import Turns
from dialer.store.sqlite import SqliteDatabase
from dialer.store.writer import GroupWriter, OnCommit, Patience

_log = logging.getLogger(__name__)

REFRESH: Final = 10.0
"""Seconds between two looks at the shelf of keys, for what other processes did there."""

Result = TypeVar("Result")


class SqlStore:
    """Contacts, attempts and CDRs in a database, for this `node`; a folder has SQLite's.

    One process at a time works under a node's name, and in a folder one at all. Beside it a
    `reader` answers what reads only, and a `clerk` also writes what the node then finds:
    approvals, suppressions, complaints. A clerk never claims or recovers, and has an audit chain
    of its own. Every method belongs to the event loop's thread, none blocks it.
    """

    def __init__(
        self,
        where: Path | Database,
        node: str,
        *,
        reader: bool = False,
        clerk: bool = False,
        keys: StoreKeys | None = None,
        on_commit: OnCommit | None = None,
    ) -> None:
        if keys is None:
            if not isinstance(where, Path):
                raise TypeError("keys: a database without a folder of its own has none beside it")
            keys = StoreKeys.beside(where)
        self._database = SqliteDatabase(where) if isinstance(where, Path) else where
        self._read_only = reader
        self._is_clerk = clerk
        self._readers: ThreadPoolExecutor | None = None
        self._refreshing: asyncio.Task[None] | None = None
        self._reading = self._database.reader()
        dialect = self._reading.dialect
        afterwards = Afterwards()
        self._keyring = Keyring(keys.masters, afterwards)
        trail = AuditTrail(dialect, desk_chain(node) if clerk else node)
        self._writer = GroupWriter(self._database, on_commit, Followers(trail, afterwards))
        # Keys that a transaction has made are known to others only once it is committed.
        self._people = People(self._keyring, self._keyring.obtain)
        self.channel = Channel(
            dialect, self._writer, self._read, trail, self._keyring, afterwards, self._scrub
        )
        """What the desks of this store work through."""
        self._trail = trail
        self._book = Book(dialect)
        self._importing = Importing(dialect, self._people, trail)
        self._tallies = Tallies(dialect, node)
        self._turns = Turns(dialect, self._people, self._tallies, node)
        self._calling = Calling(dialect, self._people, trail, self._tallies, self._turns)
        self._recovery = Recovery(self._calling, trail, self._tallies)

    async def open(self) -> None:
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        try:
            if self._read_only:
                await self._in_reader(self._database.must_exist)
                await self._in_reader(self._keyring.read)
                await self._read(self._begin_reading)
            else:
                await self._in_reader(self._take)
                await self._in_reader(self._bring_up)
                if self._is_clerk:
                    self._database.let_go()
                await self._writer.start()
                self._refreshing = asyncio.create_task(self._keep_fresh())
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
        await self._writer.stop()
        if self._refreshing is not None:
            await asyncio.wait([self._refreshing])
            self._refreshing = None
        if self._readers is not None:
            readers, self._readers = self._readers, None
            await asyncio.to_thread(readers.shutdown)
        self._database.let_go()
        self._reading.dispose()
        self._keyring.close()

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept there. Raises StoreError where that cannot be known."""
        return self._database.exists

    @property
    def commits(self) -> int:
        """Commits since it was opened."""
        return self._writer.commits

    def stop_waiting(self) -> None:
        self._writer.stop_waiting()

    async def recover(self, node: str, at: datetime) -> int:
        return await self._writer.submit(
            lambda connection: self._recovery.recover(connection, node, at)
        )

    async def bury(self, node: str, at: datetime) -> None:
        """Close what another node left that died, on a database of several; it is then forgotten.

        Nothing is done where it lives after all, or is not quite dead yet.
        """
        membership = self._database.membership
        if membership is None:
            return

        def work(connection: Connection) -> int | None:
            if not membership.may_bury(connection, node):
                return None
            cut_short = self._recovery.recover(connection, node, at)
            membership.bury(connection, node)
            return cut_short

        cut_short = await self._writer.submit(work)
        if cut_short is not None:
            _log.warning(
                "node %s is gone: %d calls of it were closed, what it had claimed waits again",
                node,
                cut_short,
            )

    async def open_campaign(
        self, record: CampaignRecord, contacts: Iterable[ContactRow]
    ) -> OpenedCampaign:
        return await self._writer.submit(
            lambda connection: self._importing.open(
                connection, record, contacts, datetime.now(UTC)
            ),
            alone=True,
            locks=(_key(b"campaign", record.name.encode()),),
        )

    async def claim(self, campaign: int, limit: int, now: datetime) -> Sequence[Contact]:
        return await self._writer.submit(
            lambda connection: self._turns.claim(connection, campaign, limit, now)
        )

    async def release(self, contacts: Sequence[int]) -> None:
        await self._writer.submit(
            lambda connection: self._turns.release(connection, contacts), patience=Patience.SOME
        )

    async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
        try:
            return await self._writer.submit(
                lambda connection: self._calling.authorise(connection, order, decide),
                # The next trunk of a call that waits already is asked for at once.
                patience=Patience.IN_A_CROWD if order.number_in_call == 1 else Patience.NONE,
                locks=(_key(b"number", self._people.number(order.contact.row.number)),),
            )
        except StoreInDoubtError:
            # It is not dialled. Where it was committed after all, it is closed, as after a crash.
            closing = self._writer.submit(
                lambda connection: self._recovery.close(connection, order), keep=True
            )
            closing.add_done_callback(asyncio.Future.exception)
            raise

    async def opt_out(self, call: str, at: datetime) -> None:
        await self._writer.submit(lambda connection: self._calling.opt_out(connection, call, at))

    async def end_attempt(self, end: AttemptEnd) -> None:
        # In a hurry: the INVITE on the next trunk waits for it.
        await self._writer.submit(
            lambda connection: self._calling.end_attempt(connection, end), keep=True
        )

    async def end_call(self, end: CallEnd) -> None:
        await self._writer.submit(
            lambda connection: self._calling.end_call(connection, end),
            patience=Patience.SOME,
            keep=True,
        )

    async def authorise_leg(self, order: LegOrder, decide: DecideLeg) -> Verdict:
        return await self._writer.submit(
            lambda connection: legs.authorise(
                connection, self._people, self._trail, self._calling.histories, order, decide
            )
        )

    async def end_leg(self, end: LegEnd) -> None:
        await self._writer.submit(
            lambda connection: legs.end(connection, self._trail, end),
            patience=Patience.SOME,
            keep=True,
        )

    async def arrive(self, order: InboundOrder) -> LastCall | None:
        return await self._writer.submit(
            lambda connection: inbound.arrive(connection, self._people, self._trail, order)
        )

    async def suppress(self, call: str, at: datetime) -> None:
        await self._writer.submit(
            lambda connection: inbound.suppress(connection, self._book, self._trail, call, at)
        )

    async def end_inbound(self, end: InboundEnd) -> None:
        await self._writer.submit(
            lambda connection: inbound.end(connection, self._people, self._trail, end),
            patience=Patience.SOME,
            keep=True,
        )

    async def legs(self, call: str | None = None) -> Sequence[LegRow]:
        return await self._read(lambda connection: legs.rows(connection, call))

    async def inbound_calls(
        self, limit: int | None = None, *, call: str | None = None
    ) -> Sequence[InboundRow]:
        return await self._read(
            lambda connection: inbound.rows(connection, self.channel.people, limit, call)
        )

    async def reached(self, contact: int) -> None:
        await self._writer.submit(
            lambda connection: self._turns.reached(connection, contact), keep=True
        )

    async def progress(self, campaign: int) -> Progress:
        return await self._read(lambda connection: tallies.progress(connection, campaign))

    async def calls(
        self,
        campaign: str | None = None,
        limit: int | None = None,
        *,
        call: str | None = None,
        grades: Collection[str] = (),
    ) -> Sequence[CallRow]:
        return await self._read(
            lambda connection: reports.call_rows(
                connection, self.channel.people, campaign, limit, call, grades
            )
        )

    async def attempts(
        self, campaign: str | None = None, *, call: str | None = None
    ) -> Sequence[AttemptRow]:
        return await self._read(lambda connection: reports.attempt_rows(connection, campaign, call))

    async def history(self, order: AttemptOrder) -> History:
        return await self._read(lambda connection: self._calling.history(connection, order))

    async def past_attempts(
        self, since: datetime, most: int, *, but_of: str = ""
    ) -> Sequence[PastAttempt]:
        return await self._read(
            lambda connection: reports.past_attempts(connection, since, most, but_of)
        )

    # ------------------------------------------------------------------------ on other threads

    async def _in_reader(self, work: Callable[[], Result]) -> Result:
        if self._readers is None:
            raise StoreError("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def _read(self, work: Callable[[Connection], Result]) -> Result:
        """Reports have a connection of their own: however long they take, no commit waits."""

        def read() -> Result:
            try:
                with self._reading.begin() as connection:
                    return work(connection)
            except self._database.refusals as error:
                raise self._database.explain(error) from None

        return await self._in_reader(read)

    async def _scrub(self) -> bool:
        return await self._in_reader(self._database.scrub)

    async def _keep_fresh(self) -> None:
        """Learn what other processes do to keys: rotate, destroy, change the master key."""
        while True:
            await asyncio.sleep(REFRESH)
            try:
                await self._read(self._keyring.refresh)
            except (StoreError, VaultError) as error:
                _log.warning("the store's keys could not be looked at: %s", error)

    def _take(self) -> None:
        # A clerk works beside the node, but what an upgrade changes must be nobody's meanwhile.
        if not (self._is_clerk and self._is_current()):
            self._database.take()
        self._keyring.read()

    def _is_current(self) -> bool:
        if not self.exists:
            return False
        try:
            with self._reading.begin() as connection:
                self._check_version(connection)
        except StoreError:
            return False
        except self._database.refusals:
            return False
        return True

    def _bring_up(self) -> None:
        engine = self._database.upgrader()
        try:
            with engine.begin() as connection:
                before = migrations.version_in(connection, self._database.name)
                told: dict[str, Any] = {}
                given = {"keys": self._keyring, "told": told}
                is_new = migrations.bring_up(connection, self._database.name, given)
                if is_new:
                    self._database.must_be_whole(connection)
                self._keyring.open(connection)
                if told:
                    self._tell_of_spellings(connection, told)
                if 0 < before < migrations.HELD_TO_THE_LOG:
                    # Only an upgrade needs it, and what it brings along.
                    from dialer.store.replay import take_over  # noqa: PLC0415

                    take_over(connection, self._trail, self.channel.people, before)
            if is_new:
                self._database.write_anew(engine)
        except self._database.refusals as error:
            raise self._database.explain(error) from None
        finally:
            engine.dispose()

    def _tell_of_spellings(self, connection: Connection, told: Mapping[str, Any]) -> None:
        """On record and in the log: numbers that the upgrade brought to one spelling."""
        at, counts = datetime.now(UTC), told["counts"]
        self._trail.begin()
        self._trail.note(kinds.NUMBERS_RESPELLED, at, {"counts": counts})
        for was, number in told["numbers"]:
            self._trail.note(kinds.NUMBER_RESPELLED, at, kinds.respelled(number, was))
        self._trail.finish(connection)
        self._trail.committed()
        _log.warning(
            "numbers in another spelling were brought to one (%s); `dialer audit list --kind %s` "
            "has each number's old and new hash",
            ", ".join(f"{what}: {count}" for what, count in counts.items()),
            kinds.NUMBER_RESPELLED,
        )

    def _begin_reading(self, connection: Connection) -> None:
        self._check_version(connection)
        self._keyring.open(connection)

    def _check_version(self, connection: Connection) -> None:
        """A reader makes nothing: where there is no database, there are no records."""
        migrations.check(connection, self._database.name)


def _key(of_what: bytes, name: bytes) -> int:
    """A lock's key, the same on every node: 64 bits with a sign, as PostgreSQL takes them."""
    digest = blake2b(name, digest_size=8, person=of_what).digest()
    return int.from_bytes(digest, signed=True)
