"""Where recordings lie: one folder a campaign, in it one sealed file a call."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from dialer.vault import HEADER_BYTES

_SUFFIX = ".vrds"
_MODE = 0o600
_FOLDER_MODE = 0o700


class RecordingFolder:
    """All recordings of a node. Whatever reads, erases or destroys one asks here for its path."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def of_campaign(self, campaign: str) -> Path:
        """The folder of a campaign's recordings; there is none before its first."""
        return self.path / campaign

    def of_call(self, campaign: str, call: str) -> Path:
        """The file of a call's recording."""
        return self.of_campaign(campaign) / f"{call}{_SUFFIX}"

    def create(self, campaign: str, call: str) -> BinaryIO:
        """A new file for a call's recording. Raises OSError, also where there is one."""
        path = self.of_call(campaign, call)
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        return os.fdopen(handle, "wb", buffering=0)

    def erase(self, campaign: str, call: str) -> bool:
        """Overwrite the recording's key, then remove its file; False where there was none.

        The key goes first, and reaches the disk: what a file system leaves of the rest opens for
        nobody. Raises OSError.
        """
        path = self.of_call(campaign, call)
        try:
            with path.open("r+b", buffering=0) as file:
                file.write(bytes(min(HEADER_BYTES, path.stat().st_size)))
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    def erase_calls(self, calls: Sequence[str]) -> int:
        """Erase the recordings of calls of whatever campaign; how many there were. Raises OSError.

        It is what `dialer.upkeep.destroyer` wants.
        """
        campaigns = [folder.name for folder in self.path.glob("*/")]
        return sum(self.erase(campaign, call) for call in calls for campaign in campaigns)

    def erase_campaign(self, campaign: str) -> int:
        """Erase all recordings of a campaign; how many there were. Raises OSError."""
        folder = self.of_campaign(campaign)
        found = sorted(folder.glob(f"*{_SUFFIX}"))
        erased = sum(self.erase(campaign, path.name.removesuffix(_SUFFIX)) for path in found)
        with suppress(OSError):
            folder.rmdir()
        return erased
