"""From the schema that a database has to the one that this version knows, by Alembic's revisions.

A revision is `versions/rNNNN_what_it_brings.py`; its number is the schema's version. What it needs
besides the connection, such as the vault that seals rows which were plain, is in
`op.get_context().config.attributes`.

Before Alembic, versions 1 to 4 kept their number in a table `schema_version` of their own. Such a
database is taken over: stamped with its revision, upgraded, and that table dropped.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from dialer.errors import StoreError
from dialer.store.schema import metadata

if TYPE_CHECKING:
    from alembic.config import Config

_HERE: Final = Path(__file__).parent
_REVISION: Final = re.compile(r"r(\d{4})_\w+\.py")
_VERSION_TABLE: Final = "alembic_version"
_OWN_VERSION_TABLE: Final = "schema_version"
_OWN_TABLES: Final = frozenset({"campaigns", "tallies", "contacts", "calls", "attempts"})
_OWN_TABLES_SINCE_3: Final = _OWN_TABLES | {"legs", "inbound_calls", "suppressions"}
_LAST_OWN: Final = 4

HELD_TO_THE_LOG: Final = 22
"""Since this version each row that counts is held to the audit log (`dialer.store.replay`)."""

_one_at_a_time: Final = Lock()
"""Alembic's `op` is one for the whole process."""


@cache
def version() -> int:
    """The version of the schema that this program knows."""
    found = (_REVISION.fullmatch(file.name) for file in (_HERE / "versions").iterdir())
    return max(int(match[1]) for match in found if match)


def bring_up(
    connection: Connection, where: str, attributes: Mapping[str, object] | None = None
) -> bool:
    """Make the tables in an empty database; bring those of an older version up to this one.

    Runs inside the transaction that `connection` is in: half a schema is never left behind.
    Says whether there was anything to do. Raises StoreError for a database of a newer version, or
    of something else.
    """
    found = _tables(connection)
    known = version_in(connection, where)
    is_behind = known < version() or _OWN_VERSION_TABLE in found
    if is_behind:
        # Alembic tells of every step; a person is to hear of what fails only.
        logging.getLogger("alembic").setLevel(logging.WARNING)
        # Imported by who needs it: most commands find the database up to date.
        from alembic import command  # noqa: PLC0415

        config = _config(connection, attributes or {})
        with _one_at_a_time:
            if _OWN_VERSION_TABLE in found:
                command.stamp(config, f"{known:04}")
                connection.execute(text(f"DROP TABLE {_OWN_VERSION_TABLE}"))
            command.upgrade(config, "head")
    check(connection, where)
    return is_behind


def version_in(connection: Connection, where: str) -> int:
    """The version of the tables that are there, 0 where there are none. Raises StoreError."""
    found = _tables(connection)
    return _version_of(connection, found, where) if found else 0


def check(connection: Connection, where: str) -> None:
    """Raises StoreError unless the database is at this version; changes nothing."""
    found = _tables(connection)
    known = _version_of(connection, found, where)
    if known < version():
        raise StoreError(
            f"{where} was written by an older version (schema {known}, this one knows "
            f"{version()}); `dialer run` brings it up to date"
        )
    if not found >= set(metadata.tables):
        raise _incomplete(where, known)


def _version_of(connection: Connection, found: set[str], where: str) -> int:
    """The version of the tables. Raises StoreError for a newer one, or something else."""
    foreign = StoreError(
        f"{where} holds tables of another program; name another data_dir, or move it away"
    )
    if _VERSION_TABLE in found:
        kept = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if kept is None or not re.fullmatch(r"\d{4}", kept):
            raise foreign
        known = int(kept)
    elif _OWN_VERSION_TABLE in found:
        kept = connection.execute(text("SELECT version FROM schema_version")).scalar()
        known = 0 if kept is None else int(kept)
        if 1 <= known <= _LAST_OWN:
            needed = _OWN_TABLES if known < 3 else _OWN_TABLES_SINCE_3
            if not found >= needed:
                raise _incomplete(where, known)
        elif known <= version():
            raise foreign
    else:
        raise foreign
    if known > version():
        raise StoreError(
            f"{where} was written by a newer version (schema {known}, this one knows "
            f"{version()}); install that version again, or name another data_dir"
        )
    return known


def _incomplete(where: str, known: int) -> StoreError:
    return StoreError(f"{where} has an incomplete schema {known}; restore it from a backup")


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def _config(connection: Connection, attributes: Mapping[str, object]) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config(attributes={**attributes, "connection": connection})
    # A path may hold what the option's syntax means something by.
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
