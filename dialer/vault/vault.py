"""`Vault`: all keys of a node behind one door. It keeps nothing itself; a KeyShelf does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from dialer.errors import VaultError
from dialer.vault.changes import KeyChanges, unwrapped
from dialer.vault.fields import DataKeys
from dialer.vault.known import KnownKeys
from dialer.vault.lookup import Lookup
from dialer.vault.master import Masters
from dialer.vault.material import KeyHolder, Secret
from dialer.vault.shelf import LOOKUP, KeyShelf, Scope


class Vault(KeyHolder):
    """Made by `create` or `open`. Any thread may use it.

    Methods that are given a shelf wait for that, the others for nothing.
    """

    def __init__(self, masters: Masters, lookup: Lookup) -> None:
        self._masters = masters
        self._known = KnownKeys()
        self.lookup = lookup
        """The keyed hash by which numbers are found."""

    @classmethod
    def create(cls, masters: Masters, shelf: KeyShelf) -> Self:
        """The vault of a new store, whose shelf is empty. Drop it if the transaction fails.

        Raises VaultError where the shelf is not empty, by another node's doing a moment ago also.
        """
        with Secret.random() as key:
            shelved = masters.primary.wrap(LOOKUP, 1, key)
            if shelf.everything() or not shelf.put(shelved):
                raise VaultError("the store has keys already: open its vault instead")
        return cls.open(masters, shelf)

    @classmethod
    def open(cls, masters: Masters, shelf: KeyShelf) -> Self:
        """The vault of a store that has one. Every key is tried, none but the lookup's is kept.

        Raises MasterKeyError where a master key is missing or wrong, SealError where a key was
        changed, VaultError where the shelf has lost its keys.
        """
        shelved = shelf.everything()
        masters.must_open(shelved)
        lookup: Lookup | None = None
        for key in shelved:
            if key.name == LOOKUP:
                lookup = Lookup(masters.unwrap(key))
            elif not key.is_destroyed:
                masters.unwrap(key).wipe()
        if lookup is None:
            raise VaultError(
                "the store has lost its keys: the one that numbers are looked up by is not there; "
                "restore the table of keys from a backup"
            )
        return cls(masters, lookup)

    @property
    def primary(self) -> str:
        """The id of the master key that new keys are wrapped under."""
        return self._masters.primary.id

    def keys(self, scope: Scope) -> DataKeys:
        """The keys of `scope`, which somebody here has loaded. Raises KeyUnknownError."""
        return self._known.get(scope)

    def changes(self, shelf: KeyShelf) -> KeyChanges:
        """Loading, making, rotating, destroying and re-wrapping of keys in one transaction."""
        return KeyChanges(shelf, self._masters, self._known)

    @property
    def loaded(self) -> Sequence[Scope]:
        """Whose keys somebody here has loaded."""
        return self._known.scopes()

    def refresh(self, shelf: KeyShelf, loaded: Sequence[Scope] | None = None) -> None:
        """Learn what other nodes did: take over new generations, drop destroyed keys.

        In a transaction in which nothing else was done to keys: what `shelf` shows is believed to
        be committed. `loaded` is what was so before `shelf` was first read, if it was read before:
        a key that is made meanwhile is not on it. Raises MasterKeyError for a new generation under
        an unknown master key.
        """
        for scope in self.loaded if loaded is None else loaded:
            shelved = shelf.get(scope.name)
            if not shelved:
                raise VaultError(f"the store has lost the key {scope}; restore it from a backup")
            if any(key.is_destroyed for key in shelved):
                self._known.forget(scope)
                continue
            ready = self._known.get(scope).generations()
            keys = DataKeys(scope, unwrapped(self._masters, shelved, ready))
            self._known.track(keys)
            self._known.adopt(keys)

    def accept(self, masters: Masters, shelf: KeyShelf) -> None:
        """From now on go by these master keys, without a restart.

        Every key on the shelf is tried first; raises what `open` does, and leaves all as it was.
        """
        type(self).open(masters, shelf).close()
        self._masters = masters

    def close(self) -> None:
        """Drop all keys. What still holds some of them gets a VaultError."""
        self.lookup.forget()
        self._known.forget_all()
