"""Whatever is commanded, what is played has no gap and no click, and events tell the truth."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from audio import _bridge
from audio._bridge import DONE, DUCK, PLAYED, PROTECTED, STARTED, STOP, Player, Prompt

RATE = 8000
FRAME = 160
RAMP = 40
POLICIES = (PROTECTED, DUCK, STOP)


def ramp_of(length: int, start: int = 1) -> np.ndarray:
    """Samples that say where they stand."""
    return ((np.arange(length) + start) % 30000).astype(np.int16)


lengths = st.lists(st.integers(1, 1000), min_size=1, max_size=6)


@given(lengths, st.data())
def test_a_playlist_is_played_whole_without_a_gap(parts: list[int], data: st.DataObject) -> None:
    samples = ramp_of(sum(parts))
    cuts = np.cumsum([0, *parts])
    items = [
        (Prompt(samples[a:b].copy()), data.draw(st.sampled_from(POLICIES)))
        for a, b in itertools.pairwise(cuts)
    ]
    player = Player(RATE)
    player.play(5, items)
    frames = len(samples) // FRAME + 2
    heard = player.render(frames).ravel()
    assert np.array_equal(heard[: len(samples)], samples)
    assert not heard[len(samples) :].any()
    assert player.events() == [
        (STARTED, 1, 0, 5, 0, False),
        *((PLAYED, 1, 0, 5, item, True) for item in range(len(parts))),
        (DONE, 1, 0, 5, len(samples), True),
    ]


@given(st.integers(0, 20), st.sampled_from(["stop", "interrupt"]))
def test_stopping_fades_within_five_milliseconds_and_says_where(frames: int, how: str) -> None:
    player = Player(RATE)
    player.play(1, [(Prompt(np.full(9000, 12000, np.int16)), STOP)])
    player.render(frames)
    command: Callable[[], tuple[int, int] | None] = getattr(player, how)
    assert command() == (1, frames * FRAME)
    heard = player.render(2).ravel()
    assert not heard[RAMP:].any()
    if frames:
        fade = heard[:RAMP].astype(int)
        assert fade[0] > 11000
        assert (np.diff(fade) <= 0).all()
    else:
        assert not heard.any()
    assert command() is None


@given(st.integers(1, 30), st.integers(0, 4799))
def test_resume_goes_on_at_the_very_sample(frames: int, sample: int) -> None:
    samples = ramp_of(4800)
    player = Player(RATE)
    player.play(3, [(Prompt(samples), STOP)])
    player.render(frames)
    player.stop()
    player.render(1)
    assert player.resume(3, sample)
    heard = player.render(31).ravel()[: 4800 - sample]
    assert np.array_equal(heard[RAMP:], samples[sample + RAMP :])
    assert not player.resume(4, 0)
    assert not player.resume(3, 4800)
    assert not player.resume(3, -1)


class Commands(RuleBasedStateMachine):
    """A smooth tone under random commands: no two neighbouring samples may jump."""

    tone = (np.sin(2 * np.pi * 50 * np.arange(RATE * 4) / RATE) * 8000).astype(np.int16)
    steepest = 8000 * 2 * np.pi * 50 / RATE

    def __init__(self) -> None:
        super().__init__()
        self.player = Player(RATE)
        self.last = 0
        self.play_id = 0
        self.open: set[int] = set()
        self.told_of = 0
        self.items_over = 0
        self.policies: tuple[int, ...] = ()

    def hear(self, frames: int) -> None:
        heard = self.player.render(frames).ravel().astype(int)
        steps = np.abs(np.diff(np.concatenate([[self.last], heard])))
        # Two signals may overlap, each may be on a ramp of at most full scale in 5 ms.
        assert steps.max() <= 2 * (self.steepest + 8000 / RAMP) + 4
        self.last = int(heard[-1])
        self.tell()

    def tell(self) -> None:
        for kind, _handle, _at, play_id, sample, completed in self.player.events():
            if kind == STARTED:
                assert play_id not in self.open
                self.open.add(play_id)
                self.items_over = self.items_over if play_id == self.told_of else 0
                self.told_of = play_id
            elif kind == PLAYED:
                assert play_id == self.told_of
                assert sample == self.items_over, "each item once, in order"
                self.items_over += 1
            else:
                self.open.discard(play_id)
                assert not completed or sample == len(self.policies) * len(self.tone)
                assert not completed or self.items_over == len(self.policies)

    @rule(policies=st.lists(st.sampled_from(POLICIES), min_size=1, max_size=2), armed=st.booleans())
    def play(self, policies: list[int], *, armed: bool) -> None:
        self.play_id += 1
        self.policies = tuple(policies)
        self.player.play(self.play_id, [(Prompt(self.tone), policy) for policy in policies], armed)

    @rule()
    def release(self) -> None:
        self.player.release()

    @rule(frames=st.integers(1, 30))
    def listen(self, frames: int) -> None:
        self.hear(frames)

    @rule()
    def duck(self) -> None:
        place = self.player.place()
        ducked = self.player.duck()
        if place is None or self.policy_at(place[1]) == PROTECTED:
            assert ducked is None
        else:
            assert ducked == place

    @rule()
    def unduck(self) -> None:
        self.player.unduck()

    @rule()
    def interrupt(self) -> None:
        place = self.player.place()
        stopped = self.player.interrupt()
        if place is None or self.policy_at(place[1]) != STOP:
            assert stopped is None
        else:
            assert stopped == place

    @rule()
    def stop(self) -> None:
        self.player.stop()
        assert self.player.place() is None

    @precondition(lambda self: self.play_id > 0)
    @rule(tenth=st.integers(0, 9))
    def resume(self, tenth: int) -> None:
        # The tone passes zero there, as a prompt does at a pause.
        self.player.resume(self.play_id, tenth * len(self.tone) // 10)

    @invariant()
    def at_most_one_plays(self) -> None:
        self.tell()
        assert len(self.open) <= 1

    def policy_at(self, sample: int) -> int:
        return self.policies[sample // len(self.tone)]


Commands.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestCommands = Commands.TestCase


def test_ducking_is_eighteen_decibels_and_spares_protected_prompts() -> None:
    loud = np.full(3200, 8000, np.int16)
    player = Player(RATE)
    player.play(1, [(Prompt(loud), STOP), (Prompt(loud), PROTECTED), (Prompt(loud), STOP)])
    player.render(2)
    assert player.duck() == (1, 320)
    heard = player.render(58).ravel()
    assert (np.diff(heard[:RAMP]) < 0).all()
    assert set(heard[RAMP : 3200 - 320].tolist()) == {1000}
    assert set(heard[3200 - 320 : 9600 - 320].tolist()) == {8000}
    assert not heard[9600 - 320 :].any()


def test_an_armed_playlist_waits_for_its_release() -> None:
    player = Player(RATE)
    player.play(1, [(Prompt(ramp_of(FRAME)), PROTECTED)], armed=True)
    assert not player.render(3).any()
    assert player.place() is None
    assert player.duck() is None
    assert player.events() == []
    assert player.release()
    assert np.array_equal(player.render(1)[0], ramp_of(FRAME))
    assert not player.release()


def test_a_replaced_playlist_is_told_as_not_completed() -> None:
    player = Player(RATE)
    player.play(1, [(Prompt(ramp_of(8000)), STOP)])
    player.render(3)
    player.play(2, [(Prompt(ramp_of(8000)), STOP)])
    kind, _handle, _at, *rest = player.events()[-1]
    assert (kind, *rest) == (DONE, 1, 480, False)
    assert player.place() == (2, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros(0, np.int16),
        np.zeros((2, 3), np.int16),
        np.zeros(10, np.int32),
        np.zeros(10),
        np.zeros(20, np.int16)[::2],
    ],
)
def test_only_contiguous_int16_can_be_a_prompt(wrong: np.ndarray) -> None:
    with pytest.raises((TypeError, ValueError)):
        Prompt(wrong)


def test_empty_playlists_and_unknown_policies_are_refused() -> None:
    player = Player(RATE)
    with pytest.raises(ValueError, match="at least one"):
        player.play(1, [])
    with pytest.raises(ValueError, match="policy"):
        player.play(1, [(Prompt(ramp_of(3)), 7)])
    with pytest.raises(ValueError, match="8000 or 16000"):
        Player(44100)


def test_prompts_are_freed_with_their_last_playlist() -> None:
    bridge = _bridge.Bridge()
    before = bridge.counts()["live_prompts"]
    player = Player(RATE)
    player.play(1, [(Prompt(ramp_of(100)), STOP)])
    assert bridge.counts()["live_prompts"] == before + 1
    player.play(2, [(Prompt(ramp_of(100)), STOP)])
    assert bridge.counts()["live_prompts"] == before + 1
    del player
    assert bridge.counts()["live_prompts"] == before


def words(*seconds: float) -> np.ndarray:
    """Sound and silence in turns, that many seconds each."""
    parts = [np.full(int(length * 8000), 9000 * (at % 2 == 0)) for at, length in enumerate(seconds)]
    return np.concatenate(parts).astype(np.int16)


@pytest.mark.parametrize(
    "sample, begins",
    [
        (7_000, 0),  # within the first second: from the beginning
        (12_000, 9_520),  # after a pause of 200 ms, 10 ms early
        (9_600, 9_520),
        (18_000, 9_520),  # a gap of 50 ms is within a word
        (30_000, 28_800),  # the second item's beginning, which is no further back than that
        (55_000, 55_000),  # the last pause is over 3 s back
    ],
)
def test_resume_goes_back_to_the_last_pause(sample: int, begins: int) -> None:
    player = Player()
    first, second = Prompt(words(1, 0.2, 1, 0.05, 1.35)), Prompt(words(5))
    player.play(3, [(first, STOP), (second, STOP)])
    player.render(1)
    assert player.resume(3, sample, from_pause=True)
    assert player.place() == (3, begins)


def test_the_same_words_are_not_said_for_ever_to_who_coughs() -> None:
    player = Player()
    player.play(3, [(Prompt(words(1, 0.2, 2)), STOP)])
    places = []
    for _ in range(4):
        player.resume(3, 12_000, from_pause=True)
        places.append(player.place())
    assert places == [(3, 9_520), (3, 9_520), (3, 12_000), (3, 12_000)]
