"""The faults of a long file: the first of them in words, the rest as a count."""

from __future__ import annotations

from dialer.errors import Fault
from dialer.reading.tree import MAX_FAULTS


class FileFaults:
    """The first faults of a file, and how many there were in all."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.total = 0
        self.told: list[Fault] = []

    def add(self, line: int, key: str, what: str) -> None:
        self.total += 1
        if len(self.told) < MAX_FAULTS:
            self.told.append(Fault(self.file, line, key, what))

    def all(self) -> list[Fault]:
        faults = sorted(self.told)
        if self.total > len(faults):
            more = self.total - len(faults)
            faults.append(Fault(self.file, faults[-1].line, "file", f"and {more} more faults"))
        return faults
