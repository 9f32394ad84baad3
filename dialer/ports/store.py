"""The store that a node dials from: contacts, attempts and call records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from dialer.core.gate.compliance import Verdict
from dialer.core.values.inbound_records import InboundEnd, InboundOrder, InboundRow, LastCall
from dialer.core.values.legs import DecideLeg, LegEnd, LegOrder, LegRow
from dialer.core.values.records import (
    AttemptEnd,
    AttemptOrder,
    AttemptRow,
    CallEnd,
    CallRow,
    CampaignRecord,
    Contact,
    ContactRow,
    Decide,
    History,
    PastAttempt,
    Progress,
)

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class OpenedCampaign:
    """A campaign of the store: `fresh` if this call imported its contacts."""

    id: int
    fresh: bool


class CallRecords(Protocol):
    """What reports read of calls, in a store that is open."""

    async def calls(
        self,
        campaign: str | None = None,
        limit: int | None = None,
        *,
        call: str | None = None,
        grades: Collection[str] = (),
    ) -> Sequence[CallRow]:
        """CDRs, newest first; only that one, where a call is named, with its transcript.

        With `grades` only those of these grades, the best first, with their transcripts.
        """
        ...

    async def inbound_calls(
        self, limit: int | None = None, *, call: str | None = None
    ) -> Sequence[InboundRow]:
        """Calls that came in, newest first; only that one, where a call is named."""
        ...

    async def attempts(
        self, campaign: str | None = None, *, call: str | None = None
    ) -> Sequence[AttemptRow]:
        """Every attempt, oldest first; of one campaign or call where it is named."""
        ...

    async def legs(self, call: str | None = None) -> Sequence[LegRow]:
        """Second legs, oldest first; of one call where it is named."""
        ...


class Store(CallRecords, Protocol):
    """Contacts, attempts and CDRs. Every method returns after its change is on disk.

    Calls that come together are committed together; none blocks the event loop.
    Raises StoreError where the database cannot be had, with what to do.
    """

    async def open(self) -> None:
        """Open the database, bring its schema up, take this node's lock."""
        ...

    async def close(self) -> None:
        """Finish what is queued and let go."""
        ...

    def stop_waiting(self) -> None:
        """From now on a database that is away fails what it would else be waited for with.

        Ends of calls are such: they are kept, and written when it is back.
        """
        ...

    async def recover(self, node: str, at: datetime) -> int:
        """Close what a killed process left: attempts without an end become dialer.cut_short.

        Contacts claimed but not yet attempted wait again. Returns how many calls were cut short.
        """
        ...

    async def open_campaign(
        self, record: CampaignRecord, contacts: Iterable[ContactRow]
    ) -> OpenedCampaign:
        """Import a campaign whole or not at all, streaming; or find the one begun before.

        `contacts` is read only if the campaign is new. If it raises, nothing is kept.
        Raises CampaignConflictError if the name was begun with another contacts file, or has ended.
        """
        ...

    async def claim(self, campaign: int, limit: int, now: datetime) -> Sequence[Contact]:
        """Take up to `limit` contacts that are due, in file order."""
        ...

    async def release(self, contacts: Sequence[int]) -> None:
        """Give claimed contacts back, uncalled."""
        ...

    async def authorise(self, order: AttemptOrder, decide: Decide) -> Verdict:
        """Ask the gate and commit the attempt in one transaction.

        On Deny nothing is dialled: the contact waits until `Deny.until`, or is done with, if None.
        One that is `Deny.held` stays claimed, and nothing is written of it.
        """
        ...

    async def opt_out(self, call: str, at: datetime) -> None:
        """Record at once that the callee of a live call refused: the number rests from now on."""
        ...

    async def end_attempt(self, end: AttemptEnd) -> None:
        """Record an attempt that was not the call's last."""
        ...

    async def end_call(self, end: CallEnd) -> None:
        """Record the last attempt's end, the CDR and the contact's, in one transaction.

        The contact is done with, or waits until `end.again_at`.
        """
        ...

    async def reached(self, contact: int) -> None:
        """Be done with a contact that waits after the carriers' fault: it was reached after all."""
        ...

    async def authorise_leg(self, order: LegOrder, decide: DecideLeg) -> Verdict:
        """Ask the gate and commit a second leg in one transaction; nothing is kept on Deny."""
        ...

    async def end_leg(self, end: LegEnd) -> None:
        """Record the end of a second leg."""
        ...

    async def arrive(self, order: InboundOrder) -> LastCall | None:
        """Record a call that came in; the last call of ours to the caller, where there was one."""
        ...

    async def suppress(self, call: str, at: datetime) -> None:
        """Record at once that the caller of an incoming call is never to be called again."""
        ...

    async def end_inbound(self, end: InboundEnd) -> None:
        """Record the end of a call that came in."""
        ...

    async def progress(self, campaign: int) -> Progress:
        """Where the campaign stands."""
        ...

    async def history(self, order: AttemptOrder) -> History:
        """What the gate would be shown of `order` now; nothing is committed."""
        ...

    async def past_attempts(
        self, since: datetime, most: int, *, but_of: str = ""
    ) -> Sequence[PastAttempt]:
        """The attempts committed since then, the last `most` of them, oldest first.

        Those of the node `but_of` are left out of them.
        """
        ...
