"""The identity notice: that it is a robot, whose, and in time."""

from __future__ import annotations

import math

import pytest

from dialer.core.dialog.notice import LONGEST, inspect_identity, inspect_length
from dialer.core.dialog.wording import RobotWords

LISTS = (
    RobotWords("notice.robot", ("en",), ("robot", "automated", "ai"), ("not a robot",), "w", "i"),
    RobotWords("notice.robot-zh", ("zh", "yue"), ("机器人", "智能语音"), (), "w", "i"),
)
NAMES = ("Example Bank", "某某银行")


def rules(words: str, language: str = "en", names: tuple[str, ...] = NAMES) -> list[str]:
    return [each.rule for each in inspect_identity(words, language, names, LISTS)]


@pytest.mark.parametrize(
    "words,language",
    [
        ("This is the automated assistant of Example Bank.", "en"),
        ("This is the ROBOT of EXAMPLE-BANK.", "en-GB"),
        ("您好,我是某某银行的智能语音助手。", "zh-CN"),
        ("我系某某银行嘅机器人。", "yue"),
    ],
)
def test_a_notice_that_says_it_all(words: str, language: str) -> None:
    assert rules(words, language) == []


@pytest.mark.parametrize(
    "words,language,broken",
    [
        ("This is Lucy of Example Bank.", "en", ["notice.robot"]),
        ("This is the virtual assistant of Example Bank.", "en", ["notice.robot"]),
        ("I am not a robot, I am of Example Bank.", "en", ["notice.robot"]),
        ("This is a robot.", "en", ["notice.operator"]),
        ("This is the robot of Another Bank.", "en", ["notice.operator"]),
        ("Hello.", "en", ["notice.operator", "notice.robot"]),
        ("This is the robot of Example Bank.", "zh-CN", ["notice.robot-zh"]),
        ("我是某某银行的机器人。", "en", ["notice.robot"]),
        ("C'est le robot de Example Bank.", "fr", ["notice.language"]),
        ("Hello {name}, the robot of Example Bank.", "en", ["notice.variable"]),
        ("{name}", "en", ["notice.operator", "notice.robot", "notice.variable"]),
    ],
)
def test_what_it_fails_to_say(words: str, language: str, broken: list[str]) -> None:
    assert sorted(rules(words, language)) == broken


def test_the_operators_own_name_does_not_tell_of_a_robot() -> None:
    names = ("Robot Bank",)
    assert rules("This is Lucy of Robot Bank.", names=names) == ["notice.robot"]
    assert rules("This is the robot of Robot Bank.", names=names) == []


def test_an_operator_without_a_name_is_no_operator() -> None:
    for names in ((), ("",), ("...",)):
        with pytest.raises(ValueError, match="no name"):
            inspect_identity("This is a robot.", "en", names, LISTS)


def test_in_time() -> None:
    for seconds in (0.5, 2.0, LONGEST):
        assert inspect_length(seconds) == []


@pytest.mark.parametrize("seconds,told", [(2.901, "3.0 s"), (3.2, "3.2 s"), (60.0, "60.0 s")])
def test_too_long(seconds: float, told: str) -> None:
    (finding,) = inspect_length(seconds)
    assert (finding.rule, finding.node) == ("notice.length", "disclosure.identity")
    assert told in finding.why
    assert "2.9 s" in finding.instead


@pytest.mark.parametrize("seconds", [None, math.nan, math.inf, 0.0, -1.0])
def test_a_length_that_is_none_is_a_doubt(seconds: float | None) -> None:
    (finding,) = inspect_length(seconds)
    assert "not known" in finding.why


def test_an_operator_may_want_it_sooner() -> None:
    assert inspect_length(2.4, within=2.5) == []
    (finding,) = inspect_length(2.45, within=2.5)
    assert (finding.rule, finding.instead) == ("notice.length", "make it 2.4 s at most")
    assert "must have been said 2.5 s after" in finding.why


@pytest.mark.parametrize(
    "name",
    [
        "Bank: Ltd.",
        "C#: Bank",
        "Miller, Son & Co.",
        "#1 Bank",
        "A {Brace} Co",
        "Yes! Bank",
        "银行。北京",
    ],
)
def test_an_operator_is_found_by_its_name_whatever_marks_are_in_it(name: str) -> None:
    written = name.replace("{", "{{").replace("}", "}}")
    assert rules(f"This is the robot of {written}.", names=(name,)) == []
    apart = name.replace(" ", ", not ") if " " in name else "银行"
    assert "notice.operator" in rules(f"This is the robot of {apart}.", names=(name,))


def test_a_brace_that_is_doubled_is_no_variable() -> None:
    assert rules("This is the robot of {{Example Bank}}.") == []
    for words in ("This is the robot of {bank}.", "This is the robot of {{{bank}}} Example Bank."):
        assert "notice.variable" in rules(words)
