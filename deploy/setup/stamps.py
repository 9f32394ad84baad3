"""Remembering what is done: keys over the inputs of a step, and where they are kept."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


def key_of(files: Iterable[Path], *words: str) -> str:
    """A short key over words, and over the names and bytes of files. Order of files is no matter.

    Each part is preceded by its length, so that no two lists of parts read the same.
    """
    digest = hashlib.sha256()
    parts = [word.encode() for word in words]
    for file in sorted(files):
        parts += [file.name.encode(), file.read_bytes()]
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:16]


def sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Stamps:
    """Keys of what was done, in one small JSON file that is written last and at once."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def get(self, name: str) -> str | None:
        value = self._read().get(name)
        return value if isinstance(value, str) else None

    def put(self, name: str, key: str) -> None:
        self._write({**self._read(), name: key})

    def drop(self, name: str) -> None:
        kept = self._read()
        if kept.pop(name, None) is not None:
            self._write(kept)

    def _read(self) -> dict[str, object]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, values: dict[str, object]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(values, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        new.replace(self._file)


@contextmanager
def only_one(lock: Path, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock file; where another set-up has it, say so and wait for it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+", encoding="utf-8") as holder:
        try:
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder.seek(0)
            owner = holder.read().strip() or "?"
            waiting(f"another set-up is running here (process {owner}); waiting for it")
            fcntl.flock(holder, fcntl.LOCK_EX)
        holder.seek(0)
        holder.truncate()
        holder.write(str(os.getpid()))
        holder.flush()
        yield
