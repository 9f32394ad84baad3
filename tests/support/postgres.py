"""A real PostgreSQL in a folder below /tmp, on a socket there and on a free loopback port.

PostgreSQL refuses to be run by root, so that root runs it as another user. It is Debian's own,
which set-up unpacked, started by the loader and with the libraries that came along.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from deploy.setup import postgres
from deploy.setup.checkout import Checkout
from deploy.setup.private_root import Root
from dialer.store import SqlStore, migrations
from dialer.store.following import Afterwards
from dialer.store.keyring import Keyring, StoreKeys
from dialer.store.postgres import PostgresDatabase
from tests.support.broker import free_port

_CHECKOUT: Final = Checkout(Path(__file__).resolve().parents[2])
_NOBODY: Final = 65534
USER: Final = "dialer"
PASSWORD: Final = "not-a-real-secret"
_SETTINGS: Final = {
    # What a crash of the machine would lose is no matter of a test's.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "listen_addresses": "127.0.0.1",
    "dynamic_shared_memory_type": "mmap",
}


class Postgres:
    """A server that keeps its port and its databases over a restart."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="veridial-postgres-"))
        self.port = free_port()
        self._as_whom = (
            {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if _is_root() else {}
        )
        self._data = self.folder / "data"
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._programs = _view(self.folder / "root")
        self._databases = 0
        self._template = ""
        self.own = Path(tempfile.mkdtemp(prefix="veridial-postgres-keys-"))
        self.keys = StoreKeys.beside(self.own)
        """Of every database here that has the store's tables."""
        if _is_root():
            os.chown(self.folder, _NOBODY, _NOBODY)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        made = subprocess.run(
            [
                *(self._programs / "initdb", "--no-locale", "--encoding=UTF8", "--no-sync"),
                *(f"--username={USER}", f"--pwfile={password}", f"--pgdata={self._data}"),
                *("--auth-local=trust", "--auth-host=scram-sha-256"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            **self._as_whom,
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stdout}{made.stderr}")

    def start(self) -> None:
        """Returns once it answers."""
        settings = {**_SETTINGS, "port": self.port, "unix_socket_directories": self.folder}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self._as_whom,
            )
        until = time.monotonic() + 30
        while True:
            try:
                self.admin().close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"it did not start: {self._log.read_text()}") from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """End it at once and wait: its sessions are cut, what was committed stays."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)

    def admin(self) -> psycopg.Connection[tuple[object, ...]]:
        """A session on the server's own database; each statement is a transaction."""
        return psycopg.connect(
            host=str(self.folder), port=self.port, user=USER, dbname="postgres", autocommit=True
        )

    @contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """A new database with the store's tables, or `empty`; dropped after.

        Its URL, without a password, goes over the socket.
        """
        self._databases += 1
        name = f"test_{self._databases}"
        self._create(name, "template0" if empty else self._migrated())
        try:
            yield self._url(name)
        finally:
            with self.admin() as admin:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _create(self, name: str, template: str) -> None:
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with self.admin() as admin:
            admin.execute(made.format(sql.Identifier(name), sql.Identifier(template)))

    def _migrated(self) -> str:
        """A database with the tables in it, to be copied: migrating takes longer."""
        if not self._template:
            self._create("migrated", "template0")
            engine = PostgresDatabase(make_url(self._url("migrated")), "test").upgrader()
            keyring = Keyring(self.keys.masters, Afterwards())
            keyring.read()
            with engine.begin() as connection:
                migrations.bring_up(connection, "the template", {"keys": keyring})
            keyring.close()
            engine.dispose()
            self._template = "migrated"
        return self._template

    def _url(self, name: str) -> str:
        return f"postgresql://{USER}@/{name}?host={self.folder}&port={self.port}"

    def store(self, url: str, node: str, *, reader: bool = False) -> SqlStore:
        """A node's store on one of the databases, not opened."""
        database = PostgresDatabase(make_url(url), node)
        return SqlStore(database, node, reader=reader, keys=self.keys)

    def over_tcp(self, url: str) -> str:
        """The same database over loopback, where a password is asked for."""
        name = url.partition("@/")[2].partition("?")[0]
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.own, ignore_errors=True)


def _is_root() -> bool:
    return os.geteuid() == 0


def _within_reach(root: Root, copy: Path) -> Root:
    """`root`, or a `copy` where another user cannot get to it: a checkout may be its owner's alone.

    Raises FileNotFoundError where it was not unpacked.
    """
    if not root.folder.exists():
        raise FileNotFoundError("PostgreSQL is not there: run `make peers`")
    way = [*root.folder.parents, root.folder, *root.folder.rglob("*")]
    if not _is_root() or all(each.is_symlink() or _open_to_all(each) for each in way):
        return root
    shutil.copytree(root.folder, copy, symlinks=True)
    for each in (copy, *copy.rglob("*")):
        if not each.is_symlink():
            each.chmod(each.stat().st_mode | (0o055 if each.is_dir() else 0o044))
    return Root(copy)


def _open_to_all(path: Path) -> bool:
    needed = 0o005 if path.is_dir() else 0o004
    return path.stat().st_mode & needed == needed


def _view(folder: Path) -> Path:
    """A tree in which each program starts by its loader, whoever starts it; where they are.

    `initdb` starts `postgres` by itself, from its own folder, and both look for all else by the
    path that they were started under.
    """
    root = _within_reach(postgres.root(_CHECKOUT), folder.with_name("unpacked"))
    programs = folder / postgres.BIN
    programs.mkdir(parents=True)
    (folder / "usr" / "share").symlink_to(root.folder / "usr" / "share")
    library = programs.with_name("lib")
    library.symlink_to(root.folder / library.relative_to(folder))
    for name in postgres.PROGRAMS:
        loader, *rest = root.command(f"{postgres.BIN}/{name}")
        words = " ".join([loader, "--argv0", str(programs / name), *rest])
        (programs / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (programs / name).chmod(0o755)
    for made in (folder, *folder.rglob("*")):
        if not made.is_symlink():
            made.chmod(0o755)
    return programs
