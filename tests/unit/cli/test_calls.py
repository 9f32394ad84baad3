"""How CDRs are shown."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from dialer.cli.shown import CALL_FIELDS, call_shown
from dialer.cli.tables import show
from dialer.core.office.access import Actor, Role
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import CallRow
from dialer.office.calls import seen_call
from dialer.office.looking import Eyes
from tests.support.orders import CALLER_ID, NOON, number

MASKED = Eyes()
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
    assert call_shown(seen_call(ROW, MASKED)) == {
        "started": "2026-03-02T12:00:00.000+00:00",
        "campaign": "card-renewal",
        "number": "+44*****0123",
        "outcome": "callee.busy",
        "sip_code": 486,
        "trunk": "carrier-a",
        "attempts": 2,
        "talk_s": 10.346,
        "keys": "21",
        "post_dial_delay_s": 0.25,
        "notice_spoken_s": 2.4,
        "barge_ins": 1,
        "path": "offer goodbye",
        "intents": "",
        "grade": None,
        "digits_unheard": False,
        "call": "c0ffee",
    }
    assert (
        tuple(call_shown(seen_call(ROW, MASKED)))
        == CALL_FIELDS
        == tuple(call_shown(seen_call(LIVE, MASKED)))
    )


def test_a_call_that_lives_has_no_outcome_yet() -> None:
    shown = call_shown(seen_call(LIVE, MASKED))
    assert [shown[field] for field in ("outcome", "sip_code", "talk_s")] == [None] * 3


def test_a_table_is_wide_enough_where_nobody_cut_it(capsys: pytest.CaptureFixture[str]) -> None:
    show(
        CALL_FIELDS,
        [call_shown(seen_call(ROW, MASKED)), call_shown(seen_call(LIVE, MASKED))],
        nothing="no calls",
    )
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split()[:4] == ["started", "campaign", "number", "outcome"]
    assert len(lines) == 2
    assert "+44*****0123" in lines[0]
    assert "None" not in lines[1]
    assert "7700900" not in "".join(lines)


def test_no_calls_are_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    show(CALL_FIELDS, [], nothing="no calls")
    assert capsys.readouterr().out == "no calls\n"


def test_json_is_one_array_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    for count in range(3):
        show(("a",), ({"a": at} for at in range(count)), nothing="", as_json=True)
        assert json.loads(capsys.readouterr().out) == [{"a": at} for at in range(count)]


def test_what_looks_like_markup_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    show(("a",), [{"a": "[red]"}], nothing="")
    assert "[red]" in capsys.readouterr().out


@pytest.mark.parametrize(
    "written, seen",
    [
        ("+442079460000", "+44*****0000"),
        ("sip:queue@pbx", "sip:queue@pbx"),
        ("sip:+442079460000@pbx", "sip:*****0000@pbx"),
        ("sip:13800138000@10.0.0.1:5060", "sip:*****8000@10.0.0.1:5060"),
        ("sip:2001@pbx", "sip:2001@pbx"),
    ],
)
def test_whom_a_call_was_handed_to_is_masked_where_it_is_a_number(written: str, seen: str) -> None:
    assert MASKED.target(written) == seen
    looker = Eyes(Actor("li.na", frozenset({Role.COMPLIANCE})))
    assert looker.target(written) == written
