"""A version of a script with all that is kept of it: for another look at it, and for evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dialer.core.dialog.approval import Version
from dialer.core.dialog.script_version import ScriptContent, content_hash, read_content
from dialer.core.values.statements import Signature


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """`content` are its canonical bytes; `seconds` the lengths of its prompts, by key."""

    version: Version
    content: bytes
    seconds: Mapping[str, float]
    signatures: Mapping[str, tuple[Signature, str]] = field(default_factory=dict)
    """By their digests: signatures of approvals, each with the line of its public key."""

    def read(self) -> ScriptContent:
        """What it says. Raises ValueError for bytes that were changed, or another dialer's."""
        if content_hash(self.content) != self.version.hash:
            raise ValueError("the version's content is not what its name says: it was changed")
        return read_content(self.content)

    def evidence(self) -> Mapping[str, bytes]:
        """The files that show what was approved, and by whom, by their names in a bundle.

        The SHA-256 of `script.json` is the version's name.
        """
        return {
            "script.json": self.content,
            "approval.json": _approval(self.version, self.signatures),
        }


def _signature(
    signed: str | None, signatures: Mapping[str, tuple[Signature, str]]
) -> dict[str, str] | str | None:
    """What was signed, how, and by which key; or that the step is older than signatures."""
    found = None if signed is None else signatures.get(signed)
    if found is None:
        return signed
    signature, public = found
    return {
        "statement": signature.text,
        "signature": signature.signature,
        "key": public,
        "fingerprint": signature.key,
    }


def _approval(version: Version, signatures: Mapping[str, tuple[Signature, str]]) -> bytes:
    state = version.state
    whole = {
        "version": version.hash,
        "script": version.subject.script,
        "purpose": version.subject.purpose,
        "industry": version.subject.industry,
        "state": None if state is None else state.value,
        "authors": version.authors,
        "drafted_at": version.drafted_at.isoformat(),
        "steps": [
            {
                "action": step.action.value,
                "who": step.who,
                "when": step.when.isoformat(),
                "why": step.why,
                "signed": _signature(step.signed, signatures),
            }
            for step in version.steps
        ],
    }
    return json.dumps(whole, indent=1).encode()
