"""What the call state machine tells the service to do, imperative and frozen."""

from __future__ import annotations

from dataclasses import dataclass

from dialer.core.values.outcome import Outcome


@dataclass(frozen=True, slots=True)
class SendInvite:
    """Have the line send the INVITE, with the opening armed."""


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """Answer a call that came in, with the opening armed."""


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Refuse a call that came in, for now: 503 with Retry-After."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give up an INVITE that was not answered (RFC 3261 9.1)."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End an answered call by BYE (RFC 3261 15)."""


@dataclass(frozen=True, slots=True)
class StartConversation:
    """The callee answered and hears the opening: start the script."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The attempt is over; nothing follows. Record `outcome`, free the channel."""

    outcome: Outcome


Command = SendInvite | AnswerCall | TurnAway | Cancel | HangUp | StartConversation | Finish
