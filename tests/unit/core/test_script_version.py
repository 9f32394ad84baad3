"""What a version is known by, and what two of them differ in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audio.events import BargeInPolicy
from dialer.core.dialog.script import Node, PlayFile, Say
from dialer.core.dialog.script_version import (
    FORM,
    FieldChange,
    RecordedPrompt,
    ScriptContent,
    ScriptDiff,
    SpokenPrompt,
    canonical,
    content_hash,
    diff,
    form_of,
    read_content,
    sounds_of,
    subject_of,
    without_sounds,
)
from tests.support.approvals import content, with_word
from tests.support.scripts import renewal


def changes(before: ScriptContent, after: ScriptContent) -> ScriptDiff:
    return diff(canonical(before), canonical(after))


def test_a_version_is_named_by_64_hex_digits() -> None:
    name = content_hash(canonical(content()))
    assert len(bytes.fromhex(name)) == 32
    assert name == content_hash(canonical(content()))


def test_what_is_approved_is_more_than_the_script() -> None:
    sample = content()
    names = {
        content_hash(canonical(each))
        for each in (
            sample,
            replace(sample, purpose="card-renewal "),
            replace(sample, industry="education"),
            replace(sample, industry=None),
            content(prompts={"nodes.done": SpokenPrompt("Thank you.", "en", "en-us")}),
            content(prompts={"nodes.done": SpokenPrompt("Thank you.", "en-GB", "en-gb")}),
            content(prompts={"nodes.done": RecordedPrompt.of(b"a", None)}),
            content(prompts={"nodes.done": RecordedPrompt.of(b"b", None)}),
            content(prompts={"nodes.done": RecordedPrompt.of(b"b", "")}),
            content(renewal(BargeInPolicy.DUCK)),
        )
    }
    assert len(names) == 10


def test_words_and_a_file_of_the_same_name_are_not_the_same() -> None:
    script = renewal()
    said = replace(script.nodes["done"], says=Say("a.wav"))
    played = replace(script.nodes["done"], says=PlayFile("a.wav"))
    both = [
        replace(content(), script=replace(script, nodes={**script.nodes, "done": done}))
        for done in (said, played)
    ]
    assert canonical(both[0]) != canonical(both[1])


def test_lone_surrogates_are_no_character() -> None:
    assert canonical(with_word("\ud83d\ude00")) != canonical(with_word("\U0001f600"))
    assert canonical(with_word("\ud83d")) != canonical(with_word("?"))
    assert not diff(canonical(with_word("\ud83d")), canonical(with_word("\ud83d")))


def test_what_has_no_canonical_form_is_refused() -> None:
    script = renewal()
    for odd in (b"bytes", {1, 2}, object()):
        node = replace(script.nodes["done"], says=odd)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="no canonical form"):
            canonical(replace(content(), script=replace(script, nodes={"done": node})))
    with pytest.raises(TypeError, match="keys must be texts"):
        canonical(replace(content(), prompts={1: SpokenPrompt("", "", "")}))  # type: ignore[dict-item]
    node = replace(script.nodes["done"], listen=float("nan"))
    with pytest.raises(ValueError, match="JSON"):
        canonical(replace(content(), script=replace(script, nodes={"done": node})))


def test_nothing_differs_from_itself() -> None:
    assert changes(content(), content()) == ScriptDiff()
    assert not changes(content(), content())


def test_nodes_that_came_and_went() -> None:
    script = renewal()
    more = Node("more", Say("More."), hang_up=True)
    nodes = {name: node for name, node in script.nodes.items() if name != "done"}
    found = changes(content(), content(replace(script, nodes={**nodes, "more": more})))
    assert (found.nodes_added, found.nodes_removed) == (("more",), ("done",))
    assert [change.key for change in found.prompts] == ["nodes.done", "nodes.more"]
    assert found.prompts[0].after is None
    assert found.prompts[1].before is None
    assert found.nodes_changed == found.frame == ()
    assert found


def test_a_node_that_changed_tells_its_fields() -> None:
    found = changes(content(), with_word("Thanks."))
    (node,) = found.nodes_changed
    assert node.node == "done"
    (field,) = node.fields
    assert field == FieldChange(
        "says", '["Say",{"text":"Thank you."}]', '["Say",{"text":"Thanks."}]'
    )
    assert [change.key for change in found.prompts] == ["nodes.done"]
    assert found.frame == found.nodes_added == found.nodes_removed == ()


def test_a_prompt_recorded_anew_changes_nothing_else() -> None:
    before = content(prompts={"nodes.done": RecordedPrompt.of(b"old", "Thank you.")})
    after = content(prompts={"nodes.done": RecordedPrompt.of(b"new", "Thank you.")})
    found = changes(before, after)
    assert [change.key for change in found.prompts] == ["nodes.done"]
    assert found.frame == found.nodes_changed == ()


def test_the_frame_tells_of_campaign_disclosure_and_script() -> None:
    script = renewal()
    identity = replace(script.disclosure, identity=Say("This is the robot of Example Bank."))
    other = content(replace(script, disclosure=identity, language="en-GB"), industry=None)
    found = changes(content(), other)
    assert [change.key for change in found.frame] == [
        "disclosure.identity",
        "industry",
        "script.language",
    ]
    assert found.frame[1] == FieldChange("industry", "finance", "null")
    assert found.frame[2] == FieldChange("script.language", "en", "en-GB")


def test_a_word_is_not_what_it_is_written_like() -> None:
    found = changes(content(industry=None), content(industry="null"))
    assert found.frame == (FieldChange("industry", "null", "null"),)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b'{"form":9}', b'{"form":0}', b'{"form":[]}', b"not json"]
)
def test_bytes_that_are_no_version(data: bytes) -> None:
    with pytest.raises(ValueError, match="no version of a script"):
        diff(data, canonical(content()))
    with pytest.raises(ValueError, match="no version of a script"):
        read_content(data)


def test_bytes_that_another_dialer_wrote() -> None:
    kept = canonical(content())
    for other in (
        kept.replace(b'"purpose"', b'"reason"'),
        kept.replace(b'"Go"', b'"Gone"'),
        kept.replace(b'"form":2', b'"form":2,"more":2'),
        kept.replace(b'"form":2', b'"form":1'),
        kept.replace(b',"sound":null', b""),
        kept + b" ",
    ):
        assert other != kept
        with pytest.raises(ValueError, match="no version of a script"):
            read_content(other)


OLD = "14d710091d37ef0a4cca8b698a92198ea68e176166da061fee2dc11659df3155"
"""What a dialer that kept no sounds called the sample."""


def test_a_version_of_before_sounds_were_kept_is_read_under_its_old_name() -> None:
    old = canonical(content(), form=1)
    assert content_hash(old) == OLD
    assert (form_of(old), form_of(canonical(content()))) == (1, FORM)
    assert read_content(old) == content()
    assert diff(old, canonical(content())).frame[0] == FieldChange("form", "1", "2")


def test_a_sound_is_part_of_a_version_and_of_no_words() -> None:
    spoken = SpokenPrompt("Thank you.", "en", "en-gb", "ab" * 32)
    with_sound = content(prompts={"nodes.done": spoken})
    assert canonical(with_sound) != canonical(
        content(prompts={"nodes.done": replace(spoken, sound=None)})
    )
    assert read_content(canonical(with_sound)) == with_sound
    recorded = content(prompts={"nodes.done": RecordedPrompt.of(b"a", "Thank you.")})
    assert sounds_of(with_sound) == {"ab" * 32}
    assert sounds_of(recorded) == {RecordedPrompt.of(b"a", None).sha256}
    assert without_sounds(with_sound) != without_sounds(recorded)
    assert without_sounds(recorded) == recorded


def test_versions_of_one_subject() -> None:
    assert subject_of(content()) == subject_of(with_word("Thanks."))
    assert subject_of(content()) != subject_of(content(purpose="another"))
