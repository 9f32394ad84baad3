"""The order in which hops are tried."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialer.sip.hops import LONGEST_REST, REST, HopOrder
from dialer.sip.names import Hop
from dialer.sip.settings import Transport

A, B, C = (Hop(f"192.0.2.{number}", 5060, Transport.UDP) for number in (1, 2, 3))


def test_one_that_failed_comes_last_for_a_while() -> None:
    hops = HopOrder((A, B, C))
    assert hops.order(0) == (A, B, C)
    hops.failed(A, 1)
    assert hops.order(2) == (B, C, A)
    hops.failed(B, 3)
    assert hops.order(4) == (C, A, B)
    assert hops.order(1 + REST) == (A, C, B)
    assert hops.order(3 + REST) == (A, B, C)


def test_one_that_keeps_failing_is_tried_ever_less_often() -> None:
    hops, now, rests = HopOrder((A, B)), 0.0, []
    for _ in range(9):
        hops.failed(A, now)
        hops.failed(A, now + 0.1)  # a call that went there at the same time
        rest = REST
        while hops.order(now + rest) != (A, B):
            rest += REST
        rests.append(rest)
        now += rest
    assert rests[:4] == [REST, 2 * REST, 4 * REST, 8 * REST]
    assert rests[-1] == LONGEST_REST
    hops.well(A)
    hops.failed(A, now)
    assert hops.order(now + REST) == (A, B)


def test_one_that_answers_is_well_again() -> None:
    hops = HopOrder((A, B))
    hops.failed(A, 0)
    hops.well(A)
    assert hops.order(1) == (A, B)


def test_what_failed_is_remembered_when_the_name_is_looked_up_anew() -> None:
    hops = HopOrder((A, B))
    hops.failed(A, 0)
    hops.found((A, C))
    assert hops.order(1) == (C, A)


@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.floats(0, 200)), max_size=8))
def test_no_hop_is_ever_lost_or_doubled(failures: list[tuple[Hop, float]]) -> None:
    hops = HopOrder((A, B, C))
    for hop, at in sorted(failures, key=lambda each: each[1]):
        hops.failed(hop, at)
        assert sorted(hops.order(at), key=str) == [A, B, C]
