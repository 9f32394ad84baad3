"""One process a data folder: a lock that the kernel lets go when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from dialer.errors import StoreLockedError

LOCK: Final = "dialer.lock"


class FolderLock:
    """Held from construction until `release`. Raises StoreLockedError, or OSError."""

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK
        self._handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._handle, 32, 0).decode("ascii", "replace").strip()
            os.close(self._handle)
            if not isinstance(error, BlockingIOError):
                raise
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise StoreLockedError(
                f"{who} works on {folder}; let it finish, or name another data_dir"
            ) from None
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        os.close(self._handle)
