"""Making, loading and ending of keys, within one transaction of whoever keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from dialer.errors import KeyDestroyedError, KeyUnknownError, VaultError
from dialer.vault.fields import MOST_GENERATIONS, DataKeys, Generation
from dialer.vault.known import KnownKeys
from dialer.vault.master import Masters
from dialer.vault.material import KeyHolder, Secret, cipher_of
from dialer.vault.shelf import KeyShelf, Scope, ShelvedKey


class KeyChanges(KeyHolder):
    """What one transaction does to keys. Made by `Vault.changes`; used by one thread.

    Keys that it hands out may be used at once, within that transaction. Call `committed` once the
    transaction is: only then the rest of the process gets them. After a rollback do nothing; the
    vault has not heard of anything, so nothing can be sealed under a key that was never kept.
    """

    def __init__(self, shelf: KeyShelf, masters: Masters, known: KnownKeys) -> None:
        self._shelf = shelf
        self._masters = masters
        self._known = known
        self._here: dict[Scope, DataKeys] = {}
        self._destroyed: set[Scope] = set()

    def load(self, scope: Scope) -> DataKeys:
        """The keys of `scope`. Raises KeyUnknownError, KeyDestroyedError, or SealError."""
        if scope in self._here:
            return self._here[scope]
        try:
            return self._known.get(scope)
        except KeyUnknownError:
            shelved = self._shelf.get(scope.name)
            if not shelved:
                raise
            return self._opened(scope, shelved)

    def obtain(self, scope: Scope) -> DataKeys:
        """The keys of `scope`, made now where it has none.

        Raises KeyDestroyedError: a name whose key was destroyed is never given one again.
        """
        try:
            return self.load(scope)
        except KeyUnknownError:
            self._new(scope, 1)
            return self._opened(scope, self._shelf.get(scope.name))

    def rotate(self, scope: Scope) -> DataKeys:
        """Give `scope` a new generation, for all that is sealed from now on.

        What was sealed opens as before. Raises KeyUnknownError, KeyDestroyedError.
        """
        self.load(scope)
        shelved = self._shelf.get(scope.name)
        _must_live(scope, shelved)
        generation = shelved[-1].generation + 1
        if generation > MOST_GENERATIONS:
            raise VaultError(f"the key {scope} has had all the generations it may have")
        self._new(scope, generation)
        return self._opened(scope, self._shelf.get(scope.name))

    def destroy(self, scope: Scope) -> int:
        """Destroy the key of `scope` in all its generations; returns how many those were.

        This process drops it at once, other nodes when they refresh. docs/decisions/vault.md tells
        what else has to go before no copy is left. Is the transaction rolled back after all, the
        keys have to be loaded again.
        """
        destroyed = self._shelf.destroy(scope.name)
        self._here.pop(scope, None)
        self._destroyed.add(scope)
        self._known.forget(scope)
        return destroyed

    def rewrap(self, limit: int = 100) -> int:
        """Wrap up to `limit` keys anew, from older master keys to the primary one.

        Returns how many are still to do, in this or another transaction: 0 when no key needs an
        older master key any more. May be stopped anywhere and begun again, and run on several
        nodes at once.
        """
        primary = self._masters.primary
        old = [
            key
            for key in self._shelf.everything()
            if not key.is_destroyed and key.master != primary.id
        ]
        left = len(old)
        for key in old[:limit]:
            with self._masters.unwrap(key) as plain:
                # Where it is not `key` any more, another node was faster, or it was destroyed.
                self._shelf.replace(key, primary.wrap(key.name, key.generation, plain))
            left -= 1
        return left

    def committed(self) -> None:
        """The transaction is committed: tell the rest of the process. May be called twice."""
        for keys in self._here.values():
            self._known.adopt(keys)
        for scope in self._destroyed:
            # Again, for until the commit another thread could still load it.
            self._known.forget(scope)

    def _new(self, scope: Scope, generation: int) -> None:
        """Where another node was faster, its key stands and this one is dropped."""
        with Secret.random() as key:
            self._shelf.put(self._masters.primary.wrap(scope.name, generation, key))

    def _opened(self, scope: Scope, shelved: Sequence[ShelvedKey]) -> DataKeys:
        _must_live(scope, shelved)
        if not shelved:
            raise KeyUnknownError(f"another node is making the key {scope} just now; try again")
        ready: Mapping[int, Generation] = {}
        with suppress(KeyUnknownError):
            ready = self._known.get(scope).generations()
        keys = DataKeys(scope, unwrapped(self._masters, shelved, ready))
        self._known.track(keys)
        self._here[scope] = keys
        return keys


def unwrapped(
    masters: Masters, shelved: Sequence[ShelvedKey], ready: Mapping[int, Generation]
) -> dict[int, Generation]:
    """All generations of one key. Those that are `ready` are not unwrapped again."""
    return {
        key.generation: ready.get(key.generation)
        or Generation(key.generation, cipher_of(masters.unwrap(key)))
        for key in shelved
    }


def _must_live(scope: Scope, shelved: Sequence[ShelvedKey]) -> None:
    if any(key.is_destroyed for key in shelved):
        raise KeyDestroyedError(
            f"the key {scope} was destroyed; what was sealed under it is gone for good"
        )
