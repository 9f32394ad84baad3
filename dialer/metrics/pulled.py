"""Metrics that are counted elsewhere and read at each scrape, on its thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Protocol

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from audio.speech.recogniser import SpeechFigures
from audio.stats import TickStats
from dialer.core.trunks.connect_rate import RateState
from dialer.core.trunks.trunk_book import TrunkReport
from dialer.metrics.table import DECLARED


class BridgeFigures(Protocol):
    """What the native bridge has counted; `audio._bridge.Bridge` says what is in it."""

    def counts(self) -> Mapping[str, int]: ...
    def lateness(self) -> tuple[Sequence[float], Sequence[int], float]: ...


class GuardFigures(Protocol):
    """What the native guard has counted; `dialer.sip.guard.Figures` has these as properties."""

    @property
    def invites(self) -> int: ...
    @property
    def vetoes(self) -> Mapping[str, int]: ...


class RateFigures(Protocol):
    """What failover knows of each trunk; `dialer.trunks.connect_rates.ConnectRates` has it."""

    @property
    def reports(self) -> Mapping[str, TrunkReport]: ...


class MqttFigures(Protocol):
    """What the MQTT sink has counted; `dialer.mqtt.MqttSink` has these as properties."""

    @property
    def connected(self) -> bool: ...
    @property
    def confirmed(self) -> int: ...
    @property
    def dropped(self) -> int: ...
    @property
    def waiting(self) -> int: ...


class Pulled(Collector):
    """Metrics counted elsewhere, read at scrape time: nothing is pushed for a frame or a tick."""

    def __init__(self) -> None:
        self.media: tuple[TickStats, BridgeFigures] | None = None
        self.rates: RateFigures | None = None
        self.guard: GuardFigures | None = None
        self.strays: Callable[[], int] | None = None
        self.unread: Callable[[], Mapping[str, int]] | None = None
        self.admission: Callable[[], Mapping[str, int]] | None = None
        self.passports: Callable[[], Mapping[str, int]] | None = None
        self.speech: SpeechFigures | None = None
        self.door: Callable[[], Mapping[str, int]] | None = None
        self.mqtt: MqttFigures | None = None

    def collect(self) -> Iterator[Metric]:
        if self.media is not None:
            yield from _of_media(*self.media)
        if self.rates is not None:
            yield from _of_rates(self.rates.reports)
        if self.guard is not None:
            yield from _of_guard(self.guard)
        if self.strays is not None:
            yield _pulled_counter("dialer_rtp_strays_total", self.strays())
        if self.unread is not None:
            yield _by_cause("dialer_trunk_unread_messages_total", self.unread())
        if self.admission is not None:
            yield _by_cause("dialer_sip_not_admitted_total", self.admission())
        if self.passports is not None:
            yield _by_cause("dialer_inbound_passports_total", self.passports())
        yield from _of_speech(self.speech)
        if self.door is not None:
            yield _by_cause("dialer_inbound_turned_away_total", self.door())
        if self.mqtt is not None:
            yield from _of_mqtt(self.mqtt)

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not ask what is not there yet."""
        return iter(())


def _of_media(tick: TickStats, bridge: BridgeFigures) -> Iterator[Metric]:
    duck, late = tick.duck_latency, tick.lateness
    yield _pulled_histogram("dialer_duck_latency_seconds", duck.bounds, duck.counts, duck.total)
    yield _pulled_counter("dialer_false_alarms_total", tick.false_alarms)
    yield _pulled_histogram("dialer_tick_lateness_seconds", late.bounds, late.counts, late.total)
    yield _pulled_counter("dialer_ticks_late_total", tick.late)
    yield _pulled_histogram("dialer_audio_tick_lateness_seconds", *bridge.lateness())
    counts = bridge.counts()
    yield _pulled_counter("dialer_audio_ticks_skipped_total", counts["skipped_ticks"])
    yield _pulled_counter("dialer_frames_dropped_total", counts["dropped_frames"])


def _of_speech(figures: SpeechFigures | None) -> Iterator[Metric]:
    if figures is not None:
        turns = {came.value: count for came, count in figures.turns.items()}
        yield _by_cause("dialer_speech_turns_total", turns)
        yield _pulled_counter("dialer_speech_seconds_total", figures.seconds)


def _of_rates(reports: Mapping[str, TrunkReport]) -> Iterator[Metric]:
    """A figure that is not known yet has no series."""
    gauges: Mapping[str, Callable[[TrunkReport], float | None]] = {
        "dialer_trunk_window_attempts": lambda report: report.figures.seizures,
        "dialer_trunk_answer_ratio": lambda report: report.figures.asr,
        "dialer_trunk_effectiveness_ratio": lambda report: report.figures.ner,
        "dialer_trunk_mean_talk_seconds": lambda report: report.figures.acd,
        "dialer_trunk_mean_post_dial_delay_seconds": lambda report: report.figures.pdd,
        "dialer_trunk_false_answers_suspected": lambda report: (
            report.suspicion is not None and report.suspicion.suspected
        ),
    }
    for name, figure in gauges.items():
        gauge = GaugeMetricFamily(name, DECLARED[name].means, labels=DECLARED[name].labels)
        for trunk, report in reports.items():
            value = figure(report)
            if value is not None:
                gauge.add_metric([trunk], value)
        yield gauge
    name = "dialer_trunk_connect_rate_state"
    stand = GaugeMetricFamily(name, DECLARED[name].means, labels=DECLARED[name].labels)
    for trunk, report in reports.items():
        for state in RateState:
            stand.add_metric([trunk, state.value], report.standing.state is state)
    yield stand


def _of_guard(figures: GuardFigures) -> Iterator[Metric]:
    yield _pulled_counter("dialer_guard_invites_total", figures.invites)
    yield _by_cause("dialer_guard_vetoes_total", figures.vetoes)


def _of_mqtt(sink: MqttFigures) -> Iterator[Metric]:
    yield _pulled_gauge("dialer_mqtt_connected", int(sink.connected))
    yield _pulled_counter("dialer_mqtt_events_total", sink.confirmed)
    yield _pulled_counter("dialer_mqtt_events_dropped_total", sink.dropped)
    yield _pulled_gauge("dialer_mqtt_events_waiting", sink.waiting)


def _by_cause(name: str, counts: Mapping[str, int]) -> Metric:
    counter = CounterMetricFamily(name, DECLARED[name].means, labels=DECLARED[name].labels)
    for cause, count in counts.items():
        counter.add_metric([cause], count)
    return counter


def _pulled_counter(name: str, value: float) -> Metric:
    return CounterMetricFamily(name, DECLARED[name].means, value=value)


def _pulled_gauge(name: str, value: float) -> Metric:
    return GaugeMetricFamily(name, DECLARED[name].means, value=value)


def _pulled_histogram(
    name: str, bounds: Sequence[float], counts: Sequence[int], total: float
) -> Metric:
    """`counts` are by bucket, not cumulative, with one more for what is above the last bound."""
    words = [*(str(float(bound)) for bound in bounds), "+Inf"]
    return HistogramMetricFamily(
        name,
        DECLARED[name].means,
        buckets=list(zip(words, accumulate(counts), strict=True)),
        sum_value=total,
    )
