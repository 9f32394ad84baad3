"""A campaign's life and its accounts: what the progress line and the summary show."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from dialer.core.gate.abandonment import ABANDON_RATE
from dialer.core.gate.clock_sanity import CLOCK_SANE
from dialer.core.values.outcome import Outcome, is_refusal
from dialer.core.values.records import Progress
from dialer.core.values.retry import CALLED_AGAIN, CARRIER_FAULT, COMMIT_LATE, waits_for
from dialer.core.values.verdict import Deny

RATE_WINDOW: Final = 60.0
"""Seconds over which the rate is taken."""


class CampaignStage(Enum):
    """Where a campaign stands in its life."""

    RUNNING = "running"
    DRAINING = "draining"
    """No new calls; live ones finish."""
    DONE = "done"
    """No call lives, and none will be launched."""


@dataclass(frozen=True, slots=True)
class Wait:
    """So many contacts wait, and why. `again_in` is seconds; None where nobody can tell."""

    contacts: int
    why: str
    again_in: float | None = None

    def __str__(self) -> str:
        again = "" if self.again_in is None else f", again in {math.ceil(self.again_in)} s"
        return f"{self.contacts} wait: {self.why}{again}"


NO_TRUNK_UP: Final = "no trunk up"
TRUNKS_REST: Final = "the trunks rest, as their carriers ask"
CARRIER_FAULTS: Final = "carrier faults"
LATE_COMMITS: Final = "late commits"
_WORDS: Final = {CARRIER_FAULT: CARRIER_FAULTS, COMMIT_LATE: LATE_COMMITS}
HELD: Final = {ABANDON_RATE: "abandon rate", CLOCK_SANE: "the clock cannot be believed"}
"""Why contacts wait."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The campaign's accounts at one instant.

    `done` and `total` count contacts over all runs; everything else counts this run's calls.
    """

    stage: CampaignStage
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
    waits: tuple[Wait, ...] = ()
    """Who waits although nothing stands against calling them; not whom a rule has put off."""


class Campaign:
    """The accounts of one campaign in one run, from what the store holds at its start.

    `now` is monotonic seconds, and so is `again_at`: when the first of those is due that wait
    since an earlier run to be called again, by what they wait for.
    """

    def __init__(
        self, progress: Progress, now: float, again_at: Mapping[str, float] | None = None
    ) -> None:
        self._total = progress.total
        self._done = progress.done
        self._started = now
        self._stage = CampaignStage.RUNNING
        self._live = 0
        self._answered = 0
        self._refused = 0
        self._denied: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._recent: deque[float] = deque()
        self._later = 0
        self._waiting: dict[int, tuple[str, float]] = {}
        self._waiting_before = {what: progress.waiting_later.get(what, 0) for what in CALLED_AGAIN}
        self._again_before = again_at or {}
        self.put_back = 0
        """Calls after which their contact waits to be called again, in this run."""
        self.saw(progress)

    @property
    def stage(self) -> CampaignStage:
        return self._stage

    @property
    def live(self) -> int:
        """Calls that have not ended."""
        return self._live

    @property
    def may_launch(self) -> bool:
        return self._stage is CampaignStage.RUNNING

    def launched(self) -> None:
        """A call began. Raises ValueError unless the campaign is running."""
        if self._stage is not CampaignStage.RUNNING:
            raise ValueError(f"no call begins in a campaign that is {self._stage.value}")
        self._live += 1

    def saw(self, progress: Progress) -> None:
        """What the store holds now: how many the rules have put off."""
        later = progress.waiting_later
        self._later = sum(count for rule, count in later.items() if rule not in CALLED_AGAIN)

    def claimed(self, contact: int, waited_for: str | None) -> None:
        """A contact is taken, to be called; what it has waited for, where it was put off."""
        if self._waiting.pop(contact, None) is None and waited_for in self._waiting_before:
            self._waiting_before[waited_for] = max(0, self._waiting_before[waited_for] - 1)

    def ended(self, outcome: Outcome, now: float, *, answered: bool) -> None:
        """A call ended, and with it its contact. Raises ValueError where none is live."""
        self._call_over(outcome, answered=answered)
        self._contact_done(now)
        self._finish_if_empty()

    def waits(self, outcome: Outcome, contact: int, again_at: float) -> None:
        """A call came to nothing; its contact is due again at `again_at`.

        Raises ValueError where none is live.
        """
        self._call_over(outcome, answered=False)
        self._waiting[contact] = (waits_for(outcome), again_at)
        self.put_back += 1
        self._finish_if_empty()

    def asked_later(self, outcome: Outcome) -> None:
        """A call was answered, and its contact is to be called at another time.

        Raises ValueError where none is live.
        """
        self._call_over(outcome, answered=True)
        self._later += 1
        self._finish_if_empty()

    def reached(self, contact: int, now: float) -> None:
        """Who waited was reached after all, and is done with."""
        if self._waiting.pop(contact, None) is not None:
            self._contact_done(now)

    def _call_over(self, outcome: Outcome, *, answered: bool) -> None:
        if self._live == 0:
            raise ValueError("no call is live")
        self._live -= 1
        self._answered += answered
        self._refused += is_refusal(outcome)
        self._outcomes[str(outcome)] += 1

    def denied(self, verdict: Deny, now: float) -> None:
        """The gate denied the first attempt of a call; a contact it will never allow is done."""
        self._denied[verdict.rule] += 1
        if verdict.until is None:
            self._contact_done(now)
        else:
            self._later += 1

    def drain(self) -> None:
        """Launch nothing more: told to stop, or no contact is left that could be called now."""
        if self._stage is CampaignStage.RUNNING:
            self._stage = CampaignStage.DRAINING
        self._finish_if_empty()

    def snapshot(
        self,
        now: float,
        *,
        trunk_up: bool = True,
        held: str = "",
        rests_until: float | None = None,
    ) -> Snapshot:
        """The accounts as they stand. `trunk_up` tells whether any trunk may carry a call.

        `held` is the rule that holds the node, where one does; `rests_until`, monotonic, when the
        first trunk carries again, where every one that is up rests.
        """
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
            waits=tuple(self._waits(now, trunk_up=trunk_up, held=held, rests_until=rests_until)),
        )

    def _waits(
        self, now: float, *, trunk_up: bool, held: str, rests_until: float | None
    ) -> Iterator[Wait]:
        again = len(self._waiting) + sum(self._waiting_before.values())
        others = self._total - self._done - self._live - self._later - again
        if not trunk_up and others > 0:
            yield Wait(others, NO_TRUNK_UP)
        elif rests_until is not None and others > 0:
            yield Wait(others, TRUNKS_REST, max(0.0, rests_until - now))
        elif held and others > 0:
            yield Wait(others, HELD.get(held, held))
        for what, before in self._waiting_before.items():
            due = [at for waited_for, at in self._waiting.values() if waited_for == what]
            contacts = len(due) + before
            if before and what in self._again_before:
                due.append(self._again_before[what])
            if contacts:
                again_in = max(0.0, min(due) - now) if due else None
                yield Wait(contacts, _WORDS[what], again_in)

    def _contact_done(self, now: float) -> None:
        self._done += 1
        self._recent.append(now)
        self._forget(now)

    def _finish_if_empty(self) -> None:
        if self._stage is CampaignStage.DRAINING and self._live == 0:
            self._stage = CampaignStage.DONE

    def _rate(self, now: float) -> float:
        self._forget(now)
        span = min(now - self._started, RATE_WINDOW)
        return len(self._recent) / span if span > 0 else 0.0

    def _forget(self, now: float) -> None:
        while self._recent and self._recent[0] <= now - RATE_WINDOW:
            self._recent.popleft()
