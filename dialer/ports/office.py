"""The store as the office works in it: its desks, opened for one unit of work at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # Who asks for one thing imports the desk of that.
    from dialer.ports.audit import AuditDesk
    from dialer.ports.desks import (
        AccessDesk,
        CampaignDesk,
        ComplaintDesk,
        ConfigurationDesk,
        RetentionDesk,
        ScriptDesk,
        SuppressionDesk,
    )
    from dialer.ports.keys import KeyDesk
    from dialer.ports.recordings import RecordingDesk
    from dialer.ports.store import CallRecords


class Desks(Protocol):
    """The desks of one store that is open."""

    @property
    def access(self) -> AccessDesk: ...
    @property
    def audit(self) -> AuditDesk: ...
    @property
    def calls(self) -> CallRecords: ...
    @property
    def campaigns(self) -> CampaignDesk: ...
    @property
    def complaints(self) -> ComplaintDesk: ...
    @property
    def configurations(self) -> ConfigurationDesk: ...
    @property
    def keys(self) -> KeyDesk: ...
    @property
    def recordings(self) -> RecordingDesk: ...
    @property
    def retention(self) -> RetentionDesk: ...
    @property
    def scripts(self) -> ScriptDesk: ...
    @property
    def suppressions(self) -> SuppressionDesk: ...


class UnitsOfWork(Protocol):
    """Opens the desks for one unit of work.

    A command opens the store and closes it; a process that lives on hands out one that is open.
    Both raise StoreError or VaultError.
    """

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept."""
        ...

    @property
    def files(self) -> Sequence[Path]:
        """What the store is made of on this machine, its keys included.

        None where that does not tell who asks, as in a process that serves others.
        """
        ...

    def reading(self) -> AbstractAsyncContextManager[Desks]:
        """Desks to read at."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Desks]:
        """Desks to write at, beside nodes that may be dialling; what is done there is signed."""
        ...
