"""Who may do what: roles, and the rights that each gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What somebody is to the operator. One person may have several."""

    OPERATOR = "operator"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Right(StrEnum):
    """One thing that not everybody may do."""

    SUBMIT_SCRIPTS = "submit scripts"
    APPROVE_SCRIPTS = "approve or reject scripts"
    APPROVE_CONFIGURATIONS = "approve configurations"
    SEE_NUMBERS = "see numbers in clear"
    SUPPRESS = "suppress numbers"
    UNLIST = "take numbers off suppression lists"
    END_CAMPAIGNS = "end campaigns"
    ANSWER_COMPLAINTS = "open, answer and close complaints"
    FORGET_CONTACTS = "have a person's data destroyed"
    EXPORT_EVIDENCE = "export evidence"
    READ_AUDIT = "read the audit log"
    OVERRULE_ANCHORS = "let a node start against an anchor of its audit log"
    MANAGE_ACCESS = "give and take access"
    MANAGE_KEYS = "change keys"


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.OPERATOR: frozenset({Right.SUBMIT_SCRIPTS, Right.SUPPRESS, Right.END_CAMPAIGNS}),
        Role.COMPLIANCE: frozenset(
            {
                Right.APPROVE_SCRIPTS,
                Right.APPROVE_CONFIGURATIONS,
                Right.SEE_NUMBERS,
                Right.SUPPRESS,
                Right.UNLIST,
                Right.END_CAMPAIGNS,
                Right.ANSWER_COMPLAINTS,
                Right.FORGET_CONTACTS,
                Right.EXPORT_EVIDENCE,
                Right.READ_AUDIT,
                Right.OVERRULE_ANCHORS,
            }
        ),
        # Looks at everything that was done, and changes nothing.
        Role.AUDITOR: frozenset({Right.SEE_NUMBERS, Right.EXPORT_EVIDENCE, Right.READ_AUDIT}),
        # Runs the machines, and so sees no person's data and approves nothing.
        Role.ADMIN: frozenset({Right.MANAGE_ACCESS, Right.MANAGE_KEYS, Right.READ_AUDIT}),
    }
)
"""The one table of who may do what."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as records name them. `name` is a user's name, never a secret."""

    name: str
    roles: frozenset[Role]

    def may(self, right: Right) -> bool:
        """Whether any of the roles gives it."""
        return any(right in RIGHTS[role] for role in self.roles)
