"""Who destroys what in a store, as the configuration says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dialer.audit import AuditKey
from dialer.config import Config
from dialer.destroyer import Destroyer, Ownership
from dialer.recordings import RecordingFolder
from dialer.store import SqlRetention, SqlStore


def destroyer(config: Config, store: SqlStore, utc: Callable[[], datetime]) -> Destroyer:
    """The destroyer of an open store. Raises AuditError where nothing can be signed."""
    whose = Ownership(config.operator.name, config.node, audit_key(config))
    recordings = RecordingFolder(config.recording.path(config.data_dir))
    desk = SqlRetention(store.channel)
    return Destroyer(desk, whose, config.retention.terms, recordings.erase_calls, utc)


def audit_key(config: Config) -> AuditKey:
    """The key that signs for the node, made where there is none yet. Raises AuditError."""
    path = config.vault.signing_key(config.data_dir)
    if path.exists():
        return AuditKey.from_file(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return AuditKey.create(path)
