"""The table of every metric, and the page that is made from it.

`python -m dialer.metrics.table` writes docs/metrics.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from audio.stats import BARGE_IN_BOUNDS, LATENESS_BOUNDS
from dialer.metrics.declared import Declared, Kind
from dialer.metrics.table_bridging import BRIDGING
from dialer.metrics.table_in_call import IN_CALL
from dialer.metrics.table_law import LAW
from dialer.metrics.table_life import LIFE

TABLE: tuple[Declared, ...] = (
    # Calls and attempts
    Declared(
        "dialer_calls_total",
        Kind.COUNTER,
        "calls",
        "Calls that ended, by who ended them and why (docs/outcomes.md).",
        ("who", "reason"),
    ),
    Declared(
        "dialer_calls_live",
        Kind.GAUGE,
        "calls",
        "Calls between their first INVITE and their end.",
    ),
    Declared(
        "dialer_attempts_total",
        Kind.COUNTER,
        "attempts",
        "Attempts (one INVITE on one trunk) that ended, by trunk, and by who ended them and why.",
        ("trunk", "who", "reason"),
    ),
    Declared(
        "dialer_refusals_total",
        Kind.COUNTER,
        "attempts",
        "Attempts that the gate denied before any INVITE, by the rule that denied.",
        ("rule",),
    ),
    Declared(
        "dialer_post_dial_delay_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "INVITE sent to the first 180 or 183.",
        ("trunk",),
        (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 11.0, 20.0),
        "ITU-T E.721 has mean targets of 3, 5 and 8 s for local, toll and international "
        "calls, and 95 % targets of 6, 8 and 11 s. 4 s is the default `no_progress`. Values "
        "below 1 s are carriers and exchanges on our own network. 20 s is past every target.",
    ),
    *IN_CALL,
    Declared(
        "dialer_talk_seconds_total",
        Kind.COUNTER,
        "seconds",
        "Time from answer to end of attempts that ended. Talk time divided by answers is ACD.",
        ("trunk",),
    ),
    *BRIDGING,
    *LAW,
    *LIFE,
    # Trunks
    Declared(
        "dialer_trunk_channels",
        Kind.GAUGE,
        "channels",
        "Channels that the configuration allows.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_calls_per_second",
        Kind.GAUGE,
        "calls a second",
        "Calls per second that the configuration allows.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_channels_used",
        Kind.GAUGE,
        "channels",
        "Channels in use now.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_seizures_total",
        Kind.COUNTER,
        "attempts",
        "INVITEs sent. Answers divided by seizures is ASR (ITU-T E.411).",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_answers_total",
        Kind.COUNTER,
        "attempts",
        "INVITEs answered with 200.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_late_answers_total",
        Kind.COUNTER,
        "attempts",
        "INVITEs answered after we had given them up because no reply came. The answer is "
        "hung up at once, and the callee is not called again.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_up",
        Kind.GAUGE,
        "0 or 1",
        "Whether the trunk may carry calls: registered and healthy, where this is checked.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_rests_until_timestamp_seconds",
        Kind.GAUGE,
        "Unix time",
        "Until when the trunk rests, as a 503 with Retry-After asked: no call leaves by it. In the "
        "past where it rests no longer; 0 where it never did.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_registered",
        Kind.GAUGE,
        "0 or 1",
        "Whether the trunk is registered. Trunks without `register` have no series.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_reason",
        Kind.GAUGE,
        "0 or 1",
        "1 for the current reason why the trunk is up (`ready`) or down (any other).",
        ("trunk", "why"),
    ),
    Declared(
        "dialer_trunk_since_timestamp_seconds",
        Kind.GAUGE,
        "seconds",
        "Unix time at which the trunk last went up or down.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_changes_total",
        Kind.COUNTER,
        "changes",
        "How often the trunk went up or down.",
        ("trunk", "to"),
    ),
    Declared(
        "dialer_caller_id_proof_end_timestamp_seconds",
        Kind.GAUGE,
        "seconds",
        "Unix time at which the first of these ends: the proofs of the trunk's numbers, and "
        "the certificate that signs for them.",
        ("trunk",),
    ),
    Declared(
        "dialer_calendar_end_timestamp_seconds",
        Kind.GAUGE,
        "seconds",
        "Unix time at which the first year begins whose days off are not known; nobody is called "
        "in it.",
    ),
    # Connect-rate failover: the window of docs/failover.md, refreshed every few seconds
    Declared(
        "dialer_trunk_window_attempts",
        Kind.GAUGE,
        "attempts",
        "Attempts in the window of the next four metrics: the last 500 of one hour.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_answer_ratio",
        Kind.GAUGE,
        "ratio",
        "Connect rate, ASR: answered attempts divided by all attempts of the window (ITU-T "
        "E.411). Shown from 20 attempts on.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_effectiveness_ratio",
        Kind.GAUGE,
        "ratio",
        "Network effectiveness, NER: attempts that reached the callee divided by all attempts "
        "(ITU-T E.425).",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_mean_talk_seconds",
        Kind.GAUGE,
        "seconds",
        "Mean talk time of the window's answered attempts (ACD).",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_mean_post_dial_delay_seconds",
        Kind.GAUGE,
        "seconds",
        "Mean post-dial delay of the window's attempts (PDD).",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_connect_rate_state",
        Kind.GAUGE,
        "0 or 1",
        "1 for the trunk's current state by its connect rate over all destinations.",
        ("trunk", "stand"),
    ),
    Declared(
        "dialer_trunk_stand_changes_total",
        Kind.COUNTER,
        "changes",
        "How often the trunk was demoted by its connect rate, or restored, over all "
        "destinations or for one prefix.",
        ("trunk", "to", "scope"),
    ),
    Declared(
        "dialer_trunk_false_answers_suspected",
        Kind.GAUGE,
        "0 or 1",
        "Whether false answers are suspected: high ASR, short calls in which the callee says "
        "nothing.",
        ("trunk",),
    ),
    # The native guard, pulled at scrape time
    Declared(
        "dialer_guard_invites_total",
        Kind.COUNTER,
        "requests",
        "INVITEs that the native guard read, retransmissions included.",
    ),
    Declared(
        "dialer_guard_vetoes_total",
        Kind.COUNTER,
        "requests",
        "Requests that the native guard vetoed, by what they claimed or lacked. Every veto is "
        "a fault of this program.",
        ("cause",),
    ),
    Declared(
        "dialer_trunk_unread_messages_total",
        Kind.COUNTER,
        "messages",
        "SIP messages of a trunk that could not be read, or not in full. The log names the header.",
        ("trunk",),
    ),
    # Signalling, pulled at scrape time
    Declared(
        "dialer_sip_not_admitted_total",
        Kind.COUNTER,
        "messages or connections",
        "What came to the SIP ports and was not taken in (docs/trunks.md). From no trunk's "
        "address: `stranger`, `garbage` (no SIP), `connection_stranger`. From a trunk: `transport` "
        "(a weaker one than the trunk's), `one_sends`, `all_send` (over the rates of messages), "
        "`openings` (over the rate of INVITEs), `other_trunk` (of another trunk's call), "
        "`method` (405), `maddr` (400 to a request), `certificate` (403: not the trunk's own), "
        "`challenged` (401: how each call of a trunk with a digest begins), `credentials` (403: "
        "wrong ones), `replayed` (401: right ones, a second time), `connection_rate`, "
        "`connections_of_one`, `connections_in_all`, `connection_idle` (ended).",
        ("cause",),
    ),
    # Media, pulled at scrape time
    Declared(
        "dialer_rtp_strays_total",
        Kind.COUNTER,
        "packets",
        "RTP and RTCP packets dropped because they came from another address than the "
        "signalled one: an earlier call's peer, a port scan, a carrier without `media_from`.",
    ),
    Declared(
        "dialer_duck_latency_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "First voiced frame to the command that lowered the prompt's volume.",
        (),
        BARGE_IN_BOUNDS,
        "Steps of one 20 ms frame up to 100 ms. On the wire the median may be 65 ms and the "
        "99th percentile 90 ms; the command comes one frame earlier.",
    ),
    Declared(
        "dialer_false_alarms_total",
        Kind.COUNTER,
        "sounds",
        "Sounds that lowered a prompt and were not speech. The prompt continued.",
    ),
    Declared(
        "dialer_tick_lateness_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "Delay from the audio thread's frames to the start of the analysers' tick.",
        (),
        LATENESS_BOUNDS,
        "A tick is every 20 ms. Below 5 ms is scheduler noise. 20 and 40 ms delay barge-in by "
        "one and two frames. The bridge buffers 1 s before it drops frames.",
    ),
    Declared(
        "dialer_ticks_late_total",
        Kind.COUNTER,
        "ticks",
        "Ticks of the analysers that began more than one frame late.",
    ),
    Declared(
        "dialer_audio_tick_lateness_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "How late the audio thread sent and received the frames of all calls.",
        (),
        (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.1),
        "Measured by the native clock: 50-200 us with real-time priority, 1-5 ms without. "
        "Past 5 ms packets bunch, past 20 ms a missing packet is heard, past 100 ms ticks are "
        "skipped.",
    ),
    Declared(
        "dialer_audio_ticks_skipped_total",
        Kind.COUNTER,
        "ticks",
        "Ticks that the audio thread skipped after a long stall.",
    ),
    Declared(
        "dialer_frames_dropped_total",
        Kind.COUNTER,
        "frames",
        "Received frames dropped because the analysers were blocked for over a second.",
    ),
    # Store
    Declared(
        "dialer_store_commit_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "Time of one commit, including the wait for the disk.",
        (),
        (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0),
        "A flush takes 0.5-2.5 ms on a solid-state disk and 10-25 ms on a spinning disk. Past "
        "100 ms launches wait for the disk. 5 s is SQLite's busy time-out.",
    ),
    Declared(
        "dialer_store_group_size",
        Kind.HISTOGRAM,
        "changes",
        "Changes written by one commit.",
        (),
        (1, 2, 4, 8, 16, 32, 64, 128, 256),
        "Powers of two. 1 means that changes were not batched. Each further bucket halves the "
        "commits per call.",
    ),
    # The node itself
    Declared(
        "dialer_event_loop_lag_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "How late a timer of the asyncio loop fired.",
        (),
        (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0),
        "This loop paces the launches. 10 ms is one launch at 100 per second. Past 50 ms the "
        "pace is uneven. Past 250 ms something blocks the loop, which is a fault.",
    ),
    Declared(
        "dialer_mqtt_connected",
        Kind.GAUGE,
        "boolean",
        "1 while the broker is connected. Absent where MQTT is off.",
    ),
    Declared(
        "dialer_mqtt_events_total",
        Kind.COUNTER,
        "events",
        "Events that the broker confirmed.",
    ),
    Declared(
        "dialer_mqtt_events_dropped_total",
        Kind.COUNTER,
        "events",
        "Events that did not reach the broker: the queue was full, or they were still queued "
        "at shutdown.",
    ),
    Declared(
        "dialer_mqtt_events_waiting",
        Kind.GAUGE,
        "events",
        "Events queued or sent and not confirmed yet.",
    ),
    Declared(
        "dialer_build_info",
        Kind.INFO,
        "none",
        "Always 1. The version is in the label.",
        ("version",),
    ),
)

DECLARED: Mapping[str, Declared] = {declared.name: declared for declared in TABLE}

QUESTIONS: tuple[tuple[str, str], ...] = (
    (
        "ASR (connect rate) of a trunk over 15 minutes",
        (
            "sum by (trunk) (increase(dialer_trunk_answers_total[15m]))"
            " / sum by (trunk) (increase(dialer_trunk_seizures_total[15m]))"
        ),
    ),
    (
        "ACD (mean talk time) of a trunk over an hour",
        (
            "sum by (trunk) (increase(dialer_talk_seconds_total[1h]))"
            " / sum by (trunk) (increase(dialer_trunk_answers_total[1h]))"
        ),
    ),
    (
        "share of notices that started within 60 ms of the answer",
        (
            'sum(rate(dialer_answer_to_first_packet_seconds_bucket{le="0.06"}[5m]))'
            " / sum(rate(dialer_answer_to_first_packet_seconds_count[5m]))"
        ),
    ),
    ("use of a trunk's channels", "dialer_trunk_channels_used / dialer_trunk_channels"),
    ("launches that the gate denied, by rule", "sum by (rule) (rate(dialer_refusals_total[5m]))"),
)


def reference() -> str:
    """The page docs/metrics.md, from `TABLE`."""
    lines = [
        "# Metrics",
        "",
        "<!-- Made by `python -m dialer.metrics.table > docs/metrics.md`; a test compares. -->",
        "",
        "Metrics are at `http://{metrics.listen}/metrics`, as Prometheus text or OpenMetrics,",
        "with the usual `process_*` metrics. Labels have values from closed sets: the outcomes of",
        "`docs/outcomes.md`, the trunk names of `dialer.yaml`, the gate's rule names. Other values",
        "are counted under `other`. No number, no name and no call id is ever a label.",
        "",
        "| metric | type | labels | unit | meaning |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{declared.name}` | {declared.kind.value} | {', '.join(declared.labels) or '-'} "
        f"| {declared.unit} | {declared.means} |"
        for declared in TABLE
    ]
    lines += ["", "## Buckets", "", "| histogram | upper bounds | why |", "|---|---|---|"]
    lines += [
        f"| `{declared.name}` | {', '.join(f'{bound:g}' for bound in declared.buckets)} "
        f"| {declared.why} |"
        for declared in TABLE
        if declared.kind is Kind.HISTOGRAM
    ]
    lines += [
        "",
        "## Useful questions",
        "",
        "| question | PromQL |",
        "|---|---|",
        *(f"| {question} | `{query}` |" for question, query in QUESTIONS),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(reference())
