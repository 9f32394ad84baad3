from __future__ import annotations

from datetime import timedelta

from dialer.core.gate.compliance import ASK_AGAIN
from dialer.core.gate.signed import Validity, caller_id_signed
from dialer.core.values.records import History
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support.orders import NOON, order

SECOND = timedelta(seconds=1)


def ask(begins: timedelta, ends: timedelta, trunk: str = "carrier-a") -> Verdict:
    rule = caller_id_signed({trunk: Validity(NOON + begins, NOON + ends)})
    return rule.judge(order(), History())


def test_a_certificate_signs_from_its_first_instant_to_its_last() -> None:
    assert ask(timedelta(0), SECOND) == ask(-SECOND, timedelta(0)) == Allow()


def test_outside_of_it_nothing_is_placed() -> None:
    assert ask(-2 * SECOND, -SECOND) == Deny(
        "caller_id_signed",
        "the certificate for this trunk ended on 2026-03-02",
        NOON + ASK_AGAIN,
        again=True,
    )
    early = ask(SECOND, 2 * SECOND)
    assert isinstance(early, Deny)
    assert "not valid yet" in early.why


def test_a_trunk_that_wants_no_signature_needs_no_certificate() -> None:
    assert ask(-2 * SECOND, -SECOND, trunk="carrier-b") == Allow()
