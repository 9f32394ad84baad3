"""A KeyShelf in memory, with transactions, and none of the real one's lasting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from dialer.vault import KeyShelf, ShelvedKey


class MemoryKeys:
    """Wrapped keys that are forgotten with the process. One transaction at a time."""

    def __init__(self) -> None:
        self._committed: dict[tuple[str, int], ShelvedKey] = {}
        self._busy = False

    @contextmanager
    def transaction(self) -> Iterator[KeyShelf]:
        """A shelf whose changes are there when the block has ended, and never if it raised."""
        if self._busy:
            raise RuntimeError("one transaction at a time")
        self._busy = True
        try:
            shelf = _MemoryShelf(dict(self._committed))
            yield shelf
            self._committed = shelf.kept
        finally:
            self._busy = False


class _MemoryShelf:
    def __init__(self, kept: dict[tuple[str, int], ShelvedKey]) -> None:
        self.kept = kept

    def everything(self) -> Sequence[ShelvedKey]:
        return [self.kept[place] for place in sorted(self.kept)]

    def get(self, name: str) -> Sequence[ShelvedKey]:
        return [key for key in self.everything() if key.name == name]

    def put(self, key: ShelvedKey) -> bool:
        place = key.name, key.generation
        return self.kept.setdefault(place, key) is key

    def replace(self, old: ShelvedKey, new: ShelvedKey) -> bool:
        place = old.name, old.generation
        if self.kept.get(place) != old:
            return False
        self.kept[place] = new
        return True

    def destroy(self, name: str) -> int:
        living = [key for key in self.get(name) if not key.is_destroyed]
        for key in living:
            self.kept[key.name, key.generation] = replace(key, wrapped=None)
        return len(living)
