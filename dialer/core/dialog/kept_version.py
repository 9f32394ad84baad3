"""A version of a script with all that is kept of it: for another look at it, and for evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from dialer.core.dialog.approval import Version
from dialer.core.dialog.script_version import ScriptContent, content_hash, read_content


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """`content` are its canonical bytes; `seconds` the lengths of its prompts, by key."""

    version: Version
    content: bytes
    seconds: Mapping[str, float]

    def read(self) -> ScriptContent:
        """What it says. Raises ValueError for bytes that were changed, or another dialer's."""
        if content_hash(self.content) != self.version.hash:
            raise ValueError("the version's content is not what its name says: it was changed")
        return read_content(self.content)

    def evidence(self) -> Mapping[str, bytes]:
        """The files that show what was approved, and by whom, by their names in a bundle.

        The SHA-256 of `script.json` is the version's name.
        """
        return {"script.json": self.content, "approval.json": _approval(self.version)}


def _approval(version: Version) -> bytes:
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
            }
            for step in version.steps
        ],
    }
    return json.dumps(whole, indent=1).encode()
