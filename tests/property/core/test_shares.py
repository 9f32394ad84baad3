"""Whoever comes and goes, all nodes together never use more of a trunk than it has."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dialer.core.trunks.shares import NOTHING, Capacity, TrunkShare, fair
from dialer.core.trunks.trunk import TrunkLimits, TrunkLoad

NAMES = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True)
WHOLES = st.builds(
    Capacity,
    st.integers(1, 500),
    st.one_of(st.floats(0.05, 1.0), st.integers(1, 200).map(float), st.floats(1.0, 50.0)),
)


@given(WHOLES, NAMES, st.floats(0, 1e9))
def test_fair_parts_never_sum_up_to_more_than_there_is(
    whole: Capacity, nodes: list[str], at: float
) -> None:
    parts = [fair(whole, nodes, node, at) for node in nodes]
    assert sum(part.channels for part in parts) == whole.channels
    assert sum(part.cps for part in parts) <= whole.cps
    assert max(part.channels for part in parts) - min(part.channels for part in parts) <= 1
    assert any(part.cps > 0 for part in parts)
    if len(nodes) > 1 and whole.cps >= len(nodes):
        assert sum(part.cps for part in parts) == math.floor(whole.cps)


@given(WHOLES, NAMES, st.floats(0, 1e9))
def test_who_waits_for_calls_a_second_has_their_turn(
    whole: Capacity, nodes: list[str], at: float
) -> None:
    had = {
        node
        for turn in range(len(nodes))
        for node in nodes
        if fair(whole, nodes, node, at + turn * 10.0).cps > 0
    }
    # One turn may be missed where floats round a boundary.
    assert len(had) >= len(nodes) - 1


class Nodes(RuleBasedStateMachine):
    """Nodes in rounds; each launches as fast as its share lets it."""

    WHOLE = Capacity(10, 5.0)

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.shares: dict[str, TrunkShare] = {}
        self.loads: dict[str, TrunkLoad] = {}
        self.said: dict[str, Capacity] = {}
        self.live: dict[str, int] = {}
        self.sent: list[float] = []

    @rule(name=st.sampled_from("abc"))
    def join(self, name: str) -> None:
        if name not in self.shares:
            self.shares[name] = TrunkShare(self.WHOLE)
            self.loads[name] = TrunkLoad(TrunkLimits(self.WHOLE.channels, self.WHOLE.cps))
            self.loads[name].allow(NOTHING)
            self.said[name] = NOTHING
            self.live[name] = 0

    @precondition(lambda self: self.shares)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """In peace: its calls have ended, and its last INVITEs are a second old."""
        name = data.draw(st.sampled_from(sorted(self.shares)))
        self.now += 1.0
        for kept in (self.shares, self.loads, self.said, self.live):
            del kept[name]

    @precondition(lambda self: self.shares)
    @rule(data=st.data())
    def take_a_round(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.shares)))
        share, load = self.shares[name], self.loads[name]
        others = [said for other, said in self.said.items() if other != name]
        due = fair(self.WHOLE, sorted(self.shares), name, self.now)
        allow, self.said[name] = share.plan(due, others, load.in_use, self.now)
        share.allow(allow, self.now)
        load.allow(allow)

    @precondition(lambda self: self.shares)
    @rule(data=st.data(), times=st.integers(1, 10))
    def launch(self, data: st.DataObject, times: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.shares)))
        load = self.loads[name]
        for _ in range(times):
            if not load.can_seize(self.now):
                return
            load.seize(self.now)
            departs = load.next_departure(self.now)
            assert departs is not None
            self.now = max(self.now, departs)
            load.depart(self.now)
            load.sent(self.now)
            self.sent.append(self.now)
            self.live[name] += 1

    @precondition(lambda self: any(self.live.values()))
    @rule(data=st.data())
    def end_calls(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(name for name, live in self.live.items() if live)))
        for _ in range(data.draw(st.integers(1, self.live[name]))):
            self.loads[name].release()
            self.live[name] -= 1

    @rule(seconds=st.sampled_from([0.1, 0.4, 1.0, 3.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def no_more_channels_than_there_are(self) -> None:
        assert sum(self.live.values()) <= self.WHOLE.channels
        assert sum(said.channels for said in self.said.values()) <= self.WHOLE.channels

    @invariant()
    def no_second_holds_more_than_cps(self) -> None:
        recent = [at for at in self.sent if at > self.now - 1.0]
        assert len(recent) <= self.WHOLE.cps


TestNodes = Nodes.TestCase
TestNodes.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_alone_a_node_has_it_all_in_its_first_round() -> None:
    share = TrunkShare(Capacity(120, 20.0))
    allow, said = share.plan(fair(share.whole, ["a"], "a", 0.0), [], 0, 0.0)
    assert allow == said == Capacity(120, 20.0)


def test_two_nodes_share_within_a_few_rounds() -> None:
    whole = Capacity(7, 4.0)
    shares = {name: TrunkShare(whole) for name in "ab"}
    said = {"a": NOTHING}
    for now in range(8):
        if now == 2:
            said["b"] = NOTHING
        for name in said:
            others = [what for other, what in said.items() if other != name]
            due = fair(whole, sorted(said), name, 0.0)
            allow, said[name] = shares[name].plan(due, others, 0, float(now))
            shares[name].allow(allow, float(now))
    assert shares["a"].allowed == Capacity(4, 2.0)
    assert shares["b"].allowed == Capacity(3, 2.0)
