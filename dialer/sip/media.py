"""Sound of a line's calls, by attempt: the native bridge, what listens to it, what records it.

`open`, `connect`, `disconnect` and `close` run on the SIP thread; `play`, `stop`, `record` and
`stop_recording` on any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audio import _bridge
from audio.analysers import MakeAnalyser, Tell
from audio.events import AudioEvent, WordsHeard
from audio.keys import KeyAnalyser
from audio.loop import Tick
from audio.recording import Recorder, Tape
from audio.speech.feed import SpeechFeed
from audio.speech.recogniser import Recogniser, Wanted
from audio.stats import TickStats
from audio.voice import POLICY_NUMBER, VoiceAnalyser
from dialer.ports.line import Playlist

NativeItems = Sequence[tuple[_bridge.Prompt, int]]
AudioSink = Callable[[str, AudioEvent], None]
"""Called with the attempt, on the tick's thread: cheap, and it never waits."""


class Media:
    """The media path of a line: bridge, tick and recorder, and the ports of answered calls.

    `rate` is the bridge's, in Hz; `analysers` are what the tick asks. Words are told where there
    is a `recogniser`, which is closed with the rest.
    """

    def __init__(
        self,
        rate: int,
        analysers: Sequence[MakeAnalyser] = (VoiceAnalyser,),
        recogniser: Recogniser | None = None,
    ) -> None:
        self.recogniser = recogniser
        self._feed: SpeechFeed | None = None
        self.bridge = _bridge.Bridge(rate)
        self.tick = Tick(
            self.bridge,
            self._heard,
            (self._make_keys, *analysers, *([self._make_feed] if recogniser else [])),
        )
        self.recorder = Recorder()
        self._sink: AudioSink = lambda _attempt, _event: None
        self._taps: dict[str, _bridge.Tap] = {}
        self._handles: dict[str, int] = {}
        self._attempts: dict[int, str] = {}

    def _make_keys(self, bridge: _bridge.Bridge, tell: Tell, stats: TickStats) -> KeyAnalyser:
        self._keys = KeyAnalyser(bridge, tell, stats)
        return self._keys

    def _make_feed(self, bridge: _bridge.Bridge, tell: Tell, stats: TickStats) -> SpeechFeed:
        assert self.recogniser is not None  # noqa: S101 -- asked for where there is one
        self._feed = SpeechFeed(bridge, tell, stats, self.recogniser)
        return self._feed

    def tell(self, sink: AudioSink) -> None:
        """Have `sink` told of what is heard and played, on the tick's thread."""
        self._sink = sink

    def start_listening(self) -> None:
        """Run bridge and tick; PJSIP must be there. The recorder has a life of its own."""
        self.bridge.start()
        self.tick.start()

    def stop_listening(self) -> None:
        self.tick.stop()
        self.bridge.shutdown()
        if self.recogniser is not None:
            self.recogniser.close()

    def native(self, playlist: Playlist) -> NativeItems:
        """The playlist as `Bridge.play` takes it.

        Raises ValueError for an empty playlist, an empty prompt, or one of another rate.
        """
        if not playlist.items:
            raise ValueError(f"playlist {playlist.play_id} is empty")
        for item in playlist.items:
            if item.prompt.rate != self.bridge.rate:
                raise ValueError(
                    f"prompt {item.prompt.name} is at {item.prompt.rate} Hz, "
                    f"the bridge runs at {self.bridge.rate}"
                )
        return [(item.prompt.native, POLICY_NUMBER[item.policy]) for item in playlist.items]

    def open(self, attempt: str, listens: Wanted | None = None) -> int:
        handle = self.bridge.open()
        self._attempts[handle] = attempt
        self._handles[attempt] = handle
        self.tick.watch(handle)
        if self._feed is not None and listens is not None:
            self._feed.listen(handle, listens)
        return handle

    def hear_keys(self, handle: int, *, in_band: bool) -> None:
        """Whether an open port's keys are to be heard in what it sends."""
        self._keys.listen(handle, on=in_band)

    def key_came(self, handle: int, key: str, at: float) -> bool:
        """A key came as an event or by INFO; False where it was told already, as a tone."""
        return not self._keys.came_otherwise(handle, key, at)

    def connect(self, handle: int, slot: int) -> None:
        """Connect with the call's stream. A new stream may sit in the slot of the one before."""
        self.bridge.detach(handle)
        self.bridge.attach(handle, slot)

    def disconnect(self, handle: int) -> None:
        self.bridge.detach(handle)

    def close(self, handle: int) -> None:
        attempt = self._attempts.pop(handle)
        self._handles.pop(attempt, None)
        self._taps.pop(attempt, None)
        self.tick.forget(handle)
        self.bridge.close(handle)

    def play(self, attempt: str, play_id: int, items: NativeItems) -> None:
        """Nothing happens where the attempt has no port: it is not answered, or over."""
        handle = self._handles.get(attempt)
        if handle is not None:
            try:
                self.bridge.play(handle, play_id, items)
            except KeyError:
                return  # closed on the SIP thread in between

    def silence(self, handle: int) -> None:
        """Stop what is being played to an open port."""
        self.bridge.stop(handle)

    def stop(self, attempt: str) -> None:
        handle = self._handles.get(attempt)
        if handle is not None:
            try:
                self.bridge.stop(handle)
            except KeyError:
                return

    def record(self, attempt: str, tape: Tape) -> None:
        """Bring both sides to `tape`; it ends at once where the attempt has no port."""
        handle = self._handles.get(attempt)
        try:
            tap = None if handle is None else self.bridge.record(handle)
        except KeyError:
            tap = None  # closed on the SIP thread in between
        if tap is None:
            self.recorder.drop(tape)
            return
        self._taps[attempt] = tap
        if attempt not in self._handles:
            self._taps.pop(attempt, None)  # closed on the SIP thread in between
        self.recorder.add(tap, tape)

    def stop_recording(self, attempt: str) -> None:
        tap = self._taps.get(attempt)
        if tap is not None:
            tap.stop()

    def _heard(self, event: AudioEvent) -> None:
        if self._feed is not None and not isinstance(event, WordsHeard):
            self._feed.heard(event)
        attempt = self._attempts.get(event.handle)
        if attempt is not None:
            self._sink(attempt, event)
