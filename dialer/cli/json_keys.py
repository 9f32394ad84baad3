"""What `--json` and `--csv` show, key by key: docs/json.md is made from this table.

A key ends with its unit where it has one: `_s` and `seconds` are seconds, `bytes` are bytes.
Instants are ISO 8601 with their offset, figures are not rounded for people, null is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

OLD_NAMES: Final[Mapping[str, str]] = {
    "post_dial_delay_s": "post_dial_delay",
    "notice_spoken_s": "notice_spoken",
    "talk_s": "talk",
    "lost_s": "lost",
    "answer_to_first_packet_s": "answer_to_first_packet",
    "answer_to_notice_s": "answer_to_notice",
    "barge_in_s": "barge_in",
}
"""Keys that had no unit, by those that took their place; both are shown for one release."""

KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "dialer calls": {
        "started": "instant at which the call was begun",
        "campaign": "its campaign's name",
        "number": "the callee's, masked without `--clear`",
        "outcome": "how it ended, `who.reason` (outcomes.md); null for a live call",
        "sip_code": "the SIP reply that ended it",
        "trunk": "the trunk of its last attempt",
        "attempts": "how many INVITEs it took; of one CALL, each of them",
        "post_dial_delay_s": "from the INVITE to the first 180 or 183",
        "notice_spoken_s": "from the answer to the end of the identity notice",
        "talk_s": "from the answer to the end",
        "barge_ins": "how often the callee spoke over a prompt",
        "keys": "the digits that the callee pressed, in order",
        "path": "the nodes of the script that were reached, in order",
        "call": "its id",
    },
    "dialer calls --inbound": {
        "arrived": "instant of the INVITE",
        "caller": "the number that called, masked without `--clear`",
        "called": "our number that was called",
        "trunk": "the trunk it came by",
        "ending": "how it ended",
        "talk_s": "from the answer to the end",
        "keys": "the digits that the caller pressed, in order",
        "campaign": "the campaign of the call that it answers",
        "about": "the id of that call",
        "attested": "whether a carrier that is believed has verified the number",
        "call": "its own id",
    },
    "dialer contacts": {
        "row": "its place in the contacts file",
        "number": "masked without `--clear`",
        "state": "waiting, claimed, calling or done",
        "rule": "the rule of the gate that put it off",
        "due": "the earliest instant at which a call can be lawful",
        "faults": "calls that came to nothing by the carriers' fault",
        "late_commits": "calls given up because the record was written too late",
    },
    "dialer campaigns": {
        "name": "the campaign",
        "purpose": "what its calls are for",
        "state": "ended, in hand, done, due or waiting",
        "contacts": "how many it has",
        "done": "how many are not called again in it",
        "in_hand": "how many a node is calling now",
        "due": "how many nothing stands against",
        "waiting": "by rule: how many `contacts` wait, and when the `first_due` is due",
        "refused": "of `done`, by rule: those that a rule denies for good",
        "outcomes": "calls by outcome",
        "ended": "instant at which it was ended",
        "ended_by": "who ended it",
    },
    "dialer trunks": {
        "name": "the trunk",
        "uri": "where it leads",
        "transport": "udp, tcp, tls or auto",
        "registers": "whether it registers",
        "channels": "calls that it carries at once",
        "cps": "calls per second",
        "priority": "trunks of a lower one are tried first",
        "weight": "its part among trunks of one priority",
        "numbers": "how many numbers it has",
        "attempts": "attempts that its rates are made from",
        "asr": "answered attempts, from 0 to 1",
        "ner": "network effectiveness (ITU-T E.425), from 0 to 1",
        "acd_seconds": "mean length of an answered call",
        "pdd_seconds": "mean post-dial delay",
        "stand": "good, giving_way (demoted) or probing",
        "stand_why": "the reason",
        "stand_since": "since when",
        "false_answers": "whether it is suspected to answer for nobody",
    },
    "dialer recordings list": {
        "started": "instant at which it began",
        "campaign": "the call's campaign",
        "state": "recording, whole, incomplete, cut ... (recording.md)",
        "seconds": "its length",
        "lost_s": "what could not be written",
        "bytes": "its size, sealed",
        "call": "the call's id",
    },
    "dialer suppress list": {
        "since": "instant from which the number is not called",
        "why": "our own list, a refusal, a complaint",
        "by": "who entered it",
        "reason": "the reason that was given",
        "unproven": "whether a caller asked for it whose number nobody had verified",
        "number_hash": "the number's keyed hash",
    },
    "dialer suppress lists": {
        "list": "the list's name",
        "source": "who gave it",
        "imported": "instant of the import",
        "by": "who imported it",
        "numbers": "how many it holds",
        "until": "its end; null: none",
        "digest": "SHA-256 of its file",
    },
    "dialer complaints": {
        "id": "the complaint",
        "state": "open, answered, closed or broken record",
        "opened": "instant at which it was opened",
        "by": "who opened it",
        "answer_due": "instant by which an answer is due",
        "overdue": "whether that is past",
        "answered": "instant of the answer",
        "calls": "how many calls are held as evidence",
    },
    "dialer access list": {
        "name": "the user",
        "roles": "what they are",
        "given": "instant at which access was given",
        "given_by": "who gave it; null: the first of all",
        "expires": "its end; null: none",
        "state": "holds, expired or revoked",
        "revoked": "instant at which it was revoked",
        "revoked_by": "who revoked it",
    },
    "dialer audit list": {
        "at": "instant of the record",
        "kind": "what was done (audit.md)",
        "call": "the call's id, where it is about one",
        "chain": "the node or desk whose chain it is in",
        "sequence": "its place there",
        "body": "all that it says",
    },
    "dialer keys status": {
        "key": "its name",
        "generation": "how often it was rotated",
        "state": "in use or destroyed",
        "master": "the id of the master key that it is wrapped under",
    },
    "dialer retention run --dry-run": {
        "campaign": "the campaign",
        "matter": "what of it is to be destroyed",
        "due": "instant from which it may be",
        "latest": "instant by which it must be",
        "state": "kept, due or late",
        "waits_for": "what must happen first",
    },
    "dialer run": {
        "campaign": "its name",
        "total": "contacts of the campaign; so are the next three, over all runs",
        "done": "called, or never to be",
        "waiting": "due now: not 0 after a drain",
        "waiting_later": "put off, by the rule that did it",
        "drained": "whether the run was told to stop",
        "cut_short_before": "calls that a killed process had left, closed at this start",
        "seconds": "length of this run",
        "run": "of this run alone, see below",
        "outcomes": "calls by outcome, over all runs",
    },
    "`run` of dialer run": {
        "calls": "ended",
        "answered": "of these",
        "opted_out": "callees who asked for no more calls",
        "denied": "calls that the gate did not allow, by rule",
        "outcomes": "calls by outcome (outcomes.md)",
        "waits": "who waits though nothing stands against calling them: `contacts`, `why`, "
        "`again_in` (seconds) or null",
        "post_dial_delay_s": "p50, p99 and max of INVITE to ringing; empty: none measured",
        "answer_to_first_packet_s": "the same, of the identity notice",
        "answer_to_notice_s": "the same, to the last packet of the identity notice",
        "barge_in_s": "the same, of speech to the prompt's stop",
    },
}
"""What each command shows, one object a row."""


def with_old_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """`row`, and beside each key that was renamed its old name."""
    return {**row, **{old: row[key] for key, old in OLD_NAMES.items() if key in row}}
