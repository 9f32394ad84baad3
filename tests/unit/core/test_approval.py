"""Who may do what to a version, and when a call may say its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dialer.core.dialog.approval import (
    TRANSITIONS,
    Action,
    ApprovalStep,
    Refused,
    Version,
    act,
    approve,
    draft,
    writers,
)
from dialer.core.dialog.inspection import Inspection
from dialer.core.dialog.wording import WordingFinding
from dialer.core.gate.compliance import ASK_AGAIN
from dialer.core.gate.wording_approved import WORDING_APPROVED, wording_approved
from dialer.core.values.records import History
from dialer.core.values.standing import ApprovalState
from dialer.core.values.verdict import Allow, Deny, Verdict
from tests.support.approvals import (
    after,
    approved,
    clean,
    content,
    drafted,
    step,
    submitted,
    with_word,
)
from tests.support.orders import NOON, order

LATER = NOON + timedelta(minutes=1)
FINDING = WordingFinding("nodes.offer", 0, 2, "finance.no-risk", "no", "why", "instead")


def refused(done: object) -> str:
    assert isinstance(done, Refused), done
    return done.why


def gate(version: Version | None, at: datetime = LATER, lab_at: datetime | None = None) -> Verdict:
    asked = replace(
        order(at=at), script_version="" if version is None else version.hash, lab_at=lab_at
    )
    standing = None if version is None else version.standing
    return wording_approved().judge(asked, History(wording=standing))


def reached(state: ApprovalState) -> Version:
    """A version that stands at `state`."""
    of_state = {
        ApprovalState.DRAFT: drafted(content()),
        ApprovalState.SUBMITTED: submitted(),
        ApprovalState.APPROVED: approved(),
        ApprovalState.REJECTED: after(submitted(), step(Action.REJECT, "bob")),
        ApprovalState.SUPERSEDED: after(approved(), step(Action.SUPERSEDE, "bob")),
    }
    assert of_state[state].state is state
    return of_state[state]


@pytest.mark.parametrize("state", ApprovalState)
@pytest.mark.parametrize("action", Action)
def test_only_what_the_table_holds_can_be_done(state: ApprovalState, action: Action) -> None:
    version = reached(state)
    who = "ann" if action is Action.RECALL else "carl"
    done = act(version, step(action, who), clean(version))
    if (state, action) in TRANSITIONS:
        assert isinstance(done, Version)
        assert done.state is TRANSITIONS[state, action]
        assert done.steps[-1] == step(action, who)
    else:
        assert state.value in refused(done)


def test_who_wrote_it_cannot_approve_it() -> None:
    version = after(drafted(content(), "ann"), step(Action.SUBMIT, "carl"))
    assert writers(version) == ("ann", "carl")
    for who in ("ann", "Ann", " ANN ", "a\u200bnn", "\uff21nn", "\u0430nn", "carl"):
        done = act(version, step(Action.APPROVE, who), clean(version))
        assert "someone else must" in refused(done)
    assert after(version, step(Action.APPROVE, "bob")).state is ApprovalState.APPROVED


def test_who_wrote_what_it_is_based_on_wrote_it_too() -> None:
    first = after(drafted(content(), "ann"), step(Action.SUBMIT, "carl"))
    second = draft("0" * 64, first.subject, "dora", NOON, based_on=first)
    assert isinstance(second, Version)
    assert second.authors == ("ann", "carl", "dora")
    second = after(second, step(Action.SUBMIT, "dora"))
    for who in second.authors:
        assert "someone else must" in refused(act(second, step(Action.APPROVE, who), clean(second)))


def test_who_submitted_it_once_is_remembered_when_another_does() -> None:
    version = after(
        submitted(), step(Action.REJECT, "bob"), step(Action.SUBMIT, "carl", why="as agreed")
    )
    assert "someone else" in refused(act(version, step(Action.APPROVE, "carl"), clean(version)))
    assert after(version, step(Action.APPROVE, "bob")).state is ApprovalState.APPROVED


def test_findings_stand_in_the_way() -> None:
    version = submitted()
    for count, told in ((1, "1 finding must"), (2, "2 findings must")):
        found = Inspection(version.hash, (FINDING,) * count)
        assert told in refused(act(version, step(Action.APPROVE, "bob"), found))


def test_the_very_words_must_have_been_inspected() -> None:
    version = submitted()
    other = Inspection(submitted(with_word("Thanks.")).hash, ())
    for inspection in (None, other):
        done = act(version, step(Action.APPROVE, "bob"), inspection)
        assert "these very words must be inspected" in refused(done)


@pytest.mark.parametrize(
    "bad,told",
    [
        (step(Action.REJECT, ""), "who does this"),
        (step(Action.REJECT, " . "), "who does this"),
        (step(Action.REJECT, "bob", why=" "), "needs a reason"),
        (step(Action.REJECT, "bob", NOON - timedelta(seconds=1)), "clock gone back"),
        (step(Action.REJECT, "bob", NOON.replace(tzinfo=None)), "no time zone"),
        (step(Action.RECALL, "bob"), "only who wrote"),
    ],
)
def test_what_a_step_must_say(bad: ApprovalStep, told: str) -> None:
    assert told in refused(act(submitted(), bad))


def test_an_approval_taken_back_needs_a_reason() -> None:
    assert "needs a reason" in refused(act(approved(), step(Action.WITHDRAW, "bob", why="")))
    assert after(approved(), step(Action.WITHDRAW, "ann")).state is ApprovalState.REJECTED


def test_a_draft_must_be_sound() -> None:
    subject = drafted(content()).subject
    good = drafted(content()).hash
    assert "SHA-256" in refused(draft("abc", subject, "ann", NOON))
    assert "SHA-256" in refused(draft(good.upper(), subject, "ann", NOON))
    assert "an author" in refused(draft(good, subject, " ", NOON))
    assert "time zone" in refused(draft(good, subject, "ann", NOON.replace(tzinfo=None)))
    based = drafted(content(), at=LATER)
    assert "clock gone back" in refused(draft(good, subject, "ann", NOON, based_on=based))


def test_one_version_of_a_subject_is_approved_at_a_time() -> None:
    old, new = approved(content()), submitted(with_word("Thanks."))
    elsewhere = approved(content(purpose="another"))
    changed = approve(
        [old, new, elsewhere], new.hash, step(Action.APPROVE, "bob", LATER), clean(new)
    )
    assert isinstance(changed, tuple)
    superseded, chosen = changed
    assert (superseded.hash, superseded.state) == (old.hash, ApprovalState.SUPERSEDED)
    assert (chosen.hash, chosen.state) == (new.hash, ApprovalState.APPROVED)
    assert new.hash[:12] in superseded.steps[-1].why


def test_an_approval_that_fails_changes_nothing() -> None:
    old, new = approved(content()), submitted(with_word("Thanks."))
    both = [old, new]
    approving = step(Action.APPROVE, "bob", LATER)
    assert "no such version" in refused(approve(both, "0" * 64, approving, clean(new)))
    assert "approved cannot be" in refused(approve(both, old.hash, approving, clean(old)))
    rejecting = step(Action.REJECT, "bob", LATER)
    assert "is not to approve" in refused(approve(both, new.hash, rejecting, clean(new)))
    late = replace(old, steps=(*old.steps[:-1], replace(old.steps[-1], when=LATER)))
    early = step(Action.APPROVE, "bob", NOON)
    assert "clock gone back" in refused(approve([late, new], new.hash, early, clean(new)))


@pytest.mark.parametrize(
    "forge",
    [
        lambda version: replace(version, authors=()),
        lambda version: replace(version, authors=("bob",)),
        lambda version: replace(version, hash="x"),
        lambda version: replace(version, steps=version.steps[1:]),
        lambda version: replace(version, steps=version.steps[::-1]),
        lambda version: replace(version, steps=(*version.steps, version.steps[-1])),
        lambda version: replace(version, steps=(version.steps[0], step(Action.APPROVE, "ann"))),
        lambda version: replace(version, drafted_at=LATER),
    ],
)
def test_a_record_that_nobody_can_have_made_has_no_state(forge: object) -> None:
    assert callable(forge)
    forged = forge(approved())
    assert forged.state is None
    assert "does not hold together" in refused(act(forged, step(Action.WITHDRAW, "bob")))
    verdict = gate(forged)
    assert isinstance(verdict, Deny)
    assert "does not hold together" in verdict.why


def test_the_gate_allows_what_is_approved() -> None:
    assert gate(approved()) == Allow()
    assert gate(approved(), NOON) == Allow()


@pytest.mark.parametrize(
    "state,told",
    [
        (ApprovalState.DRAFT, "is a draft"),
        (ApprovalState.SUBMITTED, "waits for approval by someone who did not write it"),
        (ApprovalState.REJECTED, "was rejected"),
        (ApprovalState.SUPERSEDED, "was superseded by a later one"),
    ],
)
def test_the_gate_denies_all_else_in_plain_words(state: ApprovalState, told: str) -> None:
    version = reached(state)
    verdict = gate(version)
    assert isinstance(verdict, Deny)
    assert verdict.rule == WORDING_APPROVED
    assert (verdict.until, verdict.again) == (LATER + ASK_AGAIN, True)
    assert told in verdict.why
    assert version.hash[:12] in verdict.why
    for name in ("ann", "bob"):
        assert name not in verdict.why


def test_words_that_nobody_submitted_are_denied() -> None:
    verdict = gate(None)
    assert isinstance(verdict, Deny)
    assert "never submitted for approval, or were changed since" in verdict.why


def test_an_approval_from_the_future_is_a_doubt() -> None:
    verdict = gate(approved(), NOON - timedelta(seconds=1))
    assert isinstance(verdict, Deny)
    assert "clock gone back" in verdict.why


def test_a_lab_needs_no_approval_and_so_none_that_is_past() -> None:
    before = NOON - timedelta(seconds=1)
    assert gate(approved(), before, lab_at=before) == Allow()
    assert gate(approved(), before, lab_at=LATER) == Allow()


@pytest.mark.parametrize("state", ApprovalState)
def test_on_a_labs_trunk_words_are_tried_before_approval_but_not_after_a_no(
    state: ApprovalState,
) -> None:
    verdict = gate(reached(state), lab_at=NOON)
    assert isinstance(verdict, Deny) is (state is ApprovalState.REJECTED)


def test_a_lab_says_what_nobody_submitted_and_no_forged_record() -> None:
    assert gate(None, lab_at=NOON) == Allow()
    assert isinstance(gate(replace(approved(), authors=()), lab_at=NOON), Deny)
