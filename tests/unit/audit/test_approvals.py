"""The approval in a bundle: whose signature it is, and over which words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dialer.audit.approvals import read_approval
from dialer.core.dialog.approval import Action, ApprovalStep
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.dialog.script_version import canonical
from dialer.core.office.audit_chain import AuditRecord
from dialer.core.values.statements import Act
from tests.support.approvals import after, content, submitted
from tests.support.orders import NOON
from tests.support.signing import public_of, signature

VERSION = submitted().hash
CALL = [AuditRecord("n", 1, 0, "attempt", {"script_version": VERSION})]


def approval(said: str = VERSION, signer: str = "bob") -> dict[str, Any]:
    by_hand = signature(signer, Act.APPROVE_SCRIPT, version=said)
    step = ApprovalStep(Action.APPROVE, "bob", NOON, "", by_hand.digest)
    signatures = {by_hand.digest: (by_hand, public_of(signer).text)}
    kept = KeptVersion(after(submitted(), step), canonical(content()), {}, signatures)
    told: dict[str, Any] = json.loads(kept.evidence()["approval.json"])
    return told


def read(told: object, records: list[AuditRecord] = CALL) -> tuple[str | None, list[str]]:
    return read_approval({"approval.json": json.dumps(told).encode()}, records)


def test_an_approval_says_who_signed_it_and_by_which_key() -> None:
    assert read(approval()) == (f"bob {public_of('bob').fingerprint}", [])


def test_words_that_the_call_did_not_say_are_noticed() -> None:
    other = [replace(CALL[0], body={"script_version": "0" * 64})]
    assert read(approval(), other)[1] == ["the approval is of other words than the call's"]


@pytest.mark.parametrize(
    "change, told",
    [
        (approval("0" * 64), "what was signed is not the approval of this version"),
        (approval(signer="eve"), "what was signed is not the approval of this version"),
        ({"version": VERSION}, "the approval cannot be read"),
        ([[]], "the approval cannot be read"),
    ],
)
def test_what_was_not_signed_so_is_a_fault(change: object, told: str) -> None:
    assert told in read(change)[1]


def test_a_changed_statement_is_a_fault() -> None:
    told = approval()
    told["steps"][-1]["signed"]["statement"] += " "
    assert "not signed by the key" in read(told)[1][0]


def test_one_of_before_there_were_signatures_says_so() -> None:
    told = approval()
    told["steps"][-1]["signed"] = "unsigned, before 0.2"
    assert read(told) == (None, [])
