"""All desks of one store."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dialer.store.access import SqlAccess
from dialer.store.audit import SqlAudit
from dialer.store.campaigns import SqlCampaigns
from dialer.store.complaints import SqlComplaints
from dialer.store.configurations import SqlConfigurations
from dialer.store.keys import SqlKeys
from dialer.store.recordings import SqlRecordings
from dialer.store.retention import SqlRetention
from dialer.store.sql_store import SqlStore
from dialer.store.suppressions import SqlSuppressions

if TYPE_CHECKING:
    from dialer.store.scripts import SqlScripts


class SqlDesks:
    """The Desks of `dialer.ports` in a store that is open."""

    def __init__(self, store: SqlStore) -> None:
        channel = store.channel
        self.access = SqlAccess(channel)
        self.audit = SqlAudit(channel)
        self.calls = store
        self.campaigns = SqlCampaigns(channel)
        self.complaints = SqlComplaints(channel)
        self.configurations = SqlConfigurations(channel)
        self.keys = SqlKeys(channel)
        self.recordings = SqlRecordings(channel)
        self.retention = SqlRetention(channel)
        self.suppressions = SqlSuppressions(channel)

    @cached_property
    def scripts(self) -> SqlScripts:
        # It knows the whole of a script's machine, which no other desk needs.
        from dialer.store.scripts import SqlScripts  # noqa: PLC0415

        return SqlScripts(self.calls.channel)
