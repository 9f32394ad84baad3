"""How `store:` names a database: SQLite's file, or a PostgreSQL server's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import PlainValidator

from dialer.reading.fields import Written, from_text

_OPTIONS: Final = frozenset({"host", "sslmode", "sslrootcert", "sslcert", "sslkey"})


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """A database of a PostgreSQL server, without a password. `host` is None for a socket."""

    user: str
    host: str | None
    port: int
    database: str
    options: Mapping[str, str] = field(default_factory=dict)
    """libpq's: a socket's folder as `host`, and TLS."""


def _store(text: str) -> PostgresUrl | None:
    if text == "sqlite":
        return None
    found = urlsplit(text)
    if found.scheme not in {"postgresql", "postgres"}:
        raise ValueError("write sqlite, or postgresql://user@host:port/database")
    if found.password is not None:
        raise ValueError(
            "a password is not written here: it has store_password_file, or store_password_env"
        )
    try:
        port = found.port or 5432
    except ValueError:
        raise ValueError("the port is a number from 1 to 65535") from None
    database = unquote(found.path.removeprefix("/"))
    options = dict(parse_qsl(found.query, keep_blank_values=True))
    socket_port = options.pop("port", None)
    if socket_port is not None and socket_port.isdecimal():
        port = int(socket_port)
    strange = sorted(set(options) - _OPTIONS)
    if strange:
        raise ValueError(f"of the options only {', '.join(sorted(_OPTIONS))} may be given")
    if not found.username or not database or "/" in database:
        raise ValueError("name the user and the database: postgresql://user@host/database")
    if not found.hostname and "host" not in options:
        raise ValueError("name the host, or a socket's folder: ?host=/var/run/postgresql")
    return PostgresUrl(unquote(found.username), found.hostname, port, database, options)


StoreAt = Annotated[
    PostgresUrl | None,
    PlainValidator(from_text(_store)),
    Written("`sqlite`, or `postgresql://user@host:port/database`"),
]
"""None is SQLite."""
