"""Whatever people do, in whatever order: nothing unlawful is ever approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dialer.core.dialog.approval import (
    TRANSITIONS,
    Action,
    ApprovalStep,
    Refused,
    Version,
    act,
    approve,
    draft,
)
from dialer.core.dialog.inspection import Inspection
from dialer.core.dialog.script_version import Subject
from dialer.core.dialog.wording import WordingFinding
from dialer.core.gate.wording_approved import wording_approved
from dialer.core.values.records import History
from dialer.core.values.standing import ApprovalState
from dialer.core.values.verdict import Allow
from tests.support.orders import NOON, order

PEOPLE = st.sampled_from(["ann", "Ann ", "bob", "carl", " "])
NAMES = ("ann", "bob", "carl")
HASHES = [f"{number:064x}" for number in range(4)]
SUBJECTS = {name: Subject("s", "p" if at < 3 else "q", None) for at, name in enumerate(HASHES)}
FINDING = WordingFinding("", 0, 0, "r", "", "w", "i")


class Approvals(RuleBasedStateMachine):
    """People draft, submit, approve...; a plain model counts who has had a hand in what."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.versions: dict[str, Version] = {}
        self.hands: dict[str, set[str]] = {}
        self.approvers: dict[str, str] = {}

    @rule(name=st.sampled_from(HASHES), who=PEOPLE, base=st.sampled_from([None, *HASHES]))
    def write(self, name: str, who: str, base: str | None) -> None:
        if name in self.versions:
            return
        based_on = self.versions.get(base or "")
        made = draft(name, SUBJECTS[name], who, self.now, based_on)
        if isinstance(made, Refused):
            assert not who.strip()
            return
        assert made.state is ApprovalState.DRAFT
        self.versions[name] = made
        before = set() if based_on is None else self.hands[based_on.hash]
        self.hands[name] = before | {who.strip().lower()}

    @rule(
        name=st.sampled_from(HASHES),
        action=st.sampled_from([each for each in Action if each is not Action.APPROVE]),
        who=PEOPLE,
        why=st.sampled_from(["", "because"]),
    )
    def do(self, name: str, action: Action, who: str, why: str) -> None:
        version = self.versions.get(name)
        if version is None:
            return
        state = version.state
        assert state is not None
        done = act(version, ApprovalStep(action, who, self.now, why))
        if isinstance(done, Refused):
            assert done.why
            return
        assert done.state is TRANSITIONS[state, action]
        assert done.steps[:-1] == version.steps
        self.versions[name] = done
        if action is Action.SUBMIT:
            self.hands[name].add(who.strip().lower())

    @rule(
        name=st.sampled_from(HASHES),
        who=PEOPLE,
        inspected=st.sampled_from(HASHES),
        faults=st.integers(0, 1),
    )
    def give_approval(self, name: str, who: str, inspected: str, faults: int) -> None:
        known = list(self.versions.values())
        found = Inspection(inspected, (FINDING,) * faults)
        step = ApprovalStep(Action.APPROVE, who, self.now, "", signed="5" * 64)
        done = approve(known, name, step, found)
        if isinstance(done, Refused):
            return
        assert name == inspected
        assert not faults
        assert who.strip().lower() not in self.hands[name]
        for each in done:
            self.versions[each.hash] = each
        self.approvers[name] = who.strip().lower()

    @rule(seconds=st.integers(0, 100))
    def time_goes_by(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def whoever_approved_had_no_hand_in_it_when_they_did(self) -> None:
        for version in self.versions.values():
            if version.state is ApprovalState.APPROVED:
                assert self.approvers[version.hash] not in self.hands[version.hash]

    @invariant()
    def one_of_a_subject_is_approved(self) -> None:
        standing = [
            each.subject for each in self.versions.values() if each.state is ApprovalState.APPROVED
        ]
        assert len(standing) == len(set(standing))

    @invariant()
    def the_gate_opens_for_these_and_no_other(self) -> None:
        for version in self.versions.values():
            asked = replace(order(at=self.now), script_version=version.hash)
            verdict = wording_approved().judge(asked, History(wording=version.standing))
            is_approved = version.state is ApprovalState.APPROVED
            assert isinstance(verdict, Allow) is is_approved

    @invariant()
    def no_approval_survives_with_its_approver_as_author(self) -> None:
        for version in self.versions.values():
            if version.state is ApprovalState.APPROVED:
                approver = version.steps[-1].who
                forged = replace(version, authors=(*version.authors, approver))
                assert forged.state is None


Approvals.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestApprovals = Approvals.TestCase
