"""The recordings of calls on the disk, as far as destroying them goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class Recordings:
    """All files below `folder` that are named after a call: `CALL.*`, in whatever folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[str, list[Path]] | None = None

    def remove(self, calls: Sequence[str]) -> int:
        """Delete those of `calls`; how many there were. Raises OSError where one cannot go."""
        if self._found is None:
            # Once a destruction: looking for each in a folder of a million costs the more.
            self._found = {}
            for path in self._folder.rglob("*"):
                if path.is_file():
                    self._found.setdefault(path.name.partition(".")[0], []).append(path)
        gone = 0
        for call in calls:
            for path in self._found.pop(call, ()):
                path.unlink(missing_ok=True)
                gone += 1
        return gone
