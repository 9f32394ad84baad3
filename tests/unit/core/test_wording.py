"""How bans and claims are looked for, with lists made for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialer.core.dialog.wording import REACH, Ban, Claim, WordingBook, WordingFinding, inspect_words

BAN = Ban("finance.ban", "en", ("sure win", "win"), ("no sure win", "no win"), "why", "instead")
GENERAL_BAN = replace(BAN, id="general.ban", phrases=("police",), unless=())
CLAIM = Claim(
    id="claim",
    language="en",
    openings=("i am",),
    roles=("agent",),
    people=("specialist",),
    unless=("agent office",),
    turned_by=("not",),
    cleared_by=("robot",),
    joins=("your",),
    why="why",
    instead="instead",
)
BOOK = WordingBook({"general": (GENERAL_BAN,), "finance": (BAN,)}, (CLAIM,), ())


def excerpts(
    words: str, industry: str | None = "finance", operator: tuple[str, ...] = ()
) -> list[str]:
    return [each.excerpt for each in inspect_words(BOOK, industry, words, operator=operator)]


def test_a_finding_says_where_what_why_and_what_instead() -> None:
    assert inspect_words(BOOK, "finance", "A  SURE win.", node="nodes.offer") == [
        WordingFinding("nodes.offer", 3, 11, "finance.ban", "SURE win", "why", "instead")
    ]


def test_of_phrases_that_overlap_the_longest_is_told() -> None:
    assert excerpts("A sure win is a win") == ["sure win", "win"]


def test_what_cannot_be_seen_is_shown() -> None:
    assert excerpts("a w\u200bin") == ["w<U+200B>in"]


def test_an_exception_excuses_only_what_stands_within_it() -> None:
    assert excerpts("There is no sure win, and no win") == []
    assert excerpts("There is no sure win, but a win") == ["win"]
    assert excerpts("No, sure win") == ["sure win"]


def test_general_bans_hold_everywhere_and_others_in_their_industry() -> None:
    assert excerpts("win police", "general") == ["police"]
    assert excerpts("win police", "finance") == ["win", "police"]
    assert excerpts("win police", None) == ["win", "police"]
    with pytest.raises(ValueError, match="no list is for industry 'games': finance, general"):
        excerpts("win", "games")


@pytest.mark.parametrize(
    "words",
    [
        "I am an agent",
        "I am Ann, your agent",
        "I am the specialist robot",
        "I am a robot. I am an agent",
        f"I am {'x' * (REACH - 1)} agent",
    ],
)
def test_a_claim(words: str) -> None:
    assert len(excerpts(words)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "an agent I am",
        "I am not an agent",
        "I am Ann, an agent will call",
        "I am Ann. Your agent will call",
        "I am the agent robot",
        "I am the robot agent",
        "I am the robot of your agent",
        "I am the agent office",
        "I am agents",
        f"I am {'x' * REACH} a agent",
        "",
    ],
)
def test_no_claim(words: str) -> None:
    assert excerpts(words) == []


def test_the_operators_name_is_neither_a_role_nor_a_confession() -> None:
    assert excerpts("I am of Specialist Bank") == ["I am of Specialist"]
    assert excerpts("I am of Specialist Bank", operator=("Specialist Bank",)) == []
    assert excerpts("I am the Robot Bank agent") == []
    assert len(excerpts("I am the Robot Bank agent", operator=("Robot Bank",))) == 1


def test_a_transcript_has_no_variables() -> None:
    assert inspect_words(BOOK, "finance", "{win}") == []
    assert len(inspect_words(BOOK, "finance", "{win}", template=False)) == 1
