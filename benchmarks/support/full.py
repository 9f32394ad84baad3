"""The whole media path at work: ports, tick, barge-in, and prompts without an end."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from support.calls import Caller, Leg

from audio import _bridge
from audio.events import AudioEvent, PlaybackDone
from audio.loop import Sink, Tick
from audio.synthesis import Synthesiser

RATE = 8000


class Full:
    """The whole media path on some calls, as a context manager."""

    def __init__(self, caller: Caller, legs: list[Leg], items: list[_bridge.Prompt]) -> None:
        self._caller = caller
        self._bridge = caller.bridge
        self._ports = caller.ports(legs)
        self._items = items
        self._sinks: dict[int, Sink] = {}
        self._handles: list[int] = []
        self._plays = 0
        self.tick = Tick(caller.bridge, self._hear)

    def __enter__(self) -> Self:
        self._handles = list(self._ports.__enter__())
        for number, handle in enumerate(self._handles):
            self.tick.watch(handle)
            self._play(handle, number)
        self.tick.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.tick.stop()
        for handle in self._handles:
            self.tick.forget(handle)
        self._ports.__exit__(kind, error, trace)

    @property
    def handles(self) -> list[int]:
        """One a call, in the calls' order."""
        return self._handles

    def add(self, handle: int, sink: Sink) -> None:
        """Listen to one more call, whose events go to a sink of its own."""
        self._sinks[handle] = sink
        self.tick.watch(handle)

    def _play(self, handle: int, turn: int) -> None:
        """The items in an order of the call's own, with each policy on each of them in turn."""
        self._plays += 1
        items = [
            (self._items[(turn + place) % len(self._items)], (turn + place) % 3)
            for place in range(len(self._items))
        ]
        self._bridge.play(handle, self._plays, items)

    def _hear(self, event: AudioEvent) -> None:
        sink = self._sinks.get(event.handle)
        if sink is not None:
            sink(event)
        elif isinstance(event, PlaybackDone):
            self._play(event.handle, self._plays)


def prompts() -> list[_bridge.Prompt]:
    """What a campaign would say."""
    texts = (
        "This is the automated assistant of Example Bank.",
        "We call about renewing your card; it takes one minute.",
        "Your card expires next month. Shall we renew it?",
        "Press 1 or say stop to end this call.",
    )
    with tempfile.TemporaryDirectory() as folder:
        voice = Synthesiser(RATE, Path(folder))
        return [voice.say(text).native for text in texts]
