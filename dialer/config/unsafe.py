"""Switches of `dialer.yaml` that leave a protection off, by their names, and what they allow."""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path

from dialer.reading.database import PostgresUrl
from dialer.reading.validate import Section


class Unsafe(Section):
    """Protections that are left off.

    Each of them is named in the log at every start, and in the audit log's record of it.
    """

    database_without_tls: bool = False
    """PostgreSQL on another machine without `sslmode=verify-full`: whoever is on the way reads and
    alters what the dialer keeps there."""
    broker_without_tls: bool = False
    """The broker's password goes to another machine without TLS."""
    folders_others_may_write: bool = False
    """Other users may write in the folders of this file and of the data. They can then have the
    dialer say and do what they like."""

    def switched_off(self) -> tuple[str, ...]:
        """The names of the switches that are on."""
        return tuple(name for name in type(self).model_fields if getattr(self, name))


def is_here(host: str) -> bool:
    """Whether `host` is this machine for certain: loopback, `localhost`, or a socket's folder."""
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_read_on_the_way(store: PostgresUrl) -> bool:
    """Whether others could read and alter what goes to the database, or stand in for it."""
    # libpq takes a `host` among the options before the one in front, and either may be a list.
    given = store.options.get("host") or store.host or ""
    hosts = [host.strip() for text in (given, store.host or given) for host in text.split(",")]
    return store.options.get("sslmode") != "verify-full" and not all(map(is_here, hosts))


def open_to_others(paths: Iterable[Path]) -> Iterator[str]:
    """What is wrong with each of `paths`, as far as it is there, that others may write to."""
    for path in dict.fromkeys(paths):
        try:
            mode = path.stat().st_mode
        except OSError:
            continue  # whoever needs it tells
        # Not even with the sticky bit: whoever may add a file here adds a WAL or a key.
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            yield f"others may write to {path}; run: chmod go-w {shlex.quote(str(path))}"
