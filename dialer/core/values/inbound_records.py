"""What the store keeps of a call that came in, and what it knows of who is calling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from dialer.core.values.number import E164


class InboundEnding(Enum):
    """How a call that came in ended."""

    TOLD = "told"
    """The caller heard who we are, and why we called if we did; then we hung up."""
    SUPPRESSED = "suppressed"
    """The caller asked never to be called again, and that is on record."""
    TALKED = "talked"
    """The caller talked with a person of the operator's."""
    HUNG_UP = "hung_up"
    """The caller hung up before any of these."""
    GAVE_UP = "gave_up"
    """The caller hung up before we had answered."""
    TURNED_AWAY = "turned_away"
    """It was let in, but not answered: no channel was free, or the node was closing."""
    PEER_LOST = "peer_lost"
    """Answered, and then signalling or media of the far side ceased."""
    TIME_LIMIT = "time_limit"
    """It reached the longest time allowed."""
    DRAINED = "drained"
    """The dialer was told to stop and the call had not ended in time."""
    CUT_SHORT = "cut_short"
    """The process died during the call; found at the next start."""
    INTERNAL_ERROR = "internal_error"
    """The SIP stack or the dialer failed."""


@dataclass(frozen=True, slots=True)
class InboundOrder:
    """A call that came in and was let in. `caller` is None where no number was shown.

    `attested` says whether a carrier that is believed has verified it.
    """

    call: str
    node: str
    trunk: str
    caller: E164 | None
    called: E164
    sip_call_id: str
    at: datetime
    attested: bool = False


@dataclass(frozen=True, slots=True)
class LastCall:
    """The last call of ours to somebody, that reached the network: why they call back."""

    call: str
    campaign: str
    purpose: str
    at: datetime


@dataclass(frozen=True, slots=True)
class InboundEnd:
    """How a call that came in went. `keys` are those pressed to us, not to a person."""

    call: str
    ending: InboundEnding
    ended_at: datetime
    answered_at: datetime | None = None
    keys: str = ""


@dataclass(frozen=True, slots=True)
class InboundRow:
    """One call that came in, as the store holds it."""

    call: str
    trunk: str
    caller: E164 | None
    called: E164
    about: str | None
    """The last call of ours to the caller, by its id."""
    campaign: str | None
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    ending: InboundEnding | None
    """None while it lives."""
    keys: str
    attested: bool = False
    """Whether a carrier that is believed has verified the caller's number."""
