"""What came with words is part of a version only where it says something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialer.core.dialog.script import LongTalk, Say, Script, Silence, utterances
from dialer.core.dialog.script_version import ScriptContent, canonical, read_content
from tests.support.scripts import renewal


def content(of: Script) -> bytes:
    return canonical(ScriptContent(of, "renewal", None, {}))


def test_a_script_without_them_is_the_version_that_it_was() -> None:
    written = content(renewal()).decode()
    for name in ("answers", "no_match", "long_talk", "pause"):
        assert f'"{name}"' not in written


@pytest.mark.parametrize(
    "other",
    [
        replace(renewal(), answers={"robot": Say("I am a robot.")}),
        *(
            replace(renewal(), nodes=renewal().nodes | {"offer": offer})
            for offer in (
                replace(renewal().nodes["offer"], no_match=Silence("offer", 2)),
                replace(renewal().nodes["offer"], long_talk=LongTalk("done", 8.0)),
                replace(renewal().nodes["offer"], pause=1.5),
            )
        ),
    ],
)
def test_with_them_it_is_another_and_is_read_again(other: Script) -> None:
    assert content(other) != content(renewal())
    assert read_content(content(other)).script == other


def test_answers_are_said_and_so_inspected_and_approved() -> None:
    said = utterances(replace(renewal(), answers={"robot": Say("I am a robot.")}))
    assert said["answers.robot"] == Say("I am a robot.")
