"""From what signalling said to an outcome: SIP final codes, Q.850 causes, faults of our own.

Two tables, and one rule between them. A code not in the table means what the x00 of its class
means (RFC 3261 8.1.3.2); a cause not in the table what the last of its class means (ITU-T Q.850
2.2.7). Where a `Reason: Q.850` header came with the reply (RFC 3326), the cause decides if the
code is a general one that a gateway gives to many causes (RFC 3398 7.2.4.1), and the code
decides if it is exact: a 486 stays busy, whatever the gateway adds, and a 6xx is the callee's;
unless phrase or `Reason: SIP` say that the network itself refused (603+, ATIS-1000099).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dialer.core.values.events import LocalFault
from dialer.core.values.outcome import Outcome, Reason

BY_CODE: Final[Mapping[int, Reason]] = MappingProxyType(
    {
        300: Reason.REDIRECTED,
        400: Reason.NOT_ACCEPTED,
        401: Reason.AUTH_FAILED,
        402: Reason.FORBIDDEN,
        403: Reason.FORBIDDEN,
        404: Reason.UNALLOCATED,
        405: Reason.NOT_ACCEPTED,
        406: Reason.NOT_ACCEPTED,
        407: Reason.AUTH_FAILED,
        408: Reason.NO_ANSWER,  # heard; our own timer's 408 is NO_REPLY
        # Gone for good, says RFC 3261 21.4.9; but a FreeSWITCH that shuts down says it of all its
        # callees. Without a cause it stands for one attempt only.
        410: Reason.UNAVAILABLE,
        413: Reason.NOT_ACCEPTED,
        414: Reason.NOT_ACCEPTED,
        415: Reason.NOT_ACCEPTED,
        416: Reason.NOT_ACCEPTED,
        420: Reason.NOT_ACCEPTED,
        421: Reason.NOT_ACCEPTED,
        422: Reason.NOT_ACCEPTED,  # session interval too small (RFC 4028 6)
        423: Reason.NOT_ACCEPTED,
        428: Reason.NOT_ACCEPTED,  # use Identity header (RFC 8224 6.2.2), with 436 to 438
        430: Reason.UNREACHABLE,  # flow failed (RFC 5626 11.5)
        433: Reason.DECLINED,  # anonymity disallowed (RFC 5079): the callee's own setting
        436: Reason.NOT_ACCEPTED,
        437: Reason.NOT_ACCEPTED,
        438: Reason.NOT_ACCEPTED,
        440: Reason.CARRIER_ERROR,  # max-breadth exceeded (RFC 5393 5)
        470: Reason.DECLINED,  # consent needed (RFC 5360 5.9.2)
        480: Reason.UNAVAILABLE,
        481: Reason.CARRIER_ERROR,
        482: Reason.CARRIER_ERROR,
        483: Reason.CARRIER_ERROR,
        484: Reason.UNALLOCATED,
        485: Reason.UNALLOCATED,
        486: Reason.BUSY,
        # Ours is handled by the call's states. One that we did not ask for is a gateway's own
        # ring limit: the phone rang, so the callee is not rung again through another trunk.
        487: Reason.NO_ANSWER,
        488: Reason.NOT_ACCEPTED,
        491: Reason.CARRIER_ERROR,
        493: Reason.NOT_ACCEPTED,
        494: Reason.NOT_ACCEPTED,
        500: Reason.CARRIER_ERROR,
        501: Reason.NOT_ACCEPTED,
        502: Reason.UNREACHABLE,
        503: Reason.CONGESTION,
        504: Reason.UNREACHABLE,
        505: Reason.NOT_ACCEPTED,
        513: Reason.NOT_ACCEPTED,
        580: Reason.NOT_ACCEPTED,  # precondition failure (RFC 3312 8)
        600: Reason.BUSY,  # busy everywhere
        603: Reason.DECLINED,
        604: Reason.UNALLOCATED,
        606: Reason.NOT_ACCEPTED,
        607: Reason.UNWANTED,  # RFC 8197
        608: Reason.BLOCKED,  # RFC 8688
    }
)

GENERAL_CODES: Final = frozenset({400, 403, 404, 408, 410, 480, 484, 487, 500, 501, 502, 503, 504})
"""Codes so wide that a Q.850 cause beside them says more."""

BY_CAUSE: Final[Mapping[int, Reason | None]] = MappingProxyType(
    {
        1: Reason.UNALLOCATED,
        2: Reason.UNREACHABLE,  # no route to transit network
        3: Reason.UNREACHABLE,  # no route to destination
        4: Reason.UNAVAILABLE,  # send special information tone
        5: Reason.UNALLOCATED,  # misdialled trunk prefix
        6: Reason.CARRIER_ERROR,
        7: Reason.CARRIER_ERROR,
        8: Reason.CONGESTION,  # pre-emption
        9: Reason.CONGESTION,
        14: Reason.UNREACHABLE,  # ported number, routed to its old home
        16: None,  # normal clearing: says nothing
        17: Reason.BUSY,
        18: Reason.UNAVAILABLE,  # no user responding: the phone itself never answered the network
        19: Reason.NO_ANSWER,
        20: Reason.UNAVAILABLE,
        21: Reason.DECLINED,
        22: Reason.UNALLOCATED,  # number changed
        23: Reason.REDIRECTED,
        24: Reason.DECLINED,  # rejected by a feature of the callee's
        25: Reason.CARRIER_ERROR,  # exchange routing error
        26: Reason.UNAVAILABLE,
        27: Reason.UNAVAILABLE,  # destination out of order
        28: Reason.UNALLOCATED,  # invalid number format
        29: Reason.NOT_ACCEPTED,
        30: None,
        31: None,  # normal, unspecified
        34: Reason.CONGESTION,
        38: Reason.UNREACHABLE,  # network out of order
        39: Reason.CARRIER_ERROR,
        40: Reason.CARRIER_ERROR,
        41: Reason.CARRIER_ERROR,  # temporary failure
        42: Reason.CONGESTION,
        43: Reason.CARRIER_ERROR,
        44: Reason.CONGESTION,
        46: Reason.CONGESTION,
        47: Reason.CONGESTION,
        49: Reason.CONGESTION,
        50: Reason.FORBIDDEN,
        53: Reason.FORBIDDEN,  # outgoing calls barred
        55: Reason.DECLINED,  # incoming calls barred: another trunk meets the same bar
        57: Reason.FORBIDDEN,
        58: Reason.CONGESTION,
        63: Reason.CARRIER_ERROR,
        65: Reason.NOT_ACCEPTED,
        66: Reason.NOT_ACCEPTED,
        69: Reason.NOT_ACCEPTED,
        70: Reason.NOT_ACCEPTED,
        79: Reason.NOT_ACCEPTED,
        87: Reason.FORBIDDEN,
        88: Reason.NOT_ACCEPTED,
        91: Reason.UNREACHABLE,  # invalid transit network
        95: Reason.CARRIER_ERROR,
        102: Reason.UNREACHABLE,  # recovery on timer expiry (RFC 3398: 504)
        111: Reason.CARRIER_ERROR,
        127: None,  # interworking, unspecified
    }
)

_CLASS_ENDS: Final = (31, 47, 63, 79, 95, 111, 127)

BY_FAULT: Final[Mapping[LocalFault, Reason]] = MappingProxyType(
    {
        LocalFault.VETOED: Reason.VETOED,
        LocalFault.UNRESOLVED: Reason.UNREACHABLE,
        LocalFault.TRANSPORT: Reason.UNREACHABLE,
        LocalFault.INTERNAL: Reason.INTERNAL_ERROR,
    }
)

BYE_CAUSES_OF_A_LOST_PEER: Final = frozenset({27, 34, 38, 41, 42, 44, 47, 102})
"""A BYE with one of these was sent by a network that lost the callee, not by the callee."""


def reason_of_code(code: int) -> Reason:
    """What a final SIP code means by itself. Raises ValueError outside 300-699."""
    if not 300 <= code <= 699:
        raise ValueError(f"{code} is not a final reply that refuses (300-699)")
    return BY_CODE.get(code, BY_CODE[code // 100 * 100])


def reason_of_cause(cause: int | None) -> Reason | None:
    """What a Q.850 cause means by itself; None where it says nothing, or is no cause (1-127)."""
    if cause is None or not 1 <= cause <= 127:
        return None
    if cause in BY_CAUSE:
        return BY_CAUSE[cause]
    return BY_CAUSE[next(end for end in _CLASS_ENDS if cause <= end)]


def is_general(code: int) -> bool:
    """Whether a Q.850 cause beside this code decides: general codes, and unknown 4xx and 5xx."""
    return code in GENERAL_CODES or (400 <= code <= 599 and code not in BY_CODE)


def from_sip(
    code: int, q850: int | None = None, *, heard: bool = True, meant: int | None = None
) -> Outcome:
    """The outcome of a final reply to our INVITE, 300-699, with its Q.850 cause if it had one.

    `heard` False: the 408 is our own stack's, the far side never said a word (RFC 3261 17.1.1.2).
    `meant` is a code that the reply's words name instead: they decide. Raises ValueError for a code
    outside 300-699.
    """
    reason = reason_of_code(code)
    if not heard:
        return Outcome.of(Reason.NO_REPLY, code)
    if meant is not None:
        return Outcome.of(reason_of_code(meant), code, q850)
    if is_general(code):
        reason = reason_of_cause(q850) or reason
    return Outcome.of(reason, code, q850)


def from_bye(q850: int | None = None) -> Outcome:
    """The outcome of a BYE from the far side of an answered call."""
    lost = q850 in BYE_CAUSES_OF_A_LOST_PEER
    return Outcome.of(Reason.PEER_LOST if lost else Reason.HUNG_UP, None, q850)


def from_fault(fault: LocalFault) -> Outcome:
    """The outcome of an INVITE that never left, or died without a word from the far side."""
    return Outcome.of(BY_FAULT[fault])
