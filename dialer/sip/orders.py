"""What the line's thread hands to the SIP thread."""

from __future__ import annotations

from dataclasses import dataclass

from audio.speech.recogniser import Wanted
from dialer.core.values.number import E164
from dialer.core.values.targets import Target
from dialer.sip.media import NativeItems


@dataclass(frozen=True, slots=True)
class Placement:
    """A call to be placed, with its opening as the bridge wants it."""

    attempt: str
    trunk: str
    callee: Target
    caller_id: E164
    play_id: int
    opening: NativeItems
    """Empty for a leg that is to be joined with another call: it is not listened to."""
    may_refer_to: tuple[Target, ...] = ()
    listens: Wanted | None = None
