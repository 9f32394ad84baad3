"""A node at work, and the campaigns that it runs."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from dialer.calls.live import LiveCalls
from dialer.calls.switchboard import Switchboard
from dialer.campaigns.plan import CallRules, Plan, Say
from dialer.campaigns.run import CampaignRun
from dialer.config import Config
from dialer.core.dialog.script_version import canonical, content_hash
from dialer.core.gate.wording_approved import why_not_said
from dialer.core.values.number import E164
from dialer.core.values.records import Contact
from dialer.errors import ApprovalError
from dialer.files import LoadedCampaign
from dialer.metrics.node import MetricsServer
from dialer.ports.desks import ScriptDesk
from dialer.prompts.approved import approved_of
from dialer.prompts.book import PromptBook
from dialer.prompts.inspection import content_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Node:
    """A node that is up: store open, line started, metrics served."""

    config: Config
    service: LiveCalls
    switchboard: Switchboard
    rules: CallRules
    scripts: ScriptDesk
    metrics_server: MetricsServer | None

    async def campaign(self, loaded: LoadedCampaign, book: PromptBook) -> CampaignRun:
        """Import the campaign, or find it begun, and make its run.

        Raises ApprovalError, CampaignConflictError, InputError or StoreError.
        """
        own = content_of(loaded.said, book.contents)
        kept = await approved_of(self.scripts, own)
        if kept is not None:
            _log.warning(
                "this machine speaks the script otherwise than what was approved (another "
                "espeak-ng?): the sounds that were approved are played"
            )
            book.play_instead(kept.read().prompts, await self.scripts.sounds(kept.version.hash))
        version = content_hash(canonical(content_of(loaded.said, book.contents)))
        await self._must_be_sayable(version, loaded.record.caller_id)
        opened = await self.service.parts.store.open_campaign(loaded.record, loaded.rows())

        async def prepare(contact: Contact) -> Say:
            return await book.for_contact(contact.row.sayable)

        return CampaignRun(
            self.service,
            Plan(
                id=opened.id,
                name=loaded.record.name,
                purpose=loaded.record.purpose,
                caller_id=loaded.record.caller_id,
                script=loaded.script,
                concurrency=loaded.campaign.concurrency,
                prepare=prepare,
                fresh=opened.fresh,
                script_version=version,
                grades=loaded.grades,
            ),
            self.rules,
            drain_limit=self.config.routing.drain,
            switchboard=self.switchboard,
        )

    async def _must_be_sayable(self, version: str, caller_id: E164) -> None:
        """Raises ApprovalError, with what to do, where the gate would put everybody off for it."""
        service = self.service
        standing, now = await self.scripts.standing(version), service.parts.clock.utc()
        for trunk in service.pool.for_callees(caller_id):
            lab = trunk.lab_shift is not None
            why = why_not_said(version, standing, now, lab=lab)
            if why is not None:
                raise ApprovalError(
                    f"{why}. `dialer scripts submit CAMPAIGN` asks for approval; who did not write "
                    f"it gives it: `dialer scripts approve {version[:12]}`"
                )
