"""Nodes that rotate, destroy, refresh and die at any step: nothing is lost, nothing comes back."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dialer.core.values.number import E164
from dialer.errors import KeyDestroyedError, KeyUnknownError, MasterKeyError, SealError
from dialer.testing import MemoryKeys
from dialer.vault import KeyChanges, Masters, Purpose, Scope, Vault
from tests.support.vault import Killed, MortalKeys, master

SCOPES = [Scope(purpose, name) for purpose in Purpose for name in ("one", "two")]
NUMBER = E164("+8613812345678")
MASTERS = {name: master(name) for name in ("m0", "m1", "m2", "m3")}
scopes = st.sampled_from(SCOPES)
nodes = st.integers(0, 1)
deaths = st.none() | st.integers(0, 6)
"""Before which change or commit the process is killed; None: it lives."""


class Rotation(RuleBasedStateMachine):
    """Two nodes on one shelf. What is certain is written down apart from the vault."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = MemoryKeys()
        self.mortal = MortalKeys(self.kept)
        self.accepted = ["m0"]
        self.nodes: list[Vault] = []
        self.sealed: dict[Scope, list[tuple[int, bytes]]] = {scope: [] for scope in SCOPES}
        self.destroyed: set[Scope] = set()
        self.hashed = b""
        self.rows = 0

    @initialize()
    def begin(self) -> None:
        with self.kept.transaction() as shelf:
            first = Vault.create(self.masters(), shelf)
        self.nodes = [first, self.started()]
        self.hashed = first.lookup.number(NUMBER)

    def masters(self) -> Masters:
        """The last one is the primary; the others are accepted as well."""
        primary, *others = (MASTERS[name] for name in reversed(self.accepted))
        return Masters(primary, *others)

    def started(self) -> Vault:
        with self.kept.transaction() as shelf:
            return Vault.open(self.masters(), shelf)

    def within(self, node: int, death: int | None, work: Callable[[KeyChanges], None]) -> bool:
        """Whether `work` was committed; where not, its process has died and was started again."""
        self.mortal.lives = death
        try:
            with self.mortal.transaction() as shelf:
                changes = self.nodes[node].changes(shelf)
                work(changes)
            changes.committed()
        except Killed:
            self.nodes[node] = self.started()
            return False
        finally:
            self.mortal.lives = None
        return True

    # ------------------------------------------------------------------------------------- steps

    @rule(node=nodes, scope=scopes, death=deaths, rotated=st.booleans())
    def seal(self, node: int, scope: Scope, death: int | None, rotated: bool) -> None:
        """A value is written in the transaction that may make its key, or a new generation."""
        made: list[tuple[int, bytes]] = []
        self.rows += 1

        def work(changes: KeyChanges) -> None:
            keys = changes.obtain(scope)
            if rotated:
                keys = changes.rotate(scope)
            sealed = keys.column("contact", "number").seal(self.rows, b"%d" % self.rows)
            made.append((self.rows, sealed))

        try:
            if self.within(node, death, work):
                self.sealed[scope] += made
        except KeyDestroyedError:
            assert scope in self.destroyed

    @rule(node=nodes, scope=scopes)
    def seal_from_memory(self, node: int, scope: Scope) -> None:
        """Work that only asks the vault's memory, which may be behind."""
        self.rows += 1
        try:
            column = self.nodes[node].keys(scope).column("contact", "number")
        except KeyUnknownError:
            return
        self.sealed[scope].append((self.rows, column.seal(self.rows, b"%d" % self.rows)))

    @rule(node=nodes, scope=scopes, death=deaths)
    def destroy(self, node: int, scope: Scope, death: int | None) -> None:
        if self.within(node, death, lambda changes: changes.destroy(scope) and None):
            with self.kept.transaction() as shelf:
                if shelf.get(scope.name):
                    self.destroyed.add(scope)

    @rule(node=nodes)
    def refresh(self, node: int) -> None:
        with self.kept.transaction() as shelf:
            self.nodes[node].refresh(shelf)

    @rule(node=nodes)
    def restart(self, node: int) -> None:
        self.nodes[node].close()
        self.nodes[node] = self.started()

    @precondition(lambda self: len(self.accepted) == 1)
    @rule(name=st.sampled_from(sorted(MASTERS)))
    def bring_a_new_master(self, name: str) -> None:
        """The first step of its rotation: every node accepts both, the new one wraps."""
        if name in self.accepted:
            return
        self.accepted.append(name)
        for node in self.nodes:
            with self.kept.transaction() as shelf:
                node.accept(self.masters(), shelf)

    @precondition(lambda self: len(self.accepted) == 2)
    @rule(node=nodes, limit=st.integers(1, 4), death=deaths)
    def rewrap(self, node: int, limit: int, death: int | None) -> None:
        left: list[int] = []
        committed = self.within(node, death, lambda changes: left.append(changes.rewrap(limit)))
        if committed and left == [0]:
            self.accepted.pop(0)
            for each in self.nodes:
                with self.kept.transaction() as shelf:
                    each.accept(self.masters(), shelf)

    # ----------------------------------------------------------------------------------- always

    @invariant()
    def everything_is_as_it_must_be(self) -> None:
        if not self.nodes:
            return
        fresh = self.started()
        assert fresh.lookup.number(NUMBER) == self.hashed
        for scope in SCOPES:
            self.check(fresh, scope)
        fresh.close()

    def check(self, fresh: Vault, scope: Scope) -> None:
        with self.kept.transaction() as shelf:
            try:
                keys = fresh.changes(shelf).load(scope)
            except KeyDestroyedError:
                assert scope in self.destroyed
                assert all(key.wrapped is None for key in shelf.get(scope.name))
                return
            except KeyUnknownError:
                assert not self.sealed[scope]
                return
        assert scope not in self.destroyed
        column = keys.column("contact", "number")
        for row, sealed in self.sealed[scope]:
            assert column.open(row, sealed) == b"%d" % row

    @invariant()
    def another_master_key_is_refused(self) -> None:
        if not self.nodes:
            return
        stranger = next(name for name in MASTERS if name not in self.accepted)
        with self.kept.transaction() as shelf:
            try:
                Vault.open(Masters(MASTERS[stranger]), shelf)
            except MasterKeyError:
                return
            except SealError:
                raise AssertionError("a wrong key must be known as such, not as damage") from None
        raise AssertionError("a wrong master key was accepted")


TestRotation = Rotation.TestCase
TestRotation.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
