"""What a script says of callees' words: read, at fault with its line, filled for each contact."""

from __future__ import annotations

import pytest

from dialer.core.dialog.script import LongTalk, Say, Silence
from dialer.errors import InputError
from dialer.files import load_run
from dialer.files.script_source import read_script
from tests.support.inputs import CONFIG, NOW, SCRIPT, Inputs, short

TURNS = """\
    silence: {go: offer, at_most: 1}
    no_match: {go: offer, at_most: 2}
    long_talk: {after: 8s, go: done}
    pause: 1s
"""
ANSWERS = """\
answers:
  robot: {say: "I am a robot of Example Bank."}
  source: {say: "You gave it to us at {consent_source} on {consent_at:date}."}
start: offer
"""
WITH = SCRIPT.replace("    silence: {go: offer, at_most: 1}\n", TURNS).replace(
    "start: offer\n", ANSWERS
)


def test_it_becomes_the_script_of_the_core(inputs: Inputs) -> None:
    inputs.script.write_text(WITH, encoding="utf-8")
    source, found = read_script(inputs.script, columns=None)
    assert found == []
    assert source is not None
    offer = source.script.nodes["offer"]
    assert (offer.no_match, offer.long_talk, offer.pause) == (
        Silence("offer", 2),
        LongTalk("done", 8.0),
        1.0,
    )
    assert source.script.answers["robot"] == Say("I am a robot of Example Bank.")


@pytest.mark.parametrize(
    "old, new, told",
    [
        ("no_match: {go: offer", "no_match: {go: ofer", "script.yaml:19: nodes.offer.no_match.go"),
        ("after: 8s, go: done", "after: 8s, go: don", "script.yaml:20: nodes.offer.long_talk.go"),
        ("pause: 1s", "pause: 9s", "script.yaml:21: nodes.offer.pause: must be at most 5s"),
        ("  robot:", "  robott:", "answers.robott: unknown key; did you mean robot?"),
        ("{consent_source}", "{consent_sauce}", "answers.source.say: {consent_sauce} is not"),
        ("a robot of", "{ a robot of", "answers.robot"),
    ],
)
def test_one_fault_in_plain_words(inputs: Inputs, old: str, new: str, told: str) -> None:
    inputs.script.write_text(WITH.replace(old, new), encoding="utf-8")
    _source, found = read_script(inputs.script, columns={"card"})
    assert any(told in short(each) for each in found), found


def test_consent_is_said_as_it_is_on_record(inputs: Inputs) -> None:
    inputs.script.write_text(WITH, encoding="utf-8")
    _config, loaded = load_run(inputs.campaign, inputs.config, now=NOW)
    first = next(iter(loaded.rows()))
    assert first.sayable["consent_source"] == "web form"
    assert first.sayable["consent_at"] == "2026-03-02"
    assert first.sayable["card"] == "4417"


def test_a_source_that_may_not_be_said_is_a_fault_of_the_list(inputs: Inputs) -> None:
    inputs.script.write_text(WITH, encoding="utf-8")
    inputs.spoil(inputs.contacts, "web form", "web form. Guaranteed return")
    with pytest.raises(InputError, match="consent_source"):
        load_run(inputs.campaign, inputs.config, now=NOW)


def test_a_lab_without_consent_can_say_it_too(inputs: Inputs) -> None:
    inputs.script.write_text(WITH, encoding="utf-8")
    inputs.config.write_text(
        CONFIG.replace("sip:sbc.carrier-a.example", "sip:127.0.0.1:5070\n    lab: true"),
        encoding="utf-8",
    )
    inputs.contacts.write_text("number,card\n+447700900001,4417\n", encoding="utf-8")
    loaded = load_run(inputs.campaign, inputs.config, now=NOW)[1]
    assert [row.sayable["consent_at"] for row in loaded.rows()] == ["1970-01-01"]
