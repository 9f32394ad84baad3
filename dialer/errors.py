"""The error tree. Each message says what is wrong and what to do; none holds a phone number.

DialerError
+-- AccessError            no token, an unknown one, or one without the right, exit 1
+-- ApprovalError          words are not approved, or a step of their approval is refused, exit 1
+-- AuditError             no audit key, checkpoint or bundle of evidence, exit 1
+-- ComplaintError         no such complaint, or this cannot be done about it, exit 2
+-- InputError             config, campaign, script or contacts: a list of Fault, exit 2
+-- CampaignConflictError  a campaign's name is taken by another contacts file, or has ended, exit 2
+-- CampaignUnknownError   there is no campaign of that name, exit 2
+-- StoreError             the database cannot be had or refuses, exit 1
|   +-- StoreLockedError   another process works on this data_dir, or under this node's name
|   +-- StoreAwayError     the database is away for a time: disk full, server down
|       +-- StoreInDoubtError   it went away within the commit: nobody knows yet whether it was done
+-- LabError               a lab's clock without a trunk that is a lab's, exit 2
+-- LineError              SIP or RTP cannot start: port taken, no such address, exit 1
+-- MetricsError           /metrics cannot be served: port taken, no such address, exit 1
+-- PromptError            a prompt cannot be made or read, exit 2
+-- RecordingError         no such recording, or nothing of it can be heard, exit 1
+-- RetentionError         nothing is destroyed by a clock in doubt, or of who still calls, exit 1
+-- SuppressionError       the book of suppressions is not changed like this, exit 2
+-- VaultError             keys cannot be had, or are used up, exit 1
    +-- MasterKeyError     the master key is missing, unsafe, malformed or another one, exit 2
    +-- KeyUnknownError    this key is not known here (yet)
    +-- KeyDestroyedError  this key was destroyed; what was sealed under it is gone for good
    +-- SealError          what was sealed has been changed, or does not belong where it is
    +-- StreamCutError     a sealed stream ends before its end
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class DialerError(Exception):
    """Anything that ends a command with a message instead of a traceback."""

    exit_code = 1


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in an input file. `line` counts from 1; 0 means the file as a whole."""

    file: str
    line: int
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.what}"


class InputError(DialerError):
    """Bad input: every fault found, at once."""

    exit_code = 2

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class CampaignConflictError(DialerError):
    """The campaign's name was begun with another contacts file, or the campaign was ended."""

    exit_code = 2


class CampaignUnknownError(DialerError):
    """There is no campaign of that name."""

    exit_code = 2


class StoreError(DialerError):
    """The database cannot be had, or refuses."""


class StoreLockedError(StoreError):
    """Another process works on this data_dir, or under this node's name."""


class StoreAwayError(StoreError):
    """The database is away for a time: what was asked was not done, and may be asked again."""


class AccessError(DialerError):
    """Who asks may not do this, or nobody can tell who it is. No message holds a token."""


class TokenFormError(AccessError):
    """What somebody shows as their token has not the form of one. It is not repeated."""


class SignatureError(DialerError):
    """A person's key or signature cannot be had, or is not what it should be."""


class ApprovalError(DialerError):
    """The words of a script are not approved, or a step towards that is refused."""


class StoreInDoubtError(StoreAwayError):
    """The database went away within a commit: what was asked may have been done, or may not."""


class AuditError(DialerError):
    """An audit key, a checkpoint or a bundle of evidence cannot be had or is none."""


class AnchorError(DialerError):
    """An anchor of the audit log cannot be asked, or has something against the log."""


class LabError(DialerError):
    """A clock for a lab was given, and no trunk is a lab's."""

    exit_code = 2


class LineError(DialerError):
    """SIP or RTP cannot start."""


class MetricsError(DialerError):
    """/metrics cannot be served."""


class PromptError(DialerError):
    """A prompt cannot be made or read."""

    exit_code = 2


class RecordingError(DialerError):
    """There is no such recording, or nothing of it can be heard."""


class ComplaintError(DialerError):
    """There is no such complaint, or this cannot be done about it."""

    exit_code = 2


class RetentionError(DialerError):
    """Nothing is destroyed: the clock is in doubt, or there is nothing of that name."""


class SuppressionError(DialerError):
    """The book of suppressions is not changed like this."""

    exit_code = 2


class VaultError(DialerError):
    """Keys cannot be had, or are used up. No message holds a key or what was sealed."""


class MasterKeyError(VaultError):
    """The master key is missing, unsafe, malformed, or not the one that the store needs."""

    exit_code = 2


class KeyUnknownError(VaultError):
    """This key is not known here: never made, or made by another node a moment ago."""


class KeyDestroyedError(VaultError):
    """This key was destroyed: what was sealed under it can never be opened again."""


class SealError(VaultError):
    """What was sealed has been changed, or does not belong where it was found."""


class StreamCutError(VaultError):
    """A sealed stream ends before its end: its writer was killed, or somebody cut it."""
