"""Whole campaigns whose callees say what they mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialer.core.dialog.script import Say
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.retry import ASKED_LATER, LATER_AFTER
from dialer.errors import StoreError
from dialer.testing import Answer, Callee, Talk
from tests.support.campaigns import Desk
from tests.support.nodes import Node
from tests.support.scripts import renewal

SCRIPT = replace(renewal(), answers={"later": Say("We will call you another time.")})


def desk(*talks: Talk, hears: bool = True) -> Desk:
    callee = Callee(rings_after=0.01, final=Answer(0.05), acts=talks)
    node = Node(callee_of=lambda _dial: callee, hears=hears)
    return Desk(node, contacts=1, script=SCRIPT)


def test_words_are_an_answer_where_a_recogniser_is_on() -> None:
    calling = desk(Talk(3.2, 0.5, "yes, please"))
    calling.run()
    (call,) = calling.node.store.dialled.values()
    assert call.cdr is not None
    assert call.cdr.intents == ("yes",)
    assert calling.outcomes() == {str(Outcome.of(Reason.COMPLETED)): 1}
    calling = desk(Talk(3.2, 0.5, "stop calling me"), hears=False)
    calling.run()
    assert calling.outcomes() == {str(Outcome.of(Reason.COMPLETED)): 1}


@pytest.mark.parametrize("at", [0.1, 1.2, 3.2, 4.5])
def test_a_refusal_in_words_rests_the_number_whenever_it_is_said(at: float) -> None:
    calling = desk(Talk(at, 0.5, "别再打了"))
    calling.run()
    assert calling.outcomes() == {str(Outcome.of(Reason.OPTED_OUT)): 1}
    assert calling.progress().done == 1


def test_a_complaint_is_taken_down_with_its_call() -> None:
    calling = desk(Talk(1.0, 0.5, "I will report you"))
    calling.run()
    ((_number, call, _at),) = calling.node.complaints
    assert [row.call for row in calling.node.store.dialled.values() for row in row.orders] == [call]
    assert calling.outcomes() == {str(Outcome.of(Reason.OPTED_OUT)): 1}


def test_who_asks_for_another_time_is_put_off_and_the_run_does_not_wait() -> None:
    calling = desk(Talk(3.2, 0.5, "call me later"))
    summary = calling.run()
    assert calling.outcomes() == {str(Outcome.of(Reason.COMPLETED)): 1}
    assert dict(summary.progress.waiting_later) == {ASKED_LATER: 1}
    assert summary.progress.done == 0
    assert summary.seconds < 60
    (call,) = calling.node.store.dialled.values()
    assert call.cdr is not None
    assert call.cdr.again_at == call.cdr.last.ended_at + LATER_AFTER


def test_who_then_refuses_is_not_put_off() -> None:
    calling = desk(Talk(3.2, 0.3, "call me later"), Talk(3.6, 0.25, "no, never call me again"))
    calling.run()
    assert calling.outcomes() == {str(Outcome.of(Reason.OPTED_OUT)): 1}
    assert dict(calling.progress().waiting_later) == {}


def test_a_complaint_that_cannot_be_kept_is_offered_again_and_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calling = desk(Talk(1.0, 0.5, "I will report you"))
    calling.node.complaint_fault = StoreError("the disk is full")
    with pytest.raises(StoreError, match="full"):
        calling.run()
    assert "complaint could not be kept" in caplog.text
