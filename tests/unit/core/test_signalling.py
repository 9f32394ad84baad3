from __future__ import annotations

import pytest

from dialer.core.calls.signalling import from_bye, from_fault, from_sip
from dialer.core.values.events import LocalFault
from dialer.core.values.outcome import Reason, is_carriers_fault


@pytest.mark.parametrize(
    "code,reason",
    [
        (302, Reason.REDIRECTED),
        (401, Reason.AUTH_FAILED),
        (403, Reason.FORBIDDEN),
        (404, Reason.UNALLOCATED),
        (407, Reason.AUTH_FAILED),
        (408, Reason.NO_ANSWER),
        (480, Reason.UNAVAILABLE),
        (484, Reason.UNALLOCATED),
        (486, Reason.BUSY),
        (487, Reason.NO_ANSWER),
        (488, Reason.NOT_ACCEPTED),
        (493, Reason.NOT_ACCEPTED),
        (500, Reason.CARRIER_ERROR),
        (503, Reason.CONGESTION),
        (600, Reason.BUSY),
        (603, Reason.DECLINED),
        (604, Reason.UNALLOCATED),
        (606, Reason.NOT_ACCEPTED),
        (607, Reason.UNWANTED),
        (608, Reason.BLOCKED),
    ],
)
def test_codes_by_themselves(code: int, reason: Reason) -> None:
    assert from_sip(code).reason is reason


@pytest.mark.parametrize("code,like", [(399, 300), (499, 400), (599, 500), (699, 600), (418, 400)])
def test_an_unknown_code_means_what_its_class_means(code: int, like: int) -> None:
    assert from_sip(code).reason is from_sip(like).reason


@pytest.mark.parametrize(
    "code,cause,reason",
    [
        (404, 3, Reason.UNREACHABLE),  # no route: the carrier's, not a wrong number
        (404, 1, Reason.UNALLOCATED),
        (480, 19, Reason.NO_ANSWER),
        (480, 34, Reason.CONGESTION),
        (503, 17, Reason.BUSY),  # a busy callee behind a careless gateway
        (500, 21, Reason.DECLINED),
        (403, 21, Reason.DECLINED),
        (502, 27, Reason.UNAVAILABLE),
        (499, 17, Reason.BUSY),  # an unknown 4xx is a general one
    ],
)
def test_a_cause_decides_beside_a_general_code(code: int, cause: int, reason: Reason) -> None:
    outcome = from_sip(code, cause)
    assert outcome.reason is reason
    assert (outcome.sip_code, outcome.q850) == (code, cause)


@pytest.mark.parametrize("code", [486, 600, 603, 604, 607, 608, 401, 407, 302, 410])
@pytest.mark.parametrize("cause", [1, 17, 21, 34, 41, 102])
def test_an_exact_code_stands_whatever_the_cause(code: int, cause: int) -> None:
    assert from_sip(code, cause).reason is from_sip(code).reason


@pytest.mark.parametrize("cause", [None, 0, 16, 31, 127, 128, -1])
def test_a_cause_that_says_nothing_leaves_the_code(cause: int | None) -> None:
    assert from_sip(480, cause).reason is Reason.UNAVAILABLE


@pytest.mark.parametrize(
    "cause,reason",
    [(33, Reason.CONGESTION), (45, Reason.CONGESTION), (60, Reason.CARRIER_ERROR)],
)
def test_an_unknown_cause_means_what_its_class_means(cause: int, reason: Reason) -> None:
    assert from_sip(503, cause).reason is reason


def test_our_own_408_is_the_carriers_silence() -> None:
    assert from_sip(408, heard=False).reason is Reason.NO_REPLY
    assert is_carriers_fault(from_sip(408, heard=False))
    assert not is_carriers_fault(from_sip(408))


@pytest.mark.parametrize("code", [0, 180, 200, 299, 700])
def test_what_is_no_refusal_is_not_read_as_one(code: int) -> None:
    with pytest.raises(ValueError, match="300-699"):
        from_sip(code)


def test_a_bye_is_the_callees_unless_the_network_says_it_lost_the_callee() -> None:
    assert from_bye().reason is Reason.HUNG_UP
    assert from_bye(16).reason is Reason.HUNG_UP
    assert from_bye(41).reason is Reason.PEER_LOST


@pytest.mark.parametrize(
    "fault,reason",
    [
        (LocalFault.VETOED, Reason.VETOED),
        (LocalFault.UNRESOLVED, Reason.UNREACHABLE),
        (LocalFault.TRANSPORT, Reason.UNREACHABLE),
        (LocalFault.INTERNAL, Reason.INTERNAL_ERROR),
    ],
)
def test_our_own_faults(fault: LocalFault, reason: Reason) -> None:
    assert from_fault(fault).reason is reason
