"""Access that was given: to whom, by whom, until when; and when it may be given or taken.

- Somebody holds one access at a time, so that a name in a record is one person.
- The first is an admin's, and whoever makes it needs none; every other is given by an admin.
- One admin whose access never ends is always left: else nobody could ever give any again.
- Where such an admin has lost the token, who owns the store lets one in again, as an admin only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from dialer.core.office.access import RIGHTS, Actor, Right, Role
from dialer.core.values.refused import Refused
from dialer.core.values.suppression import fault_of_reason

OWNER: Final = "owner of the store"
"""Who has given an access that was recovered: no user's name, which has no space in it."""
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,63}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Grant:
    """One access that was given. `token_hash` is the hex SHA-256 of a token; instants are aware.

    `given_by` is None for the first, which nobody could give, and OWNER for one that was recovered.
    Who was revoked keeps the record.
    """

    name: str
    roles: frozenset[Role]
    token_hash: str
    given_at: datetime
    given_by: str | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    @property
    def actor(self) -> Actor:
        """Who holds it. What was given before the roles were kept apart gives no compliance."""
        return Actor(self.name, self.roles - apart(self.roles))

    def holds(self, at: datetime) -> bool:
        """Whether the token opens anything at `at`."""
        return self.revoked_at is None and not self.has_expired(at)

    def has_expired(self, at: datetime) -> bool:
        """Whether its time was over by `at`, had nobody revoked it."""
        return self.expires_at is not None and at >= self.expires_at


@dataclass(frozen=True, slots=True)
class Denial:
    """A token that did not open what was asked for.

    `by` is whose it is or was, None where it was never given; `right` is None where only its holder
    was asked for.
    """

    by: str | None
    right: Right | None
    why: str
    at: datetime


def admit(
    grants: Sequence[Grant], token_hash: str, right: Right | None, at: datetime
) -> Actor | Denial:
    """Who holds the token with this hash at `at`, if they may do this."""
    found = identify(grants, token_hash, at)
    if isinstance(found, Refused):
        named = (grant.name for grant in grants if grant.token_hash == token_hash)
        return Denial(next(named, None), right, found.why, at)
    refused = None if right is None else why_not(found, right)
    return found if refused is None else Denial(found.name, right, refused.why, at)


def identify(grants: Iterable[Grant], token_hash: str, at: datetime) -> Actor | Refused:
    """Who holds the token with this hash, at `at`."""
    found = next((grant for grant in grants if grant.token_hash == token_hash), None)
    if found is None:
        return Refused("this token is not one that was given here")
    if found.revoked_at is not None:
        return Refused(f"the access of {found.name} was revoked on {found.revoked_at:%Y-%m-%d}")
    if found.has_expired(at):
        return Refused(f"the access of {found.name} expired on {found.expires_at:%Y-%m-%d %H:%MZ}")
    return found.actor


def why_not(actor: Actor, right: Right) -> Refused | None:
    """Why `actor` may not do this, and who may; None where they may."""
    if actor.may(right):
        return None
    own = _and(actor.roles)
    return Refused(f"{actor.name}, {own}, may not {right}; the role {roles_with(right)} may")


def roles_with(right: Right) -> str:
    """The roles that give it, in words."""
    return " or ".join(role for role in Role if right in RIGHTS[role])


def apart(roles: frozenset[Role]) -> frozenset[Role]:
    """The roles that may not be held beside the others of `roles`.

    Compliance watches over operators and admins, and so is neither.
    """
    watched = roles & {Role.OPERATOR, Role.ADMIN}
    return frozenset({Role.COMPLIANCE}) if watched and Role.COMPLIANCE in roles else frozenset()


def needs_second(grants: Iterable[Grant], wanted: Grant) -> bool:
    """Whether it takes a second person: compliance, once two people have ever held it."""
    ever = {each.name for each in grants if Role.COMPLIANCE in each.actor.roles}
    return Role.COMPLIANCE in wanted.roles and len(ever) >= 2


def give(
    grants: Sequence[Grant], wanted: Grant, by: Actor | None, second: str | None = None
) -> tuple[Grant, ...] | Refused:
    """What changes when `wanted` is given by `by`, at `wanted.given_at`: the new one comes last.

    An access of the same name that has expired is closed by it. `by` is None for the first;
    `second` is who has signed for it as well, where that takes two.
    """
    at = wanted.given_at
    refused = (
        _unfit(wanted) or _may_not_manage(grants, by, at) or _alone(grants, wanted, by, second)
    )
    if refused is not None:
        return refused
    if not grants and (Role.ADMIN not in wanted.roles or wanted.expires_at is not None):
        return Refused("the first access is an admin's, without an end: --role admin")
    before = next((each for each in _unrevoked(grants) if each.name == wanted.name), None)
    made = replace(wanted, given_by=by.name if by else None)
    if before is None:
        return (made,)
    if before.holds(at):
        return Refused(f"{wanted.name} has access already; revoke it first")
    return replace(before, revoked_at=at, revoked_by=made.given_by), made


def recover(grants: Sequence[Grant], wanted: Grant, why: str) -> tuple[Grant, ...] | Refused:
    """What changes when the store's owner lets an admin in again: the new access comes last.

    An access that the admin had is closed by it: the token that was lost opens nothing any more.
    Whether it is the owner who asks is not for here to say.
    """
    if not grants:
        return Refused(f"nobody has access yet: dialer access grant {wanted.name} --role admin")
    refused = _unfit(wanted) or fault_of_reason(why) or _not_to_recover(grants, wanted)
    if refused is not None:
        return refused
    made = replace(wanted, given_by=OWNER)
    before = next((each for each in _unrevoked(grants) if each.name == wanted.name), None)
    if before is None:
        return (made,)
    if not wanted.roles <= before.roles and before.holds(wanted.given_at):
        return Refused(f"{wanted.name} has access as {_and(before.roles)}; name somebody else")
    return replace(before, revoked_at=wanted.given_at, revoked_by=OWNER), made


def take(grants: Sequence[Grant], name: str, by: Actor, at: datetime) -> Grant | Refused:
    """The access of `name` as it is once `by` has revoked it."""
    refused = _may_not_manage(grants, by, at)
    if refused is not None:
        return refused
    found = next((each for each in _unrevoked(grants) if each.name == name), None)
    if found is None:
        return Refused(f"nobody named {name} has access")
    if _is_lasting_admin(found) and not any(
        each is not found and _is_lasting_admin(each) for each in grants
    ):
        return Refused(
            f"{name} is the last admin whose access does not end; give another admin access first"
        )
    return replace(found, revoked_at=at, revoked_by=by.name)


def _unfit(wanted: Grant) -> Refused | None:
    """What is wrong with the access itself."""
    if not _NAME.fullmatch(wanted.name):
        return Refused("write a user's name in small letters: li.na, ops-2; it starts with one")
    if not _HASH.fullmatch(wanted.token_hash):
        return Refused("a token is known by its hex SHA-256")
    if not wanted.roles:
        return Refused("name at least one role")
    if apart(wanted.roles):
        others = _and(wanted.roles - {Role.COMPLIANCE})
        return Refused(
            f"nobody holds compliance and {others} together: one watches over the other; give it "
            "to somebody else"
        )
    if wanted.has_expired(wanted.given_at):
        return Refused("it would have expired already; name an instant that is to come")
    return None


def _not_to_recover(grants: Sequence[Grant], wanted: Grant) -> Refused | None:
    """Why the owner does not give this: an admin's access at any time, compliance as a last one."""
    if wanted.roles not in ({Role.ADMIN}, {Role.COMPLIANCE}):
        return Refused("what is recovered is an admin's access or compliance, and nothing else")
    if wanted.expires_at is not None:
        return Refused("what is recovered is without an end")
    held = any(
        Role.COMPLIANCE in each.actor.roles and each.holds(wanted.given_at) for each in grants
    )
    if Role.COMPLIANCE in wanted.roles and held:
        return Refused("somebody holds compliance: they give it together with an admin")
    return None


def _alone(
    grants: Sequence[Grant], wanted: Grant, by: Actor | None, second: str | None
) -> Refused | None:
    """Why one admin alone does not give this access."""
    if not needs_second(grants, wanted):
        return None
    holders = {
        each.name
        for each in grants
        if Role.COMPLIANCE in each.actor.roles and each.holds(wanted.given_at)
    } - {wanted.name, by.name if by else ""}
    if not holders:
        return Refused(
            "compliance takes two people to give, and nobody holds it any more: the owner of the "
            f"store gives it, by: dialer access recover {wanted.name} --role compliance --why ..."
        )
    if second not in holders:
        return Refused(
            "compliance takes two people to give: have one of "
            f"{', '.join(sorted(holders))} sign (--second NAME --statement FILE shows the text)"
        )
    return None


def _may_not_manage(grants: Sequence[Grant], by: Actor | None, at: datetime) -> Refused | None:
    """By what is on record at this instant: `by` may have been revoked since it was asked."""
    if not grants:
        return None if by is None else Refused("nobody has access yet")
    if by is None:
        return Refused("only an admin gives access: set DIALER_TOKEN to an admin's token")
    if not any(each.actor == by and each.holds(at) for each in grants):
        return Refused(f"{by.name} has no access any more")
    return why_not(by, Right.MANAGE_ACCESS)


def _unrevoked(grants: Iterable[Grant]) -> Iterable[Grant]:
    return (each for each in grants if each.revoked_at is None)


def _is_lasting_admin(grant: Grant) -> bool:
    return Role.ADMIN in grant.roles and grant.revoked_at is None and grant.expires_at is None


def _and(roles: Iterable[Role]) -> str:
    return " and ".join(sorted(roles))
