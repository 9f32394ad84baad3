from __future__ import annotations

import pytest

from audio.barge_in import BargeIn, Decision, Duck, Interrupt, Restore
from audio.events import BargeInPolicy
from audio.vad import Hysteresis, VadSettings, Voice

PROTECTED, DUCK, STOP = BargeInPolicy
QUIET, STARTING, SPEAKING, STOPPING = Voice
SETTINGS = VadSettings(start_frames=1, confirm_frames=4)

Heard = tuple[Voice, BargeInPolicy | None]


def run(call: BargeIn, *heard: Heard) -> list[Decision | None]:
    return [call.hear(voice, over) for voice, over in heard]


def test_onset_ducks_at_once_and_confirmed_speech_stops() -> None:
    decisions = run(BargeIn(SETTINGS), *[(STARTING, STOP)] * 3, (SPEAKING, STOP), (SPEAKING, None))
    assert decisions == [Duck(), None, None, Interrupt(), None]


def test_a_cough_lets_the_prompt_go_on_from_where_it_was() -> None:
    decisions = run(BargeIn(SETTINGS), (STARTING, STOP), (STARTING, STOP), (QUIET, STOP))
    assert decisions == [Duck(), None, Restore(rewind=True, false_alarm=True)]


def test_coughs_do_not_add_up_to_a_stop() -> None:
    call = BargeIn(SETTINGS)
    run(call, *[(STARTING, STOP)] * 3, (QUIET, STOP), *[(STARTING, DUCK)] * 3, (SPEAKING, DUCK))
    # What was said over the prompt that only ducks is not held against the one that stops.
    assert run(call, *[(SPEAKING, STOP)] * 4) == [None, None, None, Interrupt()]


@pytest.mark.parametrize("start", [1, 2, 4, 6])
def test_the_frame_that_confirms_speech_stops_the_prompt(start: int) -> None:
    settings = VadSettings(start_frames=start, confirm_frames=4)
    states, call = Hysteresis(settings), BargeIn(settings)
    for _ in range(max(start, 4) - 1):
        assert not isinstance(call.hear(states.hear(True), STOP), Interrupt)
    assert call.hear(states.hear(True), STOP) == Interrupt()


def test_only_what_can_be_decided_no_more_is_settled() -> None:
    call = BargeIn(SETTINGS)
    settled = [
        (run(call, heard), call.settled)[1]
        for heard in ((STARTING, STOP), (STARTING, DUCK), (SPEAKING, STOP), (SPEAKING, PROTECTED))
    ]
    assert settled == [False, True, False, True]
    call.forget()
    assert not call.settled


def test_a_prompt_that_is_only_ducked_comes_back_when_speech_ends_and_where_it_is() -> None:
    decisions = run(
        BargeIn(SETTINGS),
        (STARTING, DUCK),
        *[(SPEAKING, DUCK)] * 20,
        (STOPPING, DUCK),
        (QUIET, DUCK),
    )
    assert decisions[0] == Duck()
    assert set(decisions[1:-1]) == {None}
    assert decisions[-1] == Restore(rewind=False, false_alarm=False)


def test_a_protected_prompt_is_left_alone() -> None:
    decisions = run(BargeIn(SETTINGS), *[(STARTING, PROTECTED)] * 4, *[(SPEAKING, PROTECTED)] * 50)
    assert set(decisions) == {None}


def test_speech_from_before_ducks_the_next_prompt_and_stops_it_only_if_it_goes_on() -> None:
    call = BargeIn(SETTINGS)
    run(call, *[(STARTING, PROTECTED)] * 4, *[(SPEAKING, PROTECTED)] * 9)
    assert run(call, *[(SPEAKING, STOP)] * 4) == [Duck(), None, None, Interrupt()]


def test_speech_from_before_that_ends_soon_costs_the_prompt_nothing() -> None:
    call = BargeIn(SETTINGS)
    run(call, *[(SPEAKING, None)] * 9)
    decisions = run(call, (SPEAKING, STOP), (STOPPING, STOP), (QUIET, STOP))
    assert decisions == [Duck(), None, Restore(rewind=True, false_alarm=False)]


def test_a_protected_prompt_after_a_ducked_one_ends_the_ducking() -> None:
    call = BargeIn(SETTINGS)
    decisions = run(call, (STARTING, STOP), (STARTING, PROTECTED), (QUIET, PROTECTED))
    assert decisions == [Duck(), None, None]
    assert not call.ducked


def test_a_refused_duck_is_asked_for_again() -> None:
    call = BargeIn(SETTINGS)
    assert call.hear(STARTING, STOP) == Duck()
    call.forget()  # the bridge: nothing was being played any more
    assert call.hear(STARTING, STOP) == Duck()


def test_a_call_can_allow_less_than_its_prompts() -> None:
    gentle = BargeIn(SETTINGS, at_most=DUCK)
    decisions = run(gentle, *[(STARTING, STOP)] * 4, *[(SPEAKING, STOP)] * 20, (QUIET, STOP))
    assert Interrupt() not in decisions
    assert decisions[-1] == Restore(rewind=False, false_alarm=False)
    assert set(run(BargeIn(SETTINGS, at_most=PROTECTED), *[(SPEAKING, STOP)] * 20)) == {None}


def test_silence_between_prompts_starts_afresh() -> None:
    call = BargeIn(SETTINGS)
    assert run(call, (STARTING, STOP), (STARTING, None), (STARTING, STOP)) == [
        Duck(),
        None,
        Duck(),
    ]
