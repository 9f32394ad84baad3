"""Records of nodes: that they started and stopped, and under which configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dialer.core.gate.jurisdiction import Effective

START: Final = "node_start"
STOP: Final = "node_stop"
HELD: Final = "node_held"
RELEASED: Final = "node_released"
EXPORT: Final = "evidence_export"
TAKEN_OVER: Final = "tables_taken_over"
ANCHOR_OVERRULED: Final = "anchor_overruled"
CONFIGURATION_APPROVED: Final = "configuration_approved"
CONFIGURATION_WITHDRAWN: Final = "configuration_withdrawn"

KINDS: Final = {
    START: "a node started; `configuration` is the digest of its own, `changed` what is new in it, "
    "`law` each figure that its calls are held to, and who says so, `unsafe` the protections that "
    "are left off",
    STOP: "a node was stopped",
    HELD: "a node launches no calls from now on, as its clock is wrong or its database away",
    RELEASED: "what held a node is over: it launches calls again",
    CONFIGURATION_APPROVED: "compliance approved a node's effective configuration, by its digest",
    CONFIGURATION_WITHDRAWN: "compliance withdrew its approval: the node calls nobody by it",
    EXPORT: "somebody took a call's evidence along",
    TAKEN_OVER: "an upgrade met rows that the log of the version before could not prove: each by "
    "its key and a digest of its values; null where the log told of a row that was not there",
    ANCHOR_OVERRULED: "somebody lets a node start although an anchor outside remembers a record "
    "that this log does not hold",
}


@dataclass(frozen=True, slots=True)
class StartedBy:
    """Who started a node: the user whose token was shown, None without; the account it runs as.

    `configuration` is the digest of the effective configuration, as it is approved.
    """

    user: str | None
    account: str
    configuration: str


def start(
    version: str,
    settings: Mapping[str, str],
    before: Mapping[str, str],
    law: Iterable[Effective],
    unsafe: Sequence[str] = (),
    started: StartedBy | None = None,
    anchors: Sequence[str] = (),
) -> dict[str, Any]:
    """`settings` are the configuration's keys with the digests of their values, `before` the last.

    A value that is gone is null in `changed`. `unsafe` are the protections that are left off,
    `by` and `account` who started it, `effective` the digest of what is approved. `anchors` agree
    with the log, or were overruled. `tables` says that the tables are held to the log from here on,
    at the latest.
    """
    changed = {
        key: settings.get(key)
        for key in sorted({*settings, *before})
        if settings.get(key) != before.get(key)
    }
    return {
        "version": version,
        "tables": True,
        "configuration": dict(settings),
        "changed": changed,
        "law": [figure.as_body() for figure in law],
        "unsafe": list(unsafe),
        "by": None if started is None else started.user,
        "account": None if started is None else started.account,
        "effective": None if started is None else started.configuration,
        "anchors": list(anchors),
    }


def taken_over(schema: int, facts: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """`schema` is that of the tables before; of each fact: what, key, scope, digest, rank."""
    return {"schema": schema, "facts": [list(each) for each in facts]}


def overruled(
    anchor: str, chain: str, sequence: int, hash_: str, *, node: str, by: str, why: str
) -> dict[str, Any]:
    """What the anchor remembers, which the log does not hold; for the next start of `node`.

    `sequence` is 0 where the anchor is silent, was not reached, or is configured no more.
    """
    return {
        "anchor": anchor,
        "chain": chain,
        "sequence": sequence,
        "hash": hash_,
        "node": node,
        "by": by,
        "why": why,
    }


def configuration_withdrawn(node: str, by: str, signed: str) -> dict[str, Any]:
    return {"node": node, "digest": "", "by": by, "signed": signed}


def configuration_approved(node: str, digest: str, by: str, signed: str) -> dict[str, Any]:
    return {"node": node, "digest": digest, "by": by, "signed": signed}


def stop(node: str) -> dict[str, Any]:
    return {"node": node}


def held(node: str, rule: str, why: str) -> dict[str, Any]:
    return {"node": node, "rule": rule, "why": why}


def released(node: str, rule: str) -> dict[str, Any]:
    return {"node": node, "rule": rule}


def by_doubted_clock(body: Mapping[str, Any], shown: datetime) -> dict[str, Any]:
    """The body of a record whose time is not what the node's wall clock showed."""
    return {**body, "clock_shows": shown.isoformat()}


def export(call: str, by: str) -> dict[str, Any]:
    """Filed under no call: it is not part of the call's own evidence."""
    return {"of_call": call, "by": by}
