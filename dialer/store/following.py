"""What keeps step with the writer's transactions: audit records, keys, whatever waits for a commit.

A group commits the work of several callers at once, and the work of one of them may be undone
alone. What follows the transactions is told of each of these, on the writer's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sqlalchemy import Connection


class Follower(Protocol):
    """Something with a list of what this transaction has brought so far."""

    def begin(self) -> None:
        """A transaction begins: what an earlier one left was rolled back."""
        ...

    def mark(self) -> int:
        """Where one caller's work begins."""
        ...

    def undo(self, mark: int) -> None:
        """All since `mark` was rolled back."""
        ...

    def finish(self, connection: Connection) -> None:
        """All work is done; the commit comes next. What this raises fails the whole group."""
        ...

    def committed(self) -> None:
        """It is on disk."""
        ...


class Followers:
    """Several as one."""

    def __init__(self, *followers: Follower) -> None:
        self._all = followers

    def begin(self) -> None:
        for each in self._all:
            each.begin()

    def mark(self) -> tuple[int, ...]:
        return tuple(each.mark() for each in self._all)

    def undo(self, marks: tuple[int, ...]) -> None:
        for each, mark in zip(self._all, marks, strict=True):
            each.undo(mark)

    def finish(self, connection: Connection) -> None:
        for each in self._all:
            each.finish(connection)

    def committed(self) -> None:
        for each in self._all:
            each.committed()


class Afterwards:
    """What is to be done once the transaction is committed, and never if it is not."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def add(self, what: Callable[[], None]) -> None:
        """`what` must not raise: nobody would hear of it."""
        self._waiting.append(what)

    def begin(self) -> None:
        self._waiting.clear()

    def mark(self) -> int:
        return len(self._waiting)

    def undo(self, mark: int) -> None:
        del self._waiting[mark:]

    def finish(self, connection: Connection) -> None:
        """Nothing: its time comes after the commit."""

    def committed(self) -> None:
        for what in self._waiting:
            what()
        self._waiting.clear()
