"""Who destroys what in a store, as the configuration says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dialer.config import Config
from dialer.recordings import RecordingFolder
from dialer.store import SqlRetention, SqlStore
from dialer.store.audit import SqlAudit
from dialer.upkeep.destroyer import Destroyer, Ownership


async def destroyer(config: Config, store: SqlStore, utc: Callable[[], datetime]) -> Destroyer:
    """The destroyer of an open store. Raises AuditError where nothing can be signed."""
    key = await SqlAudit(store.channel).key(config.vault.signing_key(config.data_dir))
    whose = Ownership(config.operator.name, config.node, key)
    recordings = RecordingFolder(config.recording.path(config.data_dir))
    desk = SqlRetention(store.channel)
    return Destroyer(desk, whose, config.retention.terms, recordings.erase_calls, utc)
