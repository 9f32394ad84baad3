from __future__ import annotations

import pytest

from dialer.core.dialog.meaning import REFUSING, Meaning
from dialer.core.dialog.script import Go, Intent, Refuse
from dialer.core.dialog.understanding import Understood, understand
from tests.support.said import Part, said

YES = Intent("yes", ("yes", "sure", "是", "好的"), "2", Go("done"))
NO = Intent("no", ("no", "not now", "不用"), "3", Go("why"))
DAY = Intent("day", ("tuesday", "星期二"), None, Go("day"))
OPT = Intent("never", ("not for me",), None, Refuse())


def kind(text: str) -> str:
    """As the corpus names it."""
    heard = understand(text, (YES,))
    if heard.meaning in {Meaning.NO, Meaning.BYE}:
        return "refusal"
    if heard.meaning is Meaning.ANSWER:
        return heard.intent
    if heard.meaning in {Meaning.DOUBT, Meaning.UNKNOWN, Meaning.FILLER, Meaning.NOTHING}:
        return "other"
    return heard.meaning.value


@pytest.mark.parametrize("part", ["tune", "unseen"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_refusals_are_hardly_missed_and_no_yes_is_made_up(language: str, part: Part) -> None:
    lines = said(language, part)
    refusing = {"refusal", "complaint", "wrong_number"}
    refusals = [words for meant, words in lines if meant in refusing]
    others = [words for meant, words in lines if meant != "yes"]
    missed = [words for words in refusals if kind(words) not in refusing]
    made_up = [words for words in others if kind(words) == "yes"]
    wrong = [words for meant, words in lines if kind(words) != meant]
    print(  # noqa: T201 - the figures, for who runs it with -s
        f"{language} {part}: {len(lines)} lines, {len(missed)} of {len(refusals)} refusals missed, "
        f"{len(made_up)} of {len(others)} taken for a yes, {len(wrong)} other than meant"
    )
    assert len(missed) <= 0.02 * len(refusals), missed
    assert len(made_up) <= 0.01 * len(others), made_up
    assert len(wrong) <= 0.05 * len(lines), wrong


@pytest.mark.parametrize(
    "text, meaning",
    [
        ("yes, stop calling me", Meaning.REFUSAL),
        ("\uff39es, \uff33top calling", Meaning.REFUSAL),
        ("別再打電話給我", Meaning.REFUSAL),
        ("好的好的,別打了", Meaning.REFUSAL),
        ("yes. No. Yes.", Meaning.NO),
        ("不是不需要", Meaning.DOUBT),
        ("don't hang up", Meaning.INNOCENT),
        ("Don't call me now, call me later.", Meaning.LATER),
        ("No, are you a robot?", Meaning.ROBOT),
        ("No thanks, are you a robot?", Meaning.NO),
        ("Yes, but who gave you my number?", Meaning.SOURCE),
        ("mm", Meaning.FILLER),
        ("嗯……", Meaning.FILLER),
        ("", Meaning.NOTHING),
        (" ... ", Meaning.NOTHING),
        ("one", Meaning.NO),
        ("banana", Meaning.UNKNOWN),
    ],
)
def test_what_is_meant_without_a_question(text: str, meaning: Meaning) -> None:
    expected = Meaning.UNKNOWN if meaning is Meaning.INNOCENT else meaning
    assert understand(text) == Understood(expected)


@pytest.mark.parametrize(
    "text, name",
    [
        ("yes", "yes"),
        ("yep", "yes"),
        ("没问题", "yes"),
        ("好啊", "yes"),
        ("two", "yes"),
        ("please press 2", "yes"),
        ("no", "no"),
        ("nope", "no"),
        ("I'd rather not", "no"),
        ("不要", "no"),
        ("yes, no", "no"),
        ("I am not sure. No.", "no"),
        ("Tuesday", "day"),
        ("yes, on Tuesday", "day"),
        ("星期二吧", "day"),
        ("not now", "no"),
    ],
)
def test_what_a_node_listens_for(text: str, name: str) -> None:
    assert understand(text, (YES, NO, DAY)) == Understood(Meaning.ANSWER, name)


@pytest.mark.parametrize(
    "text", ["yes?", "好的?", "not yes", "你好", "不是可以", "I won't say yes", "we never said yes"]
)
def test_what_is_no_yes(text: str) -> None:
    assert understand(text, (YES,)).intent == ""


def test_a_refusal_is_one_whatever_the_script_would_have_it_mean() -> None:
    greedy = Intent("yes", ("not interested", "stop calling me", "别打了"), None, Go("done"))
    for text in ("not interested", "stop calling me", "别打了"):
        assert understand(text, (greedy,)).meaning is Meaning.REFUSAL


def test_no_script_answers_for_itself_whether_a_robot_speaks() -> None:
    sly = Intent("robot", ("are you a robot", "who gave you my number"), None, Go("done"))
    assert understand("are you a robot?", (sly,)).meaning is Meaning.ROBOT
    assert understand("who gave you my number", (sly,)).meaning is Meaning.SOURCE


def test_two_answers_at_once_are_asked_again_and_the_whole_word_counts() -> None:
    red, blue = Intent("red", ("red",), None, Go("a")), Intent("blue", ("blue",), None, Go("b"))
    navy = Intent("navy", ("navy blue",), None, Go("c"))
    assert understand("red or blue", (red, blue)).meaning is Meaning.DOUBT
    assert understand("the red car", (red, blue)).intent == "red"
    assert understand("navy blue", (blue, navy)).intent == "navy"


def test_a_word_is_a_whole_word_and_one_chinese_sign_a_whole_clause() -> None:
    assert understand("a yesterday", (YES,)).meaning is Meaning.UNKNOWN
    one = Intent("yes", ("好",), None, Go("done"))
    assert understand("好", (one,)).intent == "yes"
    assert understand("好好", (one,)).intent == "yes"
    assert understand("好多人", (one,)).intent == ""


def test_refusing_is_a_no_that_no_node_has_an_answer_for() -> None:
    assert understand("no", (YES,)).meaning in REFUSING
    assert understand("not for me", (OPT,)).meaning is Meaning.REFUSAL
