"""What a node counts, and the server that shows it at /metrics.

Every metric is declared once, in `dialer.metrics.table`.

Labels come from closed sets only: outcome words, trunk names of the configuration, rule names of
the gate. A value from outside its set is counted under `other`, so that no number and no name can
become a label, and no mistake of a caller can grow the series without bound.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)

from audio.speech.recogniser import SpeechFigures
from audio.stats import TickStats
from dialer.core.gate.abandonment import ABANDON_RATE
from dialer.core.gate.clock_sanity import CLOCK_SANE
from dialer.core.trunks.trunk_state import StateReason, TrunkState
from dialer.core.values.outcome import WHO_OF, Outcome, Reason
from dialer.core.values.recordings import ENDED, RecordingState
from dialer.errors import MetricsError
from dialer.metrics.bridging import BridgingMetrics
from dialer.metrics.life import LifeMetrics
from dialer.metrics.pulled import (
    BridgeFigures,
    GuardFigures,
    MqttFigures,
    Pulled,
    RateFigures,
)
from dialer.metrics.table import DECLARED

OTHER = "other"
HOLDING = ("store_away", CLOCK_SANE, ABANDON_RATE)
"""The rules that may hold a whole node."""


class Metrics:
    """What the service says as it works; every method costs about a microsecond, from any thread.

    `trunks` maps each configured trunk to its channels, `cps` to its calls a second; `rules` names
    the rules of the gate.
    The registry is the caller's: two nodes in one process have two.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        version: str,
        trunks: Mapping[str, int],
        rules: Iterable[str],
        cps: Mapping[str, float] | None = None,
    ) -> None:
        # A `_created` series beside every counter would double the scrape and say nothing new.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry
        self.bridging = BridgingMetrics(registry)
        self.life = LifeMetrics(registry)
        self._pulled = Pulled()
        registry.register(self._pulled)
        ProcessCollector(registry=registry)
        Info("dialer_build", DECLARED["dialer_build_info"].means, registry=registry).info(
            {"version": version}
        )

        # Children are made beforehand: `labels()` costs more than the observation, and a series
        # that begins at 0 shows its first event in `increase()`.
        calls = self._counter("dialer_calls_total")
        self._call_ends = {
            reason: calls.labels(who.value, reason.value) for reason, who in WHO_OF.items()
        }
        refusals = self._counter("dialer_refusals_total")
        self._refusals = {rule: refusals.labels(rule) for rule in (*rules, OTHER)}
        holding = self._gauge("dialer_launches_held")
        self._held = {rule: holding.labels(rule) for rule in (*HOLDING, OTHER)}
        self._live_answers = self._counter("dialer_live_answers_total")
        self._abandoned = self._counter("dialer_abandoned_calls_total")
        self._calls_live = self._gauge("dialer_calls_live")
        self._first_packet = self._histogram("dialer_answer_to_first_packet_seconds")
        self._notice_spoken = self._histogram("dialer_identity_notice_seconds")
        recordings = self._counter("dialer_recordings_total")
        self._recordings = {state: recordings.labels(state.value) for state in ENDED}
        self._recording_lost = self._counter("dialer_recording_lost_seconds_total")
        self._barge_in_latency = self._histogram("dialer_barge_in_latency_seconds")
        self._barge_ins = self._counter("dialer_barge_ins_total")
        self._commit = self._histogram("dialer_store_commit_seconds")
        self._group = self._histogram("dialer_store_group_size")
        self._lag = self._histogram("dialer_event_loop_lag_seconds")

        attempts = self._counter("dialer_attempts_total")
        delay = self._histogram("dialer_post_dial_delay_seconds")
        talk = self._counter("dialer_talk_seconds_total")
        channels = self._gauge("dialer_trunk_channels")
        used = self._gauge("dialer_trunk_channels_used")
        seizures = self._counter("dialer_trunk_seizures_total")
        answers = self._counter("dialer_trunk_answers_total")
        late_answers = self._counter("dialer_trunk_late_answers_total")
        digits_unheard = self._counter("dialer_digits_unheard_total")
        up = self._gauge("dialer_trunk_up")
        reason = self._gauge("dialer_trunk_reason")
        since = self._gauge("dialer_trunk_since_timestamp_seconds")
        rests = self._gauge("dialer_trunk_rests_until_timestamp_seconds")
        changes = self._counter("dialer_trunk_changes_total")
        stands = self._counter("dialer_trunk_stand_changes_total")
        self._registered = self._gauge("dialer_trunk_registered")
        self._proof_end = self._gauge("dialer_caller_id_proof_end_timestamp_seconds")
        self._calendar_end = self._gauge("dialer_calendar_end_timestamp_seconds")
        self._standing = {
            name: _Standing(
                up=up.labels(name),
                reasons={why: reason.labels(name, why.value) for why in StateReason},
                since=since.labels(name),
                rests=rests.labels(name),
                changes={to: changes.labels(name, "up" if to else "down") for to in (True, False)},
                stands={
                    (fell, over_all): stands.labels(
                        name, "aside" if fell else "carries", "all" if over_all else "prefix"
                    )
                    for fell in (True, False)
                    for over_all in (True, False)
                },
            )
            for name in trunks
        }
        for trunk, count in trunks.items():
            channels.labels(trunk).set(count)
        calls_per_second = self._gauge("dialer_trunk_calls_per_second")
        for trunk, most in (cps or {}).items():
            calls_per_second.labels(trunk).set(most)
        self._trunk = {
            name: _TrunkMetrics(
                ends={
                    reason: attempts.labels(name, who.value, reason.value)
                    for reason, who in WHO_OF.items()
                },
                delay=delay.labels(name),
                talk=talk.labels(name),
                used=used.labels(name),
                seizures=seizures.labels(name),
                answers=answers.labels(name),
                late_answers=late_answers.labels(name),
                digits_unheard=digits_unheard.labels(name),
            )
            for name in (*trunks, OTHER)
        }

    # ---------------------------------------------------------------- the life of calls

    def attempt_sent(self, trunk: str) -> None:
        """An INVITE went out."""
        self._of(trunk).seizures.inc()

    def progressed(self, trunk: str, post_dial_delay: float) -> None:
        """The first 180 or 183 came, so many seconds after the INVITE."""
        self._of(trunk).delay.observe(post_dial_delay)

    def answered(self, trunk: str) -> None:
        self._of(trunk).answers.inc()

    def answered_late(self, trunk: str) -> None:
        """A 200 came to an INVITE that had been given up."""
        self._of(trunk).late_answers.inc()

    def digits_unheard(self, trunk: str) -> None:
        """No key of the far side's is sure to be heard."""
        self._of(trunk).digits_unheard.inc()

    def first_packet(self, seconds: float) -> None:
        """The identity notice was on the wire, so many seconds after the answer."""
        self._first_packet.observe(seconds)

    def notice_spoken(self, seconds: float) -> None:
        """The last packet of the identity notice was sent, so many seconds after the answer."""
        self._notice_spoken.observe(seconds)

    def recording_ended(self, state: RecordingState, lost: float) -> None:
        """A recording is over; `lost` seconds of it could not be kept."""
        self._recordings[state].inc()
        if lost > 0:
            self._recording_lost.inc(lost)

    def barged_in(self, latency: float) -> None:
        """A prompt was stopped, `latency` seconds after the speech began."""
        self._barge_ins.inc()
        self._barge_in_latency.observe(latency)

    def attempt_ended(self, trunk: str, outcome: Outcome, talk: float = 0.0) -> None:
        """An attempt is over; `talk` is seconds from answer to end, 0 if never answered."""
        of = self._of(trunk)
        of.ends[outcome.reason].inc()
        if talk > 0:
            of.talk.inc(talk)

    def call_ended(self, outcome: Outcome) -> None:
        self._call_ends[outcome.reason].inc()

    def refused(self, rule: str) -> None:
        """The gate denied an attempt by `rule`."""
        (self._refusals.get(rule) or self._refusals[OTHER]).inc()

    def held(self, rule: str, *, held: bool) -> None:
        """Whether `rule` holds every launch of this node."""
        (self._held.get(rule) or self._held[OTHER]).set(held)

    def answers(self, live: int, abandoned: int) -> None:
        """So many calls more were answered by people, and so many of these left alone."""
        self._live_answers.inc(live)
        self._abandoned.inc(abandoned)

    def calls_live(self, count: int) -> None:
        """How many calls live now; set, never counted up and down, so that it cannot drift."""
        self._calls_live.set(count)

    def channels_used(self, trunk: str, count: int) -> None:
        """How many channels of `trunk` are in use now."""
        self._of(trunk).used.set(count)

    def trunk_changed(self, state: TrunkState, since: datetime) -> None:
        """What is known of a trunk, each time that it changes; `since` is the state's, aware."""
        of = self._standing.get(state.name)
        if of is None:
            return
        if of.was_up is not None and of.was_up is not state.up:
            of.changes[state.up].inc()
        of.was_up = state.up
        of.up.set(state.up)
        of.since.set(since.timestamp())
        for why, gauge in of.reasons.items():
            gauge.set(why is state.why)
        if state.registered is not None:
            self._registered.labels(state.name).set(state.registered)

    def trunk_rests(self, trunk: str, until: datetime) -> None:
        """Until when, aware, a trunk rests as its 503 asked."""
        self._standing[trunk].rests.set(until.timestamp())

    def stand_changed(self, trunk: str, *, fell: bool, over_all: bool) -> None:
        """A trunk gives way by its connect rate, or carries again; over all, or for a prefix."""
        of = self._standing.get(trunk)
        if of is not None:
            of.stands[fell, over_all].inc()

    def proof_ends(self, trunk: str, at: datetime) -> None:
        """When the first of the trunk's proofs ends: of its numbers, or its certificate."""
        self._proof_end.labels(trunk).set(at.timestamp())

    def calendar_ends(self, at: datetime) -> None:
        """When the first year begins whose days off are not known."""
        self._calendar_end.set(at.timestamp())

    # ---------------------------------------------------------------- the node

    def committed(self, seconds: float, changes: int) -> None:
        """The store wrote `changes` changes with one commit."""
        self._commit.observe(seconds)
        self._group.observe(changes)

    async def watch_event_loop(self, every: float = 0.25) -> None:
        """Measure, until cancelled, how late the loop wakes a sleeper. `every` is in seconds."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + every
            await asyncio.sleep(every)
            self._lag.observe(max(0.0, loop.time() - due))

    def pull_media(self, tick: TickStats, bridge: BridgeFigures) -> None:
        """Read the tick's and the bridge's counts at each scrape, on its thread."""
        self._pulled.media = (tick, bridge)

    def pull_rates(self, rates: RateFigures) -> None:
        """Read the trunks' connect rates at each scrape, on its thread."""
        self._pulled.rates = rates

    def pull_guard(self, figures: GuardFigures) -> None:
        """Read the native guard's counts at each scrape, on its thread."""
        self._pulled.guard = figures

    def pull_strays(self, strays: Callable[[], int]) -> None:
        """Read at each scrape, on its thread, how many media packets came from strangers."""
        self._pulled.strays = strays

    def pull_unread(self, unread: Callable[[], Mapping[str, int]]) -> None:
        """Read at each scrape, on its thread, how many messages of each trunk were not readable."""
        self._pulled.unread = unread

    def pull_admission(self, not_admitted: Callable[[], Mapping[str, int]]) -> None:
        """Read at each scrape, on its thread, what the SIP ports did not take in, by cause."""
        self._pulled.admission = not_admitted

    def pull_passports(self, judged: Callable[[], Mapping[str, int]]) -> None:
        """Read at each scrape, on its thread, what came of callers' Identity headers."""
        self._pulled.passports = judged

    def pull_speech(self, figures: SpeechFigures) -> None:
        """Read at each scrape, on its thread, what came of callees' turns of speech."""
        self._pulled.speech = figures

    def pull_door(self, turned_away: Callable[[], Mapping[str, int]]) -> None:
        """Read at each scrape, on its thread, how many calls were turned away, by reason."""
        self._pulled.door = turned_away

    def pull_mqtt(self, figures: MqttFigures) -> None:
        """Read the sink's counts at each scrape, on its thread."""
        self._pulled.mqtt = figures

    # ---------------------------------------------------------------- making

    def _of(self, trunk: str) -> _TrunkMetrics:
        return self._trunk.get(trunk) or self._trunk[OTHER]

    def _counter(self, name: str) -> Counter:
        declared = DECLARED[name]
        return Counter(name, declared.means, declared.labels, registry=self.registry)

    def _gauge(self, name: str) -> Gauge:
        declared = DECLARED[name]
        return Gauge(name, declared.means, declared.labels, registry=self.registry)

    def _histogram(self, name: str) -> Histogram:
        declared = DECLARED[name]
        return Histogram(
            name,
            declared.means,
            declared.labels,
            buckets=declared.buckets,
            registry=self.registry,
        )


@dataclass(frozen=True, slots=True)
class _TrunkMetrics:
    """One trunk's children of the metrics that are labelled by trunk."""

    ends: Mapping[Reason, Counter]
    delay: Histogram
    talk: Counter
    used: Gauge
    seizures: Counter
    answers: Counter
    late_answers: Counter
    digits_unheard: Counter


@dataclass(slots=True)
class _Standing:
    """One trunk's children of the metrics that tell its state."""

    up: Gauge
    reasons: Mapping[StateReason, Gauge]
    since: Gauge
    rests: Gauge
    changes: Mapping[bool, Counter]
    stands: Mapping[tuple[bool, bool], Counter]
    was_up: bool | None = None


class MetricsServer:
    """/metrics over HTTP, in Prometheus' text form or OpenMetrics as the scraper asks.

    A scrape runs on a thread of its own: asyncio never waits for one.
    """

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        self._registry = registry
        self._host = host
        self._port = port
        self._stop: Callable[[], None] | None = None

    @property
    def port(self) -> int:
        """The port listened on; where 0 was asked for, the one that was given."""
        return self._port

    async def start(self) -> None:
        """Listen. Raises MetricsError, saying what to do, where the address cannot be had."""
        try:
            # On a thread, as binding looks the host's name up.
            server, thread = await asyncio.to_thread(
                start_http_server, self._port, self._host, self._registry
            )
        except (OSError, OverflowError, UnicodeError) as error:
            raise MetricsError(
                f"metrics.listen: cannot listen on {self._host}:{self._port}: {_what_to_do(error)}"
            ) from error
        self._port = server.server_port

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        self._stop = stop

    async def close(self) -> None:
        """Stop listening; returns within about half a second, and may be called twice."""
        stop, self._stop = self._stop, None
        if stop is not None:
            await asyncio.to_thread(stop)


def _what_to_do(error: Exception) -> str:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return "the port is taken; stop what holds it or choose another port"
        case errno.EACCES:
            return "not permitted; choose a port above 1023"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address; use 127.0.0.1 or 0.0.0.0"
        case _:
            return f"{error}; write host:port of this machine"
