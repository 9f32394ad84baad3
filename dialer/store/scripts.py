"""`SqlScripts`: the ScriptDesk of `dialer.ports` on SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from dialer.core.dialog import approval
from dialer.core.dialog.approval import ApprovalStep, Version
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.dialog.script_version import content_hash, read_content, subject_of
from dialer.core.office.audit_kinds import scripts as kinds
from dialer.core.values.refused import Refused
from dialer.core.values.standing import Standing
from dialer.core.values.statements import Signature
from dialer.errors import ApprovalError
from dialer.store.channel import Channel
from dialer.store.queries import scripts as queries
from dialer.store.queries import signing
from dialer.store.queries.scripts import Standings

if TYPE_CHECKING:
    from dialer.core.dialog.inspection import Inspection


class SqlScripts:
    """Versions of scripts and their approval, in the store that `channel` belongs to."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._standings = Standings(channel.dialect)

    async def submit(
        self,
        content: bytes,
        seconds: Mapping[str, float],
        step: ApprovalStep,
        sounds: Mapping[str, bytes] | None = None,
    ) -> Version:
        name, subject = content_hash(content), subject_of(read_content(content))

        def work(connection: Connection) -> Version:
            known = queries.of_subject(connection, subject)
            done = approval.submit(known, name, subject, step)
            if isinstance(done, Refused):
                raise ApprovalError(done.why)
            if all(each.hash != name for each in known):
                queries.add(connection, done, content)
            queries.set_seconds(connection, name, seconds)
            queries.keep_sounds(connection, sounds or {})
            self._keep(connection, known, (done,))
            return done

        return await self._channel.submit(work)

    async def decide(
        self,
        version: str,
        step: ApprovalStep,
        inspection: Inspection | None = None,
        signature: Signature | None = None,
    ) -> tuple[Version, ...]:
        step = replace(step, signed=step.signed if signature is None else signature.digest)

        def work(connection: Connection) -> tuple[Version, ...]:
            subject = queries.subject_of(connection, version)
            known = [] if subject is None else queries.of_subject(connection, subject)
            changed = approval.decide(known, version, step, inspection)
            if isinstance(changed, Refused):
                raise ApprovalError(changed.why)
            signing.keep(connection, signature)
            self._keep(connection, known, changed)
            return changed

        return await self._channel.submit(work)

    async def versions(self) -> Sequence[Version]:
        return await self._channel.read(queries.versions)

    async def kept(self, version: str) -> KeptVersion | None:
        return await self._channel.read(lambda connection: queries.kept(connection, version))

    async def sounds(self, version: str) -> Mapping[str, bytes]:
        return await self._channel.read(lambda connection: queries.sounds(connection, version))

    async def standing(self, version: str) -> Standing | None:
        return await self._channel.read(lambda connection: self._standings.of(connection, version))

    def _keep(
        self, connection: Connection, known: Sequence[Version], changed: Sequence[Version]
    ) -> None:
        """Write and note the steps that `changed` have and `known` have not yet."""
        taken = {each.hash: len(each.steps) for each in known}
        for version in changed:
            before = taken.get(version.hash, 0)
            steps = version.steps[before:]
            queries.add_steps(connection, version.hash, before, steps)
            for position, step in enumerate(steps, start=before + 1):
                body = kinds.script_step(version, step, position)
                self._channel.audit.note(kinds.SCRIPT_STEP, step.when, body)
