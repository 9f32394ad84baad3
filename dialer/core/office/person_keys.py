"""The keys by which people sign: registered, and revoked; whose signature counts.

- A key is one person's for good: no other name ever has it, so nobody signs as two.
- Who registers a key shows that they hold it: they sign with it.
- Who had a key before needs somebody's word for another: their own, by a key that still counts, or
  that of another person who holds compliance. So a token alone takes over nobody's signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dialer.core.office.access import Actor, Role
from dialer.core.office.grants import Grant
from dialer.core.values.refused import Refused


@dataclass(frozen=True, slots=True)
class PersonKey:
    """One public key of a user of the operator's. Instants are aware; a revoked one stays."""

    name: str
    public: str
    """As OpenSSH writes it, without a comment."""
    fingerprint: str
    added_at: datetime
    signed: str = ""
    """The digest of the statement by which it was registered."""
    vouched_by: str | None = None
    """Who gave their word for it; None for a person's first."""
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    def counts(self, at: datetime) -> bool:
        """Whether what it signs at `at` is its person's."""
        return self.added_at <= at and (self.revoked_at is None or at < self.revoked_at)


def keys_of(keys: Sequence[PersonKey], name: str, at: datetime) -> list[PersonKey]:
    """The keys by which `name` signs at `at`."""
    return [key for key in keys if key.name == name and key.counts(at)]


def register(
    keys: Sequence[PersonKey], grants: Sequence[Grant], wanted: PersonKey
) -> PersonKey | Refused:
    """The key as it is registered, `wanted.vouched_by` being whose word was given and checked."""
    at = wanted.added_at
    known = next((key for key in keys if key.fingerprint == wanted.fingerprint), None)
    if known is not None:
        again = "is registered already" if known.revoked_at is None else "was revoked"
        return Refused(f"this key {again}, as {known.name}'s: every key is one person's")
    if not any(grant.name == wanted.name and grant.holds(at) for grant in grants):
        return Refused(f"{wanted.name} has no access")
    if all(key.name != wanted.name for key in keys):
        return replace(wanted, vouched_by=None)
    if wanted.vouched_by is None:
        return Refused(
            f"{wanted.name} had a key before: sign with that one too (--by-key FILE), or have "
            "somebody with compliance sign (--vouched FILE --voucher NAME)"
        )
    voucher = next(
        (grant for grant in grants if grant.name == wanted.vouched_by and grant.holds(at)), None
    )
    if voucher is None or (
        voucher.name != wanted.name and Role.COMPLIANCE not in voucher.actor.roles
    ):
        return Refused(f"{wanted.vouched_by} does not hold compliance, and is not {wanted.name}")
    return wanted


def revoke(
    keys: Sequence[PersonKey], fingerprint: str, by: Actor, at: datetime
) -> PersonKey | Refused:
    """The key revoked, by its own person or an admin. What it has signed before still counts."""
    found = next((k for k in keys if k.fingerprint == fingerprint and k.revoked_at is None), None)
    if found is None:
        return Refused(f"no key in use has the fingerprint {fingerprint}: dialer access keys")
    if by.name != found.name and Role.ADMIN not in by.roles:
        return Refused(f"only {found.name} or an admin revokes this key")
    return replace(found, revoked_at=at, revoked_by=by.name)
