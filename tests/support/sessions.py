"""One session on a scripted callee, with its timer and everybody who is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry

from audio.events import DtmfReceived
from dialer.calls.observer import Observer
from dialer.calls.outbound import Outside, Recording, outbound_leg
from dialer.calls.transfer import HandOver
from dialer.core.calls.call import CallLimits
from dialer.core.dialog.script import Script
from dialer.core.values.outcome import Reason
from dialer.core.values.records import CallEnd
from dialer.files.grades import SHIPPED, read_grades
from dialer.metrics.node import Metrics
from dialer.mqtt.table import Teller
from dialer.ports.line import AnyLineEvent
from dialer.testing import Act, Answer, Callee, FakeClock, ScriptedLine, Timer
from tests.support.nodes import LIMITS, Told, prompt
from tests.support.orders import contact, number, order
from tests.support.scripts import renewal
from tests.support.series import counted

ATTEMPT = "attempt-1-1"


class SessionDesk:
    """One session, its callee, its timer, and everybody who is told of it."""

    def __init__(
        self,
        callee: Callee,
        script: Script | None = None,
        limits: CallLimits = LIMITS,
        keeps: float | None = 0.002,
        hand_over: HandOver | None = None,
        recording: Recording | None = None,
    ) -> None:
        self.keeps = keeps
        self.kept_at: float | None = None
        self.clock = FakeClock()
        self.line = ScriptedLine(lambda _dial: callee, self.clock)
        self.told = Told()
        self.metrics = Metrics(CollectorRegistry(), version="0", trunks={"carrier-a": 9}, rules=[])
        self.observer = Observer(self.metrics, Teller(self.told), "card-renewal")
        self.refusals: list[datetime] = []
        self.began = self.clock.monotonic()
        self.sent: list[float] = []
        self.answers: list[tuple[float | None, float]] = []
        self.session = outbound_leg(
            order(at=self.clock.utc(), to=contact(to=number(1))),
            script or renewal(),
            limits,
            prompt,
            Outside(
                line=self.line,
                observer=self.observer,
                sent=self.sent.append,
                answered=lambda delay, at: self.answers.append((delay, at)),
                refused=self.refuse,
                wall=self.wall,
                hand_over=hand_over,
                recording=recording,
                grades=read_grades(SHIPPED)[0],
            ),
        )
        self.ends: list[CallEnd] = []
        self._timer: Timer | None = None
        asyncio.run(self.line.start(self.hear))

    def refuse(self, at: datetime) -> None:
        """It is on record a moment later, unless `keeps` says otherwise."""
        self.refusals.append(at)
        if self.keeps is not None:
            now = self.clock.monotonic()
            self.clock.call_at(now + self.keeps, self._keep)

    def _keep(self) -> None:
        self.kept_at = self.clock.monotonic()
        self._after(self.session.refusal_kept(self.kept_at))

    def wall(self, monotonic: float) -> datetime:
        return self.clock.utc() - timedelta(seconds=self.clock.monotonic() - monotonic)

    def begin(self) -> SessionDesk:
        self._after(self.session.begin(self.clock.monotonic()))
        return self

    def hear(self, attempt: str, at: float, event: AnyLineEvent) -> None:
        assert attempt == ATTEMPT
        self._after(self.session.take(event, at))

    def at(self, second: float, act: Callable[[], CallEnd | None]) -> None:
        """Do it so many seconds after the start."""
        self.clock.call_at(self.began + second, lambda: self._after(act()))

    def live(self, seconds: float = 200) -> CallEnd:
        """Until long after the end; that end."""
        self.begin()
        self.clock.advance(seconds)
        assert len(self.ends) == 1, "no end, or not one"
        assert self.session.next_deadline() is None
        assert self.line.live == () or self.ends[0].last.outcome.reason is not Reason.COMPLETED
        return self.ends[0]

    def _after(self, end: CallEnd | None) -> None:
        if end is not None:
            self.ends.append(end)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.session.next_deadline()
        if deadline is not None and not self.ends:
            self._timer = self.clock.call_at(deadline, self._wake)

    def _wake(self) -> None:
        self._after(self.session.wake(self.clock.monotonic()))

    def counted(self, name: str) -> dict[tuple[str, ...], float]:
        """A metric's series above 0, by the values of their labels."""
        return counted(self.metrics, name)

    @property
    def kinds(self) -> list[str]:
        """What was told of the call, in order."""
        return [topic.rpartition("/")[2] for topic, _ in self.told.events]

    @property
    def prompts(self) -> list[str]:
        """The prompts that the callee heard begin, in order."""
        return [name for heard in self.line.heard for name in heard.prompts]


def answering(*acts: Act) -> Callee:
    """Rings at once, answers, and then does so."""
    return Callee(rings_after=0.01, final=Answer(0.05), acts=acts)


def key(digit: str) -> AnyLineEvent:
    """The callee has pressed it."""
    return DtmfReceived(1, 0.0, digit)
