"""The dashboard of the trunks: state, connect rate, capacity, failures."""

from __future__ import annotations

from typing import Final

from deploy.grafana.panels import ON_TRUNK, Board, Line, Panel, Row

_NAME: Final = "{{instance}} {{trunk}}"
_DOWN_UP: Final = {0: ("down", "red"), 1: ("up", "green")}

BOARD: Final = Board(
    "trunks",
    "Veridial: trunks",
    "State, connect rate, capacity and failures of every trunk.",
    (
        Row(
            "State",
            (
                Panel(
                    "Up",
                    "Registered and healthy, where this is checked.",
                    (Line(f"dialer_trunk_up{{{ON_TRUNK}}}", _NAME),),
                    width=12,
                    states=_DOWN_UP,
                ),
                Panel(
                    "Registered",
                    "Trunks with `register` only.",
                    (Line(f"dialer_trunk_registered{{{ON_TRUNK}}}", _NAME),),
                    width=12,
                    states={0: ("no", "red"), 1: ("yes", "green")},
                ),
                Panel(
                    "Reason",
                    "`ready`, or why the trunk is down.",
                    (Line(f"dialer_trunk_reason{{{ON_TRUNK}}} == 1", f"{_NAME}: {{{{why}}}}"),),
                    width=8,
                ),
                Panel(
                    "In this state for",
                    "Time since the trunk last went up or down.",
                    (Line(f"time() - dialer_trunk_since_timestamp_seconds{{{ON_TRUNK}}}", _NAME),),
                    unit="s",
                ),
                Panel(
                    "Went up or down",
                    "Many changes: an unstable network or carrier.",
                    (
                        Line(
                            f"increase(dialer_trunk_changes_total{{{ON_TRUNK}}}[$__rate_interval])",
                            f"{_NAME} {{{{to}}}}",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "Connect rate",
            (
                Panel(
                    "ASR",
                    "Answered over all attempts of the window (ITU-T E.411); below the red line "
                    "better trunks go first. No line below 20 attempts.",
                    (Line(f"dialer_trunk_answer_ratio{{{ON_TRUNK}}}", _NAME),),
                    unit="percentunit",
                    limit=0.18,
                    bad_above=False,
                    most=1,
                ),
                Panel(
                    "NER",
                    "Attempts that reached the callee, whatever the callee did (ITU-T E.425): low "
                    "means the carrier's fault, not the list's.",
                    (Line(f"dialer_trunk_effectiveness_ratio{{{ON_TRUNK}}}", _NAME),),
                    unit="percentunit",
                    most=1,
                ),
                Panel(
                    "Carries",
                    "Whether the trunk is demoted by its connect rate.",
                    (
                        Line(
                            "sum by (instance, trunk) "
                            f'(dialer_trunk_connect_rate_state{{{ON_TRUNK}, stand="good"}})',
                            _NAME,
                        ),
                    ),
                    states={0: ("demoted", "orange"), 1: ("carries", "green")},
                ),
                Panel(
                    "ACD",
                    "Mean talk time of answered attempts in the window.",
                    (Line(f"dialer_trunk_mean_talk_seconds{{{ON_TRUNK}}}", _NAME),),
                    unit="s",
                ),
                Panel(
                    "PDD",
                    "INVITE to the first 180 or 183: 95th percentile, and mean of the window. 8 s "
                    "is ITU-T E.721's limit for toll calls.",
                    (
                        Line(
                            "histogram_quantile(0.95, sum by (instance, trunk, le) "
                            f"(rate(dialer_post_dial_delay_seconds_bucket{{{ON_TRUNK}}}"
                            "[$__rate_interval])))",
                            f"{_NAME} p95",
                        ),
                        Line(
                            f"dialer_trunk_mean_post_dial_delay_seconds{{{ON_TRUNK}}}",
                            f"{_NAME} mean",
                        ),
                    ),
                    unit="s",
                    limit=8,
                ),
                Panel(
                    "Attempts in the window",
                    "The attempts that the figures of this row are computed from.",
                    (Line(f"dialer_trunk_window_attempts{{{ON_TRUNK}}}", _NAME),),
                ),
                Panel(
                    "Demoted, restored",
                    "By connect rate, over all destinations or for one prefix.",
                    (
                        Line(
                            "increase(dialer_trunk_stand_changes_total"
                            f"{{{ON_TRUNK}}}[$__rate_interval])",
                            f"{_NAME} {{{{to}}}} ({{{{scope}}}})",
                        ),
                    ),
                    width=12,
                ),
                Panel(
                    "False answers suspected",
                    "High ASR, short calls, callees say nothing: the carrier may answer for "
                    "nobody.",
                    (Line(f"dialer_trunk_false_answers_suspected{{{ON_TRUNK}}}", _NAME),),
                    width=12,
                    states={0: ("no", "green"), 1: ("suspected", "red")},
                ),
            ),
        ),
        Row(
            "Capacity",
            (
                Panel(
                    "Channels used",
                    "Of those that the configuration allows.",
                    (
                        Line(f"dialer_trunk_channels_used{{{ON_TRUNK}}}", f"{_NAME} used"),
                        Line(f"dialer_trunk_channels{{{ON_TRUNK}}}", f"{_NAME} allowed"),
                    ),
                ),
                Panel(
                    "Share of channels used",
                    "At the red line contacts wait for a channel.",
                    (
                        Line(
                            f"dialer_trunk_channels_used{{{ON_TRUNK}}} "
                            f"/ dialer_trunk_channels{{{ON_TRUNK}}}",
                            _NAME,
                        ),
                    ),
                    unit="percentunit",
                    limit=0.95,
                    most=1,
                ),
                Panel(
                    "Calls a second",
                    "INVITEs sent, and what the configuration allows.",
                    (
                        Line(
                            f"rate(dialer_trunk_seizures_total{{{ON_TRUNK}}}[$__rate_interval])",
                            f"{_NAME} sent",
                        ),
                        Line(f"dialer_trunk_calls_per_second{{{ON_TRUNK}}}", f"{_NAME} allowed"),
                    ),
                    unit="reqps",
                ),
            ),
        ),
        Row(
            "Outcomes of attempts",
            (
                Panel(
                    "Answers",
                    "INVITEs answered with 200.",
                    (
                        Line(
                            f"rate(dialer_trunk_answers_total{{{ON_TRUNK}}}[$__rate_interval])",
                            _NAME,
                        ),
                    ),
                    unit="reqps",
                ),
                Panel(
                    "Carriers' failures by reason",
                    "These calls move to the next trunk.",
                    (
                        Line(
                            "sum by (instance, trunk, reason) (rate(dialer_attempts_total"
                            f'{{{ON_TRUNK}, who="carrier"}}[$__rate_interval]))',
                            f"{_NAME} {{{{reason}}}}",
                        ),
                    ),
                    unit="reqps",
                    stacked=True,
                ),
                Panel(
                    "Callees' answers by reason",
                    "These calls never move to another trunk.",
                    (
                        Line(
                            "sum by (instance, trunk, reason) (rate(dialer_attempts_total"
                            f'{{{ON_TRUNK}, who="callee"}}[$__rate_interval]))',
                            f"{_NAME} {{{{reason}}}}",
                        ),
                    ),
                    unit="reqps",
                    stacked=True,
                ),
                Panel(
                    "Answered after we gave up",
                    "INVITEs answered after `no_progress`, and hung up at once. Any means that "
                    "the carrier is slower than `no_progress` allows.",
                    (
                        Line(
                            "increase(dialer_trunk_late_answers_total"
                            f"{{{ON_TRUNK}}}[$__rate_interval])",
                            _NAME,
                        ),
                    ),
                    width=12,
                ),
                Panel(
                    "Talk time",
                    "Minutes a minute: what the carrier bills.",
                    (
                        Line(
                            f"rate(dialer_talk_seconds_total{{{ON_TRUNK}}}[$__rate_interval])",
                            _NAME,
                        ),
                    ),
                    width=12,
                ),
            ),
        ),
    ),
    by_trunk=True,
)
