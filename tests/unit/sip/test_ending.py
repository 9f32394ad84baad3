from __future__ import annotations

from itertools import product

import pytest

from dialer.core.values.events import (
    DialFailed,
    LocalEnded,
    LocalFault,
    PeerLost,
    Rejected,
    RemoteHungUp,
)
from dialer.sip.ending import Cause, Ending, Last, ending_of

BUSY = "SIP/2.0 486 Busy Here\r\nReason: Q.850;cause=17\r\nRetry-After: 60\r\n\r\n"
BYE = "BYE sip:h SIP/2.0\r\nReason: Q.850;cause=16\r\n\r\n"


@pytest.mark.parametrize(
    "last, answered, ours, ending",
    [
        # The INVITE's own end, while nobody was ending the call.
        (Last(Cause.MESSAGE, "INVITE", False, 486, BUSY), False, False, Rejected(486, 17, 60)),
        (Last(Cause.MESSAGE, "INVITE", False, 487, BUSY), False, False, Rejected(487, 17, 60)),
        (Last(Cause.TIMER, "INVITE", False, 408), False, False, Rejected(408, heard=False)),
        (Last(Cause.MESSAGE, "INVITE", False, 408), False, False, Rejected(408)),
        (
            Last(Cause.TRANSPORT, "INVITE", False, 503),
            False,
            False,
            DialFailed(LocalFault.TRANSPORT),
        ),
        (Last(Cause.VETO, "INVITE", False, 503), False, False, DialFailed(LocalFault.VETOED)),
        (Last(Cause.STACK, "INVITE"), False, False, DialFailed(LocalFault.INTERNAL)),
        # After our CANCEL.
        (Last(Cause.MESSAGE, "INVITE", False, 487), False, True, LocalEnded()),
        (Last(Cause.MESSAGE, "INVITE", False, 486, BUSY), False, True, Rejected(486, 17, 60)),
        (Last(Cause.TIMER, "INVITE", False, 408), False, True, LocalEnded()),
        (Last(Cause.TRANSPORT, "INVITE", False, 503), False, True, LocalEnded()),
        # BYE.
        (Last(Cause.MESSAGE, "BYE", True, 200, BYE), True, False, RemoteHungUp(16)),
        (Last(Cause.MESSAGE, "BYE", True, 200, BYE), True, True, RemoteHungUp(16)),
        (Last(Cause.MESSAGE, "BYE", True, 200, BYE), False, False, Rejected(487, 16)),
        (Last(Cause.MESSAGE, "BYE", False, 200), True, True, LocalEnded()),
        (Last(Cause.TIMER, "BYE", False, 408), True, True, LocalEnded()),
        (Last(Cause.MESSAGE, "BYE", False, 200), True, False, PeerLost("session lost")),
        (Last(Cause.MESSAGE, "BYE", False, 200), False, False, Rejected(488, reached=True)),
        # Requests inside the dialog, and the stack by itself.
        (Last(Cause.MESSAGE, "UPDATE", False, 481), True, False, PeerLost("session lost")),
        (Last(Cause.TIMER, "INVITE", False, 408), True, False, PeerLost("session lost")),
        (Last(Cause.STACK), True, False, PeerLost("session lost")),
        (Last(Cause.STACK), False, False, DialFailed(LocalFault.INTERNAL)),
        (Last(Cause.STACK), True, True, LocalEnded()),
    ],
)
def test_the_event_in_which_a_call_ends(
    last: Last, answered: bool, ours: bool, ending: Ending
) -> None:
    assert ending_of(last, answered=answered, ours=ours) == ending


def test_every_combination_has_an_end_that_fits_the_call() -> None:
    methods = ("INVITE", "BYE", "UPDATE", "INFO", "")
    codes = (0, 180, 200, 408, 481, 487, 603)
    for cause, method, far, code in product(Cause, methods, (True, False), codes):
        last = Last(cause, method, far, code)
        for answered, ours in product((True, False), (True, False)):
            ending = ending_of(last, answered=answered, ours=ours)
            if answered:
                assert not isinstance(ending, Rejected | DialFailed)
            elif not ours:
                assert isinstance(ending, Rejected | DialFailed)
