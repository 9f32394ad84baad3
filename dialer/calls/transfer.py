"""Between a live call and whoever hands it over: asked by the one, called off by either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dialer.core.dialog.script import Transfer
from dialer.core.values.events import ReferAnswered


class HandOverSide(Protocol):
    """A handing over under way, as the call that asked for it sees it."""

    def call_off(self) -> None:
        """The call is over, or no longer wants to be handed over. The last word to this side."""
        ...

    def refer_answered(self, event: ReferAnswered) -> None:
        """What the far side says of our REFER."""
        ...


HandOver = Callable[[Transfer], HandOverSide]
"""Begins a handing over. That it failed, or that the two have talked, is told to the service."""
