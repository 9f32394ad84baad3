from __future__ import annotations

import pytest

from dialer.core.trunks.false_answers import FalseAnswerMarks, FalseAnswers
from dialer.core.trunks.trunk_stats import Conversation, JudgedSeizure, Window, WindowLimits

LIMITS = WindowLimits(length=10, age=100.0, minimum=2)


def window(limits: WindowLimits = LIMITS) -> Window:
    return Window(limits, short=30.0)


def missed(at: float, *, reached: bool = True, delay: float | None = None) -> JudgedSeizure:
    return JudgedSeizure(at, answered=False, reached=reached, post_dial_delay=delay)


def answered(at: float, delay: float | None = None) -> JudgedSeizure:
    return JudgedSeizure(at, answered=True, reached=True, post_dial_delay=delay)


def test_the_ratios_are_those_of_e_411_and_e_425() -> None:
    seen = window()
    for seizure in (
        answered(1.0, delay=2.0),
        missed(2.0, delay=4.0),
        missed(3.0, reached=False),
        missed(4.0, reached=False),
    ):
        seen.count(seizure)
    seen.talked(Conversation(20.0, talk=12.0, speech=True))
    seen.talked(Conversation(21.0, talk=18.0, speech=False))
    figures = seen.figures(21.0)
    assert (figures.asr, figures.ner, figures.acd, figures.pdd) == (0.25, 0.5, 15.0, 3.0)
    assert (figures.seizures, figures.answered, figures.reached) == (4, 1, 2)
    assert (figures.conversations, figures.hollow) == (2, 0.5)


def test_below_the_minimum_there_is_no_ratio() -> None:
    seen = window()
    seen.count(answered(1.0, delay=2.0))
    seen.talked(Conversation(2.0, talk=1.0, speech=False))
    figures = seen.figures(2.0)
    assert (figures.asr, figures.ner, figures.acd, figures.pdd, figures.hollow) == (None,) * 5
    assert (figures.seizures, figures.conversations) == (1, 1)
    seen.count(missed(2.0))
    assert seen.figures(2.0).asr == 0.5
    assert seen.figures(2.0).pdd is None


def test_only_so_many_are_kept() -> None:
    seen = window()
    for number in range(25):
        seen.count(answered(float(number)) if number < 15 else missed(float(number)))
        seen.talked(Conversation(float(number), talk=float(number), speech=True))
    figures = seen.figures(25.0)
    assert (figures.seizures, figures.asr) == (10, 0.0)
    assert (figures.conversations, figures.acd) == (10, 19.5)


def test_what_is_too_old_is_let_go() -> None:
    seen = window()
    for at in (0.0, 10.0, 50.0):
        seen.count(answered(at))
        seen.talked(Conversation(at, talk=1.0, speech=True))
    assert seen.figures(99.0).seizures == 3
    assert seen.figures(100.0).seizures == 2
    assert seen.figures(110.0).seizures == 1
    assert seen.figures(1000.0).conversations == 0
    assert seen.figures(1000.0).asr is None


def test_only_who_was_listened_to_and_soon_gone_is_hollow() -> None:
    seen = window()
    for talk, speech in ((30.0, False), (5.0, True), (5.0, None), (30.5, False)):
        seen.talked(Conversation(0.0, talk, speech))
    assert seen.hollow(0.0) == 0.25


@pytest.mark.parametrize(
    "length, age, minimum",
    [(10, 100.0, 11), (10, 100.0, 0), (10, 0.0, 1), (10, float("inf"), 1), (0, 1.0, 0)],
)
def test_a_window_that_can_hold_nothing_is_refused(length: int, age: float, minimum: int) -> None:
    with pytest.raises(ValueError, match=r"minimum|age"):
        WindowLimits(length, age, minimum)


def fill(seen: Window, *, answers: int, misses: int, hollow: int) -> None:
    for number in range(answers):
        seen.count(answered(1.0))
        seen.talked(Conversation(1.0, 5.0, speech=number >= hollow))
    for _ in range(misses):
        seen.count(missed(1.0))


WIDE = WindowLimits(length=100, age=1000.0, minimum=20)


@pytest.mark.parametrize(
    "answers, misses, hollow, suspected",
    [
        (40, 60, 24, True),
        (40, 60, 23, False),
        (36, 64, 36, True),
        (35, 65, 35, False),
        (30, 70, 30, False),  # all hollow, but not many
        (100, 0, 0, False),  # many, and all of them people
        (19, 0, 19, False),  # too few to tell
    ],
)
def test_many_answers_that_are_short_and_silent_are_suspected(
    answers: int, misses: int, hollow: int, *, suspected: bool
) -> None:
    seen, watch = window(WIDE), FalseAnswers(FalseAnswerMarks())
    fill(seen, answers=answers, misses=misses, hollow=hollow)
    assert watch.look(seen, 7.0) is suspected
    assert watch.suspicion.suspected is suspected
    assert watch.suspicion.since == (7.0 if suspected else None)


def test_a_suspicion_ends_below_a_lower_mark() -> None:
    watch = FalseAnswers(FalseAnswerMarks())
    for hollow, changes in ((30, True), (20, False), (16, False), (15, True), (20, False)):
        seen = window(WIDE)
        fill(seen, answers=40, misses=40, hollow=hollow)
        assert watch.look(seen, float(hollow)) is changes
    assert not watch.suspicion.suspected
    assert watch.suspicion.since == 15.0
    assert "38%" in watch.suspicion.why


@pytest.mark.parametrize("marks", [(1.1, 30.0, 0.6, 0.4), (0.3, 30.0, 0.4, 0.6)])
def test_marks_that_contradict_are_refused(marks: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="shares"):
        FalseAnswerMarks(*marks)
