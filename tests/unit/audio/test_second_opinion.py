from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from audio.opinions import Answer, OpinionsBeside
from audio.second_opinion import Question, Silero, judge
from tests.support.waiting import until

RATE = 8000
HEARD = 14 * 160
SAID = 34 * 160


def question(heard: np.ndarray, said: np.ndarray | None = None, floor: float = 0) -> Question:
    ours = np.zeros(SAID, np.int16) if said is None else said[-SAID:]
    return Question(heard[-HEARD:].astype(np.int16), ours.astype(np.int16), floor)


def music() -> np.ndarray:
    at = np.arange(HEARD) / RATE
    return sum(np.sin(2 * np.pi * hertz * at) for hertz in (262, 330, 392)) * 2500


def hiss() -> np.ndarray:
    return np.random.default_rng(5).uniform(-6000, 6000, HEARD)


def sure(_: np.ndarray) -> float:
    return 1.0


def test_silero_knows_speech_from_music(speech: np.ndarray) -> None:
    model = Silero(RATE)
    assert judge(question(speech[1600 : 1600 + HEARD]), RATE, model).is_speech
    assert judge(question(music()), RATE, model).is_other
    assert judge(question(speech[1600 : 1600 + HEARD]), RATE, model).is_speech, "no sound is kept"


def test_our_own_echo_is_known_without_the_model(speech: np.ndarray) -> None:
    said = speech[:SAID]
    heard = np.concatenate([np.zeros(1200), said[:-1200] * 0.2])
    found = judge(question(heard, said), RATE, sure)
    assert found.is_echo
    assert found.echo is not None
    assert found.echo.delay == pytest.approx(0.15)


@pytest.mark.parametrize("loud, floor", [(600, 0), (3000, 2000)])
def test_what_is_too_faint_or_no_louder_than_the_line_is_no_speech(loud: int, floor: float) -> None:
    heard = np.random.default_rng(2).uniform(-loud, loud, HEARD)
    assert judge(question(heard, floor=floor), RATE, sure).is_other
    assert judge(question(heard * 2, floor=floor), RATE, sure).is_speech


async def answers(opinions: OpinionsBeside, count: int) -> list[Answer]:
    found: list[Answer] = []
    await until(lambda: found.extend(opinions.take()) is None and len(found) >= count)
    return found


async def test_answers_come_from_a_thread_of_their_own_in_their_order() -> None:
    asked: list[str] = []

    def load(_: int) -> Callable[[np.ndarray], float]:
        return lambda _sound: float(bool(asked.append(threading.current_thread().name)))

    opinions = OpinionsBeside(RATE, load)
    for number in (1, 2):
        opinions.ask(7, number, question(hiss()))
    assert [answer[:2] for answer in (await answers(opinions, 2))] == [(7, 1), (7, 2)]
    assert set(asked) == {"opinions"}
    assert opinions.take() == []


async def test_a_model_that_cannot_be_loaded_costs_no_call(
    speech: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    def load(_: int) -> Callable[[np.ndarray], float]:
        raise OSError("no such file")

    opinions = OpinionsBeside(RATE, load)
    echo = np.concatenate([np.zeros(1200), speech[: SAID - 1200] * 0.2])
    opinions.ask(1, 1, question(hiss()))
    opinions.ask(1, 2, question(echo, speech[:SAID]))
    voice, ours = await answers(opinions, 2)
    assert voice[2].is_speech, "the first opinion holds"
    assert ours[2].is_echo
    assert caplog.text.count("make setup") == 1


async def test_a_sound_that_cannot_be_judged_costs_the_next_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    opinions = OpinionsBeside(RATE, lambda _: sure)
    opinions.ask(1, 1, Question(np.zeros(7, np.int16), np.zeros(3, np.int16), 0))
    opinions.ask(1, 2, question(hiss()))
    assert [answer[1] for answer in (await answers(opinions, 1))] == [2]
    assert "could not be judged" in caplog.text


async def test_more_questions_than_can_be_answered_in_time_are_dropped() -> None:
    held = threading.Event()

    def slow(_: np.ndarray) -> float:
        held.wait(20)
        return 1.0

    opinions = OpinionsBeside(RATE, lambda _: slow)
    for number in range(300):
        opinions.ask(1, number, question(hiss()))
    held.set()
    assert 64 <= len(await answers(opinions, 64)) < 80
