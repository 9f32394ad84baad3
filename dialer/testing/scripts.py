"""A ScriptDesk in memory, which forgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dialer.core.dialog.approval import ApprovalStep, Version, decide, submit
from dialer.core.dialog.inspection import Inspection
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.dialog.script_version import (
    Subject,
    content_hash,
    read_content,
    sounds_of,
    subject_of,
)
from dialer.core.values.refused import Refused
from dialer.core.values.standing import Standing
from dialer.core.values.statements import Signature
from dialer.errors import ApprovalError


class MemoryScripts:
    """Versions that are gone with the process."""

    def __init__(self) -> None:
        self._kept: dict[str, KeptVersion] = {}
        self._sounds: dict[str, bytes] = {}

    async def submit(
        self,
        content: bytes,
        seconds: Mapping[str, float],
        step: ApprovalStep,
        sounds: Mapping[str, bytes] | None = None,
    ) -> Version:
        name, subject = content_hash(content), subject_of(read_content(content))
        done = submit(self._of(subject), name, subject, step)
        if isinstance(done, Refused):
            raise ApprovalError(done.why)
        self._kept[name] = KeptVersion(done, content, dict(seconds))
        self._sounds.update(sounds or {})
        return done

    async def decide(
        self,
        version: str,
        step: ApprovalStep,
        inspection: Inspection | None = None,
        signature: Signature | None = None,
    ) -> tuple[Version, ...]:
        step = replace(step, signed=step.signed if signature is None else signature.digest)
        known = self._kept.get(version)
        versions = () if known is None else self._of(known.version.subject)
        changed = decide(versions, version, step, inspection)
        if isinstance(changed, Refused):
            raise ApprovalError(changed.why)
        for each in changed:
            kept = self._kept[each.hash]
            self._kept[each.hash] = KeptVersion(each, kept.content, kept.seconds)
        return changed

    async def versions(self) -> Sequence[Version]:
        known = [kept.version for kept in self._kept.values()]
        return sorted(known, key=lambda version: (version.drafted_at, version.hash), reverse=True)

    async def kept(self, version: str) -> KeptVersion | None:
        return self._kept.get(version)

    async def sounds(self, version: str) -> Mapping[str, bytes]:
        kept = self._kept.get(version)
        named = () if kept is None else sounds_of(kept.read())
        return {each: self._sounds[each] for each in named if each in self._sounds}

    async def standing(self, version: str) -> Standing | None:
        return self.standing_now(version)

    def standing_now(self, version: str) -> Standing | None:
        """`standing`, for a fake that is asked in the middle of something."""
        known = self._kept.get(version)
        return None if known is None else known.version.standing

    def _of(self, subject: Subject) -> list[Version]:
        return [k.version for k in self._kept.values() if k.version.subject == subject]
