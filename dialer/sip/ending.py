"""In which event a call ends, by the last thing that its INVITE session saw."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from dialer.core.values.events import (
    DialFailed,
    LocalEnded,
    LocalFault,
    PeerLost,
    Rejected,
    RemoteHungUp,
)
from dialer.sip import headers

Ending = Rejected | DialFailed | RemoteHungUp | LocalEnded | PeerLost


class Cause(Enum):
    """What moved the transaction that ended the session."""

    MESSAGE = "message"
    """A request or reply of the far side."""
    TIMER = "timer"
    """Nothing came in time."""
    TRANSPORT = "transport"
    """It could not be sent."""
    VETO = "veto"
    """The native guard did not let it out."""
    STACK = "stack"
    """The stack, by itself."""


_UNRESOLVED: Final = 502
"""What PJSIP calls a request of its own for which no address was found; 503 is any other fault."""
_FAULTS: Final = {Cause.TRANSPORT: LocalFault.TRANSPORT, Cause.VETO: LocalFault.VETOED}


@dataclass(frozen=True, slots=True)
class Last:
    """The end of the transaction that ended the session."""

    cause: Cause
    method: str = ""
    from_far_side: bool = False
    """Whether the request was the far side's."""
    code: int = 0
    message: str = ""
    """The far side's message, where `cause` is MESSAGE."""


def ending_of(last: Last, *, answered: bool, ours: bool) -> Ending:
    """How the call ended. `answered`: it had a usable 200. `ours`: we were ending it."""
    if last.method == "BYE" and last.from_far_side:
        cause = headers.q850_cause(last.message)
        # No callee may send BYE before the answer (RFC 3261 15); some gateways do.
        return RemoteHungUp(cause) if answered or ours else Rejected(487, cause)
    if last.method == "INVITE" and not answered:
        return _not_answered(last, ours=ours)
    if ours:
        return LocalEnded()
    if answered:
        # The session was not refreshed in time (RFC 4028 10), or a request of ours in the dialog
        # got 481 or no reply (RFC 3261 12.2.1.2): the stack has sent BYE.
        return PeerLost("session lost")
    if last.method == "BYE":
        # A 200 without SDP or without a codec of ours: ACKed and hung up (RFC 3261 13.2.2.4).
        return Rejected(488, reached=True)
    return DialFailed(LocalFault.INTERNAL)


def ending_of_inbound(last: Last, *, answered: bool, ours: bool) -> Ending:
    """How a call that came in ended. `answered`: our 200 was ACKed. `ours`: we were ending it."""
    if last.method == "BYE" and last.from_far_side:
        return RemoteHungUp(headers.q850_cause(last.message))
    if ours:
        return LocalEnded()
    if not answered and last.code == 487:
        return RemoteHungUp()  # the far side's CANCEL: RFC 3261 9.2
    # No ACK for our 200 (RFC 3261 13.3.1.4), or the session was lost.
    return PeerLost("session lost" if answered else "not acknowledged")


def _not_answered(last: Last, *, ours: bool) -> Ending:
    if last.cause is Cause.MESSAGE and last.code >= 300:
        if ours and last.code == 487:
            return LocalEnded()
        cause = headers.q850_cause(last.message)
        meant = headers.meant_code(last.message)
        return Rejected(
            last.code,
            cause,
            headers.retry_after(last.message),
            meant=None if meant == last.code else meant,
        )
    if ours:
        return LocalEnded()  # 64*T1 after the CANCEL without a final reply: RFC 3261 9.1
    if last.cause is Cause.TIMER:
        return Rejected(408, heard=False)  # timer B: RFC 3261 17.1.1.2
    if last.cause is Cause.TRANSPORT and last.code == _UNRESOLVED:
        return DialFailed(LocalFault.UNRESOLVED)
    return DialFailed(_FAULTS.get(last.cause, LocalFault.INTERNAL))
