"""Every final code, with every cause, means something, and always the same."""

from __future__ import annotations

from itertools import product

from dialer.core.calls.signalling import BY_CODE, from_bye, from_sip, is_general
from dialer.core.values.outcome import Reason, Who, is_carriers_fault

CODES = range(300, 700)
CAUSES = (None, *range(1, 128))


def test_every_code_with_every_cause_has_an_outcome_that_a_far_side_can_cause() -> None:
    for code, cause in product(CODES, CAUSES):
        outcome = from_sip(code, cause)
        assert outcome.who is not Who.DIALER
        assert (outcome.sip_code, outcome.q850) == (code, cause)
        # Words of an answered call, or of our own timers.
        assert outcome.reason not in {Reason.HUNG_UP, Reason.OPTED_OUT, Reason.PEER_LOST}


def test_a_cause_changes_only_what_a_general_code_leaves_open() -> None:
    for code, cause in product(CODES, CAUSES):
        if not is_general(code):
            assert from_sip(code, cause).reason is from_sip(code).reason


def test_busy_declined_and_unwanted_never_go_to_another_trunk() -> None:
    for code, cause in product((486, *range(600, 700)), CAUSES):
        assert not is_carriers_fault(from_sip(code, cause))


def test_exactness_is_for_known_codes() -> None:
    for code in CODES:
        if code not in BY_CODE:
            assert is_general(code) is (400 <= code <= 599)


def test_every_bye_has_an_outcome_that_is_not_tried_elsewhere() -> None:
    for cause in CAUSES:
        assert not is_carriers_fault(from_bye(cause))
