"""What the gate is shown of a call's words, at each attempt anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.dialog.approval import Action, ApprovalStep
from dialer.core.dialog.script_version import canonical, content_hash
from dialer.core.gate.compliance import Gate
from dialer.core.gate.wording_approved import WORDING_APPROVED, wording_approved
from dialer.core.values.records import AttemptOrder
from dialer.core.values.standing import ApprovalState, Standing
from dialer.core.values.statements import Act
from dialer.core.values.verdict import Allow, Deny
from dialer.ports.desks import ScriptDesk
from dialer.ports.store import Store
from dialer.store import SqlStore
from tests.support.approvals import clean, content, step, with_word
from tests.support.orders import NOON, order
from tests.support.signing import public_of, register, signature
from tests.support.store import begin, claim_one

SAID = content_hash(canonical(content()))
GATE = Gate([wording_approved()])
MINUTE = timedelta(minutes=1)


async def asking(store: Store, campaign: int, name: str, said: str = SAID) -> AttemptOrder:
    contact = await claim_one(store, campaign, NOON + timedelta(days=1))
    return replace(order(name, NOON + 10 * MINUTE, contact), script_version=said)


async def test_the_gate_is_shown_where_the_words_stand(store: Store, desk: ScriptDesk) -> None:
    placed = await asking(store, await begin(store, 1), "1")
    assert (await store.history(placed)).wording is None
    version = await desk.submit(canonical(content()), {}, step(Action.SUBMIT, "ann"))
    shown = (await store.history(placed)).wording
    assert shown == Standing(ApprovalState.SUBMITTED, NOON) == version.standing
    await desk.decide(SAID, step(Action.APPROVE, "bob", NOON + MINUTE), clean(version))
    shown = (await store.history(placed)).wording
    assert shown == Standing(ApprovalState.APPROVED, NOON + MINUTE)


async def test_an_approval_withdrawn_stops_the_next_call(store: Store, desk: ScriptDesk) -> None:
    campaign = await begin(store, 3)
    version = await desk.submit(canonical(content()), {}, step(Action.SUBMIT, "ann"))
    await desk.decide(SAID, step(Action.APPROVE, "bob", NOON + MINUTE), clean(version))
    first = await asking(store, campaign, "1")
    assert await store.authorise(first, GATE.decide) == Allow()
    await desk.decide(SAID, step(Action.WITHDRAW, "bob", NOON + 2 * MINUTE))
    verdict = await store.authorise(await asking(store, campaign, "2"), GATE.decide)
    assert isinstance(verdict, Deny)
    assert verdict.rule == WORDING_APPROVED
    assert "was rejected, or its approval was withdrawn" in verdict.why
    assert [call.call for call in await store.calls()] == [first.call]


async def test_a_changed_word_is_not_what_was_approved(store: Store, desk: ScriptDesk) -> None:
    campaign = await begin(store, 2)
    version = await desk.submit(canonical(content()), {}, step(Action.SUBMIT, "ann"))
    await desk.decide(SAID, step(Action.APPROVE, "bob", NOON + MINUTE), clean(version))
    changed = content_hash(canonical(with_word("Thanks.")))
    verdict = await store.authorise(await asking(store, campaign, "1", changed), GATE.decide)
    assert isinstance(verdict, Deny)
    assert "never submitted for approval, or were changed since" in verdict.why
    placed = await asking(store, campaign, "2")
    assert await store.authorise(placed, GATE.decide) == Allow()


@pytest.mark.parametrize(
    "signer, said, holds",
    [("bob", SAID, True), ("bob", "0" * 64, False), ("eve", SAID, False)],
)
async def test_an_approval_counts_by_the_signature_of_who_gave_it(
    store: Store, desk: ScriptDesk, signer: str, said: str, *, holds: bool
) -> None:
    if not isinstance(store, SqlStore):
        return  # the fake believes what it is told
    await register(store, "bob", "eve")
    campaign = await begin(store, 2)
    version = await desk.submit(canonical(content()), {}, step(Action.SUBMIT, "ann"))
    plain = ApprovalStep(Action.APPROVE, "bob", NOON + MINUTE, "")
    by_hand = signature(signer, Act.APPROVE_SCRIPT, NOON, version=said)
    await desk.decide(SAID, plain, clean(version), by_hand)
    verdict = await store.authorise(await asking(store, campaign, "1"), GATE.decide)
    if holds:
        assert verdict == Allow()
        kept = await desk.kept(SAID)
        assert kept is not None
        assert public_of("bob").text.encode() in kept.evidence()["approval.json"]
    else:
        assert isinstance(verdict, Deny)
        assert "not signed by who gave it" in verdict.why


async def test_an_unsigned_approval_is_none(store: Store, desk: ScriptDesk) -> None:
    campaign = await begin(store, 1)
    version = await desk.submit(canonical(content()), {}, step(Action.SUBMIT, "ann"))
    await desk.decide(SAID, ApprovalStep(Action.APPROVE, "bob", NOON, ""), clean(version))
    verdict = await store.authorise(await asking(store, campaign, "1"), GATE.decide)
    assert isinstance(verdict, Deny)
    assert "not signed" in verdict.why
