"""Invariant 6: channels and calls per second hold under any order of events."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dialer.core.trunks.trunk import AHEAD, TrunkFullError, TrunkLimits, TrunkLoad


class TrunkMachine(RuleBasedStateMachine):
    @initialize(
        channels=st.integers(1, 6),
        cps=st.integers(1, 8) | st.floats(0.2, 8.5, allow_nan=False),
        kept=st.integers(0, 5),
    )
    def build(self, channels: int, cps: float, kept: int) -> None:
        self.limits = TrunkLimits(channels, cps, min(kept, channels - 1))
        self.came_in = 0
        self.load = TrunkLoad(self.limits)
        self.now = 1000.0
        self.seized = 0
        self.departed = 0
        self.live = 0
        self.last_seizure = 0.0
        self.invites: list[float] = []

    @rule(seconds=st.sampled_from([0.0, 0.125, 0.25, 0.5, 1.0]) | st.floats(0, 2))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def time_passes_to_the_next_free_instant(self) -> None:
        self.now = max(self.now, self.load.next_free(self.now) or self.now)

    @rule()
    def time_passes_to_the_next_departure(self) -> None:
        self.now = max(self.now, self.load.next_departure(self.now) or self.now)

    @rule(times=st.integers(1, 10))
    def seize(self, times: int) -> None:
        for _ in range(times):
            could, room = self.load.can_seize(self.now), self.load.room(self.now)
            assert could is (room > 0)
            if could:
                self.load.seize(self.now)
                self.seized += 1
                self.last_seizure = self.now
                assert self.load.room(self.now) == room - 1
            else:
                with pytest.raises(TrunkFullError):
                    self.load.seize(self.now)

    @rule(times=st.integers(1, 10))
    def depart(self, times: int) -> None:
        for _ in range(times):
            at = self.load.next_departure(self.now)
            if self.seized and at is not None and at <= self.now:
                self.load.depart(self.now)
                self.seized -= 1
                self.departed += 1
            else:
                with pytest.raises(TrunkFullError):
                    self.load.depart(self.now)

    @precondition(lambda self: self.departed > 0)
    @rule(times=st.integers(1, 10))
    def send(self, times: int) -> None:
        for _ in range(min(times, self.departed)):
            self.load.sent(self.now)
            self.departed -= 1
            self.live += 1
            self.invites.append(self.now)

    @precondition(lambda self: self.seized > 0)
    @rule()
    def withdraw(self) -> None:
        room = self.load.room(self.now)
        self.load.withdraw()
        self.seized -= 1
        assert self.load.room(self.now) in {room + 1, 0}

    @precondition(lambda self: self.departed > 0)
    @rule()
    def fail_to_send(self) -> None:
        room = self.load.room(self.now)
        self.load.release(sent=False)
        self.departed -= 1
        assert self.load.room(self.now) in {room + 1, 0}

    @rule()
    def steps_that_nobody_is_ready_for_are_refused(self) -> None:
        if not self.seized:
            with pytest.raises(TrunkFullError):
                self.load.withdraw()
        if not self.departed:
            with pytest.raises(TrunkFullError):
                self.load.sent(self.now)
            with pytest.raises(TrunkFullError):
                self.load.release(sent=False)
        if not self.live:
            with pytest.raises(TrunkFullError):
                self.load.release()

    @precondition(lambda self: self.seized > 0 and self.departed == 0)
    @rule()
    def what_is_seized_may_depart_soon(self) -> None:
        at = self.load.next_departure(self.now)
        assert at is not None
        assert at <= max(self.now, self.last_seizure + AHEAD)

    @precondition(lambda self: self.live > 0)
    @rule()
    def release(self) -> None:
        self.load.release()
        self.live -= 1

    @rule()
    def somebody_calls_in(self) -> None:
        busy = self.live + self.seized + self.departed + self.came_in
        assert self.load.admit() is (busy < self.limits.channels)
        self.came_in += busy < self.limits.channels

    @precondition(lambda self: self.came_in > 0)
    @rule()
    def who_called_in_leaves(self) -> None:
        self.load.dismiss()
        self.came_in -= 1

    @rule()
    def who_did_not_call_in_cannot_leave(self) -> None:
        if not self.came_in:
            with pytest.raises(TrunkFullError):
                self.load.dismiss()

    @rule(seconds=st.floats(0, 3))
    def rest(self, seconds: float) -> None:
        self.load.rest(self.now, self.now + seconds)

    @rule()
    def the_next_free_instant_is_free_and_the_one_before_is_not(self) -> None:
        free_at = self.load.next_free(self.now)
        if free_at is None:
            unsent = self.seized + self.departed
            kept = max(self.limits.kept_for_inbound, self.came_in)
            all_channels = self.live + unsent + kept == self.limits.channels
            assert all_channels or unsent == max(1, int(self.limits.cps))
            return
        assert free_at >= self.now
        assert self.load.can_seize(free_at)
        between = self.now + (free_at - self.now) / 2
        if self.now < between < free_at:
            assert not self.load.can_seize(between)

    @invariant()
    def channels_hold(self) -> None:
        own = self.live + self.seized + self.departed
        assert self.load.in_use == own + self.came_in <= self.limits.channels
        assert own <= self.limits.channels - self.limits.kept_for_inbound

    @invariant()
    def calls_per_second_hold_wherever_the_second_begins(self) -> None:
        most = max(1, int(self.limits.cps))
        period = max(1.0, 1.0 / self.limits.cps)
        for first in self.invites:
            assert sum(1 for at in self.invites if first <= at < first + period) <= most


TestTrunkMachine = TrunkMachine.TestCase
TestTrunkMachine.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
