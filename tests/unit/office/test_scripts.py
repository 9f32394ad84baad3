"""Wording is approved by somebody else, and only as it is inspected at that moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from dialer.core.dialog.approval import Action, ApprovalStep
from dialer.core.dialog.inspection import Inspection
from dialer.core.dialog.script_version import RecordedPrompt, canonical, content_hash
from dialer.core.dialog.wording import WordingFinding
from dialer.core.office.access import Role
from dialer.core.values.standing import ApprovalState
from dialer.core.values.statements import Act
from dialer.errors import ApprovalError, SignatureError
from dialer.office import scripts
from dialer.prompts.inspection import Inspected
from tests.support.approvals import content, with_word
from tests.support.inputs import NOW
from tests.support.office import Asking, FakeDesks, staffed
from tests.support.signing import key, sign
from tests.support.signing import signature as signed

if TYPE_CHECKING:
    from dialer.files.said import Said

VERSION = content_hash(canonical(content()))
FOUND = WordingFinding("offer", 0, 3, "free", "free", "nothing is", "say what it costs")


@pytest.fixture
async def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Whatever is submitted is the sample script, and clean."""

    async def said(*_of: object) -> Inspected:
        return Inspected(content(), {}, Inspection(VERSION, ()), {})

    async def no_callback(*_of: object) -> None:
        pass

    monkeypatch.setattr("dialer.prompts.inspection.inspect_said", said)
    monkeypatch.setattr("dialer.prompts.inspection.inspect_callback", no_callback)
    find(monkeypatch)
    return Asking(tmp_path, FakeDesks(await staffed()))


def find(
    monkeypatch: pytest.MonkeyPatch, *findings: WordingFinding, by_ear: tuple[str, ...] = ()
) -> None:
    async def kept(*_of: object) -> Inspection:
        return Inspection(VERSION, findings, by_ear)

    monkeypatch.setattr("dialer.prompts.inspection.inspect_kept", kept)


def read() -> Said:
    return cast("Said", object())


async def state(asking: Asking) -> ApprovalState | None:
    standing = await scripts.standing(asking.by(None), VERSION)
    return None if standing is None else standing.state


async def test_submitted_by_one_and_approved_by_another(asking: Asking) -> None:
    assert await state(asking) is None
    made = await scripts.submit(asking.by(Role.OPERATOR), read, "new words")
    assert (made.version.hash, made.findings) == (VERSION, ())
    who = Role.COMPLIANCE.value
    await asking.desks.access.register(key(who, NOW), signed(who, Act.REGISTER_KEY))
    asks = asking.by(Role.COMPLIANCE)
    with pytest.raises(SignatureError, match="takes a signature"):
        await scripts.approve(asks, VERSION, "read")
    signature = sign(who, (await scripts.to_approve(asks, VERSION, "read")).text)
    done = await scripts.approve(asks, VERSION[:6].upper(), "read", signature)
    assert [each.hash for each in done.versions] == [VERSION]
    assert await state(asking) is ApprovalState.APPROVED
    whole = await scripts.whole(asking.by(None), VERSION[:8])
    steps = [(each.who, each.why) for each in whole.kept.version.steps]
    assert steps == [(Role.OPERATOR, "new words"), (Role.COMPLIANCE, "read")]
    await scripts.withdraw(asking.by(Role.COMPLIANCE), VERSION, "a customer complained")
    assert await state(asking) is ApprovalState.REJECTED


async def test_what_is_found_when_it_is_to_be_approved_stands_in_its_way(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scripts.submit(asking.by(Role.OPERATOR), read)
    find(monkeypatch, FOUND)
    done = await scripts.approve(asking.by(Role.COMPLIANCE), VERSION)
    assert list(done.findings) == [FOUND]
    assert await state(asking) is ApprovalState.SUBMITTED
    await scripts.reject(asking.by(Role.COMPLIANCE), VERSION, "it is not free")
    assert await state(asking) is ApprovalState.REJECTED


async def test_who_submitted_takes_it_back(asking: Asking) -> None:
    await scripts.submit(asking.by(Role.OPERATOR), read)
    await scripts.recall(asking.by(Role.OPERATOR), VERSION)
    assert await state(asking) is ApprovalState.DRAFT


async def test_a_version_is_named_by_digits_enough(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scripts.submit(asking.by(Role.OPERATOR), read)
    with pytest.raises(scripts.VersionUnclearError, match="give more digits"):
        await scripts.whole(asking.by(None), VERSION[:5])
    with pytest.raises(ApprovalError, match="no version begins with"):
        await scripts.whole(asking.by(None), "0" * 12)

    async def other(*_of: object) -> Inspected:
        return Inspected(with_word("Farewell."), {}, Inspection("", ()), {})

    monkeypatch.setattr("dialer.prompts.inspection.inspect_said", other)
    second = (await scripts.submit(asking.by(Role.OPERATOR), read)).version.hash
    assert [each.hash for each in await scripts.versions(asking.by(None))] == [second, VERSION]
    assert (await scripts.compare(asking.by(None), VERSION, second)).nodes_changed


async def test_what_only_an_ear_can_judge_is_approved_by_who_has_heard_it(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scripts.submit(asking.by(Role.OPERATOR), read)
    find(monkeypatch, by_ear=("nodes.done",))
    who = Role.COMPLIANCE
    await asking.desks.access.register(key(who, NOW), signed(who, Act.REGISTER_KEY))

    async def approve() -> scripts.Decided:
        asks = asking.by(who)
        text = (await scripts.to_approve(asks, VERSION)).text
        return await scripts.approve(asks, VERSION, "", sign(who, text))

    with pytest.raises(ApprovalError, match=f"dialer scripts play {VERSION[:12]}"):
        await approve()
    made: list[scripts.Sounds] = []
    played = await scripts.play(asking.by(Role.COMPLIANCE), VERSION[:8], made.append, "played")
    assert [each.version.hash for each in made] == [VERSION]
    assert played.state is ApprovalState.SUBMITTED
    since = played.standing.since
    assert since == played.steps[0].when
    done = await approve()
    assert [each.action for each in done.versions[-1].steps] == [
        *(Action.SUBMIT, Action.PLAY, Action.APPROVE)
    ]


async def test_a_version_of_a_dialer_that_kept_no_sounds_is_not_approved(asking: Asking) -> None:
    old = canonical(content(), form=1)
    async with asking.by(None).store.writing() as desks:
        step = ApprovalStep(Action.SUBMIT, "ann", asking.by(None).utc(), "")
        made = await desks.scripts.submit(old, {}, step)
    with pytest.raises(ApprovalError, match="submit it anew"):
        await scripts.approve(asking.by(Role.COMPLIANCE), made.hash)
    assert (await scripts.whole(asking.by(None), made.hash)).kept.read() == content()


async def test_a_sound_that_is_not_the_one_named_is_not_played(asking: Asking) -> None:
    named = RecordedPrompt.of(b"what was submitted", "Thank you.")
    of = content(prompts={"nodes.done": named})
    async with asking.by(None).store.writing() as desks:
        step = ApprovalStep(Action.SUBMIT, "ann", asking.by(None).utc(), "")
        swapped = {named.sha256: b"something else"}
        made = await desks.scripts.submit(canonical(of), {}, step, swapped)
    heard: list[scripts.Sounds] = []
    with pytest.raises(ApprovalError, match="was changed"):
        await scripts.play(asking.by(Role.COMPLIANCE), made.hash, heard.append, "played")
    assert heard == []
