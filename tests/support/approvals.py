"""Contents, versions and steps of approval, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from dialer.core.dialog.approval import Action, ApprovalStep, Refused, Version, act, draft
from dialer.core.dialog.inspection import Inspection
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.dialog.script import Say, Script, utterances
from dialer.core.dialog.script_version import (
    PromptContent,
    RecordedPrompt,
    ScriptContent,
    SpokenPrompt,
    canonical,
    content_hash,
    subject_of,
)
from dialer.core.values.statements import UNSIGNED_BEFORE
from tests.support.orders import NOON
from tests.support.scripts import renewal


def content(
    script: Script | None = None,
    purpose: str = "card-renewal",
    industry: str | None = "finance",
    prompts: Mapping[str, PromptContent] | None = None,
) -> ScriptContent:
    """What a campaign says with this script; recordings say `Words of KEY.`"""
    script = script or renewal()
    made: dict[str, PromptContent] = {
        key: SpokenPrompt(said.text, script.language, "en-gb")
        if isinstance(said, Say)
        else RecordedPrompt.of(b"RIFF" + key.encode(), f"Words of {key}.")
        for key, said in utterances(script).items()
    }
    return ScriptContent(script, purpose, industry, {**made, **(prompts or {})})


def with_word(word: str) -> ScriptContent:
    """The sample script whose last words are `word`."""
    script = renewal()
    done = replace(script.nodes["done"], says=Say(word))
    return content(replace(script, nodes={**script.nodes, "done": done}))


def drafted(of: ScriptContent, author: str = "ann", at: datetime = NOON) -> Version:
    version = draft(content_hash(canonical(of)), subject_of(of), author, at)
    assert isinstance(version, Version)
    return version


def step(action: Action, who: str, at: datetime = NOON, why: str = "because") -> ApprovalStep:
    """An approval as it was before there were signatures."""
    signed = UNSIGNED_BEFORE if action is Action.APPROVE else None
    return ApprovalStep(action, who, at, why, signed)


def clean(version: Version) -> Inspection:
    return Inspection(version.hash, ())


def after(version: Version, *steps: ApprovalStep) -> Version:
    """`version` after steps none of which is refused."""
    for each in steps:
        done = act(version, each, clean(version))
        assert not isinstance(done, Refused), done
        version = done
    return version


def submitted(of: ScriptContent | None = None) -> Version:
    return after(drafted(of or content()), step(Action.SUBMIT, "ann"))


def kept(version: Version, of: ScriptContent | None = None) -> KeptVersion:
    """The version as the store keeps it."""
    return KeptVersion(version, canonical(of or content()), {})


def approved(of: ScriptContent | None = None) -> Version:
    return after(submitted(of), step(Action.APPROVE, "bob"))
