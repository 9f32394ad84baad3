"""Wording: submitted, inspected and approved before it is said."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dialer.core.dialog.approval import Action, ApprovalStep, Version
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.dialog.script_version import (
    FORM,
    PromptContent,
    ScriptContent,
    ScriptDiff,
    canonical,
    content_hash,
    diff,
    form_of,
)
from dialer.core.dialog.wording import WordingFinding
from dialer.core.office.access import Right
from dialer.core.values.standing import ApprovalState, Standing
from dialer.core.values.statements import Act, Signed, Statement
from dialer.errors import ApprovalError
from dialer.office.request import Request
from dialer.office.signing import checked, stated
from dialer.ports.desks import ScriptDesk

if TYPE_CHECKING:
    from dialer.files.said import Said
    from dialer.prompts.inspection import Inspected

_FEWEST_DIGITS: Final = 6


class VersionUnclearError(ApprovalError):
    """What was given of a version's name is too little to tell which is meant."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A version that was submitted, and what stands in its way."""

    version: Version
    findings: Sequence[WordingFinding]
    callback: Submitted | None = None
    """What people hear who call back, where that was new and so submitted with it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The versions that changed, the one meant being the last.

    With findings nothing has changed, and it is alone.
    """

    versions: Sequence[Version]
    findings: Sequence[WordingFinding] = ()


@dataclass(frozen=True, slots=True)
class WholeVersion:
    """A version: every word of it, what was done to it, and what is found in it today."""

    kept: KeptVersion
    findings: Sequence[WordingFinding]


@dataclass(frozen=True, slots=True)
class Sounds:
    """What a version says, by key: the prompt and its WAV file, None where each contact has one."""

    version: Version
    prompts: Mapping[str, tuple[PromptContent, bytes | None]]


async def submit(request: Request, read: Callable[[], Said | None], why: str = "") -> Submitted:
    """Submit what `read` reads for approval, and inspect it. Raises InputError, ApprovalError.

    What people hear who call back is submitted with it where it is new; or alone, where `read`
    gives None.
    """
    # Inspecting brings speech and files along, which a listing does without.
    from dialer.prompts.inspection import inspect_callback, inspect_said  # noqa: PLC0415

    who = await request.acting(Right.SUBMIT_SCRIPTS)
    said = await asyncio.to_thread(read)
    back = await inspect_callback(request.config) if request.config.callback.channels else None
    found = back if said is None else await inspect_said(request.config, said)
    if found is None:
        raise ApprovalError("nobody is answered who calls back: callback.channels is 0")

    async with request.store.writing() as desks:

        async def keep(each: Inspected) -> Submitted:
            step = ApprovalStep(Action.SUBMIT, who.name, request.utc(), why)
            content = canonical(each.content)
            done = await desks.scripts.submit(content, each.seconds, step, each.sounds)
            return Submitted(done, each.inspection.findings)

        made = await keep(found)
        if back is None or back is found:
            return made
        if await desks.scripts.standing(back.inspection.version) is not None:
            return made
        return replace(made, callback=await keep(back))


async def to_approve(request: Request, named: str, why: str = "") -> Statement:
    """What one signs to approve a version. Raises ApprovalError."""
    who = await request.acting(Right.APPROVE_SCRIPTS)
    async with request.store.reading() as desks:
        kept = await _kept(desks.scripts, named)
    return _approval(request, kept.version, who.name, why)


async def approve(
    request: Request, named: str, why: str = "", signed: Signed | None = None
) -> Decided:
    """Approve a version that someone else wrote, by one's own signature over `to_approve`.

    It is inspected anew, and must be clean. Raises ApprovalError, SignatureError.
    """
    from dialer.prompts.inspection import inspect_kept  # noqa: PLC0415

    who = await request.acting(Right.APPROVE_SCRIPTS)
    async with request.store.writing() as desks:
        kept = await _kept(desks.scripts, named)
        try:
            _must_name_its_sounds(kept)
            sounds = await desks.scripts.sounds(kept.version.hash)
            inspection = await inspect_kept(request.config, kept, sounds)
        except ValueError as error:
            raise ApprovalError(f"it cannot be inspected: {error}; submit it anew") from None
        if inspection.findings:
            return Decided((kept.version,), inspection.findings)
        wanted = _approval(request, kept.version, who.name, why)
        signature = await checked(request, desks, wanted, signed)
        step = ApprovalStep(Action.APPROVE, who.name, request.utc(), why)
        decided = await desks.scripts.decide(kept.version.hash, step, inspection, signature)
        return Decided(decided)


async def reject(request: Request, named: str, why: str) -> Decided:
    """Reject a version that waits for approval. Raises ApprovalError."""
    return await _decide(request, Right.APPROVE_SCRIPTS, named, Action.REJECT, why)


async def withdraw(request: Request, named: str, why: str) -> Decided:
    """Take an approval back. Raises ApprovalError."""
    return await _decide(request, Right.APPROVE_SCRIPTS, named, Action.WITHDRAW, why)


async def recall(request: Request, named: str, why: str = "") -> Decided:
    """Take back what one has submitted, before it is decided. Raises ApprovalError."""
    return await _decide(request, Right.SUBMIT_SCRIPTS, named, Action.RECALL, why)


async def versions(request: Request) -> Sequence[Version]:
    """Every version and where it stands, the last one first."""
    return await request.rows(lambda desks: desks.scripts.versions())


async def standing(request: Request, version: str) -> Standing | None:
    """Where the version with this very name stands; None where it was never submitted."""
    if not request.store.exists:
        return None
    async with request.store.reading() as desks:
        return await desks.scripts.standing(version)


async def said_now(request: Request, content: ScriptContent) -> str:
    """The version that a node says which makes `content` of its files."""
    from dialer.prompts.approved import version_said  # noqa: PLC0415

    if not request.store.exists:
        return content_hash(canonical(content))
    async with request.store.reading() as desks:
        return await version_said(desks.scripts, content)


async def whole(request: Request, named: str) -> WholeVersion:
    """A version, inspected by the lists of today. Raises ApprovalError."""
    from dialer.prompts.inspection import inspect_kept  # noqa: PLC0415

    async with request.store.reading() as desks:
        kept = await _kept(desks.scripts, named)
        sounds = await desks.scripts.sounds(kept.version.hash)
    return WholeVersion(kept, (await inspect_kept(request.config, kept, sounds)).findings)


async def play(request: Request, named: str, hear: Callable[[Sounds], None], how: str) -> Version:
    """Have `hear` play what a version says to whoever may approve it, and put that on record.

    `how` tells in which way. Only that of a version that waits for approval is on record. Raises
    ApprovalError.
    """
    who = await request.acting(Right.APPROVE_SCRIPTS)
    async with request.store.reading() as desks:
        kept = await _kept(desks.scripts, named)
        found = await desks.scripts.sounds(kept.version.hash)
    await asyncio.to_thread(hear, _sounds(kept, found))
    if kept.version.state is not ApprovalState.SUBMITTED:
        return kept.version
    async with request.store.writing() as desks:
        step = ApprovalStep(Action.PLAY, who.name, request.utc(), how)
        return (await desks.scripts.decide(kept.version.hash, step))[-1]


async def compare(request: Request, before: str, after: str) -> ScriptDiff:
    """What differs between two versions. Raises ApprovalError."""
    async with request.store.reading() as desks:
        old, new = await _kept(desks.scripts, before), await _kept(desks.scripts, after)
    return diff(old.content, new.content)


def _approval(request: Request, version: Version, who: str, why: str) -> Statement:
    subject = version.subject
    return stated(
        request,
        Act.APPROVE_SCRIPT,
        who,
        script=subject.script,
        purpose=subject.purpose,
        industry=subject.industry or "",
        version=version.hash,
        why=why,
    )


async def _decide(request: Request, right: Right, named: str, action: Action, why: str) -> Decided:
    who = await request.acting(right)
    async with request.store.writing() as desks:
        kept = await _kept(desks.scripts, named)
        step = ApprovalStep(action, who.name, request.utc(), why)
        return Decided(await desks.scripts.decide(kept.version.hash, step))


def _sounds(kept: KeptVersion, found: Mapping[str, bytes]) -> Sounds:
    try:
        prompts = kept.read().prompts
    except ValueError as error:
        raise ApprovalError(f"{error}; submit it anew") from None
    for prompt in prompts.values():
        data = found.get(prompt.sound or "")
        if prompt.sound and (data is None or hashlib.sha256(data).hexdigest() != prompt.sound):
            raise ApprovalError("a sound of it is not kept, or was changed: submit it anew")
    return Sounds(kept.version, {k: (p, found.get(p.sound or "")) for k, p in prompts.items()})


def _must_name_its_sounds(kept: KeptVersion) -> None:
    """Raises ValueError for a version of a dialer that did not keep what is heard."""
    if form_of(kept.content) < FORM:
        raise ValueError("it was submitted to an earlier dialer, which kept no sounds")


async def _kept(desk: ScriptDesk, named: str) -> KeptVersion:
    """The version whose name begins with what was typed."""
    found = [each.hash for each in await desk.versions() if each.hash.startswith(named.lower())]
    if len(named) < _FEWEST_DIGITS or len(found) > 1:
        raise VersionUnclearError(f"{named}: give more digits of it")
    kept = await desk.kept(found[0]) if found else None
    if kept is None:
        raise ApprovalError(f"no version begins with {named}; `dialer scripts list` shows them all")
    return kept
