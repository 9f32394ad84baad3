"""A version's hash: the order of keys makes no difference, and everything else does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from audio.events import BargeInPolicy
from dialer.core.dialog.script import (
    GOODBYE,
    Disclosure,
    Go,
    Intent,
    Node,
    PlayFile,
    Say,
    Script,
    Silence,
    Transfer,
)
from dialer.core.dialog.script_version import (
    PromptContent,
    RecordedPrompt,
    ScriptContent,
    SpokenPrompt,
    canonical,
    content_hash,
    diff,
    read_content,
)
from dialer.core.values.number import E164
from dialer.core.values.targets import Extension

words = st.text(max_size=8)
names = st.sampled_from(["a", "b", "c", GOODBYE])
said = st.builds(Say, words) | st.builds(PlayFile, words, st.none() | words)
targets = st.builds(Extension, words, words) | st.just(E164("+442079460000"))
intents = st.builds(
    Intent,
    name=words,
    words=st.lists(words, max_size=2).map(tuple),
    dtmf=st.none() | st.sampled_from("023"),
    then=st.builds(Go, names) | st.builds(Transfer, targets, st.booleans()),
)
nodes = st.builds(
    Node,
    name=names,
    says=said,
    policy=st.sampled_from(BargeInPolicy),
    listen=st.none() | st.floats(0.5, 60),
    intents=st.lists(intents, max_size=2).map(tuple),
    silence=st.none() | st.builds(Silence, names, st.integers(1, 3)),
    otherwise=st.none() | names,
    transfer=st.none() | st.builds(Transfer, targets, st.booleans()),
    hang_up=st.booleans(),
)
scripts = st.builds(
    Script,
    name=words,
    language=words,
    disclosure=st.builds(Disclosure, said, said, st.none() | said, said),
    start=names,
    nodes=st.dictionaries(names, nodes, min_size=1, max_size=4),
    goodbye=st.none() | names,
)
prompts = st.builds(SpokenPrompt, words, words, words) | st.builds(
    RecordedPrompt.of, st.binary(max_size=8), st.none() | words
)
contents = st.builds(
    ScriptContent,
    script=scripts,
    purpose=words,
    industry=st.none() | words,
    prompts=st.dictionaries(words, prompts, max_size=4),
)


def name_of(content: ScriptContent) -> str:
    return content_hash(canonical(content))


def shuffled(content: ScriptContent, data: st.DataObject) -> ScriptContent:
    script = content.script
    in_order = dict(data.draw(st.permutations(list(script.nodes.items()))))
    prompted: Mapping[str, PromptContent] = dict(
        data.draw(st.permutations(list(content.prompts.items())))
    )
    return replace(content, script=replace(script, nodes=in_order), prompts=prompted)


def changed_somewhere(value: object, data: st.DataObject) -> Any:  # noqa: ANN401 - as `value`
    """`value` with one thing in it, drawn anywhere, changed by as little as can be."""
    changed: object
    match value:
        case Enum():
            changed = data.draw(st.sampled_from([each for each in type(value) if each != value]))
        case dict() if value:
            key = data.draw(st.sampled_from(sorted(value)))
            kept = {other: each for other, each in value.items() if other != key}
            goes = data.draw(st.booleans())
            changed = kept if goes else {**kept, key: changed_somewhere(value[key], data)}
        case tuple() if value:
            at = data.draw(st.integers(0, len(value) - 1))
            changed = (*value[:at], changed_somewhere(value[at], data), *value[at + 1 :])
        case E164():
            changed = E164(value.clear + "1")
        case str():
            changed = changed_text(value, data)
        case bool():
            changed = not value
        case int() | float():
            changed = value + 1
        case dict() | tuple() | None:
            changed = {dict: {"": "x"}, tuple: ("",)}.get(type(value), "")
        case _:
            assert is_dataclass(value)
            field = data.draw(st.sampled_from(fields(value))).name
            inner = changed_somewhere(getattr(value, field), data)
            changed = replace(cast("Any", value), **{field: inner})
    return changed


def changed_text(text: str, data: st.DataObject) -> str:
    """`text` with one character more, less, or another."""
    at = data.draw(st.integers(0, len(text)))
    ways = [text[:at] + data.draw(st.characters()) + text[at:]]
    if at < len(text):
        other = data.draw(st.characters().filter(lambda sign: sign != text[at]))
        ways += [text[:at] + text[at + 1 :], text[:at] + other + text[at + 1 :]]
    return data.draw(st.sampled_from(ways))


@settings(max_examples=80, deadline=None)
@given(contents, st.data())
def test_the_order_of_keys_makes_no_difference(content: ScriptContent, data: st.DataObject) -> None:
    assert canonical(shuffled(content, data)) == canonical(content)


@settings(max_examples=150, deadline=None)
@given(contents, st.data())
def test_any_change_makes_another_version(content: ScriptContent, data: st.DataObject) -> None:
    other = changed_somewhere(content, data)
    assert name_of(other) != name_of(content)
    assert diff(canonical(content), canonical(other))


@settings(max_examples=100, deadline=None)
@given(contents)
def test_what_was_kept_is_read_back_as_it_was(content: ScriptContent) -> None:
    assert read_content(canonical(content)) == content


@settings(max_examples=60, deadline=None)
@given(contents, contents)
def test_nothing_differs_if_and_only_if_the_names_are_one(
    one: ScriptContent, other: ScriptContent
) -> None:
    assert bool(diff(canonical(one), canonical(other))) is (name_of(one) != name_of(other))
    assert (one == other) is (name_of(one) == name_of(other))
    assert not diff(canonical(one), canonical(one))


@given(st.binary(min_size=1, max_size=64), st.data())
def test_every_bit_of_a_recording_counts(recording: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(recording) - 1))
    mask = 1 << data.draw(st.integers(0, 7))
    other = recording[:at] + bytes([recording[at] ^ mask]) + recording[at + 1 :]
    assert RecordedPrompt.of(other, "words") != RecordedPrompt.of(recording, "words")


@given(st.integers(0, 4), st.data())
def test_the_order_of_answers_does_count(several: int, data: st.DataObject) -> None:
    answers = [Intent(f"i{at}", (), None, Go("a")) for at in range(several)]
    mixed = data.draw(st.permutations(answers))
    both = []
    for order in (answers, mixed):
        node = Node("a", Say(""), intents=tuple(order))
        script = Script("", "", Disclosure(Say(""), Say(""), None, Say("")), "a", {"a": node}, None)
        both.append(name_of(ScriptContent(script, "", None, {})))
    assert (both[0] == both[1]) is (answers == mixed)
