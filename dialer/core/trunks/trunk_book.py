"""What is kept of one trunk: its attempts in order, and its figures over all and by prefix."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from dialer.core.trunks.connect_rate import RateJudge, RateStanding, RateTests
from dialer.core.trunks.false_answers import FalseAnswerMarks, FalseAnswers, Suspicion
from dialer.core.trunks.trunk_stats import (
    REACHED,
    Conversation,
    Figures,
    JudgedSeizure,
    Window,
    WindowLimits,
)
from dialer.core.values.outcome import Outcome, Who


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """How an attempt ended. `talk` is None where it was not answered, else seconds.

    `speech` tells whether the callee was heard to speak; None where nobody listened.
    """

    outcome: Outcome
    talk: float | None = None
    speech: bool | None = None
    post_dial_delay: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What has just become true of a trunk, or of a trunk to one destination prefix."""

    trunk: str
    prefix: str | None
    what: RateStanding | Suspicion


@dataclass(frozen=True, slots=True)
class TrunkReport:
    """What is known of a trunk, or of a trunk to one destination prefix."""

    standing: RateStanding
    figures: Figures
    suspicion: Suspicion | None = None
    """For a trunk over all; None for a prefix."""


@dataclass(frozen=True, slots=True)
class FailoverRules:
    """The connect rate's floor (0: no trunk ever gives way), and how far back figures look.

    Raises ValueError for a floor below 0, or of 1 and more, or for no prefix at all.
    """

    floor: float = 0.18
    window: WindowLimits = field(default_factory=WindowLimits)
    prefix_window: WindowLimits = field(default_factory=lambda: WindowLimits(length=200))
    most_prefixes: int = 64
    """Prefixes that are kept for each trunk; the longest unused is let go, a fallen one last."""
    false_answers: FalseAnswerMarks = field(default_factory=FalseAnswerMarks)

    def __post_init__(self) -> None:
        if not 0 <= self.floor < 1:
            raise ValueError("connect_rate_floor: from 0 up to but without 1")
        if self.most_prefixes < 1:
            raise ValueError("most_prefixes: at least 1")


class _Record:
    """A trunk over all, or to one prefix."""

    def __init__(self, rules: FailoverRules, window: WindowLimits) -> None:
        self.window = Window(window, rules.false_answers.short)
        self.judge = RateJudge(RateTests.of(rules.floor))

    def report(self, now: float, suspicion: Suspicion | None = None) -> TrunkReport:
        return TrunkReport(self.judge.standing, self.window.figures(now), suspicion)


class TrunkBook:
    """What is kept of one trunk."""

    def __init__(self, name: str, rules: FailoverRules) -> None:
        self._name = name
        self._rules = rules
        self._overall = _Record(rules, rules.window)
        self._false_answers = FalseAnswers(rules.false_answers)
        self.prefixes: OrderedDict[str, _Record] = OrderedDict()
        self.waiting: deque[Attempt] = deque()

    def report(self, now: float) -> TrunkReport:
        return self._overall.report(now, self._false_answers.suspicion)

    def fallen(self, prefix: str) -> RateJudge | None:
        """The judge by whose word the trunk gives way to `prefix`: over all comes first."""
        records = (self._overall, self.prefixes.get(prefix))
        return next((each.judge for each in records if each and each.judge.has_fallen), None)

    def count_what_is_known(self, now: float) -> tuple[Change, ...]:
        """Count, in the order of the placing, up to the first that may still be answered."""
        changes: list[Change] = []
        while self.waiting and self.waiting[0].is_known:
            told = self.waiting.popleft()
            if told.seizure is not None:
                changes += self._count(told.prefix, told.seizure, now)
        return tuple(changes)

    def talked(self, prefix: str, talk: Conversation) -> tuple[Change, ...]:
        self._overall.window.talked(talk)
        self._prefix(prefix).window.talked(talk)
        if not self._false_answers.look(self._overall.window, talk.at):
            return ()
        return (Change(self._name, None, self._false_answers.suspicion),)

    def _count(self, prefix: str, seizure: JudgedSeizure, now: float) -> Iterator[Change]:
        for name, record in ((None, self._overall), (prefix, self._prefix(prefix))):
            record.window.count(seizure)
            if record.judge.judge(seizure.at, now, answered=seizure.answered):
                yield Change(self._name, name, record.judge.standing)

    def _prefix(self, prefix: str) -> _Record:
        """The prefix's record, made where there is none; the longest unused makes room."""
        record = self.prefixes.get(prefix)
        if record is None:
            if len(self.prefixes) >= self._rules.most_prefixes:
                well = (name for name, kept in self.prefixes.items() if not kept.judge.has_fallen)
                del self.prefixes[next(well, next(iter(self.prefixes)))]
            record = self.prefixes[prefix] = _Record(self._rules, self._rules.prefix_window)
        self.prefixes.move_to_end(prefix)
        return record


@dataclass(slots=True)
class Attempt:
    """An attempt that was placed `at`; once it is known, `seizure` is how it counts, if it does."""

    book: TrunkBook
    prefix: str
    at: float
    is_known: bool = False
    seizure: JudgedSeizure | None = None

    def shows(self, seizure: JudgedSeizure | None, now: float) -> tuple[Change, ...]:
        self.is_known, self.seizure = True, seizure
        return self.book.count_what_is_known(now)


def answer(at: float, post_dial_delay: float | None) -> JudgedSeizure:
    """An attempt placed `at` that was answered."""
    return JudgedSeizure(at, answered=True, reached=True, post_dial_delay=post_dial_delay)


def no_answer(at: float, result: AttemptResult) -> JudgedSeizure | None:
    """One that was not; None where that was our own doing, not the trunk's nor the callee's."""
    if result.outcome.who is Who.DIALER:
        return None
    reached = result.outcome.reason in REACHED
    return JudgedSeizure(
        at, answered=False, reached=reached, post_dial_delay=result.post_dial_delay
    )
