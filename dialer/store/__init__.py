"""The store on SQL: contacts, attempts and CDRs, committed in groups before anything is dialled."""

from dialer.store.access import SqlAccess
from dialer.store.campaigns import SqlCampaigns
from dialer.store.sql_store import SqlStore

__all__ = ["SqlAccess", "SqlCampaigns", "SqlStore"]
