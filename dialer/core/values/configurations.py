"""What is on record of a node's approved configuration, as the gate is shown it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApprovedConfiguration:
    """The last approval of one node's effective configuration.

    `content` is its canonical text, None where nothing was ever approved and people have access,
    empty where the approval was withdrawn; `signed` tells whether who approved it has signed that.
    """

    content: str | None
    signed: bool = False
