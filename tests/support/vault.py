"""Vaults for tests: master keys that are known to the test, and shelves that crash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dialer.testing import MemoryKeys
from dialer.vault import KeyShelf, MasterKey, Masters, Purpose, Scope, ShelvedKey, Vault
from dialer.vault.material import Secret

CARDS = Scope(Purpose.CONTACTS, "card-renewal")
LOANS = Scope(Purpose.CONTACTS, "loans")
TAPES = Scope(Purpose.EVIDENCE, "card-renewal")


def plain_master(name: str) -> bytes:
    """The 32 bytes of the master key that a test calls `name`."""
    return hashlib.sha256(name.encode()).digest()


def master(name: str) -> MasterKey:
    return MasterKey(Secret(bytearray(plain_master(name))))


def new_vault(kept: MemoryKeys, *scopes: Scope, name: str = "first") -> Vault:
    """A vault of a new store, under one master key, with keys for `scopes`."""
    with kept.transaction() as shelf:
        vault = Vault.create(Masters(master(name)), shelf)
        changes = vault.changes(shelf)
        for scope in scopes:
            changes.obtain(scope)
    changes.committed()
    return vault


def opened(kept: MemoryKeys, *names: str) -> Vault:
    with kept.transaction() as shelf:
        return Vault.open(Masters(*map(master, names or ("first",))), shelf)


def loaded(vault: Vault, kept: MemoryKeys, scope: Scope) -> None:
    with kept.transaction() as shelf:
        changes = vault.changes(shelf)
        changes.load(scope)
    changes.committed()


def rotated(vault: Vault, kept: MemoryKeys, scope: Scope) -> None:
    with kept.transaction() as shelf:
        changes = vault.changes(shelf)
        changes.rotate(scope)
    changes.committed()


def seal(vault: Vault, scope: Scope = CARDS) -> bytes:
    return vault.keys(scope).column("contact", "name").seal(1, b"Wang")


def unseal(vault: Vault, sealed: bytes, scope: Scope = CARDS) -> bytes:
    return vault.keys(scope).column("contact", "name").open(1, sealed)


def shelved(kept: MemoryKeys) -> list[ShelvedKey]:
    with kept.transaction() as shelf:
        return list(shelf.everything())


class Killed(Exception):  # noqa: N818 -- it plays a power cut, not an error
    """The process ends here."""


class MortalKeys:
    """MemoryKeys whose process is killed before the step that `lives` counts down to.

    Steps are the changes of the shelf, and the commit. None: it lives on.
    """

    def __init__(self, kept: MemoryKeys) -> None:
        self._kept = kept
        self.lives: int | None = None

    @contextmanager
    def transaction(self) -> Iterator[KeyShelf]:
        with self._kept.transaction() as shelf:
            yield _MortalShelf(shelf, self)
            self.step()

    def step(self) -> None:
        if self.lives is not None:
            self.lives -= 1
            if self.lives < 0:
                raise Killed


class _MortalShelf:
    def __init__(self, shelf: KeyShelf, keys: MortalKeys) -> None:
        self._shelf = shelf
        self._keys = keys

    def everything(self) -> Sequence[ShelvedKey]:
        return self._shelf.everything()

    def get(self, name: str) -> Sequence[ShelvedKey]:
        return self._shelf.get(name)

    def put(self, key: ShelvedKey) -> bool:
        self._keys.step()
        return self._shelf.put(key)

    def replace(self, old: ShelvedKey, new: ShelvedKey) -> bool:
        self._keys.step()
        return self._shelf.replace(old, new)

    def destroy(self, name: str) -> int:
        self._keys.step()
        return self._shelf.destroy(name)
