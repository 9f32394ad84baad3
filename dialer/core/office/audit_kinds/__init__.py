"""What the audit log tells of: every kind of record, and the functions that make their bodies.

One file a concern. A body is what JSON can hold, with no personal data in clear: the log outlives
the contacts. A number is there as its keyed hash, 64 hexadecimal digits, which says that two
records are about one callee and not who that is; people of the operator by their user name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from dialer.core.office.audit_kinds import (
    access,
    calls,
    complaints,
    keys,
    nodes,
    recordings,
    retention,
    scripts,
    suppressions,
)

Body = Mapping[str, Any]

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    access.KINDS
    | calls.KINDS
    | complaints.KINDS
    | keys.KINDS
    | nodes.KINDS
    | recordings.KINDS
    | retention.KINDS
    | scripts.KINDS
    | suppressions.KINDS
)
"""Every kind with its meaning. What is not here cannot be noted."""
