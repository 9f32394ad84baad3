"""Records of calls: what was decided, what was dialled, what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from dialer.core.values.inbound_records import InboundEnd, InboundOrder
from dialer.core.values.legs import LegEnd, LegOrder
from dialer.core.values.records import AttemptEnd, AttemptOrder
from dialer.core.values.verdict import Deny, Verdict

ATTEMPT: Final = "attempt"
DENIAL: Final = "denial"
ATTEMPT_END: Final = "attempt_end"
NOTICE: Final = "notice"
REFUSAL: Final = "refusal"
CALL_END: Final = "call_end"
LEG: Final = "leg"
LEG_DENIAL: Final = "leg_denial"
LEG_END: Final = "leg_end"
ARRIVAL: Final = "arrival"
INBOUND_END: Final = "inbound_end"
SUPPRESSION: Final = "suppression"
SUPPRESSION_PROVEN: Final = "suppression_proven"
IMPORT: Final = "import"
RECOVERY: Final = "recovery"

KINDS: Final = {
    IMPORT: "a campaign's contacts were taken over from a file",
    ATTEMPT: "every rule allowed an attempt, and its INVITE may leave",
    DENIAL: "a rule did not allow an attempt",
    ATTEMPT_END: "an attempt has ended",
    NOTICE: "when the identity notice was begun and over in an answered call",
    REFUSAL: "a callee refused our calls",
    CALL_END: "a call has ended; `cdr` is the digest of its record",
    LEG: "a second leg was allowed",
    LEG_DENIAL: "a second leg was not allowed",
    LEG_END: "a second leg has ended",
    ARRIVAL: "a call came in",
    INBOUND_END: "a call that came in has ended",
    SUPPRESSION: "a number is not to be called again; `unproven` where nobody has verified it",
    SUPPRESSION_PROVEN: "who asked not to be called again did so from a verified number",
    RECOVERY: "calls that a killed process had left were closed",
}


def imported(campaign: str, contacts: int, contacts_digest: str) -> dict[str, Any]:
    return {"campaign": campaign, "contacts": contacts, "contacts_digest": contacts_digest}


def attempt(
    order: AttemptOrder, campaign: str, number: bytes, shown: bytes, consent: str | None
) -> dict[str, Any]:
    """`number` and `shown` are the keyed hashes of callee and caller ID.

    `consent` is the digest of the consent's record, in the first attempt of a call;
    `script_version` that of all that the call may say.
    """
    return _asked(order, campaign, number) | {
        "attempt": order.attempt,
        "why_trunk": order.why_trunk,
        "script_version": order.script_version or None,
        "shown": shown.hex(),
        "verdict": "allow",
        "consent": consent,
    }


def denial(order: AttemptOrder, campaign: str, number: bytes, verdict: Deny) -> dict[str, Any]:
    return _asked(order, campaign, number) | _denied(verdict)


def attempt_end(end: AttemptEnd) -> dict[str, Any]:
    return {
        "call": end.call,
        "attempt": end.attempt,
        "outcome": str(end.outcome),
        "sip_code": end.outcome.sip_code,
        "q850": end.outcome.q850,
        "sip_call_id": end.sip_call_id,
        "answered_at": _written(end.answered_at),
    }


def cut_short(call: str, attempt: str, outcome: str) -> dict[str, Any]:
    """The end of an attempt or a second leg of which nobody knows how it went."""
    unknown = dict.fromkeys(("sip_code", "q850", "sip_call_id", "answered_at"))
    return {"call": call, "attempt": attempt, "outcome": outcome, **unknown}


def notice(end: AttemptEnd) -> dict[str, Any]:
    """Of an answered attempt: seconds from its answer to the notice's first and last packet.

    The last is None where the notice was not spoken whole.
    """
    return {
        "call": end.call,
        "attempt": end.attempt,
        "first_packet": end.first_packet,
        "spoken": end.notice_spoken,
    }


def refusal(call: str, number: bytes) -> dict[str, Any]:
    return {"call": call, "number": number.hex()}


def call_end(call: str, campaign: str, outcome: str, cdr: str | None) -> dict[str, Any]:
    """`cdr` is the SHA-256, in hex, of the call's record as it is exported.

    None where whom the call went to has been destroyed already.
    """
    return {"call": call, "campaign": campaign, "outcome": outcome, "cdr": cdr}


def leg(order: LegOrder, verdict: Verdict, target: bytes | None) -> dict[str, Any]:
    """`target` is the keyed hash of the number that is called, None for an extension."""
    body: dict[str, Any] = {
        "call": order.call,
        "attempt": order.attempt,
        "trunk": order.trunk,
        "kind": order.kind.value,
        "target": None if target is None else target.hex(),
    }
    return body | (_denied(verdict) if isinstance(verdict, Deny) else {"verdict": "allow"})


def leg_end(call: str, end: LegEnd) -> dict[str, Any]:
    return attempt_end(end.last) | {"call": call, "joined_at": _written(end.joined_at)}


def arrival(order: InboundOrder, caller: bytes | None, about: str | None) -> dict[str, Any]:
    """`about` is the last call of ours to the caller."""
    return {
        "call": order.call,
        "trunk": order.trunk,
        "number": None if caller is None else caller.hex(),
        "about": about,
    }


def inbound_end(end: InboundEnd) -> dict[str, Any]:
    return {"call": end.call, "ending": end.ending.value}


def suppression(
    number: bytes, why: str, call: str | None = None, *, unproven: bool = False
) -> dict[str, Any]:
    """`why` in one word: what led to it. `unproven` where nobody has verified the number."""
    return {"number": number.hex(), "why": why, "call": call, "unproven": unproven}


def suppression_proven(number: bytes, call: str) -> dict[str, Any]:
    """`call` came from the number, as a carrier that is believed has verified."""
    return {"number": number.hex(), "call": call}


def recovery(calls: int) -> dict[str, Any]:
    return {"calls": calls}


def _asked(order: AttemptOrder, campaign: str, number: bytes) -> dict[str, Any]:
    return {
        "call": order.call,
        "campaign": campaign,
        "contact": order.contact.id,
        "number": number.hex(),
        "trunk": order.trunk,
        "number_in_call": order.number_in_call,
    }


def _denied(verdict: Deny) -> dict[str, Any]:
    return {
        "verdict": "deny",
        "rule": verdict.rule,
        "why": verdict.why,
        "until": _written(verdict.until),
    }


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
