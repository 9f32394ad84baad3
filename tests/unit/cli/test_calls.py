"""How CDRs are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.cli.calls import FIELDS, _print, _shown
from dialer.core.outcome import Outcome, Reason
from dialer.core.records import CallRow
from tests.support.orders import CALLER_ID, NOON, number

ROW = CallRow(
    call="c0ffee",
    campaign="card-renewal",
    number=number(123),
    node="node-1",
    started_at=NOON,
    attempts=2,
    trunk="carrier-a",
    caller_id=CALLER_ID,
    answered_at=NOON + timedelta(seconds=2),
    ended_at=NOON + timedelta(seconds=12.3456),
    outcome=Outcome.of(Reason.BUSY, 486, 17),
    post_dial_delay=0.25,
    first_packet=0.02,
    barge_ins=1,
    keys="21",
    path=("offer", "goodbye"),
    notice_spoken=2.4,
)
LIVE = CallRow(
    call="1",
    campaign="card-renewal",
    number=number(124),
    node="node-1",
    started_at=NOON,
    attempts=1,
    trunk="carrier-a",
    caller_id=CALLER_ID,
    answered_at=None,
    ended_at=None,
    outcome=None,
    post_dial_delay=None,
    first_packet=None,
    barge_ins=0,
    keys="",
    path=(),
)


def test_a_call_is_shown_in_the_same_fields_everywhere() -> None:
    assert _shown(ROW) == {
        "started": "2026-03-02T12:00:00.000+00:00",
        "campaign": "card-renewal",
        "number": "+44*****0123",
        "outcome": "callee.busy",
        "sip_code": 486,
        "trunk": "carrier-a",
        "attempts": 2,
        "post_dial_delay": 0.25,
        "notice_spoken": 2.4,
        "talk": 10.346,
        "barge_ins": 1,
        "keys": "21",
        "path": "offer goodbye",
        "call": "c0ffee",
    }
    assert tuple(_shown(ROW)) == FIELDS == tuple(_shown(LIVE))


def test_a_call_that_lives_has_no_outcome_yet() -> None:
    shown = _shown(LIVE)
    assert [shown[field] for field in ("outcome", "sip_code", "talk")] == [None] * 3


def test_a_table_is_wide_enough_where_nobody_cut_it(capsys: pytest.CaptureFixture[str]) -> None:
    _print([_shown(ROW), _shown(LIVE)])
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split()[:4] == ["started", "campaign", "number", "outcome"]
    assert len(lines) == 2
    assert "+44*****0123" in lines[0]
    assert "None" not in lines[1]
    assert "7700900" not in "".join(lines)


def test_no_calls_are_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    _print([])
    assert capsys.readouterr().out == "no calls\n"
