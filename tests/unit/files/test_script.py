"""script.yaml: read into the core's script, and every fault at its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audio.events import BargeInPolicy
from dialer.core.dialog.script import Go, Intent, PlayFile, Say, Silence, Transfer
from dialer.core.values.targets import Extension
from dialer.files.script_source import read_script
from tests.support.inputs import SCRIPT, Inputs, short, wav


def faults(inputs: Inputs, text: str) -> list[str]:
    inputs.script.write_text(text, encoding="utf-8")
    source, found = read_script(inputs.script, columns={"card"})
    assert (source is None) is bool(found)
    return [short(fault) for fault in found]


def test_it_becomes_the_script_of_the_core(inputs: Inputs) -> None:
    source, found = read_script(inputs.script, columns={"card", "spare"})
    assert found == []
    assert source is not None
    assert source.variables == {"card"}
    assert len(source.digest) == 64
    script = source.script
    assert (script.name, script.language, script.start, script.goodbye) == (
        "renewal",
        "en",
        "offer",
        "goodbye",
    )
    assert script.disclosure.identity == Say("This is the robot of Example Bank.")
    assert script.disclosure.recording is None
    offer = script.nodes["offer"]
    assert (offer.listen, offer.policy, offer.otherwise) == (5.0, BargeInPolicy.STOP, "goodbye")
    assert offer.silence == Silence("offer", 1)
    assert offer.intents == (
        Intent("yes", ("yes", "sure"), "2", Go("done")),
        Intent("agent", (), "0", Go("goodbye")),
    )
    assert script.nodes["done"].hang_up


def test_an_answer_may_hand_over(inputs: Inputs) -> None:
    inputs.spoil(inputs.script, '"0", go: goodbye', '"0", transfer: sip:queue@pbx')
    source, _ = read_script(inputs.script, columns=None)
    assert source is not None
    assert source.script.nodes["offer"].intents[1].then == Transfer(Extension("queue", "pbx"))


def test_a_recorded_prompt_and_its_policy(inputs: Inputs) -> None:
    (inputs.folder / "prompts").mkdir()
    wav(inputs.folder / "prompts" / "thanks.wav")
    recorded = 'done: {play: prompts/thanks.wav, barge_in: duck, hang_up: "true"}'
    inputs.spoil(inputs.script, 'done: {say: "Thank you.", hang_up: true}', recorded)
    source, found = read_script(inputs.script, columns=None)
    assert found == []
    assert source is not None
    assert source.folder / "prompts/thanks.wav" == inputs.folder / "prompts" / "thanks.wav"
    done = source.script.nodes["done"]
    assert (done.says, done.policy) == (PlayFile("prompts/thanks.wav"), BargeInPolicy.DUCK)


@pytest.mark.parametrize(
    "old,new,told",
    [
        ("start: offer", "start: ofer", "script.yaml:7: start: unknown node 'ofer'"),
        ("go: done}", "go: gone}", "script.yaml:13: nodes.offer.on[0].go: unknown node 'gone'"),
        ("dtmf: 2,", "dtmf: 1,", "script.yaml:13: nodes.offer.on[0].dtmf: key 1 always means"),
        ("dtmf: 2,", "dtmf: 22,", "script.yaml:13: nodes.offer.on[0].dtmf: '22' is not one key"),
        ('dtmf: "0"', 'dtmf: "2"', "script.yaml:14: nodes.offer.on[1].dtmf: key 2 is here twice"),
        ("    listen: 5s\n", "", "script.yaml:9: nodes.offer.listen: is missing"),
        ("listen: 5s", "listen: 5", "script.yaml:11: nodes.offer.listen: write a duration"),
        ("listen: 5s", "listen: 2h", "script.yaml:11: nodes.offer.listen: must be at most 1m"),
        ("listen: 5s", "lisen: 5s", "nodes.offer.lisen: unknown key; did you mean listen?"),
        ("at_most: 1", "at_most: 0", "script.yaml:15: nodes.offer.silence.at_most: must be at"),
        (", hang_up: true}\n  goodbye", "}\n  goodbye", "script.yaml:17: nodes.done.listen: is"),
        ("  goodbye:", "  farewell:", "script.yaml:8: nodes: no node 'goodbye'"),
        ("{card}", "{cart}", "script.yaml:10: nodes.offer.say: {cart} is not a column of the"),
        ("{card}", "{card", "script.yaml:10: nodes.offer.say: "),
        ("{card}", "{0!r}", "script.yaml:10: nodes.offer.say: "),
        ('{say: "Thank you.", ', "{", "script.yaml:17: nodes.done: needs say (a text) or play"),
        ('{say: "Thank you.", ', "{say: a, play: b, ", "script.yaml:17: nodes.done: has both"),
        ('"0", go: goodbye', '"0", transfer: queue', "on[1].transfer: write sip:user@"),
        ('"0", go: goodbye', '"0", words: [x]', "on[1]: needs one of go (a node)"),
        ("words: [yes, sure]", "words: yes", "script.yaml:13: nodes.offer.on[0].words: a list"),
        ("language: en", "language: English", "script.yaml:2: language: must be a language tag"),
        ("  identity:", "  identify:", "script.yaml:3: disclosure.identity: is missing"),
        ('say: "Goodbye."', 'say: "  "', "script.yaml:18: nodes.goodbye.say: must not be empty"),
        ('say: "Goodbye."', 'say: "a\\0b"', "nodes.goodbye.say: must not hold control characters"),
        ("barge_in", "barge_in", None),
    ],
)
def test_one_fault_in_plain_words(inputs: Inputs, old: str, new: str, told: str | None) -> None:
    found = faults(inputs, SCRIPT.replace(old, new))
    if told is None:
        assert found == []
    else:
        assert any(told in each for each in found), found


def test_faults_of_every_kind_come_together(inputs: Inputs) -> None:
    text = (
        SCRIPT.replace("{card}", "{cart}")
        .replace("go: done}", "go: gone}")
        .replace('done: {say: "Thank you."', "done: {play: none.wav")
    )
    assert faults(inputs, text) == [
        "script.yaml:13: nodes.offer.on[0].go: unknown node 'gone'",
        f"script.yaml:17: nodes.done.play: {inputs.folder}/none.wav: no such file",
        "script.yaml:10: nodes.offer.say: {cart} is not a column of the contacts file",
    ]


@pytest.mark.parametrize(
    "rate,channels,width", [(44100, 2, 2), (16000, 1, 2), (8000, 2, 3), (8000, 1, 1)]
)
def test_a_prompt_may_have_any_form_of_pcm(
    inputs: Inputs, rate: int, channels: int, width: int
) -> None:
    wav(inputs.folder / "a.wav", rate=rate, channels=channels, width=width)
    assert faults(inputs, SCRIPT.replace('say: "Goodbye."', "play: a.wav")) == []


@pytest.mark.parametrize(
    "kept,told",
    [(44, "is cut off: its header names 160 bytes of sound, and 0 are there"), (20, "ends early")],
)
def test_a_prompt_that_is_cut_is_a_fault(inputs: Inputs, kept: int, told: str) -> None:
    path = wav(inputs.folder / "a.wav")
    path.write_bytes(path.read_bytes()[:kept])
    (fault,) = faults(inputs, SCRIPT.replace('say: "Goodbye."', "play: a.wav"))
    assert fault.startswith(f"script.yaml:18: nodes.goodbye.play: {inputs.folder}/a.wav: ")
    assert told in fault


@pytest.mark.parametrize(
    "content,told",
    [
        (b"", "not a PCM WAV file"),
        (b"RIFF", "not a PCM WAV file"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0", "not a PCM WAV file"),
        (b"OggS" * 40, "not a PCM WAV file"),
    ],
)
def test_a_prompt_that_is_no_sound(inputs: Inputs, content: bytes, told: str) -> None:
    (inputs.folder / "a.wav").write_bytes(content)
    (fault,) = faults(inputs, SCRIPT.replace('say: "Goodbye."', "play: a.wav"))
    assert told in fault


def test_a_prompt_that_cannot_be_one(inputs: Inputs, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "huge.wav").touch()
    os.truncate(tmp_path / "huge.wav", 100_000_000)
    for name, told in [
        ("pipe.wav", "is not a regular file"),
        ("huge.wav", "is 100 MB, too long for a prompt"),
        (".", "is a folder; name a file"),
    ]:
        (fault,) = faults(inputs, SCRIPT.replace('say: "Goodbye."', f"play: {name}"))
        assert told in fault
