"""How variables are read aloud, in English and in Chinese; what cannot be is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.dialog.aloud import aloud, chinese, why_not, why_not_said


@pytest.mark.parametrize(
    "value, spec, english, chinese_words",
    [
        ("4417", "digits", "four four one seven", "四四幺七"),
        ("0012", "digits", "zero zero one two", "零零幺二"),
        ("10086", "digits", "one zero zero eight six", "幺零零八六"),
        (
            "+86 139 1000 0001",
            "digits",
            "eight six, one three nine, one zero zero zero, zero zero zero one",
            "八六\uff0c幺三九\uff0c幺零零零\uff0c零零零幺",
        ),
        (
            "13910000001",
            "digits",
            "one three nine, one zero zero zero, zero zero zero one",
            "幺三九\uff0c幺零零零\uff0c零零零幺",
        ),
        ("\uff14\uff14", "digits", "four four", "四四"),
        ("A7b", "digits", "A seven B", "A 七 B"),
        ("1234", "number", "1234", "一千二百三十四"),
        ("0012", "number", "12", "十二"),
        ("1,234,567.05", "number", "1234567.05", "一百二十三万四千五百六十七点零五"),
        ("-8.5%", "number", "minus 8.5 percent", "负百分之八点五"),
        ("2026-05-01", "date", "the 1st of May, 2026", "二零二六年五月一日"),
        (
            "2026-11-22T09:30:00+08:00",
            "date",
            "the 22nd of November, 2026",
            "二零二六年十一月二十二日",
        ),
        ("2000-12-13", "date", "the 13th of December, 2000", "二零零零年十二月十三日"),
        ("14:30", "time", "two thirty P M", "下午两点三十分"),
        ("00:00", "time", "twelve A M", "凌晨零点整"),
        ("09:05", "time", "nine oh five A M", "上午九点零五分"),
        ("12:45", "time", "twelve forty-five P M", "中午十二点四十五分"),
        ("20:19:59", "time", "eight nineteen P M", "晚上八点十九分"),
        ("CNY 1234.50", "money", "1234 yuan and 50 fen", "一千二百三十四元五角"),
        ("1,234.05 元", "money", "1234 yuan and 5 fen", "一千二百三十四元零五分"),
        ("0.55", "money CNY", "55 fen", "五角五分"),
        ("2", "money CNY", "2 yuan", "两元"),
        ("\uffe5100", "money CNY", "100 yuan", "一百元"),
        ("-RMB 20.2", "money", "minus 20 yuan and 20 fen", "负二十元二角"),
        ("USD 1", "money", "1 dollar", "一美元"),
        ("US$12.01", "money", "12 dollars and 1 cent", "十二美元一美分"),
        ("JPY 5000", "money", "5000 yen", "五千日元"),
        ("\u00a30", "money", "0 pounds", "零英镑"),
    ],
)
def test_what_is_said(value: str, spec: str, english: str, chinese_words: str) -> None:
    assert aloud(value, spec, "en-GB") == english
    assert " ".join(aloud(value, spec, "zh-CN").split()) == chinese_words


def test_americans_put_the_month_first() -> None:
    assert aloud("2026-05-03", "date", "en-US") == "May 3rd, 2026"


def test_other_languages_leave_single_digits_to_the_voice() -> None:
    assert aloud("4417-ab", "digits", "de") == "4 4 1 7, A B"
    assert why_not("number", "de") == "number is read in English and Chinese only"


@pytest.mark.parametrize(
    "value, spec, why",
    [
        ("", "digits", "is empty, and is to be read as digits"),
        (" ", "date", "is empty, and is to be read as date"),
        ("44*17", "digits", "is not made of digits and Latin letters"),
        ("---", "digits", "is not made of digits"),
        ("\u4e00", "digits", "is not made of digits"),
        ("4.417,5", "number", "is no number"),
        ("1,23", "number", "is no number"),
        ("many", "number", "is no number"),
        ("9" * 17, "number", "is too large"),
        ("next week", "date", "is no date such as 2026-05-01"),
        ("5/1/2026", "date", "is no date"),
        ("46143", "date", "is no date"),
        ("2026-02-30", "date", "is no date"),
        ("25:00", "time", "is no time of day"),
        ("2 pm", "time", "is no time of day"),
        ("12.50", "money", "does not say its currency for certain"),
        ("$12.50", "money", "does not say its currency for certain"),
        ("$12.50", "money USD", "does not say its currency for certain"),
        ("EUR 5", "money CNY", "is of another currency than CNY"),
        ("CNY 5 USD", "money", "has two currencies"),
        ("CNY 5.005", "money", "is no sum"),
        ("JPY 5.5", "money", "has a fraction"),
        ("much", "money", "is no sum"),
    ],
)
def test_what_is_refused(value: str, spec: str, why: str) -> None:
    for language in ("en", "zh"):
        found = why_not_said(value, spec, language)
        assert found is not None
        assert found.startswith(why)


UNITS = {"十": 10, "百": 100, "千": 1000}
MYRIADS = {"万亿": 10**12, "亿": 10**8, "万": 10**4}


def counted(words: str) -> int:
    """What Chinese words count, by the places of their units."""
    for name, size in MYRIADS.items():
        before, found, after = words.partition(name)
        if found:
            return counted(before) * size + counted(after.removeprefix("零"))
    total, digit = 0, 0
    for sign in words:
        if sign in UNITS:
            total += (digit or 1) * UNITS[sign]
            digit = 0
        else:
            digit = "零一二三四五六七八九".index(sign)
    return total + digit


@given(st.integers(0, 10**16 - 1) | st.integers(0, 16).map(lambda n: 10**n // 10))
def test_chinese_numbers_count_what_they_say(count: int) -> None:
    words = chinese(count)
    assert counted(words) == count
    assert "零零" not in words
    assert not words.endswith("零") or count == 0


@given(
    st.text(max_size=20),
    st.sampled_from(["digits", "number", "date", "time", "money", "money USD"]),
    st.sampled_from(["en", "en-US", "zh-CN"]),
)
def test_anything_is_said_or_refused_without_being_repeated(
    value: str, spec: str, language: str
) -> None:
    why = why_not_said(value, spec, language)
    if why is None:
        assert aloud(value, spec, language).strip()
