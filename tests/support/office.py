"""The office over shipped fakes, with somebody of each role; and doors that nobody gets through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from dialer.config import load_config
from dialer.core.office.access import Role
from dialer.core.office.grants import Grant
from dialer.credentials.tokens import Token
from dialer.errors import StoreError
from dialer.office.request import Request
from dialer.office.units import AlreadyOpen
from dialer.ports.audit import AuditDesk
from dialer.ports.keys import KeyDesk
from dialer.ports.office import Desks, UnitsOfWork
from dialer.testing import (
    MemoryAccess,
    MemoryCampaigns,
    MemoryComplaints,
    MemoryConfigurations,
    MemoryRecordings,
    MemoryRetention,
    MemoryScripts,
    MemoryStore,
    MemorySuppressions,
)
from tests.support.inputs import NOW, write

TOKENS = {role: Token.new() for role in Role}
STRANGER = Token.new()
"""Never given to anybody."""


class Reached(Exception):  # noqa: N818 -- it says how far somebody came
    """Somebody stands at a desk."""


@dataclass
class Doors:
    """Desks of which only that for access answers: at any other, one is `Reached`."""

    access: MemoryAccess

    def _reached(self) -> None:
        raise Reached

    audit = calls = campaigns = complaints = configurations = property(_reached)
    keys = recordings = retention = scripts = suppressions = property(_reached)


class FakeDesks:
    """The shipped fakes over one store in memory. Of the log and of keys there are none."""

    def __init__(self, access: MemoryAccess) -> None:
        self.access = access
        self.calls = MemoryStore()
        self.campaigns = MemoryCampaigns(self.calls)
        self.suppressions: MemorySuppressions = self.calls.book
        self.configurations = MemoryConfigurations()
        self.complaints = MemoryComplaints(self.calls.book, self.calls.calls_with)
        self.recordings = MemoryRecordings({"call-1": "card-renewal"})
        self.retention = MemoryRetention(self.calls, self.complaints)
        self.scripts: MemoryScripts = self.calls.scripts

    @property
    def audit(self) -> AuditDesk:
        raise NotImplementedError

    @property
    def keys(self) -> KeyDesk:
        raise NotImplementedError


class Forgetful(MemoryAccess):
    """Keeps who has access, and can put nothing on record."""

    async def refused(self, denial: object) -> None:
        raise StoreError("no room for the database")

    async def looked(self, look: object) -> None:
        raise StoreError("no room for the database")


async def staffed(access: MemoryAccess | None = None) -> MemoryAccess:
    """Access for somebody of each role, who is called as it."""
    desk = access or MemoryAccess()
    by = None
    for role in sorted(Role, key=lambda role: role is not Role.ADMIN):
        made = await desk.give(Grant(role, frozenset({role}), TOKENS[role].hash, NOW), by)
        by = by or made.actor
    return desk


@dataclass
class Asking:
    """Makes requests at `desks`, each a second after the one before."""

    folder: Path
    desks: Desks
    units: UnitsOfWork | None = None
    _asked: int = field(default=0, init=False)

    def by(self, who: Role | Token | None) -> Request:
        self._asked += 1
        at = NOW + timedelta(seconds=self._asked)
        token = TOKENS[who] if isinstance(who, Role) else who
        config = load_config(write(self.folder).config, now=NOW)
        return Request(config, self.units or AlreadyOpen(self.desks), lambda: token, lambda: at)
