"""The rules that the effective configuration is approved, and that a lab calls nobody.

The effective configuration is all of it that decides who is called, over what, and what they see:
trunks, numbers, proofs, formats, labs, transfer targets, callback and the figures of the law. It is
approved like wording: by compliance, signed. What only tightens what was approved needs none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from dialer.core.gate.compliance import ASK_AGAIN, Allow, Deny, Rule, Verdict
from dialer.core.values.configurations import ApprovedConfiguration
from dialer.core.values.records import AttemptOrder, History

CONFIGURATION_APPROVED: Final = "configuration_approved"
FORM: Final = 1

Value = bool | int | float | str | list[Any] | None


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """What differs at one key. A value is None where the key is not there."""

    key: str
    before: Value
    after: Value
    tightens: bool


def canonical(effective: Mapping[str, Value]) -> str:
    """The text that is approved: JSON, keys in order."""
    whole = {"form": FORM, "effective": dict(effective)}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"))


def digest_of(content: str) -> str:
    """The name of a configuration: hex SHA-256 of its canonical text."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def read(content: str) -> Mapping[str, Value] | None:
    """The effective configuration of a canonical text; None where it is of another form."""
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(whole, dict) or whole.get("form") != FORM:
        return None
    effective = whole.get("effective")
    return effective if isinstance(effective, dict) else None


def compare(
    approved: Mapping[str, Value], now: Mapping[str, Value]
) -> tuple[ConfigurationChange, ...]:
    """What differs, by key. What is not known to tighten loosens."""
    gone = _trunks(approved) - _trunks(now)
    changes = []
    for key in sorted({*approved, *now}):
        before, after = approved.get(key), now.get(key)
        if key in approved and key in now and before == after and type(before) is type(after):
            continue
        if key not in now:
            tightens = _trunk_of(key) in gone or any(each in key for each in _LESS_IS_STRICTER)
        else:
            asks_more = key not in approved and any(each in key for each in _MORE_IS_STRICTER)
            tightens = asks_more or (key in approved and _tightens(key, before, after))
        changes.append(ConfigurationChange(key, before, after, tightens))
    return tuple(changes)


def configuration_approved(
    effective: Mapping[str, Value], lab_numbers: Collection[str] = ()
) -> Rule:
    """The node's configuration is the approved one, or stricter.

    A lab's call is let through where it harms nobody: where both its numbers leave as reserved ones
    (`core.values.number_form.held`), which are all that do not begin with one of `lab_numbers`; or
    in a store where nobody was ever given access, which has nobody to approve anything and calls
    nobody else.
    """
    as_they_are = tuple(lab_numbers)
    content = canonical(effective)
    own = digest_of(content)

    @lru_cache(maxsize=8)
    def only_tightens(approved: str) -> bool:
        before = read(approved)
        return before is not None and all(c.tightens for c in compare(before, effective))

    def judge(order: AttemptOrder, history: History) -> Verdict:
        found = history.configuration
        numbers = (order.contact.row.number, order.caller_id)
        if order.lab and (
            found is None or not any(number.clear.startswith(as_they_are) for number in numbers)
        ):
            return Allow()
        why = _why_not(found, own, only_tightens)
        if why is None:
            return Allow()
        return Deny(CONFIGURATION_APPROVED, why, order.at + ASK_AGAIN, again=True)

    return Rule(CONFIGURATION_APPROVED, judge)


def _why_not(
    found: ApprovedConfiguration | None, own: str, only_tightens: Callable[[str], bool]
) -> str | None:
    ask = "`dialer config diff` shows it, `dialer config approve` approves it"
    if found is None or found.content is None:
        return f"the configuration was never approved: {ask}"
    if not found.content:
        return f"the configuration's approval was withdrawn: {ask}"
    if not found.signed:
        return f"the configuration's approval is not signed by who gave it: {ask}"
    if digest_of(found.content) == own or only_tightens(found.content):
        return None
    return f"the configuration is looser than what was approved: {ask}"


# ------------------------------------------------------------------------------ what tightens


def _less(before: Value, after: Value) -> bool:
    """A lower figure; none is no limit at all."""
    return after is not None and (before is None or _number(after) <= _number(before))


def _more(before: Value, after: Value) -> bool:
    """A higher figure; none is for good."""
    return before is not None and (after is None or _number(after) >= _number(before))


def _fewer(before: Value, after: Value) -> bool:
    """A part of what there was."""
    return isinstance(before, list) and isinstance(after, list) and set(after) <= set(before)


def _within(before: Value, after: Value) -> bool:
    """Hours each of which lies within one of before; pairs of minutes of a day."""
    if not isinstance(before, list) or not isinstance(after, list):
        return False
    return all(any(b[0] <= a[0] and a[1] <= b[1] for b in before) for a in after)


def _earlier(before: Value, after: Value) -> bool:
    """A proof that ends sooner, of the same holder by the same evidence: [holder, proof, date]."""
    return (
        isinstance(before, list)
        and isinstance(after, list)
        and before[:-1] == after[:-1]
        and str(after[-1]) <= str(before[-1])
    )


def _off(before: Value, after: Value) -> bool:
    return bool(before) and not after


def _fewer_algorithms(before: Value, after: Value) -> bool:
    """The same user by a part of the algorithms: [user, algorithms]."""
    return (
        isinstance(before, list)
        and isinstance(after, list)
        and before[0] == after[0]
        and _fewer(before[1], after[1])
    )


def _none_left(_before: Value, after: Value) -> bool:
    return after is None


def _stronger(*order: str) -> Callable[[Value, Value], bool]:
    def judge(before: Value, after: Value) -> bool:
        return (
            before in order
            and after in order
            and order.index(str(after)) >= order.index(str(before))
        )

    return judge


def _more_off(before: Value, after: Value) -> bool:
    """A notice with more days off and fewer make-up workdays: [source, days off, workdays]."""
    return (
        isinstance(before, list)
        and isinstance(after, list)
        and before[0] == after[0]
        and _fewer(after[1], before[1])
        and _fewer(before[2], after[2])
    )


_LESS_IS_STRICTER: Final = (
    ".numbers[",
    "operator.people[",
    ".verstat",
    ".stir_trust",
    "law.days[",
)
"""Parts of keys that are not there where nothing is allowed by them."""
_MORE_IS_STRICTER: Final = (".inbound_auth.",)
"""Parts of keys that are not there where nothing is asked."""
_TIGHTENS: Final[Mapping[str, Callable[[Value, Value], bool]]] = {
    "operator.licence": _earlier,
    "operator.forward": _none_left,
    "operator.transfer_to": _fewer,
    "operator.people[]": _earlier,
    "law.workday": _within,
    "law.day_off": _within,
    "law.days[]": _more_off,
    "law.per_hour": _less,
    "law.per_day": _less,
    "law.consent_months": _less,
    "law.refusal_months": _more,
    "law.one_number_months": _more,
    "law.abandon_rate": _less,
    "compliance.notice_within": _less,
    "compliance.list_shrink": _less,
    "compliance.lab_networks": _fewer,
    "compliance.lab_numbers": _fewer,
    "routing.fault_calls": _less,
    "recording.enabled": _off,
    "callback.channels": _less,
    "unsafe": _fewer,
    "trunks[].calls_from": _fewer,
    "trunks[].media_from": _fewer,
    "trunks[].stir_trust": _fewer,
    "trunks[].inbound_auth.digest": _fewer_algorithms,
    "trunks[].inbound_auth.client_certificates": _fewer,
    "trunks[].channels": _less,
    "trunks[].cps": _less,
    "trunks[].srtp": _stronger("off", "optional", "required"),
    "trunks[].transport": _stronger("udp", "tcp", "tls"),
    "trunks[].numbers[]": _earlier,
}
"""By key, with what stands in brackets left out. What is not here loosens by any change."""


def _tightens(key: str, before: Value, after: Value) -> bool:
    plain = "[]".join(part.rpartition("]")[2] for part in _bracketed(key))
    judge = _TIGHTENS.get(plain)
    try:
        return judge is not None and judge(before, after)
    except (TypeError, ValueError, IndexError):
        return False


def _bracketed(key: str) -> list[str]:
    return key.split("[")


def _number(value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _trunk_of(key: str) -> str:
    return key.removeprefix("trunks[").split("]")[0] if key.startswith("trunks[") else ""


def _trunks(effective: Mapping[str, Value]) -> set[str]:
    return {_trunk_of(key) for key in effective} - {""}
