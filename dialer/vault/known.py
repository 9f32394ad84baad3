"""The data keys that this process holds in memory, shared by all threads."""

from __future__ import annotations

from threading import Lock
from weakref import WeakSet

from dialer.errors import KeyUnknownError
from dialer.vault.fields import DataKeys
from dialer.vault.material import KeyHolder
from dialer.vault.shelf import Scope


class KnownKeys(KeyHolder):
    """What has been committed, for all; and where the rest went, so that none outlives its end.

    `known` are the keys that everyone gets. Keys handed out within a transaction are tracked only:
    would it be rolled back, they must not be found here.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[Scope, DataKeys] = {}
        self._tracked: dict[Scope, WeakSet[DataKeys]] = {}

    def get(self, scope: Scope) -> DataKeys:
        """Raises KeyUnknownError."""
        keys = self._known.get(scope)
        if keys is None:
            raise KeyUnknownError(f"the key {scope} has not been made, or not been loaded here")
        return keys

    def scopes(self) -> list[Scope]:
        with self._lock:
            return list(self._known)

    def track(self, keys: DataKeys) -> None:
        with self._lock:
            self._tracked.setdefault(keys.scope, WeakSet()).add(keys)

    def adopt(self, keys: DataKeys) -> None:
        """`keys` are committed: from now on everyone may have them, if they still are."""
        with self._lock:
            if keys.is_gone:
                return
            known = self._known.setdefault(keys.scope, keys)
            if known is not keys:
                known.adopt(keys.generations())

    def forget(self, scope: Scope, *, closed: bool = False) -> None:
        """Drop the keys of `scope`, wherever in this process they went."""
        with self._lock:
            self._known.pop(scope, None)
            for keys in self._tracked.pop(scope, ()):
                keys.forget(closed=closed)

    def forget_all(self) -> None:
        with self._lock:
            scopes = list(self._tracked)  # whatever is known is tracked
        for scope in scopes:
            self.forget(scope, closed=True)
