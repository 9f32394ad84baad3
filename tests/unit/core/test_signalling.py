from __future__ import annotations

from collections.abc import Mapping

import pytest

from dialer.core.calls.signalling import BY_CAUSE, BY_CODE, from_bye, from_fault, from_sip
from dialer.core.values.events import LocalFault
from dialer.core.values.outcome import Reason, is_carriers_fault

# By hand, from RFC 3261 21, the RFCs named beside newer codes, ITU-T Q.850 (05/2018) 2.2.7 and
# RFC 3398 7.2.4.1: what the tables say, and what their page is made from, is held to this.
CODES = {
    Reason.REDIRECTED: {300, 301, 302, 305, 380},
    Reason.AUTH_FAILED: {401, 407},
    Reason.FORBIDDEN: {402, 403},
    Reason.UNALLOCATED: {404, 484, 485, 604},
    Reason.NO_ANSWER: {408, 487},
    Reason.UNAVAILABLE: {410, 480},  # 410: a FreeSWITCH that shuts down says it of all
    Reason.BUSY: {486, 600},
    Reason.DECLINED: {
        433,  # anonymity disallowed (RFC 5079): the callee's own setting
        470,  # consent needed (RFC 5360)
        603,
    },
    Reason.UNWANTED: {607},  # RFC 8197
    Reason.BLOCKED: {608},  # RFC 8688
    Reason.CONGESTION: {503},
    Reason.UNREACHABLE: {430, 502, 504},  # 430: flow failed (RFC 5626)
    Reason.CARRIER_ERROR: {440, 481, 482, 483, 491, 500},  # 440: max-breadth (RFC 5393)
    Reason.NOT_ACCEPTED: {
        *(400, 405, 406, 413, 414, 415, 416, 420, 421, 423, 488, 493, 501, 505, 513, 606),
        422,  # session interval too small (RFC 4028)
        *(428, 436, 437, 438),  # RFC 8224
        494,  # security agreement required (RFC 3329)
        580,  # precondition failure (RFC 3312)
    },
}
CAUSES = {
    Reason.UNALLOCATED: {1, 5, 22, 28},
    Reason.UNREACHABLE: {2, 3, 14, 38, 91, 102},
    Reason.UNAVAILABLE: {4, 18, 20, 26, 27},  # 18: the telephone never answered the network
    Reason.NO_ANSWER: {19},  # it rang, and nobody came
    Reason.BUSY: {17},
    Reason.DECLINED: {21, 24, 55},
    Reason.REDIRECTED: {23},
    Reason.CONGESTION: {8, 9, 34, 42, 44, 46, 47, 49, 58},
    Reason.FORBIDDEN: {50, 53, 57, 87},
    Reason.NOT_ACCEPTED: {29, 65, 66, 69, 70, 79, 88},
    Reason.CARRIER_ERROR: {6, 7, 25, 39, 40, 41, 43, 63, 95, 111},
    None: {16, 30, 31, 127},  # what says nothing
}


def turned(table: Mapping[Reason | None, set[int]]) -> dict[int, Reason | None]:
    return {each: reason for reason, all_ in table.items() for each in all_}


def test_every_code_of_the_standards_means_what_it_says() -> None:
    known = turned({**CODES})
    assert set(BY_CODE) <= set(known)
    assert {code: from_sip(code).reason for code in known} == known


def test_every_cause_of_the_standard_means_what_it_says() -> None:
    assert dict(BY_CAUSE) == turned(CAUSES)
    for cause, reason in turned(CAUSES).items():
        assert from_sip(480, cause).reason is (reason or Reason.UNAVAILABLE)
        assert from_sip(486, cause).reason is Reason.BUSY


def test_a_cause_decides_beside_these_codes_and_no_other() -> None:
    open_codes = {400, 403, 404, 408, 410, 480, 484, 487, 500, 501, 502, 503, 504}
    for code in BY_CODE:
        assert (from_sip(code, 17).reason is Reason.BUSY) is (
            code in open_codes | CODES[Reason.BUSY]
        )


def test_a_network_that_lost_the_callee_says_so_by_these_causes_alone() -> None:
    lost = {cause for cause in range(128) if from_bye(cause).reason is Reason.PEER_LOST}
    assert lost == {27, 34, 38, 41, 42, 44, 47, 102}


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
        (410, 22, Reason.UNALLOCATED),  # the network says that the number has changed
        (499, 17, Reason.BUSY),  # an unknown 4xx is a general one
    ],
)
def test_a_cause_decides_beside_a_general_code(code: int, cause: int, reason: Reason) -> None:
    outcome = from_sip(code, cause)
    assert outcome.reason is reason
    assert (outcome.sip_code, outcome.q850) == (code, cause)


@pytest.mark.parametrize("code", [486, 600, 603, 604, 607, 608, 401, 407, 302])
@pytest.mark.parametrize("cause", [1, 17, 21, 34, 41, 102])
def test_an_exact_code_stands_whatever_the_cause(code: int, cause: int) -> None:
    assert from_sip(code, cause).reason is from_sip(code).reason


@pytest.mark.parametrize("code, cause", [(603, 21), (603, None), (480, 17), (403, None)])
def test_what_the_words_of_a_reply_mean_outranks_code_and_cause(
    code: int, cause: int | None
) -> None:
    outcome = from_sip(code, cause, meant=608)
    assert (outcome.reason, outcome.sip_code) == (Reason.BLOCKED, code)
    assert from_sip(code, cause, meant=607).reason is Reason.UNWANTED


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
