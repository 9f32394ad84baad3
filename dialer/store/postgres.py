"""All that is PostgreSQL's own: its address, its transactions, its locks and its complaints."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event, inspect
from sqlalchemy.exc import SQLAlchemyError

from dialer.errors import StoreAwayError, StoreError
from dialer.store.link import InDoubtError
from dialer.store.membership import Membership
from dialer.store.prepared import plainly
from dialer.store.schema.base import say_to_postgres

say_to_postgres()

_CONNECT_WITHIN: Final = 5
"""Seconds."""
_SESSION: Final = " ".join(
    f"-c {name}={value}"
    for name, value in {
        # A machine that vanished lets go of what it holds after some ten seconds.
        "tcp_keepalives_idle": 5,
        "tcp_keepalives_interval": 2,
        "tcp_keepalives_count": 3,
        # Work that hangs half-way keeps nobody else from a number for ever.
        "idle_in_transaction_session_timeout": 60_000,
        "timezone": "UTC",
    }.items()
)
_KEEPALIVES: Final = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_UPGRADING: Final = 0x7665_7269_6469_616C
"""The advisory lock of whoever makes or alters tables."""

_LET_IN: Final = (
    "{name} lets this user not in; check the user in store:, the password in store_password_file "
    "or store_password_env, and pg_hba.conf of the server"
)
_ADVICE: Final[tuple[tuple[tuple[str, ...], type[StoreError], str], ...]] = (
    # By the beginning of an SQLSTATE; the first that fits is told.
    (("28",), StoreError, _LET_IN),
    (
        ("3D000",),
        StoreError,
        "there is no such database on {server}; create it (CREATE DATABASE), or correct store:",
    ),
    (
        ("42501",),
        StoreError,
        "{name} does not allow this user what the dialer needs; make it the owner of the database",
    ),
    (
        ("25006",),
        StoreAwayError,
        "{name} is read-only: a standby, most likely; name the primary in store:",
    ),
    (("53100", "58030"), StoreAwayError, "no room for {name}, or its disk failed; free space"),
    (
        ("53300",),
        StoreAwayError,
        "{server} has no connection left; raise its max_connections, or end what uses them up",
    ),
    (("53", "58"), StoreAwayError, "{server} is short of resources; look at its log"),
    (("57P03", "57P01", "57P02"), StoreAwayError, "{server} is starting or shutting down"),
    (
        ("08", "57P"),
        StoreAwayError,
        "the connection to {server} was lost; see that it runs and that the network is there",
    ),
    (("55P03", "57014"), StoreAwayError, "{name} is held by a long piece of work of another"),
    (("40",), StoreAwayError, "others who write to {name} were in the way again and again"),
)
_BY_WORDS: Final = {
    # What is said to one who is not in yet comes without an SQLSTATE.
    "FATAL:  password authentication failed": "28",
    "no password supplied": "28",
    "FATAL:  no pg_hba.conf entry": "28",
    "FATAL:  role ": "28",
    "FATAL:  database ": "3D000",
    "FATAL:  sorry, too many clients": "53300",
    "FATAL:  remaining connection slots": "53300",
    "FATAL:  the database system is": "57P03",
}


_EMPTIED: Final = (
    "contacts",
    "calls",
    "attempts",
    "legs",
    "inbound_calls",
    "complaints",
    "complaint_steps",
    "vault_keys",
)
"""The tables from which personal data is destroyed."""


class PostgresDatabase:
    """A database of a PostgreSQL server, as one node of several sees it.

    `url` may hold the password; no message does.
    """

    refusals: tuple[type[Exception], ...] = (SQLAlchemyError, psycopg.Error, OSError)

    def __init__(self, url: URL, node: str) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self._node = node
        self.membership: Membership | None = None
        """This process as a node among others; None for readers and clerks."""

    @property
    def name(self) -> str:
        return f"the database {self._url.database} on {self.server}"

    @property
    def server(self) -> str:
        host = self._url.host or self._url.query.get("host") or "this machine"
        port = self._url.port or self._url.query.get("port") or 5432
        return f"the PostgreSQL server {host}:{port}"

    @property
    def exists(self) -> bool:
        engine = self.reader()
        try:
            with engine.begin() as connection:
                return bool(inspect(connection).get_table_names())
        except self.refusals as error:
            raise self.explain(error) from None
        finally:
            engine.dispose()

    def must_exist(self) -> None:
        if not self.exists:
            raise StoreError(f"{self.name} is empty: nothing was dialled from it yet")

    def take(self) -> None:
        self.membership = Membership(self._node)

    def let_go(self) -> None:
        self.membership = None

    def upgrader(self) -> Engine:
        engine = self._engine("upgrade", NullPool)
        event.listen(
            engine,
            "begin",
            # Two nodes that start at once: the second finds the work done.
            lambda connection: plainly(connection, f"SELECT pg_advisory_xact_lock({_UPGRADING})"),
        )
        return engine

    def must_be_whole(self, connection: Connection) -> None:
        """PostgreSQL has seen to it."""

    def write_anew(self, engine: Engine) -> None:
        """Nothing: no version that kept anything in clear knew PostgreSQL."""

    def writer(self) -> Engine:
        return self._engine("writer", NullPool)

    def enter(self, connection: Connection) -> None:
        if self.membership is not None:
            self.membership.enter(connection)

    def leave(self, connection: Connection) -> None:
        if self.membership is not None:
            self.membership.leave(connection)

    def keeper(self) -> Engine:
        """For one connection on which the lease is renewed, whatever the writer is busy with."""
        return self._engine("lease", NullPool)

    def reader(self) -> Engine:
        # Kept, for a connection costs some milliseconds here; looked at before it is used again.
        return self._engine("reader", QueuePool, "REPEATABLE READ").execution_options(
            postgresql_readonly=True
        )

    def begin(self, connection: Connection) -> None:
        """The driver begins with the first statement."""

    def lock(self, connection: Connection, keys: Iterable[int]) -> None:
        """In the order given, which is everybody's: nobody waits in a ring."""
        connection.connection.cursor().execute(
            "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", (list(keys),)
        )

    def commit(self, connection: Connection) -> None:
        driver = connection.connection
        cursor = driver.cursor()
        cursor.execute("SELECT pg_current_xact_id_if_assigned()::text", ())
        ((mark,),) = cursor.fetchall()
        try:
            driver.commit()
        except psycopg.OperationalError as error:
            if mark is None or not self.is_lost(connection):
                raise
            raise InDoubtError(str(self.explain(error)), mark) from None
        _settle(connection)

    def was_committed(self, connection: Connection, mark: str) -> bool:
        cursor = connection.connection.cursor()
        cursor.execute("SELECT pg_xact_status(%s::xid8)", (mark,))
        ((status,),) = cursor.fetchall()
        if status == "in progress":
            raise StoreAwayError(f"{self.server} has not yet let go of a connection that was lost")
        return bool(status == "committed")

    def roll_back(self, connection: Connection) -> None:
        connection.connection.rollback()
        _settle(connection)

    def lost_transaction(self, connection: Connection) -> bool:
        return self.is_lost(connection) or _driver(connection).info.transaction_status not in {
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
        }

    def is_lost(self, connection: Connection) -> bool:
        return connection.closed or connection.invalidated or _driver(connection).closed

    def may_repeat(self, error: Exception) -> bool:
        """Serialisation failures and deadlocks."""
        return _state_of(error) in {"40001", "40P01"}

    def scrub(self) -> bool:
        """Rows that nobody can see any more are taken off their pages."""
        engine = self._engine("scrub", NullPool, "AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                plainly(connection, f"VACUUM {', '.join(_EMPTIED)}")
        except self.refusals as error:
            raise self.explain(error) from None
        finally:
            engine.dispose()
        return True

    def explain(self, error: Exception) -> StoreError:
        if isinstance(error, StoreError):
            return error
        state = _state_of(error)
        for states, kind, advice in _ADVICE:
            if state.startswith(states):
                return kind(advice.format(name=self.name, server=self.server))
        origin = getattr(error, "orig", None) or error
        if not state and isinstance(origin, psycopg.OperationalError | OSError):
            return StoreAwayError(
                f"{self.server} cannot be reached; see that it runs, and that store: names it "
                "rightly"
            )
        # The first line of PostgreSQL's own words names tables and columns; the values that it
        # tells of come after it.
        text = getattr(getattr(origin, "diag", None), "message_primary", None)
        return StoreError(f"{self.name} refused: {text or type(origin).__name__}")

    def _engine(
        self, what: str, pool: type[NullPool | QueuePool], isolation: str = "READ COMMITTED"
    ) -> Engine:
        # Of a connection that is lost it says so with a traceback; we tell it in one line.
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
        kept = {"pool_size": 1, "pool_pre_ping": True} if pool is QueuePool else {}
        return create_engine(
            self._url,
            poolclass=pool,
            hide_parameters=True,
            isolation_level=isolation,
            use_native_hstore=False,
            connect_args={
                "connect_timeout": _CONNECT_WITHIN,
                "application_name": f"dialer {self._node} {what}",
                "options": _SESSION,
                **_KEEPALIVES,
            },
            **kept,
        )


def _driver(connection: Connection) -> psycopg.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 -- `_engine` asks for no other
    return driver


def _state_of(error: Exception) -> str:
    """Its SQLSTATE; empty where it has none."""
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", None)
    if state:
        return str(state)
    words = str(origin)
    return next((found for said, found in _BY_WORDS.items() if said in words), "")


def _settle(connection: Connection) -> None:
    """SQLAlchemy, where it executed a statement itself, believes to be in a transaction still."""
    if connection.in_transaction():
        connection.rollback()
