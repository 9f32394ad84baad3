"""The Protocols of the store's desks, where people and the office change what is kept.

Each has its SQL in `dialer.store`, a fake in `dialer.testing` and one suite in `tests/conformance`.
What is refused raises the error that is named and changes nothing; what is done is in the audit
log, in the same transaction, with the number as its keyed hash only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from dialer.core.office.access import Actor
from dialer.core.office.certificate import Certificate
from dialer.core.office.complaints import Complaint, ComplaintFigures, Move
from dialer.core.office.grants import Denial, Grant
from dialer.core.office.looks import Look
from dialer.core.office.person_keys import PersonKey
from dialer.core.office.retention import CampaignLife, Matter, RetentionTerms, Term
from dialer.core.values.campaign_standing import CampaignStanding, ContactStanding
from dialer.core.values.number import E164
from dialer.core.values.standing import Standing
from dialer.core.values.statements import Signature
from dialer.core.values.suppression import LIST_SHRINK, Suppression, SuppressionKind

if TYPE_CHECKING:
    from dialer.core.dialog.approval import ApprovalStep, Version
    from dialer.core.dialog.inspection import Inspection
    from dialer.core.dialog.kept_version import KeptVersion


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One line of the book, for reports: whom it is about shows as a keyed hash, in hex."""

    number: str
    why: SuppressionKind
    since: datetime
    by: str
    reason: str | None = None
    unproven: bool = False
    """Whether a caller asked for it whose number nobody had verified."""


@dataclass(frozen=True, slots=True)
class ListImport:
    """One import of somebody else's list. Several of one name are in force together."""

    name: str
    source: str
    digest: str
    """Hex SHA-256 of the file."""
    imported_at: datetime
    by: str
    numbers: int
    until: datetime | None = None
    """From then on it forbids nothing."""
    gone: int = 0
    """How many numbers left the list when it replaced others."""


class SuppressionDesk(Protocol):
    """The book of suppressions."""

    async def add(self, number: E164, reason: str, by: str, at: datetime) -> bool:
        """Put a number on our own list; False where it is there. Raises SuppressionError."""
        ...

    async def remove(self, number: E164, reason: str, by: str, at: datetime) -> None:
        """Take a number from our own list, where `core.suppression.lift` allows.

        Raises SuppressionError, also where the number is not on it.
        """
        ...

    async def check(self, number: E164) -> Sequence[Suppression]:
        """Everything that the book has against a number, refusals and what has ended included."""
        ...

    async def entries(self, limit: int | None = None) -> Sequence[BookEntry]:
        """The book without imported lists, the latest first."""
        ...

    async def import_list(
        self,
        wanted: ListImport,
        numbers: Iterable[E164],
        *,
        replace: bool,
        most_gone: float = LIST_SHRINK,
        signature: Signature | None = None,
    ) -> ListImport:
        """Take a list over, whole or not at all: until its last number is in, none counts.

        `replace` ends all earlier imports of its name at that instant, where not more of them
        leaves than the share `most_gone` (`core.values.suppression`). `wanted.numbers` and
        `wanted.gone` are counted anew. Raises SuppressionError.
        """
        ...

    async def lists(self) -> Sequence[ListImport]:
        """The imports in force, by name, the latest first."""
        ...


@dataclass(frozen=True, slots=True)
class ComplaintFile:
    """All that is kept of one complaint. The texts are personal data.

    `number` is the keyed hash in hex; `texts` are what was complained of, and what was said in each
    step, in their order; all empty once they were destroyed.
    """

    complaint: Complaint
    number: str
    about: str | None
    """The call that it names, by its id."""
    texts: tuple[str, ...]


Complain = Callable[[E164, str, datetime], Awaitable[object]]
"""Takes down that somebody complained on a call: of the number, the call and the UTC time.

Raises DialerError.
"""


class ComplaintDesk(Protocol):
    """Complaints, from their opening on."""

    async def open(
        self, number: E164, text: str, by: str, at: datetime, about: str | None = None
    ) -> Complaint:
        """Take a complaint down: the number is suppressed for good in the same transaction.

        Its evidence is every call with that number, in either direction, and the call `about`.
        Raises ComplaintError, also where `about` is no call to that number.
        """
        ...

    async def act(
        self,
        id_: str,
        move: Move,
        text: str,
        by: str,
        at: datetime,
        signature: Signature | None = None,
    ) -> Complaint:
        """Answer, close or reopen it, as `core.complaints.act` allows. Raises ComplaintError."""
        ...

    async def complaints(self) -> Sequence[Complaint]:
        """All of them, the latest first."""
        ...

    async def file(self, id_: str) -> ComplaintFile:
        """One with its texts. Raises ComplaintError where there is none of that id."""
        ...

    async def figures(self, now: datetime) -> ComplaintFigures:
        """How many wait for what."""
        ...


@dataclass(frozen=True, slots=True)
class Destruction:
    """One destruction that was begun: its keys are gone, its rows and files go piece by piece.

    `subject` is the campaign's name, a month, a complaint's id, or the keyed hash of a person's
    number in hex. `counts` says how many of what so far.
    """

    id: str
    matter: Matter
    subject: str
    why: str
    by: str
    begun_at: datetime
    keys: tuple[str, ...]
    master: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """What of a destruction is to go next: the calls whose recordings go first, and the rows.

    `at_work` are rows that a node is calling just now: they can only go later. `last` is the last
    row that was looked at, 0 where nothing is left.
    """

    calls: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    at_work: int = 0
    last: int = 0


class RetentionDesk(Protocol):
    """What is destroyed when. Each method is one transaction; between any two a process may die."""

    async def end_finished(self, at: datetime) -> int:
        """End campaigns all of whose contacts are done with; returns how many.

        Their end is that of their last call, a day ago at least; or `at` where they had none.
        """
        ...

    async def lives(self) -> Sequence[CampaignLife]:
        """Every campaign of which anything is left."""
        ...

    async def months(self) -> Mapping[str, int]:
        """The months, written 2026-03, in which calls came in whose records are left.

        With each how many of them a complaint holds back.
        """
        ...

    async def complaints(self) -> Mapping[str, datetime | None]:
        """The complaints whose words are left, by their ids: when each was closed, if it was."""
        ...

    async def last_seen(self) -> datetime | None:
        """The last instant at which the clock was believed, or anything was put on record."""
        ...

    async def saw(self, at: datetime) -> None:
        """The clock is believed at `at`."""
        ...

    async def confirmed(self, by: str, at: datetime) -> None:
        """The clock is believed because somebody has said that it is right."""
        ...

    async def begin(
        self, term: Term, terms: RetentionTerms, by: str, at: datetime
    ) -> Destruction | None:
        """Destroy the key and put the destruction on record, if it is due by what is known now.

        `term` names the matter; where it stands is looked at once more.

        None where it is not: a complaint was opened, or another node was faster.
        """
        ...

    async def forget(self, number: E164, by: str, at: datetime) -> Destruction:
        """Begin to destroy what the contacts hold of a person, and suppress the number for good.

        Asked for again while it is under way, it is the same one.
        """
        ...

    async def under_way(self) -> Sequence[Destruction]:
        """What was begun and not finished, the oldest first."""
        ...

    async def next_piece(self, destruction: Destruction, after: int = 0) -> Piece:
        """What of it is to go next, past the row `after`."""
        ...

    async def destroy(self, destruction: Destruction, piece: Piece, files: int) -> Destruction:
        """Destroy the rows of a piece, whose `files` recordings are gone already."""
        ...

    async def scrub(self) -> bool:
        """Take what the database keeps of deleted rows off its files; False where it must wait."""
        ...

    async def finish(
        self, destruction: Destruction, certificate: Certificate, text: str, at: datetime
    ) -> None:
        """It is done: keep the signed certificate `text`, and name its digest in the audit log."""
        ...

    async def certificates(self) -> Sequence[str]:
        """The texts of all certificates, the latest first."""
        ...


class AccessDesk(Protocol):
    """Who has access, and what those who see numbers in clear have looked at.

    What is refused raises AccessError and changes nothing; what is done is in the audit log, in
    the same transaction, without the token.
    """

    async def grants(self) -> Sequence[Grant]:
        """Every access ever given, the oldest first."""
        ...

    async def give(self, wanted: Grant, by: Actor | None, second: Signature | None = None) -> Grant:
        """Give access as `dialer.core.office.grants.give` allows; `by` is None for the first.

        `second` is the checked signature of a second person, where one is needed.
        """
        ...

    async def keys(self) -> Sequence[PersonKey]:
        """Every key that people sign with, revoked ones included, the oldest first."""
        ...

    async def register(
        self, key: PersonKey, signature: Signature, vouched: Signature | None = None
    ) -> PersonKey:
        """Register a key as `core.office.person_keys.register` allows, by its own signature."""
        ...

    async def revoke_key(self, fingerprint: str, by: Actor, at: datetime) -> PersonKey:
        """Revoke a key. What it has signed until then still counts."""
        ...

    async def recover(self, wanted: Grant, account: str, why: str) -> Grant:
        """Let an admin in again, as `dialer.core.office.grants.recover` allows.

        `account` is the operating system's, that of the store's owner.
        """
        ...

    async def take(self, name: str, by: Actor, at: datetime) -> Grant:
        """Revoke the access of `name`, as `dialer.core.office.grants.take` allows."""
        ...

    async def refused(self, denial: Denial) -> None:
        """Put on record that a token did not open what was asked for."""
        ...

    async def looked(self, look: Look) -> None:
        """Put a look on record. Returns once it is there: before anything is shown."""
        ...


@dataclass(frozen=True, slots=True)
class ConfigurationApproval:
    """One approval of a node's effective configuration; `content` is its canonical text."""

    node: str
    digest: str
    content: str
    by: str
    at: datetime


NOT_APPROVED: Final = "no configuration of this node is approved: there is nothing to withdraw"


class ConfigurationDesk(Protocol):
    """Approvals of configurations; every one is in the audit log, in the same transaction."""

    async def last(self, node: str) -> ConfigurationApproval | None:
        """The last approval of that node's; None where there is none.

        Without content and digest where it was withdrawn.
        """
        ...

    async def approve(self, made: ConfigurationApproval, signature: Signature) -> None:
        """Approve one by a checked signature. Raises SignatureError for one that has served."""
        ...

    async def withdraw(self, node: str, by: str, at: datetime, signature: Signature) -> None:
        """Take the last approval of that node's back, by a checked signature.

        From then on the last one is empty. Raises SignatureError for one that has served, and
        ApprovalError where nothing is approved.
        """
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
    """Versions of scripts and their approval. What may be done, `dialer.core.dialog.approval` says.

    What is refused raises ApprovalError and changes nothing; every step that is done is in the
    audit log, in the same transaction. A version is named by its content's hash.
    """

    async def submit(
        self,
        content: bytes,
        seconds: Mapping[str, float],
        step: ApprovalStep,
        sounds: Mapping[str, bytes] | None = None,
    ) -> Version:
        """Submit the version that has these canonical bytes, known or new.

        `seconds` are the lengths of its prompts by key, `sounds` the WAV files that it names, by
        their SHA-256 in hex. Raises ValueError for other bytes.
        """
        ...

    async def decide(
        self,
        version: str,
        step: ApprovalStep,
        inspection: Inspection | None = None,
        signature: Signature | None = None,
    ) -> tuple[Version, ...]:
        """Take any other step; every version that changed by it, the one meant being the last."""
        ...

    async def versions(self) -> Sequence[Version]:
        """Every version, the one drafted last being the first."""
        ...

    async def kept(self, version: str) -> KeptVersion | None:
        """A version with its content; None where it was never submitted."""
        ...

    async def sounds(self, version: str) -> Mapping[str, bytes]:
        """The WAV files kept of those that a version names, by the SHA-256 that it names.

        They are as the store has them: whoever plays one looks at its digest first.
        """
        ...

    async def standing(self, version: str) -> Standing | None:
        """Where a version stands, as the gate is shown it; None where it was never submitted."""
        ...
