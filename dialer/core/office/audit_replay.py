"""What the tables must hold if the log is true: the facts that each record states, by its kind.

A fact is one thing that one row says: its table, its key, and the values that are bound. Facts need
no order among the chains: a key names its row for good (a suppression is known by its instant), so
that what ends it can be read first. Of two facts with one key that of the higher rank counts.

`REPLAYED` has one entry a kind. A kind that is not there states nothing about a table. A record
that an older version wrote, and that lacks what a fact needs, states nothing either; what the
tables held then was taken over into the log by a record of TAKEN_OVER.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from dialer.core.office.audit_chain import AuditRecord
from dialer.core.office.audit_kinds import (
    access,
    calls,
    complaints,
    keys,
    nodes,
    retention,
    scripts,
    suppressions,
)
from dialer.core.office.grants import OWNER
from dialer.core.values.suppression import SuppressionKind

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

FIELDS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "access": ("user", "roles", "given at", "given by", "expires", "signed"),
        "end of an access": ("at", "by"),
        "key of a person": ("user", "vouched by", "at", "signed", "key"),
        "end of a person's key": ("at", "by"),
        "suppression": ("by", "reason"),
        "proof of a suppression": ("unproven",),
        "refusal": ("since",),
        "imported list": (
            "name",
            "source",
            "digest",
            "at",
            "by",
            "numbers",
            "until",
            "gone",
            "signed",
        ),
        "numbers of an imported list": ("digest of them",),
        "end of an imported list": (),
        "version of a script": ("script", "purpose", "industry", "authors", "content"),
        "step of a script": ("action", "by", "at", "digest of the reason", "signed"),
        "sound of a script": ("content",),
        "signature": ("content",),
        "campaign": ("contacts", "digest of its contacts"),
        "end of a campaign": ("at", "by"),
        "call": ("campaign", "number", "contact", "started at", "version of its script"),
        "refusal in a call": ("at",),
        "end of a call": ("outcome", "at", "digest of its record"),
        "attempt": ("number", "number in call", "trunk", "caller ID", "why that trunk", "at"),
        "end of an attempt": ("outcome", "SIP", "Q.850", "Call-ID", "answered at", "at"),
        "second leg": ("trunk", "kind", "target", "at"),
        "end of a second leg": (
            "outcome",
            "SIP",
            "Q.850",
            "Call-ID",
            "answered at",
            "joined at",
            "at",
        ),
        "incoming call": ("trunk", "number", "at"),
        "end of an incoming call": ("ending", "at"),
        "approved configuration": ("by", "at"),
        "destruction": ("of", "subject", "by", "keys", "at"),
        "certificate of destruction": ("digest", "at"),
        "destroyed key": (),
        "complaint": ("number", "by", "call", "evidence", "at"),
        "closing of a complaint": ("at",),
        "step of a complaint": ("move", "by", "at", "signed"),
        "words of a complaint": ("digest",),
    }
)
"""What is held to the log, and which values of it, in their order."""

AS_NAMED: Final = "as its name says"
"""Of what is named by a digest, and has it."""

MAY_ADD: Final = frozenset({"destroyed key", "imported list", "end of an imported list"})
"""Of these a table may hold more than the log tells of: a list that was given up forbids nothing,
and one that is in force has its numbers told of."""


@dataclass(frozen=True, slots=True)
class Fact:
    """`value` are the values of `FIELDS[what]`, as JSON; `scope` is what may be destroyed whole.

    `rank` is higher where a fact of the same key takes its place.
    """

    what: str
    key: str
    value: str
    scope: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Gone:
    """The row was taken out by right."""

    what: str
    key: str


@dataclass(frozen=True, slots=True)
class Emptied:
    """All of a scope is being destroyed; `done`: it is."""

    scope: str
    done: bool


Change = Fact | Gone | Emptied

LATER: Final = frozenset({"proof of a suppression", "signature"})
"""What was held to the log later than the rest. Of rows that are older than the upgrade which took
over the tables, the log may say nothing; their `rank` is their instant."""

ANYTHING: Final = "*"
"""The value of a fact of which an older version's record does not tell the value."""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def fact(what: str, key: object, value: Sequence[object], scope: str = "", rank: int = 0) -> Fact:
    """A fact of values that JSON can hold; bytes are written in hex."""
    return Fact(what, str(key), _encode([_plain(each) for each in value]), scope, rank)


def digest_of(value: str) -> str:
    """What stands for a fact's value where it was taken over."""
    return "#" + hashlib.sha256(value.encode("utf-8", "backslashreplace")).hexdigest()


def changes(record: AuditRecord) -> Iterator[Change]:
    """What the record says of the tables. Raises ValueError where it says it in no known form."""
    stated = REPLAYED.get(record.kind)
    if stated is None:
        return
    try:
        yield from stated(record, record.body)
        yield from _signatures(record.body)
    except (KeyError, TypeError, AttributeError, OverflowError):
        raise ValueError("does not tell what a record of its kind tells") from None


def how_they_differ(what: str, held: str, stated: str) -> str:
    """Which values of a row are not those that the log states."""
    there, logged = json.loads(held), json.loads(stated)
    named = FIELDS.get(what, ())
    if len(there) != len(logged) or len(logged) != len(named):
        return f"is {held}; the log says {stated}"
    return ", ".join(
        f"{name} is {_encode(one)}; the log says {_encode(other)}"
        for name, one, other in zip(named, there, logged, strict=True)
        if one != other
    )


def is_of_tables(record: AuditRecord) -> bool:
    """Whether only a version that holds the tables to the log writes such a record."""
    if record.kind == nodes.START:
        return "tables" in record.body
    return record.kind in {access.ACCESS_GIVEN, access.ACCESS_RECOVERED} and "token" in record.body


def scope_of_evidence(campaign: str) -> str:
    return f"evidence:{campaign}"


def scope_of_call(call: str) -> str:
    """Goes when the call itself goes."""
    return f"call:{call}"


def scope_of_arrival(micros: int) -> str:
    return f"incoming:{_EPOCH + timedelta(microseconds=micros):%Y-%m}"


def scope_of_complaint(complaint: str) -> str:
    return f"complaint:{complaint}"


def own_key(number: str, why: str, since: int | None) -> str:
    """An entry of the book of suppressions, which is known by its instant."""
    return f"{number} {why} {since}"


def script_value(
    script: object, purpose: object, industry: object, authors: object
) -> list[object]:
    """Of a version whose content is what its name says."""
    return [script, purpose, industry, authors, AS_NAMED]


# --------------------------------------------------------------------------- what the kinds state

Stated = Callable[[AuditRecord, Mapping[str, Any]], Iterator[Change]]


def _signatures(body: Mapping[str, Any]) -> Iterator[Change]:
    """Whatever was signed for has its signature; what is older than signatures says so in words."""
    for name in ("signed", "vouched"):
        digest = body.get(name)
        if isinstance(digest, str) and _DIGEST.fullmatch(digest):
            yield fact("signature", digest, [AS_NAMED])


def _given(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    if "token" not in body:
        return
    by = OWNER if record.kind == access.ACCESS_RECOVERED else body["by"]
    value = [body["user"], body["roles"], record.at, by, _micros(body.get("expires"))]
    value.append(body.get("signed"))
    yield fact("access", body["token"], value)
    for closed in body.get("closed", ()):
        yield fact("end of an access", closed, [record.at, by])


def _revoked(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    if "token" in body:
        yield fact("end of an access", body["token"], [record.at, body["by"]])


def _key_registered(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    by = None if body["by"] == body["user"] else body["by"]
    value = [body["user"], by, record.at, body["signed"], AS_NAMED]
    yield fact("key of a person", body["fingerprint"], value)


def _key_revoked(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    yield fact("end of a person's key", body["fingerprint"], [record.at, body["by"]])


def _suppressed(
    record: AuditRecord, body: Mapping[str, Any], why: SuppressionKind, reason: str | None = None
) -> Fact:
    by = None if why is SuppressionKind.ASKED else body["by"]
    return fact("suppression", own_key(body["number"], why, record.at), [by, reason])


def _listed(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    yield _suppressed(record, body, SuppressionKind.OWN_LIST, body["reason"])


def _forgotten(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    yield _suppressed(record, body, SuppressionKind.FORGOTTEN)


def _asked(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    yield _suppressed(record, body, SuppressionKind.ASKED)
    what, number = "proof of a suppression", body["number"]
    if "unproven" in body:
        yield fact(what, number, [int(body["unproven"])], rank=record.at)
    else:
        yield Fact(what, str(number), ANYTHING, rank=record.at)


def _proven(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    yield fact("proof of a suppression", body["number"], [0], rank=record.at)


def _lifted(_record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    if "since" in body:
        key = own_key(body["number"], body["why"], _micros(body["since"]))
        yield Gone("suppression", key)


def _refused(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    if "number" in body:
        yield fact("refusal", body["number"], [record.at], rank=record.at)
        at = scope_of_call(body["call"])
        yield fact("refusal in a call", body["call"], [record.at], at)


def _list_imported(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    if "import" not in body:
        return
    named = [body[name] for name in ("list", "source", "digest")]
    value = [*named, record.at, body["by"], body["numbers"], _micros(body["until"])]
    value += [body["gone"], body["signed"]]
    yield fact("imported list", body["import"], value)
    yield fact("numbers of an imported list", body["import"], [body["hashes"]])
    for ended in body["ended"]:
        yield fact("end of an imported list", ended, [])
        yield Gone("numbers of an imported list", str(ended))


def _script_step(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    of = [body[name] for name in ("script", "purpose", "industry", "authors")]
    yield fact("version of a script", body["version"], script_value(*of))
    if "position" in body:
        value = [body["action"], body["by"], record.at, body["why"], body["signed"]]
        yield fact("step of a script", f"{body['version']} {body['position']}", value)


def _imported(_record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    yield fact("campaign", body["campaign"], [body["contacts"], body["contacts_digest"]])


def _campaign_ended(_record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    yield fact("end of a campaign", body["campaign"], [_micros(body["ended_at"]), body["by"]])


def _attempt(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    call, scope = body["call"], scope_of_evidence(body["campaign"])
    value = [body[name] for name in ("number", "number_in_call", "trunk", "shown", "why_trunk")]
    yield fact("attempt", f"{call} {body['attempt']}", [*value, record.at], scope)
    if body["number_in_call"] == 1:
        of = [body[name] for name in ("campaign", "number", "contact")]
        yield fact("call", call, [*of, record.at, body["script_version"]], scope)


def _ended(body: Mapping[str, Any]) -> list[object]:
    value = [body[name] for name in ("outcome", "sip_code", "q850", "sip_call_id")]
    return [*value, _micros(body["answered_at"])]


def _attempt_end(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    key, scope = f"{body['call']} {body['attempt']}", scope_of_call(body["call"])
    yield fact("end of an attempt", key, [*_ended(body), record.at], scope, record.at)


def _call_end(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    value, scope = [body["outcome"], record.at, body["cdr"]], scope_of_call(body["call"])
    yield fact("end of a call", body["call"], value, scope)


def _leg(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    key, scope = f"{body['call']} {body['attempt']}", scope_of_call(body["call"])
    value = [body["trunk"], body["kind"], body["target"], record.at]
    yield fact("second leg", key, value, scope)


def _leg_end(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    key, scope = f"{body['call']} {body['attempt']}", scope_of_call(body["call"])
    value = [*_ended(body), _micros(body["joined_at"]), record.at]
    yield fact("end of a second leg", key, value, scope)


def _arrival(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    value = [body["trunk"], body["number"], record.at]
    yield fact("incoming call", body["call"], value, scope_of_arrival(record.at))


def _inbound_end(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    value, scope = [body["ending"], record.at], scope_of_call(body["call"])
    yield fact("end of an incoming call", body["call"], value, scope)


def _destruction_begun(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    value = [body[name] for name in ("matter", "subject", "by", "keys")]
    yield fact("destruction", body["destruction"], [*value, record.at])
    yield Emptied(f"{body['matter']}:{body['subject']}", done=False)


def _destroyed(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    yield fact("certificate of destruction", body["destruction"], [body["digest"], record.at])
    yield Emptied(f"{body['matter']}:{body['subject']}", done=True)


def _key_destroyed(_record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    yield fact("destroyed key", body["key"], [])


def _opened(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    if "text" not in body:
        return
    id_ = body["complaint"]
    value = [body["number"], body["by"], body["call"], sorted(body["evidence"]), record.at]
    yield fact("complaint", id_, value)
    yield fact("closing of a complaint", id_, [None])
    yield fact("words of a complaint", f"{id_} 0", [body["text"]], scope_of_complaint(id_))
    if body["suppressed"]:
        yield _suppressed(record, body, SuppressionKind.COMPLAINT)


def _moved(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    if "step" not in body:
        return
    id_, step = body["complaint"], body["step"]
    value = [body["move"], body["by"], record.at, body["signed"]]
    yield fact("step of a complaint", f"{id_} {step}", value)
    yield fact("words of a complaint", f"{id_} {step}", [body["text"]], scope_of_complaint(id_))
    closed = record.at if body["move"] == "close" else None
    yield fact("closing of a complaint", id_, [closed], rank=step)


def _configuration(record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    key = f"{body['node']} {body['digest']} {body['signed']}"
    yield fact("approved configuration", key, [body["by"], record.at])


def _taken_over(_record: AuditRecord, body: Mapping[str, Any]) -> Iterator[Change]:
    for what, key, scope, digest, rank in body["facts"]:
        if digest is None:
            yield Gone(what, key)
        else:
            yield Fact(what, key, digest, scope, rank)


REPLAYED: Final[Mapping[str, Stated]] = MappingProxyType(
    {
        access.ACCESS_GIVEN: _given,
        access.ACCESS_RECOVERED: _given,
        access.ACCESS_REVOKED: _revoked,
        access.KEY_REGISTERED: _key_registered,
        access.KEY_REVOKED: _key_revoked,
        suppressions.OWN_LISTED: _listed,
        suppressions.FORGOTTEN: _forgotten,
        suppressions.SUPPRESSION_LIFTED: _lifted,
        suppressions.LIST_IMPORTED: _list_imported,
        calls.SUPPRESSION: _asked,
        calls.SUPPRESSION_PROVEN: _proven,
        calls.REFUSAL: _refused,
        calls.IMPORT: _imported,
        calls.ATTEMPT: _attempt,
        calls.ATTEMPT_END: _attempt_end,
        calls.CALL_END: _call_end,
        calls.LEG: _leg,
        calls.LEG_END: _leg_end,
        calls.ARRIVAL: _arrival,
        calls.INBOUND_END: _inbound_end,
        complaints.COMPLAINT_OPENED: _opened,
        complaints.COMPLAINT_MOVED: _moved,
        keys.KEY_DESTROYED: _key_destroyed,
        nodes.CONFIGURATION_APPROVED: _configuration,
        nodes.CONFIGURATION_WITHDRAWN: _configuration,
        nodes.TAKEN_OVER: _taken_over,
        retention.CAMPAIGN_ENDED: _campaign_ended,
        retention.DESTRUCTION_BEGUN: _destruction_begun,
        retention.DESTROYED: _destroyed,
        scripts.SCRIPT_STEP: _script_step,
    }
)
"""What a record of each kind states. A kind that is new is one entry."""


def _micros(written: str | None) -> int | None:
    if written is None:
        return None
    return (datetime.fromisoformat(written) - _EPOCH) // timedelta(microseconds=1)


def _plain(value: object) -> object:
    """As JSON holds it, whatever was found in a column."""
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, (int, float)):
        return value
    return repr(value)
