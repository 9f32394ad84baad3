from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from audio._bridge import Bridge as RealBridge
from audio.speech.recogniser import SpeechFigures
from audio.stats import TickStats
from dialer.core.trunks.connect_rate import RateStanding, RateState
from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.trunks.false_answers import Suspicion
from dialer.core.trunks.trunk_book import TrunkReport
from dialer.core.trunks.trunk_stats import Figures
from dialer.core.values.outcome import WHO_OF, Outcome, Reason, Who
from dialer.metrics.node import HOLDING, OTHER, Metrics
from dialer.metrics.table import DECLARED, TABLE, Declared, Kind, reference
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
BUSY = Outcome(Who.CALLEE, Reason.BUSY, sip_code=486)


class Sink:
    connected = True
    confirmed = 7
    dropped = 2
    waiting = 3


def made(*, trunks: dict[str, int] | None = None) -> Metrics:
    return Metrics(
        CollectorRegistry(),
        version="1.2.3",
        trunks={"carrier-a": 120, "carrier-b": 30} if trunks is None else trunks,
        rules=("caller_id", "per_number"),
        cps={"carrier-a": 20.0, "carrier-b": 0.5},
    )


class Guard:
    """Stands for the native guard, which other tests drive."""

    invites = 12
    vetoes: ClassVar = {"from": 2, "contact": 0}


class Rates:
    """Stands for what failover knows: one trunk that gives way, one of which little is known."""

    reports: ClassVar = {
        "carrier-a": TrunkReport(
            RateStanding(RateState.PROBING, "3 of the last 45 attempts answered", 1.0),
            Figures(45, 3, 30, 3, 0.0625, 0.5, 12.5, 1.5, 0.75),
            Suspicion(suspected=True, why="short and without a word"),
        ),
        "carrier-b": TrunkReport(
            RateStanding(RateState.GOOD, "nothing speaks against it"),
            Figures(2, 1, 1, 1, None, None, None, None, None),
        ),
    }


class Bridge:
    """Stands for the native bridge, which other tests drive."""

    def counts(self) -> dict[str, int]:
        return {"skipped_ticks": 3, "dropped_frames": 4}

    def lateness(self) -> tuple[list[float], list[int], float]:
        bounds = list(DECLARED["dialer_audio_tick_lateness_seconds"].buckets)
        return bounds, [9, *([0] * (len(bounds) - 1)), 2], 0.75


def ticked() -> TickStats:
    tick = TickStats(late=1, false_alarms=8)
    for lateness in (*[0.0005] * 5, 2.0):
        tick.lateness.add(lateness)
    tick.duck_latency.add(0.04)
    return tick


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = generate_latest(metrics.registry).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return samples(metrics).get((name, tuple(sorted(labels.items()))))


def test_the_page_is_fresh() -> None:
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    assert page == reference(), "run: python -m dialer.metrics.table > docs/metrics.md"


def test_every_metric_of_the_table_is_shown_and_no_other() -> None:
    metrics = made()
    metrics.pull_media(ticked(), Bridge())
    metrics.pull_guard(Guard())
    metrics.pull_mqtt(Sink())
    metrics.pull_door(Door(DoorLimits()).counts)
    metrics.pull_rates(Rates())
    metrics.pull_strays(lambda: 0)
    metrics.pull_unread(lambda: {"carrier-a": 0})
    metrics.pull_admission(lambda: {"stranger": 0})
    metrics.pull_passports(lambda: {"a": 0})
    metrics.pull_speech(SpeechFigures())
    shown = {
        family.name: family.type
        for family in text_string_to_metric_families(generate_latest(metrics.registry).decode())
        if not family.name.startswith("process_")
    }
    # The parser calls a counter by its name without _total, and an info a gauge.
    declared = {
        row.name.removesuffix("_total") if row.kind is Kind.COUNTER else row.name: (
            "gauge" if row.kind is Kind.INFO else row.kind.value
        )
        for row in TABLE
    }
    assert shown == declared


def test_connect_rates_are_pulled_and_what_is_not_known_has_no_series() -> None:
    metrics = made()
    metrics.pull_rates(Rates())
    assert value(metrics, "dialer_trunk_window_attempts", trunk="carrier-a") == 45
    assert value(metrics, "dialer_trunk_answer_ratio", trunk="carrier-a") == 0.0625
    assert value(metrics, "dialer_trunk_effectiveness_ratio", trunk="carrier-a") == 0.5
    assert value(metrics, "dialer_trunk_mean_talk_seconds", trunk="carrier-a") == 12.5
    assert value(metrics, "dialer_trunk_mean_post_dial_delay_seconds", trunk="carrier-a") == 1.5
    assert value(metrics, "dialer_trunk_false_answers_suspected", trunk="carrier-a") == 1
    assert value(metrics, "dialer_trunk_answer_ratio", trunk="carrier-b") is None
    assert value(metrics, "dialer_trunk_false_answers_suspected", trunk="carrier-b") == 0
    stands = [
        value(metrics, "dialer_trunk_connect_rate_state", trunk="carrier-a", stand=state.value)
        for state in RateState
    ]
    assert stands == [0, 0, 1]


def test_changes_of_stand_are_counted_over_all_and_for_prefixes() -> None:
    metrics = made()
    metrics.stand_changed("carrier-a", fell=True, over_all=True)
    metrics.stand_changed("carrier-a", fell=False, over_all=False)
    metrics.stand_changed("no trunk of ours", fell=True, over_all=True)
    name = "dialer_trunk_stand_changes_total"
    counted = {
        (to, scope): value(metrics, name, trunk="carrier-a", to=to, scope=scope)
        for to in ("aside", "carries")
        for scope in ("all", "prefix")
    }
    assert counted == {
        ("aside", "all"): 1,
        ("aside", "prefix"): 0,
        ("carries", "all"): 0,
        ("carries", "prefix"): 1,
    }


def test_the_end_of_a_proof_is_shown_as_unix_time() -> None:
    metrics = made()
    metrics.proof_ends("carrier-a", datetime.fromtimestamp(1.9e9, UTC))
    name = "dialer_caller_id_proof_end_timestamp_seconds"
    assert value(metrics, name, trunk="carrier-a") == 1.9e9


def test_the_end_of_the_calendar_is_shown_as_unix_time() -> None:
    metrics = made()
    metrics.calendar_ends(datetime(2027, 1, 1, tzinfo=UTC))
    assert value(metrics, "dialer_calendar_end_timestamp_seconds") == 1798761600


def test_who_was_turned_away_is_pulled_by_reason() -> None:
    metrics, door = made(), Door(DoorLimits())
    metrics.pull_door(door.counts)
    door.knock("a", None, None, None, 0.0)
    assert value(metrics, "dialer_inbound_turned_away_total", why="stranger") == 1
    assert value(metrics, "dialer_inbound_turned_away_total", why="flood") == 0


def test_strays_are_pulled() -> None:
    metrics = made()
    metrics.pull_strays(lambda: 7)
    assert value(metrics, "dialer_rtp_strays_total") == 7


def test_what_the_sip_ports_did_not_take_in_is_pulled_by_cause() -> None:
    metrics = made()
    metrics.pull_admission(lambda: {"stranger": 5, "maddr": 0})
    assert value(metrics, "dialer_sip_not_admitted_total", cause="stranger") == 5
    assert value(metrics, "dialer_sip_not_admitted_total", cause="maddr") == 0
    metrics.pull_passports(lambda: {"a": 2, "none": 0})
    assert value(metrics, "dialer_inbound_passports_total", verdict="a") == 2


def test_the_guards_counts_are_pulled_by_cause() -> None:
    metrics = made()
    metrics.pull_guard(Guard())
    assert value(metrics, "dialer_guard_invites_total") == 12
    assert value(metrics, "dialer_guard_vetoes_total", cause="from") == 2
    assert value(metrics, "dialer_guard_vetoes_total", cause="contact") == 0


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_histogram_has_rising_buckets_and_a_reason(row: Declared) -> None:
    if row.kind is Kind.HISTOGRAM:
        assert list(row.buckets) == sorted(set(row.buckets))
        assert row.why
    else:
        assert not row.buckets
        assert not row.why


def test_a_call_from_invite_to_end() -> None:
    metrics = made()
    metrics.attempt_sent("carrier-a")
    metrics.progressed("carrier-a", 2.4)
    metrics.answered("carrier-a")
    metrics.first_packet(0.021)
    metrics.barged_in(0.24)
    metrics.attempt_ended("carrier-a", Outcome(Who.CALLEE, Reason.HUNG_UP), talk=12.5)
    metrics.call_ended(Outcome(Who.CALLEE, Reason.HUNG_UP))
    ended = {"who": "callee", "reason": "hung_up"}
    assert value(metrics, "dialer_trunk_seizures_total", trunk="carrier-a") == 1
    assert value(metrics, "dialer_trunk_answers_total", trunk="carrier-a") == 1
    assert value(metrics, "dialer_post_dial_delay_seconds_sum", trunk="carrier-a") == 2.4
    assert value(metrics, "dialer_post_dial_delay_seconds_bucket", trunk="carrier-a", le="2.0") == 0
    assert value(metrics, "dialer_post_dial_delay_seconds_bucket", trunk="carrier-a", le="3.0") == 1
    assert value(metrics, "dialer_answer_to_first_packet_seconds_count") == 1
    assert value(metrics, "dialer_barge_ins_total") == 1
    assert value(metrics, "dialer_barge_in_latency_seconds_sum") == 0.24
    assert value(metrics, "dialer_attempts_total", trunk="carrier-a", **ended) == 1
    assert value(metrics, "dialer_talk_seconds_total", trunk="carrier-a") == 12.5
    assert value(metrics, "dialer_calls_total", **ended) == 1


def test_every_outcome_is_counted_apart() -> None:
    metrics = made()
    outcomes = [Outcome(who, reason) for reason, who in WHO_OF.items()]
    for times, outcome in enumerate(outcomes):
        for _ in range(times):
            metrics.call_ended(outcome)
            metrics.attempt_ended("carrier-b", outcome)
    for times, outcome in enumerate(outcomes):
        words = {"who": outcome.who.value, "reason": outcome.reason.value}
        assert value(metrics, "dialer_calls_total", **words) == times
        assert value(metrics, "dialer_attempts_total", trunk="carrier-b", **words) == times


def test_levels_are_set_and_not_counted_up() -> None:
    metrics = made()
    metrics.calls_live(40)
    metrics.calls_live(38)
    metrics.channels_used("carrier-b", 30)
    metrics.channels_used("carrier-b", 29)
    assert value(metrics, "dialer_calls_live") == 38
    assert value(metrics, "dialer_trunk_channels_used", trunk="carrier-b") == 29
    assert value(metrics, "dialer_trunk_calls_per_second", trunk="carrier-b") == 0.5
    assert value(metrics, "dialer_trunk_channels", trunk="carrier-b") == 30


def test_what_is_known_beforehand_begins_at_nought() -> None:
    metrics = made()
    assert value(metrics, "dialer_refusals_total", rule="per_number") == 0
    assert value(metrics, "dialer_trunk_seizures_total", trunk="carrier-a") == 0
    assert value(metrics, "dialer_build_info", version="1.2.3") == 1


def test_a_commit_counts_its_time_and_its_size() -> None:
    metrics = made()
    metrics.committed(0.004, 32)
    assert value(metrics, "dialer_store_commit_seconds_bucket", le="0.005") == 1
    assert value(metrics, "dialer_store_commit_seconds_bucket", le="0.0025") == 0
    assert value(metrics, "dialer_store_group_size_sum") == 32


def test_what_is_counted_elsewhere_is_read_at_scrape_time() -> None:
    metrics = made()
    assert value(metrics, "dialer_ticks_late_total") is None
    tick, sink = ticked(), Sink()
    metrics.pull_media(tick, Bridge())
    metrics.pull_mqtt(sink)
    assert value(metrics, "dialer_ticks_late_total") == 1
    assert value(metrics, "dialer_false_alarms_total") == 8
    assert value(metrics, "dialer_frames_dropped_total") == 4
    assert value(metrics, "dialer_audio_ticks_skipped_total") == 3
    assert value(metrics, "dialer_tick_lateness_seconds_bucket", le="0.001") == 5
    assert value(metrics, "dialer_tick_lateness_seconds_bucket", le="1.0") == 5
    assert value(metrics, "dialer_tick_lateness_seconds_bucket", le="+Inf") == 6
    assert value(metrics, "dialer_tick_lateness_seconds_count") == 6
    assert value(metrics, "dialer_tick_lateness_seconds_sum") == pytest.approx(2.0025)
    assert value(metrics, "dialer_audio_tick_lateness_seconds_bucket", le="5e-05") == 9
    assert value(metrics, "dialer_audio_tick_lateness_seconds_count") == 11
    assert value(metrics, "dialer_duck_latency_seconds_bucket", le="0.04") == 1
    assert value(metrics, "dialer_duck_latency_seconds_bucket", le="0.02") == 0
    assert value(metrics, "dialer_mqtt_connected") == 1
    assert value(metrics, "dialer_mqtt_events_total") == 7
    tick.late, sink.dropped = 5, 20
    assert value(metrics, "dialer_ticks_late_total") == 5
    assert value(metrics, "dialer_mqtt_events_dropped_total") == 20
    assert value(metrics, "dialer_mqtt_events_waiting") == 3


def test_the_real_bridge_counts_by_the_names_and_bounds_of_the_table() -> None:
    metrics = made()
    metrics.pull_media(TickStats(), RealBridge())
    shown = samples(metrics)
    for bound in DECLARED["dialer_audio_tick_lateness_seconds"].buckets:
        assert ("dialer_audio_tick_lateness_seconds_bucket", (("le", str(bound)),)) in shown
    assert value(metrics, "dialer_frames_dropped_total") == 0


words = st.text(max_size=20) | st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)


@settings(max_examples=30)
@given(st.lists(st.tuples(words, words), max_size=30))
def test_no_word_from_outside_becomes_a_label(strangers: list[tuple[str, str]]) -> None:
    metrics = made()
    before = len(samples(metrics))
    for trunk, rule in strangers:
        metrics.attempt_sent(trunk)
        metrics.progressed(trunk, 1.0)
        metrics.attempt_ended(trunk, BUSY, talk=1.0)
        metrics.channels_used(trunk, 1)
        metrics.refused(rule)
    after = samples(metrics)
    closed = {
        "trunk": {"carrier-a", "carrier-b", OTHER},
        "rule": {"caller_id", "per_number", *HOLDING, OTHER},
    }
    for _, labels in after:
        for name, label in labels:
            assert label in closed.get(name, {label})
    assert len(after) == before


def test_two_nodes_in_one_process_count_apart() -> None:
    one, other = made(), made()
    one.call_ended(BUSY)
    assert value(one, "dialer_calls_total", who="callee", reason="busy") == 1
    assert value(other, "dialer_calls_total", who="callee", reason="busy") == 0


async def test_a_blocked_loop_is_seen() -> None:
    metrics = made()
    watch = asyncio.create_task(metrics.watch_event_loop(every=0.001))
    await until(lambda: bool(value(metrics, "dialer_event_loop_lag_seconds_count")))
    time.sleep(0.3)  # noqa: ASYNC251 - the fault that the metric is for
    await until(lambda: (value(metrics, "dialer_event_loop_lag_seconds_sum") or 0) > 0.25)
    watch.cancel()
    count = value(metrics, "dialer_event_loop_lag_seconds_count")
    assert count is not None
    assert (value(metrics, "dialer_event_loop_lag_seconds_bucket", le="0.25") or 0) < count
