# ruff: noqa: PYI021  the extension has no other place for its documentation
"""The native bridge between PJSIP's conference and numpy.

One `Bridge` a process. Its audio thread pulls every call's frame each 20 ms and never waits for
the interpreter: prompts are played from native memory, received frames wait in a ring for whoever
collects them. Commands take effect in the next frame.

`start`, `shutdown`, `open`, `attach`, `detach` and `close` speak to PJSIP: call them on the SIP
thread. Everything else may be called on any thread. A handle of a closed call raises KeyError.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

STARTED: Final = 0
"""Event kind: the first frame of a playback was handed to the RTP stream."""
DONE: Final = 1
"""Event kind: a playback is over."""
PLAYED: Final = 2
"""Event kind: the last frame of an item was handed to the RTP stream; `sample` is its number."""

PROTECTED: Final = 0
DUCK: Final = 1
STOP: Final = 2
NOTHING: Final = -1
"""Policies of a playlist's items, and of nothing being played."""

class Prompt:
    """Immutable samples, copied once from int16 [n]; n > 0. Shared by any number of playlists.

    Its pauses are looked for once, here, at `rate` samples a second.
    """

    def __init__(self, samples: NDArray[np.int16], rate: int = 8000) -> None: ...
    def __len__(self) -> int: ...

class Bridge:
    """All calls' media. `rate` is 8000 or 16000, and the conference's own (ValueError if not)."""

    def __init__(self, rate: int = 8000) -> None: ...
    @property
    def rate(self) -> int: ...
    @property
    def frame_samples(self) -> int:
        """Samples of one frame: rate / 50."""

    @property
    def realtime(self) -> bool:
        """Whether audio and media threads got SCHED_RR (needs CAP_SYS_NICE or an rtprio limit)."""

    def start(self) -> None:
        """Take the conference off its sound device and drive it by our own clock thread.

        After the endpoint's libStart(); do not call setNullDev(), before or after. Raises
        RuntimeError where the conference does not run at our rate, mono, 20 ms.
        """

    def shutdown(self) -> None:
        """Stop and join the audio thread. Must happen before the endpoint's libDestroy()."""

    def open(self) -> int:
        """Add a port to the conference; its handle is positive and never given out again."""

    def attach(self, handle: int, slot: int) -> None:
        """Connect both ways with conference slot `slot` (AudioMedia.getPortId()).

        Attaching to another slot lets go of the one before. Takes effect at the next tick.
        """

    def detach(self, handle: int) -> None:
        """Disconnect; playback pauses, for nobody pulls its frames, and goes on once attached."""

    def close(self, handle: int) -> None:
        """Remove the port. No event and no frame of this handle comes afterwards."""

    def slot(self, handle: int) -> int:
        """The port's own conference slot: attaching one call to it bridges the two."""

    def record(self, handle: int) -> Tap:
        """Keep from now on what both sides say. Raises RuntimeError the second time."""

    def play(
        self,
        handle: int,
        play_id: int,
        items: Sequence[tuple[Prompt, int]],
        armed: bool = False,
    ) -> None:
        """Play (prompt, policy) pairs without a gap, in place of what is being played.

        Armed, nothing is heard until `release`. Raises ValueError for an empty list.
        """

    def release(self, handle: int) -> bool:
        """Start what was armed; False where nothing was."""

    def stop(self, handle: int) -> tuple[int, int] | None:
        """Fall silent; (play_id, sample reached), or None where nothing was being played."""

    def interrupt(self, handle: int) -> tuple[int, int] | None:
        """`stop`, but only while a prompt of policy STOP is being played; else None."""

    def duck(self, handle: int) -> tuple[int, int] | None:
        """Lower the prompt by 18 dB; where it was, or None where nothing or PROTECTED is played.

        A prompt of policy PROTECTED that follows in the same playlist ends the ducking.
        """

    def unduck(self, handle: int) -> None:
        """Full volume again, without going back."""

    def resume(self, handle: int, play_id: int, sample: int, from_pause: bool = False) -> bool:
        """Full volume, from `sample`; also after `stop`. False if another playlist took over.

        `from_pause`: from the last pause before it in the same item, or from the item's beginning;
        but not from one that is over 3 s back or was gone back to twice already.
        """

    def place(self, handle: int) -> tuple[int, int] | None:
        """(play_id, next sample) of what is being played."""

    def wait(self, seen: int, timeout: float) -> int:
        """The tick count, as soon as it differs from `seen`, at the latest after `timeout` s.

        Wraps at 2**32. Releases the interpreter. Raises RuntimeError once the bridge is shut down.
        """

    def collect(
        self,
        frames: NDArray[np.int16],
        handles: NDArray[np.int64],
        taken: NDArray[np.int64],
        over: NDArray[np.int8],
        peaks: NDArray[np.int32],
    ) -> int:
        """Take the received frames of all calls, each call's oldest first; how many there were.

        frames [max, frame_samples], handles [max], taken [max]: monotonic ns of the tick that
        brought the frame, over [max]: policy of the prompt that was being played, or NOTHING,
        peaks [max]: greatest absolute sample. Where max is reached, the rest waits; a call's ring
        holds 64 frames (1.28 s). Never lets go of the interpreter on the way.
        """

    def recent(
        self, handle: int, taken: int, heard: NDArray[np.int16], said: NDArray[np.int16]
    ) -> bool:
        """What both sides of one call said up to the frame that came at `taken`, as collect tells.

        heard and said [n, frame_samples]: the last n periods of 20 ms, the newest last, silence
        where there was nothing; what was said in a period went out as what was heard in it came.
        48 periods (960 ms) are kept. False where that frame is gone.
        """

    def said_peak(self, handle: int, taken: int, first: int, last: int) -> int:
        """The greatest magnitude of what we said from `first` to `last` periods before `taken`."""

    def events(self) -> list[tuple[int, int, int, int, int, bool]]:
        """Playback events since the last call: (kind, handle, ns, play_id, sample, completed).

        PLAYED comes once for each item that was played to its end; its `sample` counts items.
        """

    def counts(self) -> dict[str, int]:
        """Totals since the bridge was made.

        ticks, late_ticks (over 5 ms), caught_up_ticks, skipped_ticks, received_frames,
        sent_frames, dropped_frames (a ring was full), underruns (a connected call without a
        frame), live_ports, live_prompts.
        """

    def lateness(self) -> tuple[list[float], list[int], float]:
        """Histogram of tick lateness: upper bounds (s), counts (one more than bounds), sum (s)."""

    def stats(self, handle: int) -> dict[str, int]:
        """One call's received, sent, dropped frames and underruns."""

class Tap:
    """What both sides of one call say, from `Bridge.record` to `stop` or the call's end.

    For one reader. It outlives the call: what was kept can be taken after the end.
    """

    @property
    def frame_samples(self) -> int:
        """Samples of one frame of one side: rate / 50."""

    @property
    def lost(self) -> int:
        """Frames that found the ring full: 150 wait there at most (3 s)."""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes, and all that was kept has been taken."""

    def stop(self) -> None:
        """Keep nothing more; from the next frame on."""

    def take(self, frames: NDArray[np.int16], periods: NDArray[np.int64]) -> int:
        """Take what has come, oldest first, and no more than fits; how many frames there were.

        frames [max, 2, frame_samples]: the callee's side, then ours. periods [max]: the number of
        the 20 ms in which they were said, so that a jump by more than one is time in which the
        call was on hold, the clock stalled, or frames were lost. The last frame before the end is
        not told.
        """

class Player:
    """One call's playback without a conference: frames are rendered when asked for.

    The commands are those of `Bridge`, without the handle; events carry handle 1 and time 0.
    """

    def __init__(self, rate: int = 8000) -> None: ...
    def render(self, frames: int) -> NDArray[np.int16]:
        """The next frames: [frames, rate / 50]."""

    def events(self) -> list[tuple[int, int, int, int, int, bool]]: ...
    def play(
        self, play_id: int, items: Sequence[tuple[Prompt, int]], armed: bool = False
    ) -> None: ...
    def release(self) -> bool: ...
    def stop(self) -> tuple[int, int] | None: ...
    def interrupt(self) -> tuple[int, int] | None: ...
    def duck(self) -> tuple[int, int] | None: ...
    def unduck(self) -> None: ...
    def resume(self, play_id: int, sample: int, from_pause: bool = False) -> bool: ...
    def place(self) -> tuple[int, int] | None: ...
