"""Calls' media in the native bridge, by attempt.

`open`, `connect`, `disconnect` and `close` run on the SIP thread; `play`, `stop`, `record` and
`stop_recording` on any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from audio import _bridge
from audio.loop import POLICY_NUMBER
from audio.recording import Recorder, Tape
from dialer.ports.line import Playlist

NativeItems = Sequence[tuple[_bridge.Prompt, int]]


class Ears(Protocol):
    """What listens to the bridge's calls: `audio.loop.Tick`."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def watch(self, handle: int) -> None:
        """Listen to this call, and tell of its playback."""
        ...

    def forget(self, handle: int) -> None:
        """Tell nothing more of it."""
        ...


class Media:
    """Ports of answered calls, and playlists as the bridge wants them."""

    def __init__(self, bridge: _bridge.Bridge, ears: Ears, recorder: Recorder) -> None:
        self._bridge = bridge
        self._ears = ears
        self._recorder = recorder
        self._taps: dict[str, _bridge.Tap] = {}
        self._handles: dict[str, int] = {}
        self._attempts: dict[int, str] = {}

    def native(self, playlist: Playlist) -> NativeItems:
        """The playlist as `Bridge.play` takes it.

        Raises ValueError for an empty playlist, an empty prompt, or one of another rate.
        """
        if not playlist.items:
            raise ValueError(f"playlist {playlist.play_id} is empty")
        for item in playlist.items:
            if item.prompt.rate != self._bridge.rate:
                raise ValueError(
                    f"prompt {item.prompt.name} is at {item.prompt.rate} Hz, "
                    f"the bridge runs at {self._bridge.rate}"
                )
        return [(item.prompt.native, POLICY_NUMBER[item.policy]) for item in playlist.items]

    def attempt_of(self, handle: int) -> str | None:
        """Whose handle it is; None once it is closed."""
        return self._attempts.get(handle)

    def open(self, attempt: str) -> int:
        handle = self._bridge.open()
        self._attempts[handle] = attempt
        self._handles[attempt] = handle
        self._ears.watch(handle)
        return handle

    def connect(self, handle: int, slot: int) -> None:
        """Connect with the call's stream. A new stream may sit in the slot of the one before."""
        self._bridge.detach(handle)
        self._bridge.attach(handle, slot)

    def disconnect(self, handle: int) -> None:
        self._bridge.detach(handle)

    def close(self, handle: int) -> None:
        attempt = self._attempts.pop(handle)
        self._handles.pop(attempt, None)
        self._taps.pop(attempt, None)
        self._ears.forget(handle)
        self._bridge.close(handle)

    def play(self, attempt: str, play_id: int, items: NativeItems) -> None:
        """Nothing happens where the attempt has no port: it is not answered, or over."""
        handle = self._handles.get(attempt)
        if handle is not None:
            try:
                self._bridge.play(handle, play_id, items)
            except KeyError:
                return  # closed on the SIP thread in between

    def silence(self, handle: int) -> None:
        """Stop what is being played to an open port."""
        self._bridge.stop(handle)

    def stop(self, attempt: str) -> None:
        handle = self._handles.get(attempt)
        if handle is not None:
            try:
                self._bridge.stop(handle)
            except KeyError:
                return

    def record(self, attempt: str, tape: Tape) -> None:
        """Bring both sides to `tape`; it ends at once where the attempt has no port."""
        handle = self._handles.get(attempt)
        try:
            tap = None if handle is None else self._bridge.record(handle)
        except KeyError:
            tap = None  # closed on the SIP thread in between
        if tap is None:
            self._recorder.drop(tape)
            return
        self._taps[attempt] = tap
        if attempt not in self._handles:
            self._taps.pop(attempt, None)  # closed on the SIP thread in between
        self._recorder.add(tap, tape)

    def stop_recording(self, attempt: str) -> None:
        tap = self._taps.get(attempt)
        if tap is not None:
            tap.stop()
