"""All desks of one store."""

# ruff: noqa: PLC0415 - a command wants one desk, and pays for the import of one.
from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dialer.store.sql_store import SqlStore

if TYPE_CHECKING:
    from dialer.store.access import SqlAccess
    from dialer.store.audit import SqlAudit
    from dialer.store.campaigns import SqlCampaigns
    from dialer.store.complaints import SqlComplaints
    from dialer.store.configurations import SqlConfigurations
    from dialer.store.keys import SqlKeys
    from dialer.store.recordings import SqlRecordings
    from dialer.store.retention import SqlRetention
    from dialer.store.scripts import SqlScripts
    from dialer.store.suppressions import SqlSuppressions


class SqlDesks:
    """The Desks of `dialer.ports` in a store that is open."""

    def __init__(self, store: SqlStore) -> None:
        self.calls = store
        self._channel = store.channel

    @cached_property
    def access(self) -> SqlAccess:
        from dialer.store.access import SqlAccess

        return SqlAccess(self._channel)

    @cached_property
    def audit(self) -> SqlAudit:
        from dialer.store.audit import SqlAudit

        return SqlAudit(self._channel)

    @cached_property
    def campaigns(self) -> SqlCampaigns:
        from dialer.store.campaigns import SqlCampaigns

        return SqlCampaigns(self._channel)

    @cached_property
    def complaints(self) -> SqlComplaints:
        from dialer.store.complaints import SqlComplaints

        return SqlComplaints(self._channel)

    @cached_property
    def configurations(self) -> SqlConfigurations:
        from dialer.store.configurations import SqlConfigurations

        return SqlConfigurations(self._channel)

    @cached_property
    def keys(self) -> SqlKeys:
        from dialer.store.keys import SqlKeys

        return SqlKeys(self._channel)

    @cached_property
    def recordings(self) -> SqlRecordings:
        from dialer.store.recordings import SqlRecordings

        return SqlRecordings(self._channel)

    @cached_property
    def retention(self) -> SqlRetention:
        from dialer.store.retention import SqlRetention

        return SqlRetention(self._channel)

    @cached_property
    def scripts(self) -> SqlScripts:
        from dialer.store.scripts import SqlScripts

        return SqlScripts(self._channel)

    @cached_property
    def suppressions(self) -> SqlSuppressions:
        from dialer.store.suppressions import SqlSuppressions

        return SqlSuppressions(self._channel)
