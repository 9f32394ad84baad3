"""What is written down of a call, and the grade that it gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from unittest.mock import Mock

import pytest

from audio.events import WordsHeard
from dialer.core.calls.transcript import Speaker, SpokenLine, unpacked
from dialer.core.values.events import KeysUnheard
from dialer.testing import Press, RemoteBye, Talk
from dialer.testing.callee import Act, Callee, Reject
from tests.support.scripts import renewal
from tests.support.sessions import SessionDesk, answering

DISCLOSED = [f"disclosure.{name}" for name in ("identity", "purpose", "recording", "opt_out")]


@pytest.mark.parametrize(
    "acts,grade,intents",
    [
        ((Press("2", 2.5),), "A", ("yes",)),
        ((Press("1", 2.5),), "F", ()),
        ((Press("2", 2.5), Press("1", 2.6)), "F", ("yes",)),
        ((Talk(2.5, 0.5),), "C", ()),
        ((RemoteBye(1.0),), "E", ()),
    ],
)
def test_an_answered_call_is_graded(acts: tuple[Act, ...], grade: str, intents: tuple[str]) -> None:
    end = SessionDesk(answering(*acts)).live()
    assert (end.grade, end.intents) == (grade, intents)


def test_a_call_that_nobody_answers_is_not() -> None:
    end = SessionDesk(Callee(final=Reject(486))).live()
    assert (end.grade, end.intents, end.transcript) == ("", (), "")


def lines(desk: SessionDesk) -> list[SpokenLine]:
    return list(unpacked(desk.live().transcript))


def test_our_words_are_written_down_as_they_were_approved() -> None:
    found = lines(SessionDesk(answering(Press("2", 2.5))))
    ours = [line for line in found if line.speaker is Speaker.DIALER]
    assert [line.key for line in ours] == [*DISCLOSED, "nodes.offer", "nodes.done"]
    assert [line.whole for line in ours] == [True] * 4 + [False, True]
    assert ours[0].words == "This is the automated assistant of Example Bank."
    assert [(line.key, line.words) for line in found if line not in ours] == [("2", "")]


@pytest.mark.parametrize(
    "recorded,stops_at,kept",
    [(False, None, ["", ""]), (True, None, ["", "yes, a new card"]), (True, 3.5, ["", ""])],
)
def test_the_callees_words_are_kept_where_a_recording_would_be(
    recorded: bool, stops_at: float | None, kept: list[str]
) -> None:
    plain = renewal()
    script = replace(plain, disclosure=replace(plain.disclosure, stop_recording_key="9"))
    acts = () if stops_at is None else (Press("9", stops_at),)
    recording = Mock() if recorded else None
    desk = SessionDesk(answering(*acts, RemoteBye(5.0)), script, recording=recording)
    for at, words in ((0.2, "who is this"), (2.5, "yes, a new card")):
        event = WordsHeard(1, desk.began + at + 0.5, desk.began + at, words, final=True)
        desk.at(at + 0.5, partial(desk.session.take, event, event.at))
    spoken = [line.words for line in lines(desk) if not line.key]
    assert spoken == kept


@pytest.mark.parametrize("acts,unheard", [((), True), ((Press("2", 2.5),), False)])
def test_keys_that_could_not_be_heard_are_on_record(
    acts: tuple[Act, ...], unheard: bool, caplog: pytest.LogCaptureFixture
) -> None:
    desk = SessionDesk(answering(*acts))
    desk.at(0.2, lambda: desk.session.take(KeysUnheard("opus"), desk.began + 0.2))
    assert desk.live().digits_unheard is unheard
    assert desk.counted("dialer_digits_unheard_total") == {("carrier-a",): 1.0}
    assert "keys may not be heard" in caplog.text


@pytest.mark.parametrize("code,rests", [(503, timedelta(hours=1)), (480, None)])
def test_until_when_a_carrier_asked_to_be_left_alone(code: int, rests: timedelta | None) -> None:
    desk = SessionDesk(Callee(rings_after=None, final=Reject(code, retry_after=18_000)))
    last = desk.live().last
    assert (last.rests_until and last.rests_until - last.ended_at) == rests
