"""Whatever webrtcvad answers, the states move no faster than their counts, and decisions match."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audio.barge_in import BargeIn, Duck, Interrupt, Restore
from audio.events import BargeInPolicy
from audio.vad import Hysteresis, VadSettings, Voice

counts = st.integers(1, 6)
settings_made = st.builds(
    VadSettings,
    start_frames=counts,
    confirm_frames=st.integers(1, 12),
    forget_frames=counts,
    return_frames=counts,
    stop_frames=st.integers(1, 12),
)
# Long runs and chatter alike.
answers_made = st.lists(
    st.tuples(st.booleans(), st.integers(1, 8)).map(lambda run: [run[0]] * run[1]), max_size=30
).map(lambda runs: [answer for run in runs for answer in run])
policies = st.sampled_from([*BargeInPolicy, None])


@given(settings_made, answers_made)
def test_no_state_is_left_faster_than_its_count(settings: VadSettings, answers: list[bool]) -> None:
    call = Hysteresis(settings)
    history: list[bool] = []
    since_onset = 0
    for answer in answers:
        before = call.state
        after = call.hear(answer)
        history.append(answer)
        if before is Voice.QUIET:
            since_onset = 0
        if after is not before:
            if before is Voice.QUIET:
                assert all(history[-settings.start_frames :])
                assert len(history) >= settings.start_frames
                since_onset = settings.start_frames
            elif before is Voice.STARTING and after is Voice.QUIET:
                assert not any(history[-settings.forget_frames :])
            elif before is Voice.STOPPING and after is Voice.SPEAKING:
                assert all(history[-settings.return_frames :])
            elif before is Voice.STOPPING:
                assert after is Voice.QUIET
                assert not answer
        elif before is not Voice.QUIET:
            since_onset += answer
        if after is Voice.SPEAKING and before is Voice.STARTING:
            assert since_onset + answer >= settings.confirm_frames
    assert call.state in Voice


@given(settings_made, st.integers(1, 5))
def test_chatter_shorter_than_the_start_is_never_heard(settings: VadSettings, gap: int) -> None:
    call = Hysteresis(settings)
    pattern = [*[True] * (settings.start_frames - 1), *[False] * gap]
    assert {call.hear(answer) for answer in pattern * 20} <= {Voice.QUIET}


@given(settings_made, answers_made)
def test_silence_always_ends_in_quiet(settings: VadSettings, answers: list[bool]) -> None:
    call = Hysteresis(settings)
    for answer in answers:
        call.hear(answer)
    longest = 1 + settings.stop_frames + settings.forget_frames
    assert [call.hear(False) for _ in range(longest)][-1] is Voice.QUIET


@given(settings_made, st.lists(st.tuples(st.sampled_from(Voice), policies), max_size=80))
def test_decisions_pair_and_respect_the_policy(
    settings: VadSettings, heard: list[tuple[Voice, BargeInPolicy | None]]
) -> None:
    call = BargeIn(settings)
    ducked = False
    for voice, over in heard:
        decision = call.hear(voice, over)
        if over in (None, BargeInPolicy.PROTECTED):
            assert decision is None
            ducked = False
        if isinstance(decision, Duck):
            assert not ducked, "ducked twice"
            assert voice in (Voice.STARTING, Voice.SPEAKING)
            ducked = True
        elif isinstance(decision, Interrupt):
            assert voice is Voice.SPEAKING
            assert over is BargeInPolicy.STOP
            ducked = False
        elif isinstance(decision, Restore):
            assert ducked, "nothing was ducked"
            assert voice is Voice.QUIET
            ducked = False
        assert call.ducked is ducked
