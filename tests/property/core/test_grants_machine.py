"""Whoever gives and takes access, in whatever order: an admin is left; one name, one token."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dialer.core.office.access import Actor, Right, Role
from dialer.core.office.grants import Grant, give, identify, recover, take
from dialer.core.values.refused import Refused
from tests.support.access import hash_of
from tests.support.orders import NOON

NAMES = st.sampled_from(["ann", "bob", "carl"])
ROLES = st.frozensets(st.sampled_from(list(Role)), max_size=3)
HOURS = st.integers(0, 5)


class Access(RuleBasedStateMachine):
    """The machine's own book holds, by name, the roles of who may act now."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.grants: list[Grant] = []
        self.tokens = count()

    def _actor(self, name: str) -> Actor | None:
        held = [each for each in self.grants if each.name == name]
        return held[-1].actor if held else None

    @rule(name=NAMES, roles=ROLES, hours=st.none() | HOURS, by=st.none() | NAMES)
    def give(self, name: str, roles: frozenset[Role], hours: int | None, by: str | None) -> None:
        expires = None if hours is None else self.now + timedelta(hours=hours)
        token = f"{name}-{next(self.tokens)}"
        wanted = Grant(name, roles, hash_of(token), self.now, expires_at=expires)
        actor = None if by is None else self._actor(by)
        could = actor is not None and self._may_manage(actor)
        changed = give(self.grants, wanted, actor)
        if isinstance(changed, Refused):
            return
        assert could or not self.grants
        *closed, made = changed
        for old in closed:
            self._replace(old)
        self.grants.append(made)

    @rule(name=NAMES, by=NAMES)
    def take(self, name: str, by: str) -> None:
        actor = self._actor(by)
        if actor is None:
            return
        could = self._may_manage(actor)
        taken = take(self.grants, name, actor, self.now)
        if isinstance(taken, Grant):
            assert could
            self._replace(taken)

    @rule(name=NAMES)
    def recover(self, name: str) -> None:
        token = hash_of(f"{name}-{next(self.tokens)}")
        wanted = Grant(name, frozenset({Role.ADMIN}), token, self.now)
        changed = recover(self.grants, wanted, "lost")
        if isinstance(changed, Refused):
            held = self._actor(name)
            assert not self.grants or (held is not None and Role.ADMIN not in held.roles)
            return
        *closed, made = changed
        for old in closed:
            self._replace(old)
        self.grants.append(made)
        assert identify(self.grants, token, self.now) == Actor(name, frozenset({Role.ADMIN}))

    @rule(hours=st.integers(1, 3))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def _may_manage(self, actor: Actor) -> bool:
        return any(
            each.name == actor.name and each.holds(self.now) and each.actor.may(Right.MANAGE_ACCESS)
            for each in self.grants
        )

    def _replace(self, changed: Grant) -> None:
        hashes = [each.token_hash for each in self.grants]
        self.grants[hashes.index(changed.token_hash)] = changed

    @invariant()
    def somebody_can_always_give_access(self) -> None:
        if self.grants:
            far = self.now + timedelta(days=36500)
            assert any(Role.ADMIN in each.roles and each.holds(far) for each in self.grants)

    @invariant()
    def one_name_has_one_access(self) -> None:
        names = [each.name for each in self.grants if each.holds(self.now)]
        assert len(names) == len(set(names))

    @invariant()
    def a_token_opens_what_it_was_given_for_and_nothing_after_its_end(self) -> None:
        for each in self.grants:
            found = identify(self.grants, each.token_hash, self.now)
            assert (found == each.actor) == each.holds(self.now)
        assert isinstance(identify(self.grants, hash_of("stranger"), self.now), Refused)


TestAccess = Access.TestCase
TestAccess.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
