"""Who opts out hears goodbye and nothing else, and is on record before the call ends."""

from __future__ import annotations

import pytest

from dialer.core.dialog.script_run import KEEP_AT_MOST
from dialer.core.values.outcome import Outcome, Reason
from dialer.testing import Press, RemoteBye, Talk
from tests.support.sessions import SessionDesk, answering, key


@pytest.mark.parametrize("after", [0.0, 0.001, 0.2])
def test_an_opt_out_outlives_the_hang_up_that_follows(after: float) -> None:
    desk = SessionDesk(answering(Press("1", 0.3), RemoteBye(0.3 + after)))
    assert desk.live().last.outcome == Outcome.of(Reason.OPTED_OUT)


def test_an_opt_out_during_our_own_hang_up_is_kept() -> None:
    desk = SessionDesk(answering(Press("1", 0.4)))
    desk.at(0.449, lambda: desk.session.end(Reason.DRAINED, desk.clock.monotonic()))
    # The key comes while the BYE is under way: the line still tells it.
    desk.at(0.45, lambda: desk.session.take(key("1"), desk.clock.monotonic()))
    assert desk.live().last.outcome == Outcome.of(Reason.OPTED_OUT)


def test_after_an_opt_out_only_goodbye_is_said() -> None:
    desk = SessionDesk(answering(Press("1", 0.3), Press("2", 0.35), Talk(0.4, 1.0)))
    end = desk.live()
    assert desk.prompts == ["disclosure.identity", "nodes.goodbye"]
    assert end.path == ("goodbye",)
    assert end.keys == "12"
    # Told once, when the key came and not when the call ended.
    (refused_at,) = desk.refusals
    assert refused_at < end.last.ended_at


@pytest.mark.parametrize("keeps", [0.001, 2.0, 8.0])
def test_the_call_does_not_end_before_its_refusal_is_kept(keeps: float) -> None:
    desk = SessionDesk(answering(Press("1", 0.3)), keeps=keeps)
    end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.OPTED_OUT)
    assert desk.prompts == ["disclosure.identity", "nodes.goodbye"]
    assert desk.kept_at is not None
    assert end.last.ended_at >= desk.wall(desk.kept_at)


def test_a_store_that_is_away_holds_the_call_for_a_bounded_time() -> None:
    desk = SessionDesk(answering(Press("1", 0.3)), keeps=None)
    end = desk.live()
    assert end.last.outcome == Outcome.of(Reason.OPTED_OUT)
    held = (end.last.ended_at - desk.refusals[0]).total_seconds()
    assert KEEP_AT_MOST < held < KEEP_AT_MOST + 3
