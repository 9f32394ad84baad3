"""A whole script before approval."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialer.core.dialog.inspection import inspect_script
from dialer.core.dialog.script import PlayFile, Say, Script
from dialer.core.dialog.script_version import RecordedPrompt, ScriptContent, canonical, content_hash
from dialer.core.dialog.wording import WordingBook
from dialer.files.wording import read_wording
from tests.support.approvals import content, with_word
from tests.support.scripts import renewal

OPERATOR = ("Example Bank",)
IN_TIME = {"disclosure.identity": 2.5}


@pytest.fixture(scope="module")
def book() -> WordingBook:
    return read_wording()


def told(book: WordingBook, of: ScriptContent, seconds: float = 2.5) -> list[tuple[str, str]]:
    found = inspect_script(of, book, OPERATOR, {"disclosure.identity": seconds})
    assert found.version == content_hash(canonical(of))
    return [(each.node, each.rule) for each in found.findings]


def playing(path: str) -> Script:
    script = renewal()
    done = replace(script.nodes["done"], says=PlayFile(path))
    return replace(script, nodes={**script.nodes, "done": done})


def test_a_good_script(book: WordingBook) -> None:
    assert told(book, content()) == []
    assert told(book, content(playing("done.wav"))) == []


def test_every_word_it_can_say_is_read(book: WordingBook) -> None:
    script = renewal()
    bad = Say("There is no risk. Press 1.")
    disclosure = replace(script.disclosure, purpose=bad, recording=bad, opt_out=bad)
    nodes = {name: replace(node, says=bad) for name, node in script.nodes.items()}
    found = told(book, content(replace(script, disclosure=disclosure, nodes=nodes)))
    assert found == [
        (key, "finance.no-risk")
        for key in (
            "disclosure.purpose",
            "disclosure.recording",
            "disclosure.opt_out",
            *(f"nodes.{name}" for name in script.nodes),
        )
    ]


def test_what_a_callee_may_say_is_not_read(book: WordingBook) -> None:
    script = renewal()
    offer = script.nodes["offer"]
    words = replace(offer.intents[0], words=("i am your agent", "no risk"))
    offer = replace(offer, intents=(words, *offer.intents[1:]))
    assert told(book, content(replace(script, nodes={**script.nodes, "offer": offer}))) == []


def test_what_a_recording_says_is_read_from_its_words(book: WordingBook) -> None:
    for words, rule in (
        (None, "prompt.words"),
        (" ", "prompt.words"),
        ("There is no risk.", "finance.no-risk"),
        ("My name is Lucy.", "disguise.name"),
    ):
        prompts = {"nodes.done": RecordedPrompt.of(b"RIFF", words)}
        of = content(playing("done.wav"), prompts=prompts)
        assert told(book, of) == [("nodes.done", rule)]


def test_prompts_that_are_not_those_of_the_script(book: WordingBook) -> None:
    missing = replace(content(), prompts={})
    assert {rule for _node, rule in told(book, missing)} == {"prompt.missing"}
    assert len(told(book, missing)) == 7
    other = replace(content(), prompts=with_word("Thanks.").prompts)
    assert told(book, other) == [("nodes.done", "prompt.missing")]
    more = content(prompts={"nodes.more": RecordedPrompt.of(b"RIFF", "More.")})
    assert told(book, more) == [("nodes.more", "prompt.missing")]
    recorded = content(prompts={"nodes.done": RecordedPrompt.of(b"RIFF", "Thank you.")})
    assert told(book, recorded) == [("nodes.done", "prompt.missing")]


def test_what_is_said_in_one_go_is_read_in_one_go(book: WordingBook) -> None:
    script = renewal()
    said = replace(script.disclosure, recording=Say("There is no"), opt_out=Say("risk. Press 1"))
    (finding,) = inspect_script(
        content(replace(script, disclosure=said)), book, OPERATOR, IN_TIME
    ).findings
    assert (finding.node, finding.rule) == ("disclosure.recording", "finance.no-risk")
    assert (finding.start, finding.end, finding.excerpt) == (9, 11, "no risk")
    said = replace(script.disclosure, opt_out=Say("Press 1 to stop. I am your"))
    start = replace(script.nodes["offer"], says=Say("agent, {name}, so there is no risk"))
    nodes = {**script.nodes, "offer": start}
    found = told(book, content(replace(script, disclosure=said, nodes=nodes)))
    assert found == [("disclosure.opt_out", "disguise.role"), ("nodes.offer", "finance.no-risk")]
    ended = replace(script.disclosure, recording=Say("There is no."), opt_out=Say("risk. Press 1"))
    assert told(book, content(replace(script, disclosure=ended))) == []


def test_the_notice_is_read_and_measured(book: WordingBook) -> None:
    script = renewal()
    said = replace(script.disclosure, identity=Say("Hello, this is Lucy."))
    found = told(book, content(replace(script, disclosure=said)), seconds=3.5)
    assert [rule for _node, rule in found] == [
        "notice.length",
        "notice.operator",
        "notice.robot",
    ]
    assert {node for node, _rule in found} == {"disclosure.identity"}
    unknown = inspect_script(content(), book, OPERATOR, {})
    assert [each.rule for each in unknown.findings] == ["notice.length"]


def test_an_industry_without_a_list_is_refused(book: WordingBook) -> None:
    with pytest.raises(ValueError, match="no list is for industry 'games'"):
        inspect_script(content(industry="games"), book, OPERATOR, IN_TIME)


def opting_out(words: str, language: str = "en") -> ScriptContent:
    script = replace(renewal(), language=language)
    return content(replace(script, disclosure=replace(script.disclosure, opt_out=Say(words))))


@pytest.mark.parametrize(
    "words",
    [
        "Press 1 to end this call.",
        "To be left alone, press the digit one.",
        "Press  \uff11, and we never call again.",
        "Just press \u2460.",
    ],
)
def test_the_key_that_stops_all_calls_is_named(book: WordingBook, words: str) -> None:
    assert told(book, opting_out(words)) == []


@pytest.mark.parametrize(
    "words",
    [
        "Press 2 to end this call.",
        "Press 10 to end this call.",
        "You can end this call at any time.",
        "1 in 3 callees ends this call.",
        "Press {key} to end this call.",
        "不希望再接到来电请按1。",
    ],
)
def test_words_that_name_another_key_or_none_are_found(book: WordingBook, words: str) -> None:
    assert ("disclosure.opt_out", "notice.key") in told(book, opting_out(words))


@pytest.mark.parametrize(
    "words, fine",
    [("请按1。", True), ("请按一结束通话。", True), ("请按10。", False), ("请按2。", False)],
)
def test_the_key_is_named_in_the_language_of_the_script(
    book: WordingBook, words: str, fine: bool
) -> None:
    found = [each for each in told(book, opting_out(words, "zh-CN")) if "key" in each[1]]
    assert found == ([] if fine else [("disclosure.opt_out", "notice.key-zh")])


@pytest.mark.parametrize("words, fine", [("Appuyez sur 1.", True), ("Appuyez sur 12.", False)])
def test_in_a_language_of_no_list_the_digit_stands_there(
    book: WordingBook, words: str, fine: bool
) -> None:
    found = [each for each in told(book, opting_out(words, "fr")) if each[1] == "notice.key"]
    assert (found == []) is fine


def test_the_key_that_stops_the_recording_is_named(book: WordingBook) -> None:
    script = renewal()
    disclosure = replace(
        script.disclosure, recording=Say("We record. Press 3 against it."), stop_recording_key="3"
    )
    good = replace(script, disclosure=disclosure)
    assert told(book, content(good)) == []
    other = replace(good, disclosure=replace(disclosure, stop_recording_key="4"))
    assert told(book, content(other)) == [("disclosure.recording", "notice.key")]


def test_the_purpose_that_callers_hear_is_read_as_words(book: WordingBook) -> None:
    assert told(book, content(purpose="no-risk.loan")) == [("purpose", "finance.no-risk")]


def test_who_asks_for_a_robot_is_told_of_one(book: WordingBook) -> None:
    script = replace(renewal(), answers={"robot": Say("I am Anna, of Example Bank.")})
    assert ("answers.robot", "notice.robot") in told(book, content(script))
    script = replace(renewal(), answers={"robot": Say("Yes, I am a robot.")})
    assert told(book, content(script)) == []


def test_answers_are_read_as_all_that_is_said(book: WordingBook) -> None:
    script = replace(renewal(), answers={"wait": Say("There is no risk.")})
    assert told(book, content(script)) == [("answers.wait", "finance.no-risk")]
