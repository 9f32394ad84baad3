"""The store on SQL: contacts, attempts and CDRs, committed in groups before anything is dialled."""

from dialer.store.access import SqlAccess
from dialer.store.campaigns import SqlCampaigns
from dialer.store.channel import Channel
from dialer.store.complaints import SqlComplaints
from dialer.store.recordings import SqlRecordings
from dialer.store.retention import SqlRetention
from dialer.store.sql_store import SqlStore
from dialer.store.suppressions import SqlSuppressions

__all__ = [
    "Channel",
    "SqlAccess",
    "SqlCampaigns",
    "SqlComplaints",
    "SqlRecordings",
    "SqlRetention",
    "SqlStore",
    "SqlSuppressions",
]
