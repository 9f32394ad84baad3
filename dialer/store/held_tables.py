"""Each table, and what holds it to the audit log; docs/audit.md has the same list.

A table that is new is one entry: a test wants it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

REPLAYED: Final = "replayed"

HELD_BY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "access_tokens": REPLAYED,
        "approved_configurations": f"{REPLAYED}; its words by the signature, which the gate checks",
        "attempts": REPLAYED,
        "audit_checkpoints": "signed themselves; anchored outside where `audit` says so",
        "audit_log": "the chain, the checkpoints, the anchors",
        "calls": f"{REPLAYED}; the whole record by its digest",
        "campaigns": REPLAYED,
        "complaint_evidence": f"{REPLAYED}, with its complaint",
        "complaint_steps": REPLAYED,
        "complaints": REPLAYED,
        "contacts": "free: who is still to be called. Who is put in is called by the consent that "
        "the row names; it is in the attempt's record, and the list whose digest is the campaign's "
        "does not have it",
        "destructions": REPLAYED,
        "do_not_call": f"{REPLAYED}, with the mark of what is unproven",
        "inbound_calls": REPLAYED,
        "legs": REPLAYED,
        "list_imports": REPLAYED,
        "listed_numbers": f"{REPLAYED}, by one digest a list",
        "nodes": "free: which nodes live",
        "numbers_shown": "follows from attempts: a row less shows a number of ours that was shown "
        "before; `attempts` have what was shown",
        "person_keys": REPLAYED,
        "recordings": "its own seal, under keys of the vault",
        "retention_clock": "free: when the destroyer last looked",
        "script_authors": f"{REPLAYED}, with its version",
        "script_sounds": "named by its digest, and by versions that are replayed",
        "script_steps": REPLAYED,
        "script_versions": f"{REPLAYED}, named by its digest",
        "signatures": f"{REPLAYED}, named by its digest, checked against the key",
        "tallies": "follows from calls, and is counted by them in each report",
        "trunk_shares": "free: which node may use how much of a trunk",
        "vault_keys": f"{REPLAYED}, where destroyed; sealed under the master key otherwise",
    }
)
