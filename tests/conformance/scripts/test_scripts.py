"""Versions are submitted, judged and kept, in memory as in the store."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest

from dialer.core.dialog.approval import Action, Version
from dialer.core.dialog.inspection import Inspection
from dialer.core.dialog.script_version import (
    RecordedPrompt,
    ScriptContent,
    canonical,
    content_hash,
    subject_of,
)
from dialer.core.dialog.wording import WordingFinding
from dialer.core.values.standing import ApprovalState, Standing
from dialer.errors import ApprovalError
from dialer.ports.desks import ScriptDesk
from tests.support.approvals import clean, content, step, with_word
from tests.support.orders import NOON

SECONDS = {"disclosure.identity": 2.25, "nodes.done": 0.5}
MINUTE = timedelta(minutes=1)


async def submit(
    desk: ScriptDesk, of: ScriptContent | None = None, who: str = "ann", minutes: int = 0
) -> Version:
    at = NOON + minutes * MINUTE
    return await desk.submit(
        canonical(of or content()), SECONDS, step(Action.SUBMIT, who, at, "please")
    )


async def take(
    desk: ScriptDesk, version: Version, action: Action, who: str = "bob", minutes: int = 1
) -> tuple[Version, ...]:
    done = step(action, who, NOON + minutes * MINUTE)
    return await desk.decide(version.hash, done, clean(version))


async def state(desk: ScriptDesk, version: Version) -> ApprovalState | None:
    found = await desk.standing(version.hash)
    assert found is not None
    return found.state


async def test_there_is_nothing_at_first(desk: ScriptDesk) -> None:
    assert list(await desk.versions()) == []
    assert await desk.standing("0" * 64) is None
    assert await desk.kept("0" * 64) is None


async def test_what_was_submitted_comes_back_whole(desk: ScriptDesk) -> None:
    made = await submit(desk)
    assert made.hash == content_hash(canonical(content()))
    assert (made.subject, made.authors) == (subject_of(content()), ("ann",))
    assert made.steps == (step(Action.SUBMIT, "ann", why="please"),)
    kept = await desk.kept(made.hash)
    assert kept is not None
    assert (kept.version, kept.content, kept.seconds) == (made, canonical(content()), SECONDS)
    assert kept.read() == content()
    assert list(await desk.versions()) == [made]
    assert await desk.standing(made.hash) == Standing(ApprovalState.SUBMITTED, NOON)


async def test_no_industry_is_another_subject_than_any(desk: ScriptDesk) -> None:
    named, unnamed = await submit(desk), await submit(desk, content(industry=None))
    assert (await desk.kept(unnamed.hash)) is not None
    assert unnamed.subject.industry is None
    await take(desk, named, Action.APPROVE)
    await take(desk, unnamed, Action.APPROVE)
    assert await state(desk, named) is ApprovalState.APPROVED


async def test_other_bytes_are_no_version(desk: ScriptDesk) -> None:
    with pytest.raises(ValueError, match="no version of a script"):
        await desk.submit(b"{}", {}, step(Action.SUBMIT, "ann"))
    assert list(await desk.versions()) == []


async def test_an_approval_and_since_when(desk: ScriptDesk) -> None:
    made = await submit(desk)
    (approved,) = await take(desk, made, Action.APPROVE, minutes=3)
    assert approved.steps[-1] == step(Action.APPROVE, "bob", NOON + 3 * MINUTE)
    assert list(await desk.versions()) == [approved]
    assert await desk.standing(made.hash) == Standing(ApprovalState.APPROVED, NOON + 3 * MINUTE)


@pytest.mark.parametrize("who", ["ann", "ANN", "a nn"])
async def test_whoever_wrote_it_approves_nothing(desk: ScriptDesk, who: str) -> None:
    made = await submit(desk)
    with pytest.raises(ApprovalError, match="someone else must"):
        await take(desk, made, Action.APPROVE, who)
    assert await desk.standing(made.hash) == made.standing


async def test_who_wrote_the_version_before_has_had_a_hand_in_this_one(desk: ScriptDesk) -> None:
    await submit(desk)
    changed = await submit(desk, with_word("Thanks."), "bob", minutes=1)
    assert changed.authors == ("ann", "bob")
    with pytest.raises(ApprovalError, match="someone else must"):
        await take(desk, changed, Action.APPROVE, "ann", minutes=2)
    await take(desk, changed, Action.APPROVE, "carl", minutes=2)
    third = await submit(desk, with_word("Cheers."), "dora", minutes=3)
    assert third.authors == ("ann", "bob", "dora")
    assert [each.hash for each in await desk.versions()][:2] == [third.hash, changed.hash]


async def test_sounds_are_kept_with_the_versions_that_name_them(desk: ScriptDesk) -> None:
    files = {f"{key}.": b"RIFF" + bytes([at]) * 40_000 for at, key in enumerate("ab")}
    named = [RecordedPrompt.of(data, words) for words, data in files.items()]
    of = content(prompts={"nodes.done": named[0], "nodes.goodbye": named[1]})
    sounds = {each.sha256: files[each.words or ""] for each in named}
    at = step(Action.SUBMIT, "ann", NOON, "please")
    made = await desk.submit(canonical(of), SECONDS, at, sounds)
    assert await desk.sounds(made.hash) == sounds
    other = content(purpose="another", prompts={"nodes.done": named[0]})
    again = await desk.submit(canonical(other), SECONDS, at, {named[0].sha256: files["a."]})
    assert await desk.sounds(again.hash) == {named[0].sha256: files["a."]}
    assert await desk.sounds(made.hash) == sounds
    assert await desk.sounds("0" * 64) == {}


async def test_that_somebody_had_it_played_is_a_step_that_moves_nothing(desk: ScriptDesk) -> None:
    made = await submit(desk)
    (played,) = await take(desk, made, Action.PLAY, minutes=1)
    assert played.state is ApprovalState.SUBMITTED
    assert await desk.standing(made.hash) == Standing(ApprovalState.SUBMITTED, NOON)
    (done,) = await take(desk, made, Action.APPROVE, minutes=2)
    with pytest.raises(ApprovalError, match="approved cannot be: play"):
        await take(desk, done, Action.PLAY, minutes=3)


async def test_one_version_of_a_subject_is_approved(desk: ScriptDesk) -> None:
    old, new = await submit(desk), await submit(desk, with_word("Thanks."), minutes=1)
    elsewhere = await submit(desk, content(purpose="another"), minutes=1)
    for version in (old, elsewhere):
        await take(desk, version, Action.APPROVE, minutes=2)
    changed = await take(desk, new, Action.APPROVE, minutes=3)
    assert [(each.hash, each.state) for each in changed] == [
        (old.hash, ApprovalState.SUPERSEDED),
        (new.hash, ApprovalState.APPROVED),
    ]
    assert await state(desk, old) is ApprovalState.SUPERSEDED
    assert await state(desk, new) is ApprovalState.APPROVED
    assert await state(desk, elsewhere) is ApprovalState.APPROVED


async def test_an_approval_is_taken_back_and_given_again(desk: ScriptDesk) -> None:
    made = await submit(desk)
    await take(desk, made, Action.APPROVE)
    await take(desk, made, Action.WITHDRAW, minutes=2)
    assert await state(desk, made) is ApprovalState.REJECTED
    await submit(desk, who="carl", minutes=3)
    (again,) = await take(desk, made, Action.APPROVE, "bob", minutes=4)
    assert [each.action for each in again.steps] == [
        *(Action.SUBMIT, Action.APPROVE, Action.WITHDRAW, Action.SUBMIT, Action.APPROVE)
    ]
    assert await desk.standing(made.hash) == again.standing


async def test_what_is_refused_changes_nothing(desk: ScriptDesk) -> None:
    made = await submit(desk)
    finding = WordingFinding("nodes.done", 0, 2, "finance.no-risk", "no", "why", "instead")
    approving = step(Action.APPROVE, "bob", NOON + MINUTE)
    for inspection in (None, Inspection("0" * 64, ()), Inspection(made.hash, (finding,))):
        with pytest.raises(ApprovalError, match=r"must be (inspected|mended)"):
            await desk.decide(made.hash, approving, inspection)
    with pytest.raises(ApprovalError, match="needs a reason"):
        await desk.decide(made.hash, step(Action.REJECT, "bob", NOON + MINUTE, " "))
    with pytest.raises(ApprovalError, match="submitted cannot be: submit"):
        await submit(desk, minutes=1)
    with pytest.raises(ApprovalError, match="clock gone back"):
        await take(desk, made, Action.REJECT, minutes=-1)
    with pytest.raises(ApprovalError, match="no such version"):
        await desk.decide("0" * 64, approving, Inspection("0" * 64, ()))
    assert list(await desk.versions()) == [made]


async def test_what_an_approval_shows_outsiders(desk: ScriptDesk) -> None:
    made = await submit(desk)
    await take(desk, made, Action.APPROVE)
    kept = await desk.kept(made.hash)
    assert kept is not None
    files = kept.evidence()
    assert hashlib.sha256(files["script.json"]).hexdigest() == made.hash
    approval = json.loads(files["approval.json"])
    assert (approval["version"], approval["state"]) == (made.hash, "approved")
    assert [(each["action"], each["who"]) for each in approval["steps"]] == [
        ("submit", "ann"),
        ("approve", "bob"),
    ]
