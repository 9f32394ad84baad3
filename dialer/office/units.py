"""Units of work in a store that is open already, as a process has it that lives on."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from dialer.ports.office import Desks


@dataclass(frozen=True, slots=True)
class AlreadyOpen:
    """The UnitsOfWork of `dialer.ports` at `desks`. Whoever opened their store closes and signs."""

    desks: Desks
    exists: bool = True
    files: tuple[Path, ...] = ()

    def reading(self) -> AbstractAsyncContextManager[Desks]:
        return nullcontext(self.desks)

    def writing(self) -> AbstractAsyncContextManager[Desks]:
        return nullcontext(self.desks)
