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
        "Attempts (one INVITE on one trunk) that ended, by trunk, who ended them and why.",
        ("trunk", "who", "reason"),
    ),
    Declared(
        "dialer_refusals_total",
        Kind.COUNTER,
        "attempts",
        "Attempts that the gate refused before any INVITE, by the rule that refused.",
        ("rule",),
    ),
    Declared(
        "dialer_post_dial_delay_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "INVITE sent to the first 180 or 183.",
        ("trunk",),
        (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 11.0, 20.0),
        "3, 5 and 8 s are ITU-T E.721's mean targets for local, toll and international calls, "
        "6, 8 and 11 s its 95 % targets; 4 s is the default `no_progress`; below 1 s are carriers "
        "and exchanges on our own network; 20 s is past every target.",
    ),
    *IN_CALL,
    Declared(
        "dialer_talk_seconds_total",
        Kind.COUNTER,
        "seconds",
        "Time from answer to end of attempts that ended; talk time over answers is ACD.",
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
        "Calls a second that the configuration allows.",
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
        "INVITEs sent; answers over seizures is ASR (ITU-T E.411).",
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
        "INVITEs answered after we had given them up for want of any reply: hung up at once, and "
        "the callee is called no more.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_up",
        Kind.GAUGE,
        "0 or 1",
        "Whether the trunk may carry calls: registered and healthy, as far as it is asked.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_registered",
        Kind.GAUGE,
        "0 or 1",
        "Whether the trunk is registered; trunks without `register` have no series.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_reason",
        Kind.GAUGE,
        "0 or 1",
        "1 at the reason why the trunk is up (`ready`) or down (any other).",
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
        "Unix time at which the first proof of the trunk's numbers ends, or the certificate that "
        "signs for them.",
        ("trunk",),
    ),
    # Connect-rate failover: the window of docs/failover.md, refreshed every few seconds
    Declared(
        "dialer_trunk_window_attempts",
        Kind.GAUGE,
        "attempts",
        "Attempts in the window that the next four are taken over: the last 500 of an hour.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_answer_ratio",
        Kind.GAUGE,
        "ratio",
        "Connect rate, ASR: answered over all attempts of the window (ITU-T E.411); from 20 on.",
        ("trunk",),
    ),
    Declared(
        "dialer_trunk_effectiveness_ratio",
        Kind.GAUGE,
        "ratio",
        "Network effectiveness, NER: attempts that reached the callee over all (ITU-T E.425).",
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
        "1 at where the trunk stands by its connect rate over all destinations.",
        ("trunk", "stand"),
    ),
    Declared(
        "dialer_trunk_stand_changes_total",
        Kind.COUNTER,
        "changes",
        "How often the trunk gave way by its connect rate, or carried again, over all destinations "
        "or for one prefix.",
        ("trunk", "to", "scope"),
    ),
    Declared(
        "dialer_trunk_false_answers_suspected",
        Kind.GAUGE,
        "0 or 1",
        "Whether the trunk is suspected of false answers: high ASR, short calls without a word.",
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
        "Requests that the native guard kept off the wire, by what they claimed or lacked; any is "
        "a fault of this program.",
        ("cause",),
    ),
    # Media, pulled at scrape time
    Declared(
        "dialer_rtp_strays_total",
        Kind.COUNTER,
        "packets",
        "RTP and RTCP packets dropped at the ports of calls, as they came from another address "
        "than the signalled one: an earlier call's peer, a scan, a carrier without `media_from`.",
    ),
    Declared(
        "dialer_duck_latency_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "First voiced frame to the command that lowered the prompt's volume.",
        (),
        BARGE_IN_BOUNDS,
        "In steps of one 20 ms frame up to 100 ms: on the wire the median may be 65 ms and the "
        "99th percentile 90 ms, and the command comes one frame before.",
    ),
    Declared(
        "dialer_false_alarms_total",
        Kind.COUNTER,
        "sounds",
        "Sounds that lowered a prompt and were no speech; the prompt went on.",
    ),
    Declared(
        "dialer_tick_lateness_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "How long after the audio thread brought its frames a tick of the analysers began.",
        (),
        LATENESS_BOUNDS,
        "A tick is every 20 ms: below 5 ms is the scheduler's noise, 20 and 40 ms are one and two "
        "frames that barge-in comes later, 1 s is what the bridge holds before it drops frames.",
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
        "How long after it was due the audio thread sent and took the frames of all calls.",
        (),
        (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.1),
        "The native clock's own: 50-200 us is a thread with real-time priority, 1-5 ms one without "
        "it; past 5 ms packets bunch, past 20 ms one is heard missing, past 100 ms ticks are "
        "skipped.",
    ),
    Declared(
        "dialer_audio_ticks_skipped_total",
        Kind.COUNTER,
        "ticks",
        "Ticks that the audio thread left out after a stall too long to make good.",
    ),
    Declared(
        "dialer_frames_dropped_total",
        Kind.COUNTER,
        "frames",
        "Received frames dropped because the analysers were away for over a second.",
    ),
    # Store
    Declared(
        "dialer_store_commit_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "Time one commit took, with its wait for the disk.",
        (),
        (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0),
        "A flush takes 0.5-2.5 ms on a solid-state disk and 10-25 ms on a spinning one; past "
        "100 ms launches wait for the disk; 5 s is SQLite's busy time-out.",
    ),
    Declared(
        "dialer_store_group_size",
        Kind.HISTOGRAM,
        "changes",
        "Changes written by one commit.",
        (),
        (1, 2, 4, 8, 16, 32, 64, 128, 256),
        "Powers of two: 1 means that no grouping was needed, and each further bucket halves the "
        "commits a call costs.",
    ),
    # The node itself
    Declared(
        "dialer_event_loop_lag_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "How late a timer of the asyncio loop fired.",
        (),
        (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0),
        "Launches are paced by this loop: 10 ms is one launch at 100 a second; past 50 ms the "
        "pace is uneven; past 250 ms something blocks the loop, which is a fault.",
    ),
    Declared(
        "dialer_mqtt_connected",
        Kind.GAUGE,
        "boolean",
        "1 while the broker is connected; not shown where MQTT is off.",
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
        "Events that never reached the broker: queue full, or still queued at the end.",
    ),
    Declared(
        "dialer_mqtt_events_waiting",
        Kind.GAUGE,
        "events",
        "Events queued or sent, and not yet confirmed.",
    ),
    Declared(
        "dialer_build_info",
        Kind.INFO,
        "none",
        "Always 1; the version is in the label.",
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
    ("how full a trunk is", "dialer_trunk_channels_used / dialer_trunk_channels"),
    ("launches that the gate refused, by rule", "sum by (rule) (rate(dialer_refusals_total[5m]))"),
)


def reference() -> str:
    """The page docs/metrics.md, from `TABLE`."""
    lines = [
        "# Metrics",
        "",
        "<!-- Made by `python -m dialer.metrics.table > docs/metrics.md`; a test compares. -->",
        "",
        "Served at `http://{metrics.listen}/metrics`, as Prometheus text or OpenMetrics. Beside",
        "these come the usual `process_*` metrics. Labels take their values from closed sets: the",
        "outcome words of `docs/outcomes.md`, the trunk names of `dialer.yaml`, the gate's rule",
        "names; anything else is counted under `other`. No number, no name and no call id is ever",
        "a label.",
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
