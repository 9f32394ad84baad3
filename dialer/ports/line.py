"""SIP and media of all trunks, as the calls drive them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from audio.events import AudioEvent, BargeInPolicy
from audio.speech.recogniser import Wanted
from dialer.core.trunks.trunk_state import TrunkState
from dialer.core.values.events import LineEvent
from dialer.core.values.number import E164
from dialer.core.values.targets import Target

if TYPE_CHECKING:
    from audio.prompts import Prompt
    from audio.recording import Tape


@dataclass(frozen=True, slots=True)
class PlaylistItem:
    """One prompt of a playlist and what the callee's voice may do to it."""

    prompt: Prompt
    policy: BargeInPolicy


@dataclass(frozen=True, slots=True)
class Playlist:
    """Prompts played without a gap, as one playback. `play_id` is unique within the attempt."""

    play_id: int
    items: tuple[PlaylistItem, ...]


@dataclass(frozen=True, slots=True)
class Dial:
    """Place one INVITE. Given to the line only after the attempt is committed.

    `opening` is armed in the native bridge and starts by itself on the SIP thread when the call
    is answered: neither asyncio nor the tick stands between the answer and the notice. A leg that
    is placed to be joined with another call has none, and is not listened to.
    """

    attempt: str
    trunk: str
    callee: Target
    caller_id: E164
    opening: Playlist | None
    may_refer_to: tuple[Target, ...] = ()
    """Whom the far side may ask us to hand its partner on to; any other REFER gets 603."""
    listens: Wanted | None = None
    """What is listened for in the callee's words, where the line has a recogniser."""


AnyLineEvent = LineEvent | AudioEvent
LineSink = Callable[[str, float, AnyLineEvent], None]
"""Called on the event loop's thread with (attempt, monotonic time it happened, event)."""
TrunkSink = Callable[[TrunkState], None]
"""Called on the event loop's thread with a trunk's state, each time that it changes."""


class Line(Protocol):
    """SIP and media of all trunks. Methods return at once; what came of them comes as events.

    For every `dial` exactly one of these ends the story, and nothing follows it: Rejected,
    DialFailed, RemoteHungUp, LocalEnded, PeerLost. So it is with a call that comes in: the line
    names it, tells Arrived first, and one of the last three ends it. A method that names an
    attempt, or a call, which has already ended does nothing.
    """

    async def start(self, sink: LineSink) -> None:
        """Bring transports and trunks up. Raises LineError saying what to do where it can't."""
        ...

    async def close(self) -> None:
        """End every call (CANCEL, BYE), then the stack; returns within 5 s."""
        ...

    def trunk_states(self) -> Sequence[TrunkState]:
        """What is known of each trunk now: whether it may carry calls, why, and since when."""
        ...

    def watch_trunks(self, sink: TrunkSink) -> None:
        """Have `sink` told of every change from now on; what is known already is not told."""
        ...

    def dial(self, order: Dial) -> None:
        """Send the INVITE and arm the opening playlist."""
        ...

    def end(self, attempt: str) -> None:
        """CANCEL or BYE, as the call's state demands (RFC 3261 9.1, 15)."""
        ...

    def play(self, attempt: str, playlist: Playlist) -> None:
        """Replace what is being played; that ends as PlaybackDone, not completed."""
        ...

    def stop(self, attempt: str) -> None:
        """Fall silent within the next frame."""
        ...

    def record(self, attempt: str, tape: Tape) -> None:
        """Give `tape` what both sides say, from the next frame to the call's end.

        An attempt is recorded once. Where it is not answered, `tape` is ended at once.
        """
        ...

    def stop_recording(self, attempt: str) -> None:
        """Keep nothing more, from the next frame on; the tape's end follows."""
        ...

    def send_dtmf(self, attempt: str, digits: str) -> None:
        """Send keys the way the trunk is configured for: RFC 4733 or SIP INFO."""
        ...

    def answer(self, call: str, opening: Playlist) -> None:
        """Answer a call that has Arrived; `opening` starts with the ACK, which Answered tells."""
        ...

    def turn_away(self, call: str, code: int, retry_after: int | None = None) -> None:
        """Refuse a call that has Arrived, with a final code; LocalEnded follows."""
        ...

    def join(self, attempt: str, other: str) -> None:
        """Let two answered calls hear each other, and nobody else.

        What is being played to them stops, nothing is listened to, and a key of one is sent on to
        the other instead of being told. Each is told Joined; and Parted, when the other has ended
        or `part` was asked for. Nothing happens where one of them is not answered, or joined.
        """
        ...

    def part(self, attempt: str) -> None:
        """Undo `join`: both hear silence, and are listened to again."""
        ...

    def refer(self, attempt: str, target: Target) -> None:
        """Ask the far side of an answered call to call `target` itself (REFER, RFC 3515).

        What comes of it is told as ReferAnswered, at least once, the last of them `over`.
        """
        ...

    def tell_referrer(self, attempt: str, code: int) -> None:
        """Tell whoever asked by TransferAsked what came of it (NOTIFY, RFC 3515 2.4.5)."""
        ...
