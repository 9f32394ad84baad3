from __future__ import annotations

from dataclasses import replace

import pytest

from dialer.core.dialog.script import (
    GOODBYE,
    Go,
    Intent,
    Node,
    PlayFile,
    Problem,
    Say,
    Script,
    Silence,
    Transfer,
    check,
    fill,
    utterances,
    variables_of,
)
from dialer.core.values.targets import Extension
from tests.support.scripts import DISCLOSURE, DONE, FAREWELL, OFFER, asking, renewal, script


def problems(*nodes: Node, start: str | None = None) -> list[Problem]:
    return check(script(*nodes, start=start))


def with_intents(*intents: Intent) -> Node:
    return replace(OFFER, intents=intents)


def test_the_sample_of_the_design_is_without_fault() -> None:
    assert check(renewal()) == []


def test_unknown_nodes_are_named_where_they_are_named() -> None:
    node = Node(
        "offer",
        Say("?"),
        listen=5,
        intents=(Intent("yes", ("yes",), None, Go("nowhere")),),
        silence=Silence("no_such", 1),
        otherwise="missing",
    )
    found = problems(node, start="begin")
    assert {(problem.node, problem.key) for problem in found} == {
        ("", "start"),
        ("offer", "on[0].go"),
        ("offer", "silence.go"),
        ("offer", "otherwise.go"),
    }


def test_a_node_that_nothing_leads_to() -> None:
    lost = Node("lost", Say("Hello?"), hang_up=True)
    assert problems(OFFER, DONE, lost) == [Problem("lost", "", "no way leads here")]


def test_goodbye_counts_as_reached_for_an_opt_out_reaches_it() -> None:
    assert problems(replace(OFFER, otherwise="done"), DONE) == []


def test_goodbye_must_be_there_and_hang_up() -> None:
    without = replace(renewal(), nodes={"offer": replace(OFFER, otherwise="done"), "done": DONE})
    assert [problem.key for problem in check(without)] == ["nodes"]
    asks = asking(GOODBYE, "done")
    wrong = Script(
        "test", "en", DISCLOSURE, "offer", {n.name: n for n in (OFFER, DONE, asks)}, None
    )
    assert Problem(GOODBYE, "hang_up", "must be true: an opt-out hears this node, and no more") in (
        check(wrong)
    )


def test_who_never_answers_must_get_out() -> None:
    found = problems(asking("a", "b", ways=["goodbye"]), asking("b", "a"))
    assert [(problem.node, problem.key) for problem in found] == [
        ("a", "otherwise.go"),
        ("b", "otherwise.go"),
    ]


def test_a_corner_from_which_no_call_ends() -> None:
    found = problems(asking("a", GOODBYE, ways=["trap"]), asking("trap", "trap"))
    assert [(problem.node, problem.what) for problem in found] == [
        ("trap", "no way leads from here to a node that hangs up")
    ]


def test_handing_over_to_a_person_is_an_end() -> None:
    trap = replace(
        asking("trap", GOODBYE),
        intents=(Intent("agent", (), "0", Transfer(Extension("q", "pbx.example"))),),
    )
    assert problems(asking("a", GOODBYE, ways=["trap"]), trap) == []


def test_a_way_back_by_the_callees_choice_is_no_loop() -> None:
    assert problems(asking("a", "b"), asking("b", GOODBYE, ways=["a"])) == []


def test_key_1_is_taken_in_every_node() -> None:
    node = with_intents(Intent("yes", ("yes",), "1", Go("done")))
    (problem,) = problems(node, DONE)
    assert (problem.node, problem.key) == ("offer", "on[0].dtmf")
    assert "leave me alone" in problem.what


@pytest.mark.parametrize("key", ["", "22", "E", "x", "\u0662"])
def test_what_is_no_key(key: str) -> None:
    (problem,) = problems(with_intents(Intent("yes", (), key, Go("done"))), DONE)
    assert problem.key == "on[0].dtmf"


def test_keys_names_and_words_may_not_overlap_in_one_node() -> None:
    node = with_intents(
        Intent("yes", ("Of  course", "yes"), "2", Go("done")),
        Intent("yes", ("of COURSE",), "2", Go("done")),
        Intent("no", ("OF course",), "3", Go("done")),
    )
    assert {(problem.key, problem.what) for problem in problems(node, DONE)} == {
        ("on[1].intent", "'yes' is here twice"),
        ("on[1].dtmf", "key 2 is here twice"),
        ("on[2].words", "'OF course' is a word of 'yes' as well"),
    }


def test_an_intent_that_can_never_be_chosen() -> None:
    (problem,) = problems(with_intents(Intent("yes", (), None, Go("done"))), DONE)
    assert problem.key == "on[0]"


def test_a_node_hangs_up_or_listens() -> None:
    both = replace(DONE, listen=3.0)
    neither = Node("offer", Say("?"), intents=(Intent("yes", (), "2", Go("done")),))
    assert {(problem.node, problem.key) for problem in problems(neither, both)} == {
        ("offer", "listen"),
        ("offer", "otherwise"),
        ("done", "hang_up"),
    }


def test_a_silence_branch_must_be_taken_at_least_once() -> None:
    node = replace(OFFER, silence=Silence("offer", 0))
    assert [problem.key for problem in problems(node, DONE)] == ["silence.at_most"]


@pytest.mark.parametrize("text", ["{", "a } b", "{0}", "{}", "{a.b}", "{a[0]}", "{a!r}", "{a:>9}"])
def test_braces_hold_a_name_or_are_doubled(text: str) -> None:
    (problem,) = problems(replace(OFFER, says=Say(text)), DONE)
    assert (problem.node, problem.key) == ("offer", "say")


def test_what_is_said_cannot_be_empty_in_the_disclosure_either() -> None:
    silent = replace(renewal(), disclosure=replace(DISCLOSURE, purpose=Say("  ")))
    assert check(silent) == [Problem("", "disclosure.purpose", "is empty")]


def test_variables_are_found_wherever_words_are() -> None:
    spoken = replace(
        renewal(), disclosure=replace(DISCLOSURE, purpose=Say("About {product}, {{not}} {this}."))
    )
    assert variables_of(spoken) == {"name", "product", "this"}


def test_a_text_is_filled_with_the_contacts_variables_and_nothing_else() -> None:
    assert fill(Say("Dear {name}, {{1}}"), {"name": "{x}"}, "en") == "Dear {x}, {1}"
    with pytest.raises(KeyError):
        fill(Say("Dear {name}"), {}, "en")


def test_a_variable_is_read_as_the_text_says() -> None:
    text = Say("The card ending in {card:digits} costs {sum:money CNY}, or {sum}.")
    filled = fill(text, {"card": "4417", "sum": "2.50"}, "en")
    assert filled == "The card ending in four four one seven costs 2 yuan and 50 fen, or 2.50."
    with pytest.raises(ValueError, match="is not made of digits") as refused:
        fill(text, {"card": "44-?9", "sum": "2"}, "en")
    assert "44" not in str(refused.value)


@pytest.mark.parametrize(
    "text, language, what",
    [
        ("{card:digit}", "en", "'digit' is no way to read a variable: there are date, digits"),
        ("{card:>10}", "en", "'>10' is no way to read a variable"),
        ("{sum:money XAU}", "en", "the currency XAU has no words here"),
        ("{sum:date CNY}", "en", "date has no currency"),
        ("{day:date}", "de", "date is read in English and Chinese only"),
        ("{card!r:digits}", "en", "is not a variable's name"),
        ("{card:digits}", "de", None),
        ("{day:date}", "zh-CN", None),
    ],
)
def test_a_way_of_reading_that_is_none_is_a_problem(
    text: str, language: str, what: str | None
) -> None:
    said = replace(renewal(), language=language)
    said = replace(said, disclosure=replace(DISCLOSURE, purpose=Say(text)))
    found = check(said)
    if what is None:
        assert found == []
        assert variables_of(said) >= {text[1:].partition(":")[0]}
    else:
        (problem,) = found
        assert (problem.key, what in problem.what) == ("disclosure.purpose", True)


def test_everything_that_can_be_said_has_a_key_of_its_own() -> None:
    said = utterances(script(replace(OFFER, says=PlayFile("offer.wav")), DONE))
    assert list(said) == [
        "disclosure.identity",
        "disclosure.purpose",
        "disclosure.recording",
        "disclosure.opt_out",
        "nodes.offer",
        "nodes.done",
        "nodes.goodbye",
    ]
    assert said["nodes.offer"] == PlayFile("offer.wav")
    assert said["nodes.goodbye"] == FAREWELL.says
    quiet = replace(renewal(), disclosure=replace(DISCLOSURE, recording=None))
    assert "disclosure.recording" not in utterances(quiet)
