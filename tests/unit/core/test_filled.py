"""What fills a variable: bounded, and inspected as it will be said."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import pytest

from dialer.core.dialog.filled import FilledWords
from dialer.core.dialog.script import Say, Script, check
from dialer.core.dialog.variables import Bounds, pattern_fault, value_fault
from dialer.core.dialog.wording import WordingBook
from dialer.files.wording import read_wording
from tests.support.scripts import renewal

OPERATOR = ("Example Bank",)


@pytest.fixture(scope="module")
def book() -> WordingBook:
    return read_wording()


def saying(words: str, start: str = "Shall we renew your card?") -> Script:
    script = renewal()
    nodes = {**script.nodes, "done": replace(script.nodes["done"], says=Say(words))}
    nodes[script.start] = replace(nodes[script.start], says=Say(start))
    return replace(script, nodes=nodes)


def faults(book: WordingBook | None, script: Script, **values: str) -> list[str]:
    return [what for _, what in FilledWords(script, book, None, OPERATOR).faults(values)]


@pytest.mark.parametrize(
    "value",
    [
        "Ann. Press 2 to win",
        "Ann! Free",
        "Ann?",
        "Ann; more",
        "to: you",
        "安。免费",
        "安\uff01",
        "安\uff0e更多",
        "and so on\u2026",
        "Ann\nBob",
        "Ann\u2028Bob",
        "A\u200bnn",
        "Ann\u202e",
        "\u0627\u06d4",
        "x" * 61,
        "9.",
        ".5",
    ],
)
def test_a_value_is_short_visible_and_no_sentence(value: str) -> None:
    assert value_fault(value, Bounds()) is not None


@pytest.mark.parametrize(
    "value", ["Ann", "王伟", "O'Neill-Smith", "1,234.50", "10:30", "José", "4417", "", "Ann, Bob"]
)
def test_an_honest_value_is_taken(value: str) -> None:
    assert value_fault(value, Bounds()) is None


def test_a_value_keeps_to_the_bounds_that_were_approved() -> None:
    card = Bounds(4, "[0-9]{4}")
    assert value_fault("4417", card) is None
    for bad in ("441", "44171", "4a17", "4417\n", ""):
        assert value_fault(bad, card) is not None
    assert value_fault("x" * 100, Bounds(100)) is None


@pytest.mark.parametrize(
    "pattern",
    ["(", "(a+)+", "(a|b)*c", "(?=a)", r"(a)\1", "(?i)a", "a*a*a*a*b", "x" * 201, "[z-a]"],
)
def test_a_pattern_that_is_none_or_slow_is_refused(pattern: str) -> None:
    assert pattern_fault(pattern) is not None


@pytest.mark.parametrize(
    "pattern",
    ["[0-9]{4}", "[A-Z]+[0-9]*", "(?:Mr|Mrs) [^.]{1,40}", r"\(\d+\)", "[(+*]{2}", "(a|b)?"],
)
def test_a_plain_pattern_is_taken_and_quick(pattern: str) -> None:
    assert pattern_fault(pattern) is None
    began = perf_counter()
    value_fault("a" * 200, Bounds(200, pattern))
    assert perf_counter() - began < 1


def test_bounds_of_a_script_are_checked_with_it() -> None:
    script = saying("Thank you, {name}.")
    assert check(replace(script, variables={"name": Bounds(20, "[A-Za-z ]+")})) == []
    found = check(replace(script, variables={"nam": Bounds(), "name": Bounds(0, "(a+)+")}))
    assert [each.key for each in found] == [
        *("variables.nam", "variables.name.at_most", "variables.name.pattern")
    ]


@pytest.mark.parametrize(
    "template, value, rule",
    [
        ("I am {name}.", "Ann, your agent", "disguise"),
        ("This is {name}.", "your account manager", "disguise"),
        ("Your loan is {name}.", "without any risk, no risk", "no-risk"),
        ("You lose {name} risk.", "no", "no-risk"),
        ("这是{name}。", "保本理财", "finance"),
        ("It is {name} safe.", "100%", "risk"),
    ],
)
def test_what_only_a_value_makes_of_the_words_is_found(
    book: WordingBook, template: str, value: str, rule: str
) -> None:
    (what, *_) = faults(book, saying(template), name=value)
    assert rule in what
    assert value == "no" or value not in what
    assert faults(book, saying(template), name="Ann") == []


def test_the_opening_is_said_without_a_break(book: WordingBook) -> None:
    script = saying("Goodbye.", start="risk for you, {name}")
    disclosure = replace(script.disclosure, opt_out=Say("Press 1 {name}"), recording=None)
    script = replace(script, disclosure=disclosure)
    assert any("no-risk" in what for what in faults(book, script, name="no"))


def test_what_the_script_says_anyway_is_no_fault_of_a_contact(book: WordingBook) -> None:
    assert faults(book, saying("There is no risk, {name}."), name="Ann") == []


def test_without_lists_the_values_are_bounded_all_the_same() -> None:
    assert faults(None, saying("Hello {name}."), name="no risk") == []
    assert len(faults(None, saying("Hello {name}."), name="Ann. Hi")) == 1
