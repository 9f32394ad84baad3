"""The tables, one file a concern; `dialer.store.migrations` makes them.

Whoever changes a table here adds a revision there: a test holds the two equal.
"""

from dialer.store.schema.access import access_tokens
from dialer.store.schema.audit import audit_checkpoints, audit_log
from dialer.store.schema.base import metadata
from dialer.store.schema.calls import attempts, calls
from dialer.store.schema.campaigns import campaigns, tallies
from dialer.store.schema.complaints import complaint_evidence, complaint_steps, complaints
from dialer.store.schema.configurations import approved_configurations
from dialer.store.schema.contacts import CALLING, CLAIMED, DONE, IS_WAITING, WAITING, contacts
from dialer.store.schema.inbound import inbound_calls
from dialer.store.schema.keys import vault_keys
from dialer.store.schema.legs import legs
from dialer.store.schema.nodes import nodes, trunk_shares
from dialer.store.schema.recordings import recordings
from dialer.store.schema.retention import destructions, numbers_shown, retention_clock
from dialer.store.schema.scripts import script_authors, script_sounds, script_steps, script_versions
from dialer.store.schema.signatures import person_keys, signatures
from dialer.store.schema.suppression import do_not_call, list_imports, listed_numbers

__all__ = [
    "CALLING",
    "CLAIMED",
    "DONE",
    "IS_WAITING",
    "WAITING",
    "access_tokens",
    "approved_configurations",
    "attempts",
    "audit_checkpoints",
    "audit_log",
    "calls",
    "campaigns",
    "complaint_evidence",
    "complaint_steps",
    "complaints",
    "contacts",
    "destructions",
    "do_not_call",
    "inbound_calls",
    "legs",
    "list_imports",
    "listed_numbers",
    "metadata",
    "nodes",
    "numbers_shown",
    "person_keys",
    "recordings",
    "retention_clock",
    "script_authors",
    "script_sounds",
    "script_steps",
    "script_versions",
    "signatures",
    "tallies",
    "trunk_shares",
    "vault_keys",
]
