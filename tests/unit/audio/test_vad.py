from __future__ import annotations

import numpy as np
import pytest

from audio.vad import SHOWN_OF_QUIET, Hysteresis, Vad, VadSettings, Voice

SETTINGS = VadSettings(
    start_frames=2, confirm_frames=5, forget_frames=3, return_frames=2, stop_frames=4
)


def states(answers: str, settings: VadSettings = SETTINGS) -> list[Voice]:
    """One state a character; `v` is a voiced frame."""
    call = Hysteresis(settings)
    return [call.hear(answer == "v") for answer in answers]


def test_speech_is_started_then_confirmed_then_over() -> None:
    quiet, starting, speaking, stopping = Voice
    assert states("vvvvv....") == [quiet, *[starting] * 3, speaking, *[stopping] * 3, quiet]


def test_a_cough_never_gets_to_speaking() -> None:
    assert Voice.SPEAKING not in states("vvvv......")
    assert states("vvvv...")[-1] is Voice.QUIET


def test_a_hole_in_a_word_does_not_begin_it_anew() -> None:
    assert states("vv..v..vv")[-1] is Voice.SPEAKING


def test_a_click_in_the_pause_does_not_prolong_speech() -> None:
    assert states("vvvvv.v.v..")[-1] is Voice.QUIET


def test_speech_that_goes_on_after_a_breath_is_one_speech() -> None:
    heard = states("vvvvv..vv")
    assert heard[-1] is Voice.SPEAKING
    assert Voice.QUIET not in heard[5:]


def test_where_start_is_as_long_as_confirmation_starting_is_skipped() -> None:
    heard = states("vvv", VadSettings(start_frames=3, confirm_frames=3))
    assert heard == states("vvv", VadSettings(start_frames=3, confirm_frames=2))
    assert heard == [Voice.QUIET, Voice.QUIET, Voice.SPEAKING]


@pytest.mark.parametrize(
    "wrong", [{"mode": 4}, {"mode": -1}, {"start_frames": 0}, {"stop_frames": -3}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"mode|at least 1"):
        VadSettings(**wrong)


def hear(vad: Vad, samples: np.ndarray) -> list[Voice]:
    frames = samples.reshape(-1, 160)
    return [vad.hear(frame.data.cast("B"), int(np.abs(frame).max())) for frame in frames]


def test_the_counts_are_what_a_listener_needs() -> None:
    made = VadSettings()
    assert made.quietest == round(32768 * 10 ** (-45 / 20)), "-45 dBFS"
    assert (made.mode, made.start_frames, made.return_frames) == (2, 1, 3)
    spans = (made.confirm_frames, made.forget_frames, made.stop_frames)
    assert [20 * frames for frames in spans] == [240, 120, 500], "ms"
    assert SHOWN_OF_QUIET == 8


def test_a_frame_as_loud_as_the_quietest_speech_may_be_speech() -> None:
    quietest = VadSettings().quietest
    assert Vad(VadSettings(), 8000).follow(True, quietest) is Voice.STARTING
    assert Vad(VadSettings(), 8000).follow(True, quietest - 1) is Voice.QUIET


def test_it_is_not_quiet_as_long_as_webrtcvad_lingers_or_a_state_is_left_to_come() -> None:
    vad = Vad(VadSettings(), 8000)
    assert vad.quiet
    vad.follow(True, 0)
    assert (vad.states.state, vad.quiet) == (Voice.QUIET, False)
    vad.follow(False, 0)
    assert vad.quiet
    vad.follow(True, 9000)
    vad.follow(False, 0)
    assert (vad.states.state, vad.quiet) == (Voice.STARTING, False)


def test_speech_is_heard_at_its_first_frame(speech: np.ndarray) -> None:
    silence = np.zeros(160 * 20, np.int16)
    vad = Vad(VadSettings(), 8000)
    assert set(hear(vad, silence)) == {Voice.QUIET}
    heard = hear(vad, speech)
    assert heard[0] is Voice.STARTING
    assert heard.index(Voice.SPEAKING) < 15
    assert hear(vad, np.zeros(160 * 40, np.int16))[-1] is Voice.QUIET


def test_speech_is_heard_at_sixteen_kilohertz(speech: np.ndarray) -> None:
    wide = np.repeat(speech, 2).reshape(-1, 320)
    vad = Vad(VadSettings(), 16000)
    heard = [vad.hear(frame.data.cast("B"), int(np.abs(frame).max())) for frame in wide]
    assert Voice.SPEAKING in heard


def test_what_is_under_the_quietest_speech_is_not_speech(speech: np.ndarray) -> None:
    murmur = (speech * (900 / np.abs(speech).max())).astype(np.int16)
    assert Voice.SPEAKING in hear(Vad(VadSettings(), 8000), murmur)
    assert set(hear(Vad(VadSettings(quietest=1000), 8000), murmur)) == {Voice.QUIET}
