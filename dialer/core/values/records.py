"""What the store keeps and gives back, as frozen values. Times are aware UTC."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from dialer.core.values.attention import Answers
from dialer.core.values.configurations import ApprovedConfiguration
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome
from dialer.core.values.standing import Standing
from dialer.core.values.suppression import Suppression
from dialer.core.values.verdict import Verdict

CONSENT_VARIABLES: Final = ("consent_purpose", "consent_source", "consent_at")
"""What every script's words may name of a contact, beside its own columns; the day alone of the
last."""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One line of contacts.csv, checked. `row` is its line in the file, the header being 1."""

    row: int
    number: E164
    consent_purpose: str
    consent_source: str
    consent_at: datetime
    consent_ref: str
    timezone: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def sayable(self) -> Mapping[str, str]:
        """All that a script's words may name, by variable."""
        consent = (self.consent_purpose, self.consent_source, self.consent_at.date().isoformat())
        return {**dict(zip(CONSENT_VARIABLES, consent, strict=True)), **self.variables}


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact claimed by this node, to be called or given back."""

    id: int
    campaign: int
    row: ContactRow
    faults: int = 0
    """Calls to it so far that came to nothing by the carriers' fault."""
    late_commits: int = 0
    """Calls to it so far that our own database was too slow for."""
    waited_for: str | None = None
    """The rule that had put it off, or what else it had waited for but its turn."""


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """A campaign as it is first seen, or seen again.

    `contacts_digest` and `script_digest` are hex SHA-256 of the files' bytes: a campaign that
    comes back under its old name with another contacts file is refused, not merged.
    """

    name: str
    purpose: str
    caller_id: E164
    contacts_digest: str
    script_digest: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A number of ours that one callee has been shown, and when last."""

    caller_id: E164
    at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """What was dialled to one number before this call, on every node and in every campaign.

    `attempts` are the instants of the committed attempts of the last 24 hours, oldest first, but
    for those of the call itself: another trunk is tried only where the callee was not reached.
    Nor are those among them that cannot have rung (`dialer.core.values.outcome.could_have_rung`).
    `refused_at` is when the callee last opted out of our calls, ever; `suppressions` is what
    else the book says against calling the number.
    """

    attempts: tuple[datetime, ...] = ()
    refused_at: datetime | None = None
    shown: tuple[Shown, ...] = ()
    """Every number of ours that the callee was ever shown, once each, the latest last."""
    suppressions: tuple[Suppression, ...] = ()
    answers: Answers | None = None
    """How the campaign's answered calls went; None where the order does not ask for it."""
    newest: datetime | None = field(default=None, compare=False)
    """The newest attempt on record, to whomever and of whatever node; None where there is none."""
    wording: Standing | None = None
    """Where the words stand that the call would say; None where nobody ever submitted them."""
    configuration: ApprovedConfiguration | None = None
    """The last approval of the node's configuration; None where nobody was ever given access."""
    campaign_ended_at: datetime | None = None
    """When the campaign was ended; it calls nobody any more."""


@dataclass(frozen=True, slots=True)
class AttemptOrder:
    """One INVITE that we would like to send. `number_in_call` counts from 1 within its call."""

    attempt: str
    call: str
    contact: Contact
    node: str
    trunk: str
    caller_id: E164
    why_trunk: str
    at: datetime
    number_in_call: int = 1
    purpose: str = ""
    """The campaign's; without it no consent covers the call."""
    lab_at: datetime | None = None
    """On a lab's trunk, what the lab's clock shows at `at`: the hours of calling go by it."""
    counts_abandoned: bool = False
    """Whether abandoned calls are bounded, so that the gate must be shown how many there were."""
    lab: bool = False
    """Whether the trunk is a lab's: it leads to machines of our own, and nowhere else."""
    script_version: str = ""
    """The hash of what the call would say (`dialer.core.dialog.script_version`)."""
    clock_doubt: str = ""
    """Why the node does not believe its wall clock; nothing where it does."""


Decide = Callable[[AttemptOrder, History], Verdict]
"""The gate, bound to its rules: called by the store inside the transaction that commits."""


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """How one attempt went. Spans are seconds, None where the thing never happened."""

    attempt: str
    call: str
    outcome: Outcome
    ended_at: datetime
    sip_call_id: str | None = None
    post_dial_delay: float | None = None
    answered_at: datetime | None = None
    first_packet: float | None = None
    """Answer to the first packet of the identity notice."""
    notice_spoken: float | None = None
    """Answer to the last packet of the identity notice; None where it was not spoken whole."""
    barge_ins: int = 0
    speech: bool | None = None
    """Whether the callee was heard, by voice or key; None where it was not answered."""
    abandoned: bool = False
    """Whether the callee answered and was left alone (`dialer.core.values.attention`)."""
    rests_until: datetime | None = None
    """Until when the carrier asked to be left alone, at most."""


@dataclass(frozen=True, slots=True)
class CallEnd:
    """The one CDR of a call, written together with the end of its last attempt."""

    last: AttemptEnd
    contact: int
    keys: str = ""
    """DTMF the callee pressed, in order."""
    path: tuple[str, ...] = ()
    """Script nodes visited, in order."""
    intents: tuple[str, ...] = ()
    """Answers of the script that were understood, in order."""
    grade: str = ""
    """`core.calls.grading.Grade`; empty where nobody answered."""
    transcript: str = ""
    """`core.calls.transcript.packed`."""
    digits_unheard: bool = False
    """Whether no key of the callee's could have been heard, and none was: nobody is called again
    who cannot say no."""
    again_at: datetime | None = None
    """When the contact is due again, after the carriers' fault, a commit that took too long, or
    because it asked so; None: it is done with."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a campaign stands.

    `waiting_later` are the contacts that wait for an instant, by the rule that put them off.
    """

    total: int
    waiting: int
    claimed: int
    done: int
    waiting_later: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """How many calls ended in each outcome, keyed by `str(Outcome)`, this campaign, all runs."""
    again_at: Mapping[str, datetime] = field(default_factory=dict)
    """By what they wait for (`core.values.retry.CALLED_AGAIN`), when the first of them is due."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Of `done`, those that a rule was done with, by the rule."""


@dataclass(frozen=True, slots=True)
class CallRow:
    """One CDR as `dialer calls` shows it."""

    call: str
    campaign: str
    number: E164 | None
    """None once the campaign's evidence is destroyed; `keys` are empty then."""
    node: str
    started_at: datetime
    attempts: int
    trunk: str
    caller_id: E164
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    """None while the call lives."""
    post_dial_delay: float | None
    first_packet: float | None
    barge_ins: int
    keys: str
    path: tuple[str, ...]
    notice_spoken: float | None = None
    script_version: str = ""
    """The hash of what was said; empty for calls of versions that did not keep it."""
    intents: tuple[str, ...] = ()
    grade: str = ""
    """Empty where nobody answered, and for calls of versions that did not grade."""
    digits_unheard: bool = False
    transcript: str = ""
    """Only where it was asked for; `core.calls.transcript.packed`."""


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt as the store holds it: one INVITE on one trunk."""

    attempt: str
    call: str
    trunk: str
    caller_id: E164
    why_trunk: str
    committed_at: datetime
    sip_call_id: str | None
    """None while the call lives, and where no INVITE left."""
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One attempt as failover counts it. Without an outcome it lives, or its process died."""

    attempt: str
    trunk: str
    prefix: str
    """The callee's, as `core.values.number.prefix_of` tells it."""
    caller_id: E164
    placed_at: datetime
    was_sent: bool = True
    """Whether an INVITE left; known once it has ended."""
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    answered_at: datetime | None = None
    post_dial_delay: float | None = None
    rests_until: datetime | None = None
    speech: bool | None = None
