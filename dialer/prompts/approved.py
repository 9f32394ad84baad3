"""Which version a node says: its own making of the words, or the one of them that was approved.

Another espeak-ng may speak the same words otherwise. What was approved is then played, from the
store; so that machines of other versions say the same sounds, and no sound that nobody approved.
"""

from __future__ import annotations

from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.dialog.script_version import (
    ScriptContent,
    canonical,
    content_hash,
    subject_of,
    without_sounds,
)
from dialer.core.values.standing import ApprovalState
from dialer.ports.desks import ScriptDesk


async def approved_of(desk: ScriptDesk, own: ScriptContent) -> KeptVersion | None:
    """The approved version of the same words as `own`, with other sounds; None where is none.

    None as well where `own` is approved itself.
    """
    name, subject, words = content_hash(canonical(own)), subject_of(own), without_sounds(own)
    for version in await desk.versions():
        if version.subject != subject or version.state is not ApprovalState.APPROVED:
            continue
        kept = await desk.kept(version.hash)
        if version.hash == name or kept is None:
            return None
        try:
            said = kept.read()
        except ValueError:
            return None
        return kept if without_sounds(said) == words and said != own else None
    return None


async def version_said(desk: ScriptDesk, own: ScriptContent) -> str:
    """The name of the version that a node says which makes `own` of the files."""
    kept = await approved_of(desk, own)
    return content_hash(canonical(own)) if kept is None else kept.version.hash
