"""A campaign's life and its accounts: what the progress line and the summary show."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from dialer.core.outcome import Outcome, is_refusal
from dialer.core.records import Progress
from dialer.core.verdict import Deny

RATE_WINDOW: Final = 60.0
"""Seconds over which the rate is taken."""


class Stage(Enum):
    """Where a campaign stands in its life."""

    RUNNING = "running"
    DRAINING = "draining"
    """No new calls; live ones finish."""
    DONE = "done"
    """No call lives, and none will be launched."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The campaign's accounts at one instant.

    `done` and `total` count contacts over all runs; everything else counts this run's calls.
    """

    stage: Stage
    total: int
    done: int
    live: int
    answered: int
    refused: int
    """Callees who refused our calls."""
    denied: Mapping[str, int]
    """Attempts that the gate did not allow, by rule."""
    outcomes: Mapping[str, int]
    """Calls by `str(Outcome)`."""
    rate: float
    """Contacts done a second, over the last minute."""
    time_left: float | None
    """Seconds until every contact is done, at this rate; None while nothing can be told."""


class Campaign:
    """The accounts of one campaign in one run, from what the store holds at its start.

    `now` is monotonic seconds.
    """

    def __init__(self, progress: Progress, now: float) -> None:
        self._total = progress.total
        self._done = progress.done
        self._started = now
        self._stage = Stage.RUNNING
        self._live = 0
        self._answered = 0
        self._refused = 0
        self._denied: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._recent: deque[float] = deque()

    @property
    def stage(self) -> Stage:
        return self._stage

    @property
    def live(self) -> int:
        """Calls that have not ended."""
        return self._live

    @property
    def may_launch(self) -> bool:
        return self._stage is Stage.RUNNING

    def launched(self) -> None:
        """A call began. Raises ValueError unless the campaign is running."""
        if self._stage is not Stage.RUNNING:
            raise ValueError(f"no call begins in a campaign that is {self._stage.value}")
        self._live += 1

    def ended(self, outcome: Outcome, now: float, *, answered: bool) -> None:
        """A call ended, and with it its contact. Raises ValueError where none is live."""
        if self._live == 0:
            raise ValueError("no call is live")
        self._live -= 1
        self._answered += answered
        self._refused += is_refusal(outcome)
        self._outcomes[str(outcome)] += 1
        self._contact_done(now)
        self._finish_if_empty()

    def denied(self, verdict: Deny, now: float) -> None:
        """The gate denied the first attempt of a call; a contact it will never allow is done."""
        self._denied[verdict.rule] += 1
        if verdict.until is None:
            self._contact_done(now)

    def drain(self) -> None:
        """Launch nothing more: told to stop, or no contact is left that could be called now."""
        if self._stage is Stage.RUNNING:
            self._stage = Stage.DRAINING
        self._finish_if_empty()

    def snapshot(self, now: float) -> Snapshot:
        """The accounts as they stand."""
        rate = self._rate(now)
        left = self._total - self._done
        return Snapshot(
            stage=self._stage,
            total=self._total,
            done=self._done,
            live=self._live,
            answered=self._answered,
            refused=self._refused,
            denied=MappingProxyType(dict(self._denied)),
            outcomes=MappingProxyType(dict(self._outcomes)),
            rate=rate,
            time_left=left / rate if rate > 0 else None,
        )

    def _contact_done(self, now: float) -> None:
        self._done += 1
        self._recent.append(now)
        self._forget(now)

    def _finish_if_empty(self) -> None:
        if self._stage is Stage.DRAINING and self._live == 0:
            self._stage = Stage.DONE

    def _rate(self, now: float) -> float:
        self._forget(now)
        span = min(now - self._started, RATE_WINDOW)
        return len(self._recent) / span if span > 0 else 0.0

    def _forget(self, now: float) -> None:
        while self._recent and self._recent[0] <= now - RATE_WINDOW:
            self._recent.popleft()
