from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.errors import LineError
from dialer.sip.stack import rtp_shares


@given(st.integers(1024, 65000), st.integers(0, 500), st.integers(1, 20))
def test_shares_are_even_apart_and_inside(first: int, width: int, trunks: int) -> None:
    try:
        shares = rtp_shares((first, first + width), trunks)
    except LineError:
        assert (width + 1 - first % 2) // 2 < trunks
        return
    assert len(shares) == trunks
    for low, high in shares:
        assert low % 2 == high % 2 == 0
        # `high` is the base of the last pair: its RTCP port is one above.
        assert first <= low <= high < high + 1 <= first + width
    for (_, high), (low, _) in pairwise(shares):
        assert high + 1 < low


def test_too_few_ports_say_what_to_widen() -> None:
    with pytest.raises(LineError, match=r"sip\.rtp_ports"):
        rtp_shares((20000, 20002), 2)
