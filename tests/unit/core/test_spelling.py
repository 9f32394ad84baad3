"""What is heard is found, however it is written; what is not, is not."""

from __future__ import annotations

import pytest

from dialer.core.dialog.spelling import fold, signs_of


def found(text: str, phrase: str, *, as_written: bool = False) -> list[str]:
    folded = fold(text)
    return [
        text[slice(*folded.source(*span))] for span in folded.find(phrase, as_written=as_written)
    ]


@pytest.mark.parametrize(
    "text,phrase,excerpt",
    [
        ("We have NO RISK here", "no risk", "NO RISK"),
        ("no \t--  risk!", "no risk", "no \t--  risk"),
        ("no\u200b ris\u00adk", "no risk", "no\u200b ris\u00adk"),
        ("ﬁne", "fine", "ﬁne"),
        ("STRASSE", "straße", "STRASSE"),
        ("r\u0456\u0455k", "risk", "r\u0456\u0455k"),
        ("\u041dello", "hello", "\u041dello"),
        ("n o r i s k", "no risk", "n o r i s k"),
        ("a no.risk b", "no risk", "no.risk"),
        ("no{name}risk", "no risk", "no{name}risk"),
        ("guaranteed 8.5 % return", "guaranteed <percent> return", "guaranteed 8.5 % return"),
        ("guaranteed eight percent return", "guaranteed <percent> return", None),
        ("保证百分之八点五的收益", "保证<percent>", "保证百分之八点五"),
        ("⼈工", "人工", "⼈工"),
        ("保\u20dd本", "保本", "保\u20dd本"),
        ("我们保。本。", "保本", "保。本"),
    ],
)
def test_it_is_found(text: str, phrase: str, excerpt: str | None) -> None:
    assert found(text, phrase) == [text if excerpt is None else excerpt]


@pytest.mark.parametrize(
    "text,phrase",
    [
        ("asterisk free", "risk free"),
        ("no risks", "no risk"),
        ("a piano risk", "no risk"),
        ("Is it so? No. Risk it", "no risk"),
        ("no, risk is there", "no risk"),
        ("担保。本月", "保本"),
        ("担保,本月", "保本"),
        ("10风险", "0风险"),
        ("", "no risk"),
        ("{no risk}", "no risk"),
        ("anything", "..."),
        ("anything", "<percent>"),
        ("guaranteed 8 return", "guaranteed <percent> return"),
    ],
)
def test_it_is_not_found(text: str, phrase: str) -> None:
    assert found(text, phrase) == []


def test_as_written_takes_nothing_for_a_trick() -> None:
    assert found("保,本", "保本") == ["保,本"]
    assert found("保,本", "保本", as_written=True) == []
    assert found("不 保本", "不保本", as_written=True) == ["不 保本"]


def test_each_place_it_stands_at_is_found() -> None:
    assert found("保本,保本", "保本") == ["保本", "保本"]
    assert found("哈哈哈", "哈哈") == ["哈哈", "哈哈"]


def test_braces_are_words_where_there_are_no_variables() -> None:
    assert [*fold("{no risk}", template=False).find("no risk")] == [(0, 6)]
    assert [*fold("{no risk}").find("no risk")] == []


def test_what_is_left_of_a_phrase() -> None:
    assert signs_of(" \uff21.b-Ç {x} 保 本 5% <percent>") == "abcx保本5%"
