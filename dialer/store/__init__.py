"""The store on SQL: contacts, attempts and CDRs, committed in groups before anything is dialled."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
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

_WHERE: Final = {
    "Channel": "channel",
    "SqlAccess": "access",
    "SqlCampaigns": "campaigns",
    "SqlComplaints": "complaints",
    "SqlRecordings": "recordings",
    "SqlRetention": "retention",
    "SqlStore": "sql_store",
    "SqlSuppressions": "suppressions",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - each has its own
    """Each desk's module when it is first asked for: a command wants one of them."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return found
