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
CONFIGURATION_APPROVED: Final = "configuration_approved"

KINDS: Final = {
    START: "a node started; `configuration` is the digest of its own, `changed` what is new in it, "
    "`law` each figure that its calls are held to, and who says so, `unsafe` the protections that "
    "are left off",
    STOP: "a node was stopped",
    HELD: "a node launches no calls from now on, as its clock is wrong or its database away",
    RELEASED: "what held a node is over: it launches calls again",
    CONFIGURATION_APPROVED: "compliance approved a node's effective configuration, by its digest",
    EXPORT: "somebody took a call's evidence along",
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
) -> dict[str, Any]:
    """`settings` are the configuration's keys with the digests of their values, `before` the last.

    A value that is gone is null in `changed`. `unsafe` are the protections that are left off,
    `by` and `account` who started it, `effective` the digest of what is approved.
    """
    changed = {
        key: settings.get(key)
        for key in sorted({*settings, *before})
        if settings.get(key) != before.get(key)
    }
    return {
        "version": version,
        "configuration": dict(settings),
        "changed": changed,
        "law": [figure.as_body() for figure in law],
        "unsafe": list(unsafe),
        "by": None if started is None else started.user,
        "account": None if started is None else started.account,
        "effective": None if started is None else started.configuration,
    }


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
