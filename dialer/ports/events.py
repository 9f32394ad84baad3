"""Where the life of calls and campaigns is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    pass


class EventSink(Protocol):
    """Where the life of calls and campaigns is told (MQTT). Must never block, never raise."""

    def publish(self, topic: str, payload: dict[str, object]) -> None:
        """Queue one event; where the queue is full the oldest is dropped and counted."""
        ...
