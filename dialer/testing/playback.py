"""What a scripted callee is being played."""

from __future__ import annotations

from audio.events import BargeInPolicy
from dialer.ports.line import Playlist


class Playback:
    """A playlist from the instant it began."""

    def __init__(self, playlist: Playlist, began: float) -> None:
        self.play_id = playlist.play_id
        self.began = began
        self._items = playlist.items
        self._starts: list[float] = []
        self.ends = began
        for item in self._items:
            self._starts.append(self.ends)
            self.ends += item.prompt.seconds

    @property
    def ends_of_items(self) -> tuple[float, ...]:
        """When each prompt is over."""
        return (*self._starts[1:], self.ends)

    def policy(self, now: float) -> BargeInPolicy:
        """What the callee's voice may do at this instant."""
        begun = [
            item for item, start in zip(self._items, self._starts, strict=True) if start <= now
        ]
        return begun[-1].policy if begun else BargeInPolicy.PROTECTED

    def begun(self, now: float) -> tuple[str, ...]:
        """Names of the prompts begun before this instant."""
        starts = zip(self._items, self._starts, strict=True)
        return tuple(item.prompt.name for item, start in starts if start < now)

    def sample(self, now: float) -> int:
        """How far into the playlist, in samples."""
        rate = self._items[0].prompt.rate if self._items else 0
        return round((min(now, self.ends) - self.began) * rate)
