"""The Protocols through which the service drives the world.

Each has a real adapter and a shipped fake in `dialer.testing`, and one conformance suite in
`tests/conformance` holds both to the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from audio.events import AudioEvent, BargeInPolicy
from dialer.core.access import Actor
from dialer.core.approval import Step, Version
from dialer.core.campaign_standing import CampaignStanding, ContactStanding
from dialer.core.compliance import Verdict
from dialer.core.events import LineEvent
from dialer.core.grants import Denial, Grant
from dialer.core.inbound_records import InboundEnd, InboundOrder, InboundRow, LastCall
from dialer.core.inspection import Inspection
from dialer.core.kept_version import KeptVersion
from dialer.core.legs import DecideLeg, LegEnd, LegOrder, LegRow
from dialer.core.looks import Look
from dialer.core.number import E164
from dialer.core.records import (
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
from dialer.core.standing import Standing
from dialer.core.targets import Target
from dialer.core.trunk_state import TrunkState

if TYPE_CHECKING:
    from audio.prompts import Prompt
    from audio.recording import Tape


class Clock(Protocol):
    """Where `now` comes from. Only `app` hands one out; the core gets the values."""

    def monotonic(self) -> float:
        """Seconds that only grow; for timers."""
        ...

    def steady(self) -> float:
        """Seconds that only grow, also while the machine sleeps: what `utc` is held against."""
        ...

    def utc(self) -> datetime:
        """Aware UTC wall time; for records and for law."""
        ...


@dataclass(frozen=True, slots=True)
class PlaylistItem:
    """One prompt of a playlist and what the callee's voice may do to it."""

    prompt: Prompt
    policy: BargeInPolicy


@dataclass(frozen=True, slots=True)
class Playlist:
    """Prompts played without a gap, as one playback. `play_id` is unique within the attempt."""

    play_id: int
    items: tuple[PlaylistItem, ...]


@dataclass(frozen=True, slots=True)
class Dial:
    """Place one INVITE. Given to the line only after the attempt is committed.

    `opening` is armed in the native bridge and starts by itself on the SIP thread when the call
    is answered: neither asyncio nor the tick stands between the answer and the notice. A leg that
    is placed to be joined with another call has none, and is not listened to.
    """

    attempt: str
    trunk: str
    callee: Target
    caller_id: E164
    opening: Playlist | None
    may_refer_to: tuple[Target, ...] = ()
    """Whom the far side may ask us to hand its partner on to; any other REFER gets 603."""


AnyLineEvent = LineEvent | AudioEvent
LineSink = Callable[[str, float, AnyLineEvent], None]
"""Called on the event loop's thread with (attempt, monotonic time it happened, event)."""
TrunkSink = Callable[[TrunkState], None]
"""Called on the event loop's thread with a trunk's state, each time that it changes."""


class Line(Protocol):
    """SIP and media of all trunks. Methods return at once; what came of them comes as events.

    For every `dial` exactly one of these ends the story, and nothing follows it: Rejected,
    DialFailed, RemoteHungUp, LocalEnded, PeerLost. So it is with a call that comes in: the line
    names it, tells Arrived first, and one of the last three ends it. A method that names an
    attempt, or a call, which has already ended does nothing.
    """

    async def start(self, sink: LineSink) -> None:
        """Bring transports and trunks up. Raises LineError saying what to do where it can't."""
        ...

    async def close(self) -> None:
        """End every call (CANCEL, BYE), then the stack; returns within 5 s."""
        ...

    def trunk_states(self) -> Sequence[TrunkState]:
        """What is known of each trunk now: whether it may carry calls, why, and since when."""
        ...

    def watch_trunks(self, sink: TrunkSink) -> None:
        """Have `sink` told of every change from now on; what is known already is not told."""
        ...

    def dial(self, order: Dial) -> None:
        """Send the INVITE and arm the opening playlist."""
        ...

    def end(self, attempt: str) -> None:
        """CANCEL or BYE, as the call's state demands (RFC 3261 9.1, 15)."""
        ...

    def play(self, attempt: str, playlist: Playlist) -> None:
        """Replace what is being played; that ends as PlaybackDone, not completed."""
        ...

    def stop(self, attempt: str) -> None:
        """Fall silent within the next frame."""
        ...

    def record(self, attempt: str, tape: Tape) -> None:
        """Give `tape` what both sides say, from the next frame to the call's end.

        An attempt is recorded once. Where it is not answered, `tape` is ended at once.
        """
        ...

    def stop_recording(self, attempt: str) -> None:
        """Keep nothing more, from the next frame on; the tape's end follows."""
        ...

    def send_dtmf(self, attempt: str, digits: str) -> None:
        """Send keys the way the trunk is configured for: RFC 4733 or SIP INFO."""
        ...

    def answer(self, call: str, opening: Playlist) -> None:
        """Answer a call that has Arrived; `opening` starts with the ACK, which Answered tells."""
        ...

    def turn_away(self, call: str, code: int, retry_after: int | None = None) -> None:
        """Refuse a call that has Arrived, with a final code; LocalEnded follows."""
        ...

    def join(self, attempt: str, other: str) -> None:
        """Let two answered calls hear each other, and nobody else.

        What is being played to them stops, nothing is listened to, and a key of one is sent on to
        the other instead of being told. Each is told Joined; and Parted, when the other has ended
        or `part` was asked for. Nothing happens where one of them is not answered, or joined.
        """
        ...

    def part(self, attempt: str) -> None:
        """Undo `join`: both hear silence, and are listened to again."""
        ...

    def refer(self, attempt: str, target: Target) -> None:
        """Ask the far side of an answered call to call `target` itself (REFER, RFC 3515).

        What comes of it is told as ReferAnswered, at least once, the last of them `over`.
        """
        ...

    def tell_referrer(self, attempt: str, code: int) -> None:
        """Tell whoever asked by TransferAsked what came of it (NOTIFY, RFC 3515 2.4.5)."""
        ...


class EventSink(Protocol):
    """Where the life of calls and campaigns is told (MQTT). Must never block, never raise."""

    def publish(self, topic: str, payload: dict[str, object]) -> None:
        """Queue one event; where the queue is full the oldest is dropped and counted."""
        ...


@dataclass(frozen=True, slots=True)
class OpenedCampaign:
    """A campaign of the store: `fresh` if this call imported its contacts."""

    id: int
    fresh: bool


class Store(Protocol):
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

    async def legs(self, call: str | None = None) -> Sequence[LegRow]:
        """Second legs, oldest first; of one call where it is named."""
        ...

    async def inbound_calls(
        self, limit: int | None = None, *, call: str | None = None
    ) -> Sequence[InboundRow]:
        """Calls that came in, newest first; only that one, where a call is named."""
        ...

    async def progress(self, campaign: int) -> Progress:
        """Where the campaign stands."""
        ...

    async def calls(
        self, campaign: str | None = None, limit: int | None = None, *, call: str | None = None
    ) -> Sequence[CallRow]:
        """CDRs, newest first; only that one, where a call is named."""
        ...

    async def attempts(
        self, campaign: str | None = None, *, call: str | None = None
    ) -> Sequence[AttemptRow]:
        """Every attempt, oldest first; of one campaign or call where it is named."""
        ...

    async def history(self, order: AttemptOrder) -> History:
        """What the gate would be shown of `order` now; nothing is committed."""
        ...

    async def past_attempts(self, since: datetime, most: int) -> Sequence[PastAttempt]:
        """The attempts committed since then, the last `most` of them, oldest first."""
        ...


class AccessDesk(Protocol):
    """Who has access, and what those who see numbers in clear have looked at.

    What is refused raises AccessError and changes nothing; what is done is in the audit log, in
    the same transaction, without the token.
    """

    async def grants(self) -> Sequence[Grant]:
        """Every access ever given, the oldest first."""
        ...

    async def give(self, wanted: Grant, by: Actor | None) -> Grant:
        """Give access as `dialer.core.grants.give` allows; `by` is None for the first."""
        ...

    async def recover(self, wanted: Grant, account: str, why: str) -> Grant:
        """Let an admin in again, as `dialer.core.grants.recover` allows.

        `account` is the operating system's, that of the store's owner.
        """
        ...

    async def take(self, name: str, by: Actor, at: datetime) -> Grant:
        """Revoke the access of `name`, as `dialer.core.grants.take` allows."""
        ...

    async def identify(self, token_hash: str, at: datetime) -> Actor:
        """Who holds the token with this hash."""
        ...

    async def refused(self, denial: Denial) -> None:
        """Put on record that a token did not open what was asked for."""
        ...

    async def looked(self, look: Look) -> None:
        """Put a look on record. Returns once it is there: before anything is shown."""
        ...


class CampaignDesk(Protocol):
    """Where campaigns stand, and their end. Instants are aware."""

    async def campaigns(self, name: str | None = None) -> Sequence[CampaignStanding]:
        """Every campaign, the oldest first; only the one of that `name`, where it is given."""
        ...

    async def contacts(
        self, campaign: str, after: int = 0, limit: int = 1000
    ) -> Sequence[ContactStanding]:
        """A campaign's contacts in file order: the first `limit` with an id higher than `after`.

        Raises CampaignUnknownError.
        """
        ...

    async def end(self, name: str, by: Actor, at: datetime) -> CampaignStanding:
        """End a campaign: it calls nobody from now on. Live calls go on to their own end.

        It is in the audit log, in the same transaction. One that has ended keeps its end. Raises
        CampaignUnknownError.
        """
        ...


class ScriptDesk(Protocol):
    """Versions of scripts and their approval. What may be done, `dialer.core.approval` says.

    What is refused raises ApprovalError and changes nothing; every step that is done is in the
    audit log, in the same transaction. A version is named by its content's hash.
    """

    async def submit(self, content: bytes, seconds: Mapping[str, float], step: Step) -> Version:
        """Submit the version that has these canonical bytes, known or new.

        `seconds` are the lengths of its prompts by key. Raises ValueError for other bytes.
        """
        ...

    async def decide(
        self, version: str, step: Step, inspection: Inspection | None = None
    ) -> tuple[Version, ...]:
        """Take any other step; every version that changed by it, the one meant being the last."""
        ...

    async def versions(self) -> Sequence[Version]:
        """Every version, the one drafted last being the first."""
        ...

    async def kept(self, version: str) -> KeptVersion | None:
        """A version with its content; None where it was never submitted."""
        ...

    async def standing(self, version: str) -> Standing | None:
        """Where a version stands, as the gate is shown it; None where it was never submitted."""
        ...
