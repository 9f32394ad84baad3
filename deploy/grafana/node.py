"""The dashboard of a node: calls, what callees hear and when, the machine under it."""

from __future__ import annotations

from typing import Final

from deploy.grafana.expressions import increase, quantiles, rate, share_within
from deploy.grafana.panels import ON_NODE, Board, Line, Panel, Row

_NODE: Final = "{{instance}}"

BOARD: Final = Board(
    "node",
    "Veridial: node",
    "Calls and outcomes, times that callees notice, the node's threads, store and broker.",
    (
        Row(
            "Calls",
            (
                Panel(
                    "Answers Prometheus",
                    "If nodes run only during campaigns, gaps are normal.",
                    (Line(f'up{{job="dialer", {ON_NODE}}}', _NODE),),
                    width=6,
                    height=6,
                    states={0: ("no", "red"), 1: ("yes", "green")},
                ),
                Panel(
                    "Live calls",
                    "Between first INVITE and end.",
                    (Line(f"dialer_calls_live{{{ON_NODE}}}", _NODE),),
                    kind="stat",
                    width=6,
                    height=6,
                ),
                Panel(
                    "Version",
                    "What runs where.",
                    (Line(f"dialer_build_info{{{ON_NODE}}}", f"{_NODE}: {{{{version}}}}"),),
                    kind="stat",
                    width=12,
                    height=6,
                ),
                Panel(
                    "Live calls over time",
                    "Between first INVITE and end.",
                    (Line(f"dialer_calls_live{{{ON_NODE}}}", _NODE),),
                ),
                Panel(
                    "Calls that ended, by outcome",
                    "Who ended them and why (docs/outcomes.md).",
                    (
                        Line(
                            f"sum by (who, reason) ({rate('dialer_calls_total')})",
                            "{{who}}.{{reason}}",
                        ),
                    ),
                    unit="reqps",
                    width=16,
                    stacked=True,
                ),
            ),
        ),
        Row(
            "What callees hear",
            (
                Panel(
                    "Answer to identity notice",
                    "200 OK to the first packet of the notice; the red line is our own limit.",
                    quantiles("dialer_answer_to_first_packet_seconds", 0.5, 0.99),
                    unit="s",
                    limit=0.06,
                ),
                Panel(
                    "Notices started within 60 ms",
                    "Of all answered calls.",
                    (Line(share_within("dialer_answer_to_first_packet_seconds", "0.06"), _NODE),),
                    unit="percentunit",
                    limit=0.99,
                    bad_above=False,
                    most=1,
                ),
                Panel(
                    "Barge-in",
                    "First frame of speech to the decision that stopped the prompt.",
                    quantiles("dialer_barge_in_latency_seconds", 0.5, 0.95),
                    unit="s",
                    limit=0.3,
                ),
                Panel(
                    "Ducking",
                    "First voiced frame to the command that lowered the prompt.",
                    quantiles("dialer_duck_latency_seconds", 0.5, 0.99),
                    unit="s",
                    limit=0.09,
                ),
                Panel(
                    "Prompts stopped, false alarms",
                    "Many false alarms: noisy lines, or too sensitive voice detection.",
                    (
                        Line(rate("dialer_barge_ins_total"), f"{_NODE} stopped"),
                        Line(rate("dialer_false_alarms_total"), f"{_NODE} false alarms"),
                    ),
                    unit="reqps",
                    width=16,
                ),
            ),
        ),
        Row(
            "Audio",
            (
                Panel(
                    "Lateness of the analysers' tick",
                    "A tick is every 20 ms.",
                    quantiles("dialer_tick_lateness_seconds", 0.5, 0.99),
                    unit="s",
                    limit=0.02,
                ),
                Panel(
                    "Ticks over a frame late",
                    "At the red line barge-in feels slow.",
                    (
                        Line(
                            f"{rate('dialer_ticks_late_total')} "
                            f"/ {rate('dialer_tick_lateness_seconds_count')}",
                            _NODE,
                        ),
                    ),
                    unit="percentunit",
                    limit=0.01,
                ),
                Panel(
                    "Lateness of the audio clock",
                    "The native thread that sends and receives frames.",
                    quantiles("dialer_audio_tick_lateness_seconds", 0.5, 0.99),
                    unit="s",
                    limit=0.005,
                ),
                Panel(
                    "Audio ticks skipped",
                    "Any is a gap that all callees heard.",
                    (Line(increase("dialer_audio_ticks_skipped_total"), _NODE),),
                ),
                Panel(
                    "Frames dropped",
                    "Any means speech that was not heard.",
                    (Line(increase("dialer_frames_dropped_total"), _NODE),),
                ),
                Panel(
                    "Packets from other sources",
                    "RTP from addresses that were not signalled (docs/trunks.md, behind a NAT).",
                    (Line(increase("dialer_rtp_strays_total"), _NODE),),
                ),
                Panel(
                    "Not admitted to the SIP ports",
                    "By cause; strangers are no trunk's address (docs/trunks.md).",
                    (
                        Line(
                            f"sum by (cause) ({increase('dialer_sip_not_admitted_total')})",
                            "{{cause}}",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "Store, events, process",
            (
                Panel(
                    "Commits",
                    "Time of one commit; launches wait past the red line.",
                    quantiles("dialer_store_commit_seconds", 0.5, 0.99),
                    unit="s",
                    limit=0.1,
                ),
                Panel(
                    "Changes a commit",
                    "Mean number of changes in a group commit.",
                    (
                        Line(
                            f"{rate('dialer_store_group_size_sum')} "
                            f"/ {rate('dialer_store_group_size_count')}",
                            _NODE,
                        ),
                    ),
                ),
                Panel(
                    "Event loop lag",
                    "How late decisions come.",
                    quantiles("dialer_event_loop_lag_seconds", 0.5, 0.99),
                    unit="s",
                    limit=0.25,
                ),
                Panel(
                    "Connected to MQTT",
                    "Empty where MQTT is off.",
                    (Line(f"dialer_mqtt_connected{{{ON_NODE}}}", _NODE),),
                    states={0: ("no", "red"), 1: ("yes", "green")},
                ),
                Panel(
                    "MQTT events",
                    "Confirmed by the broker, and dropped.",
                    (
                        Line(rate("dialer_mqtt_events_total"), f"{_NODE} confirmed"),
                        Line(rate("dialer_mqtt_events_dropped_total"), f"{_NODE} dropped"),
                    ),
                    unit="reqps",
                ),
                Panel(
                    "MQTT events waiting",
                    "Queued or sent, and not confirmed yet.",
                    (Line(f"dialer_mqtt_events_waiting{{{ON_NODE}}}", _NODE),),
                ),
                Panel(
                    "Processor",
                    "Cores in use by the process.",
                    (Line(rate("process_cpu_seconds_total"), _NODE),),
                    width=12,
                ),
                Panel(
                    "Memory",
                    "Resident.",
                    (Line(f"process_resident_memory_bytes{{{ON_NODE}}}", _NODE),),
                    unit="bytes",
                    width=12,
                ),
            ),
        ),
    ),
)
