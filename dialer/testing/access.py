"""An AccessDesk in memory, which forgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dialer.core.office.access import Actor
from dialer.core.office.grants import Denial, Grant, give, recover, take
from dialer.core.office.looks import Look
from dialer.core.office.person_keys import PersonKey, register, revoke
from dialer.core.values.refused import Refused
from dialer.core.values.statements import Signature
from dialer.errors import AccessError, SignatureError


class MemoryAccess:
    """Access that is gone with the process.

    On record were put `looks`, `denials`, and who was `recovered`, by which account and why.
    """

    def __init__(self) -> None:
        self._grants: list[Grant] = []
        self._keys: dict[str, PersonKey] = {}
        self.looks: list[Look] = []
        self.denials: list[Denial] = []
        self.recovered: list[tuple[str, str, str]] = []

    async def grants(self) -> Sequence[Grant]:
        return tuple(self._grants)

    async def give(self, wanted: Grant, by: Actor | None, second: Signature | None = None) -> Grant:
        who = None if second is None else second.by
        return self._changed(give(self._grants, wanted, by, who))

    async def keys(self) -> Sequence[PersonKey]:
        return tuple(self._keys.values())

    async def register(
        self, key: PersonKey, signature: Signature, vouched: Signature | None = None
    ) -> PersonKey:
        wanted = replace(
            key, signed=signature.digest, vouched_by=None if vouched is None else vouched.by
        )
        return self._kept(register(tuple(self._keys.values()), self._grants, wanted))

    async def revoke_key(self, fingerprint: str, by: Actor, at: datetime) -> PersonKey:
        return self._kept(revoke(tuple(self._keys.values()), fingerprint, by, at))

    def _kept(self, key: PersonKey | Refused) -> PersonKey:
        if isinstance(key, Refused):
            raise SignatureError(key.why)
        self._keys[key.fingerprint] = key
        return key

    async def recover(self, wanted: Grant, account: str, why: str) -> Grant:
        made = self._changed(recover(self._grants, wanted, why))
        self.recovered.append((made.name, account, why))
        return made

    async def take(self, name: str, by: Actor, at: datetime) -> Grant:
        taken = take(self._grants, name, by, at)
        if isinstance(taken, Refused):
            raise AccessError(taken.why)
        self._replace(taken)
        return taken

    async def refused(self, denial: Denial) -> None:
        self.denials.append(denial)

    async def looked(self, look: Look) -> None:
        self.looks.append(look)

    def _changed(self, changed: tuple[Grant, ...] | Refused) -> Grant:
        if isinstance(changed, Refused):
            raise AccessError(changed.why)
        *closed, made = changed
        for grant in closed:
            self._replace(grant)
        self._grants.append(made)
        return made

    def _replace(self, changed: Grant) -> None:
        hashes = [grant.token_hash for grant in self._grants]
        self._grants[hashes.index(changed.token_hash)] = changed
