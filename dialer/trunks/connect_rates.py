"""The node's failover by connect rate: fed by attempts, asked for rankings, and told of outside.

What decides is `core.trunks.failover`. Everything here belongs to the event loop's thread, but
`reports`, which may be read from any.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from dialer.core.trunks.connect_rate import RateStanding, RateState
from dialer.core.trunks.failover import Failover, Ranking, Stand, Verdict
from dialer.core.trunks.past_attempts import groups_of, replay, take_in
from dialer.core.trunks.routing import Candidate, Trunk
from dialer.core.trunks.trunk_book import AttemptResult, Change, FailoverRules, TrunkReport
from dialer.core.values.number import E164, prefix_of
from dialer.core.values.records import AttemptEnd, AttemptOrder, PastAttempt
from dialer.ports.clock import Clock

if TYPE_CHECKING:
    # `dialer trunks` asks for the rates alone.
    from dialer.metrics.node import Metrics
    from dialer.mqtt.table import Teller

_log = logging.getLogger(__name__)

REFRESH_EVERY: Final = 5.0
"""Seconds between two looks at the windows, whose contents grow old by themselves."""
MOST_PAST: Final = 20_000
"""Attempts on record that are looked at after a restart, at most."""

WORDS: Final[Mapping[Verdict, str]] = {
    Verdict.LIST_AT_FAULT: (
        "all trunks have fallen together: the list is at fault, not the trunks; all carry on"
    ),
    Verdict.TRUNKS_AT_FAULT: "all trunks have fallen, one after another; the last to fall carries",
    Verdict.ONLY_TRUNK: (
        "the only trunk has fallen: it or the list is at fault, which cannot be told apart; "
        "it carries on"
    ),
    Verdict.GIVING_WAY: "some trunks give way, the others carry",
    Verdict.WELL: "no trunk gives way any more",
}
"""What is said once, when it becomes true of all trunks that may show one number."""


class ConnectRates:
    """Which trunks carry, give way and are probed, over all campaigns of this node."""

    def __init__(
        self,
        trunks: Sequence[Trunk],
        rules: FailoverRules,
        clock: Clock,
        metrics: Metrics,
        teller: Teller,
    ) -> None:
        self.looks_back: Final = timedelta(seconds=rules.window.age)
        self._numbers = {trunk.name: trunk.numbers for trunk in trunks}
        self._failover = Failover(self._numbers, rules)
        self._clock = clock
        self._metrics = metrics
        self._teller = teller
        self._placed: set[str] = set()
        self._probes: set[str] = set()
        """Trunks for which a probe is chosen whose INVITE has not left yet."""
        carriers = {trunk.name: trunk.numbers for trunk in trunks if not trunk.own}
        self._verdicts = dict.fromkeys(groups_of(carriers), Verdict.WELL)
        self.reports: Mapping[str, TrunkReport] = {}
        """What is known of each trunk; replaced whole, never changed."""
        self.refresh()

    def rebuild(self, past: Iterable[PastAttempt]) -> None:
        """Begin with what is on record of the time before this process."""
        replay(self._failover, self._numbers, past, self._clock.utc(), self._monotonic())
        self.refresh()
        for name, report in self.reports.items():
            if report.standing.state is not RateState.GOOD:
                self._tell_standing(name, None, report.standing)
        self._tell_verdicts()

    def take_in(self, others: Iterable[PastAttempt]) -> None:
        """Count attempts of other nodes, each once; see `core.trunks.past_attempts.take_in`."""
        self._told(take_in(self._failover, self._numbers, others, self._monotonic()))

    def _monotonic(self) -> Callable[[datetime], float]:
        now, utc = self._clock.monotonic(), self._clock.utc()
        return lambda at: now + (at - utc).total_seconds()

    def rank(self, names: Sequence[str], callee: E164) -> Ranking:
        """How to try these trunks; see `Failover.rank`.

        While a probe's commit is under way no second one is wanted.
        """
        ranking = self._failover.rank(names, prefix_of(callee))
        if not self._probes:
            return ranking
        aside = ranking.verdict in {Verdict.GIVING_WAY, Verdict.TRUNKS_AT_FAULT}
        instead = Stand.ASIDE if aside else Stand.CARRY
        return replace(
            ranking,
            places=tuple(
                replace(place, stand=instead)
                if place.stand is Stand.PROBE and place.trunk in self._probes
                else place
                for place in ranking.places
            ),
        )

    def chosen(self, candidate: Candidate) -> None:
        """The trunk is seized for a call; then comes `placed`, `ended` or `withdrawn`."""
        if candidate.probes:
            self._probes.add(candidate.trunk.name)

    def withdrawn(self, candidate: Candidate) -> None:
        """No INVITE comes of it."""
        if candidate.probes:
            self._probes.discard(candidate.trunk.name)

    def placed(self, order: AttemptOrder, candidate: Candidate, at: float) -> None:
        """The INVITE has left, at this monotonic instant."""
        self.withdrawn(candidate)
        prefix = prefix_of(order.contact.row.number)
        self._failover.placed(order.attempt, order.trunk, prefix, candidate.rivals, at)
        self._placed.add(order.attempt)

    def answered(self, order: AttemptOrder, post_dial_delay: float | None, at: float) -> None:
        """Its 200 has come."""
        if order.attempt in self._placed:
            self._told(self._failover.answered(order.attempt, post_dial_delay, at))

    def ended(self, order: AttemptOrder, end: AttemptEnd) -> None:
        """The attempt has ended; one whose INVITE never left is not counted."""
        if order.attempt not in self._placed:
            return
        self._placed.discard(order.attempt)
        talk = (end.ended_at - end.answered_at).total_seconds() if end.answered_at else None
        result = AttemptResult(end.outcome, talk, end.speech, end.post_dial_delay)
        self._told(self._failover.ended(order.attempt, result, self._clock.monotonic()))

    def refresh(self) -> None:
        """Take the windows as they are now for `reports`."""
        now = self._clock.monotonic()
        self.reports = {name: self._failover.report(name, now) for name in self._numbers}

    async def keep_fresh(self) -> None:
        """Refresh every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(REFRESH_EVERY)
            self.refresh()

    def _told(self, changes: Sequence[Change]) -> None:
        if not changes:
            return
        self.refresh()
        for change in changes:
            if isinstance(change.what, RateStanding):
                self._tell_standing(change.trunk, change.prefix, change.what)
            else:
                suspected = change.what.suspected
                _log.warning(
                    "trunk %s: %s: %s",
                    change.trunk,
                    "false answers suspected" if suspected else "no more sign of false answers",
                    change.what.why,
                )
                self._teller.false_answers(
                    self._clock.utc(), change.trunk, suspected=suspected, why=change.what.why
                )
        self._tell_verdicts()

    def _tell_standing(self, trunk: str, prefix: str | None, standing: RateStanding) -> None:
        fell = standing.state is not RateState.GOOD
        _log.log(
            logging.WARNING if fell else logging.INFO,
            "trunk %s %s%s: %s",
            trunk,
            "gives way" if fell else "carries again",
            "" if prefix is None else f" for numbers that begin with {prefix}",
            standing.why,
        )
        self._metrics.stand_changed(trunk, fell=fell, over_all=prefix is None)
        self._teller.connect_rate_changed(
            self._clock.utc(), trunk, prefix=prefix, standing=standing, report=self.reports[trunk]
        )

    def _tell_verdicts(self) -> None:
        """Say once, and once again only when it was otherwise between, what holds of all."""
        for trunks, before in self._verdicts.items():
            verdict = self._failover.rank(trunks, "").verdict
            if verdict is before:
                continue
            self._verdicts[trunks] = verdict
            _log.log(
                logging.INFO if verdict is Verdict.WELL else logging.WARNING,
                "trunks %s: %s",
                ", ".join(trunks),
                WORDS[verdict],
            )
            self._teller.verdict_changed(
                self._clock.utc(), trunks, verdict=verdict.value, words=WORDS[verdict]
            )
