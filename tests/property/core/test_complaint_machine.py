"""Whatever is done about complaints, by whomever: each is answered or known to be overdue."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dialer.core.office.complaints import (
    Complaint,
    ComplaintState,
    ComplaintStep,
    Move,
    act,
    figures,
    opened,
)
from dialer.core.values.refused import Refused
from tests.support.orders import NOON

TEXTS = st.sampled_from(["they rang at night", " ", "x" * 20_000, "x" * 20_001])
ONE_DAY = timedelta(hours=24)
"""The law's figure, said here by hand."""
WHO = st.sampled_from(["ann", "bob", " "])


class Complaints(RuleBasedStateMachine):
    """A plain model keeps, of each, since when an answer is due and whether it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.kept: dict[str, Complaint] = {}
        self.waiting_since: dict[str, datetime] = {}
        self.answered: dict[str, datetime] = {}
        self.closed: set[str] = set()

    @rule(
        who=WHO,
        text=TEXTS,
        calls=st.lists(st.sampled_from(["c1", "c2", "c3"]), max_size=4),
    )
    def open(self, who: str, text: str, calls: list[str]) -> None:
        made = opened(str(len(self.kept)), who, self.now, calls, text)
        if isinstance(made, Refused):
            assert not who.strip() or not text.strip() or len(text) > 20_000
            return
        assert set(made.evidence) == set(calls)
        assert len(made.evidence) == len(set(calls))
        self.kept[made.id] = made
        self.waiting_since[made.id] = self.now

    @precondition(lambda self: self.kept)
    @rule(data=st.data(), move=st.sampled_from(Move), who=WHO, text=TEXTS)
    def do(self, data: st.DataObject, move: Move, who: str, text: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.kept)))
        before = self.kept[name]
        done = act(before, ComplaintStep(move, who, self.now), text)
        if isinstance(done, Refused):
            assert done.why
            assert ("answered before" in done.why) is (
                move is Move.CLOSE and before.state is ComplaintState.OPEN
            )
            return
        assert who.strip()
        assert text.strip()
        assert len(text) <= 20_000
        assert done.evidence == before.evidence
        assert done.steps[:-1] == before.steps
        self.kept[name] = done
        if move is Move.ANSWER:
            assert name in self.waiting_since
            del self.waiting_since[name]
            self.answered[name] = self.now
        elif move is Move.REOPEN:
            self.waiting_since[name] = self.now
            self.closed.discard(name)
        else:
            assert name not in self.waiting_since, "closed without an answer"
            self.closed.add(name)

    @rule(gone=st.sampled_from([timedelta(), timedelta(hours=1), ONE_DAY, timedelta(seconds=1)]))
    def time_goes_by(self, gone: timedelta) -> None:
        self.now += gone

    @invariant()
    def an_unanswered_one_is_overdue_after_24_hours_and_no_other_is(self) -> None:
        for name, each in self.kept.items():
            since = self.waiting_since.get(name)
            late = since is not None and self.now - since > ONE_DAY
            assert each.is_overdue(self.now) is late
            assert each.answer_due == (None if since is None else since + ONE_DAY)
            assert each.answered_at == (self.answered[name] if since is None else None)

    @invariant()
    def evidence_is_held_until_it_is_closed(self) -> None:
        for name, each in self.kept.items():
            assert each.holds_evidence is (name not in self.closed)

    @invariant()
    def the_figures_say_so(self) -> None:
        told = figures(self.kept.values(), self.now)
        assert told.open == len(self.kept) - len(self.closed)
        assert told.unanswered == len(self.waiting_since)
        assert told.overdue == sum(each.is_overdue(self.now) for each in self.kept.values())
        due = [since + ONE_DAY for since in self.waiting_since.values()]
        assert told.first_due == min(due, default=None)

    @invariant()
    def a_forged_record_is_overdue_and_holds_its_evidence(self) -> None:
        for each in self.kept.values():
            forged = replace(each, steps=(ComplaintStep(Move.CLOSE, "eve", each.opened_at),))
            assert forged.state is forged.answered_at is None
            assert forged.holds_evidence
            assert forged.is_overdue(each.opened_at + timedelta(seconds=1))
            assert isinstance(
                act(forged, ComplaintStep(Move.ANSWER, "ann", self.now), "x"), Refused
            )

    @invariant()
    def a_step_before_the_last_is_refused(self) -> None:
        for each in self.kept.values():
            if each.state is ComplaintState.OPEN:
                early = ComplaintStep(Move.ANSWER, "ann", each.opened_at - timedelta(seconds=1))
                assert isinstance(act(each, early, "x"), Refused)


Complaints.TestCase.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)
TestComplaints = Complaints.TestCase


def done(complaint: Complaint, move: Move, at: datetime) -> Complaint:
    after = act(complaint, ComplaintStep(move, "ann", at), "words")
    assert isinstance(after, Complaint)
    return after


def test_an_answer_is_late_after_24_hours_to_the_microsecond_and_so_is_the_next() -> None:
    complaint = opened("c", "ann", NOON, [], "They rang at night.")
    assert isinstance(complaint, Complaint)
    moment = timedelta(microseconds=1)
    for since in (NOON, NOON + 3 * ONE_DAY):
        assert complaint.answer_due == since + ONE_DAY
        assert not complaint.is_overdue(since + ONE_DAY)
        assert complaint.is_overdue(since + ONE_DAY + moment)
        complaint = done(complaint, Move.ANSWER, since + 2 * ONE_DAY)
        assert not complaint.is_overdue(since + 9 * ONE_DAY)
        assert complaint.answered_at == since + 2 * ONE_DAY
        complaint = done(complaint, Move.REOPEN, since + 3 * ONE_DAY)


def test_one_instant_is_in_order_and_an_earlier_one_is_not() -> None:
    complaint = opened("c", "ann", NOON, [], "They rang at night.")
    assert isinstance(complaint, Complaint)
    assert done(complaint, Move.ANSWER, NOON).answered_at == NOON
    early = ComplaintStep(Move.ANSWER, "ann", NOON - timedelta(microseconds=1))
    refused = act(complaint, early, "words")
    assert isinstance(refused, Refused)
    assert "clock gone back" in refused.why
