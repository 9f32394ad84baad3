"""The dashboard of what the rules forbid: refusals, opt-outs, the guard, the notice in time."""

from __future__ import annotations

from typing import Final

from deploy.grafana.expressions import increase, rate, share_within
from deploy.grafana.panels import ON_NODE, Board, Line, Panel, Row

_NODE: Final = "{{instance}}"
_REFUSALS: Final = f"sum by (instance) ({rate('dialer_refusals_total')})"
_SEIZURES: Final = f"sum by (instance) ({rate('dialer_trunk_seizures_total')})"
_WISHES: Final = f'{ON_NODE}, reason=~"opted_out|unwanted"'

BOARD: Final = Board(
    "compliance",
    "Veridial: compliance",
    "Denials, opt-outs, and proof that only our own numbers were shown.",
    (
        Row(
            "The gate",
            (
                Panel(
                    "Denied, by rule",
                    "Attempts that the gate denied before any INVITE.",
                    (Line(f"sum by (rule) ({rate('dialer_refusals_total')})", "{{rule}}"),),
                    unit="reqps",
                    width=16,
                    stacked=True,
                ),
                Panel(
                    "Share denied",
                    "Of the attempts of campaigns.",
                    (Line(f"{_REFUSALS} / ({_REFUSALS} + {_SEIZURES})", _NODE),),
                    unit="percentunit",
                    limit=0.2,
                    most=1,
                ),
                Panel(
                    "Abandoned",
                    "Of the answers of people, those to whom nobody spoke within 2 s.",
                    (
                        Line(
                            f"sum by (instance) ({rate('dialer_abandoned_calls_total')}) "
                            f"/ sum by (instance) ({rate('dialer_live_answers_total')})",
                            _NODE,
                        ),
                    ),
                    unit="percentunit",
                    limit=0.03,
                ),
                Panel(
                    "Held",
                    "1 while a rule holds the whole node: nothing is launched, no contact is lost.",
                    (
                        Line(
                            f"max by (instance, rule) (dialer_launches_held{{{ON_NODE}}})",
                            "{{instance}} {{rule}}",
                        ),
                    ),
                    most=1,
                ),
            ),
        ),
        Row(
            "Callees' requests",
            (
                Panel(
                    "Opted out",
                    "By digit 1, or by marking the call as unwanted. These numbers are in "
                    "their cooling-off.",
                    (
                        Line(
                            f"sum by (reason) ({increase('dialer_calls_total', _WISHES)})",
                            "{{reason}}",
                        ),
                    ),
                ),
                Panel(
                    "Share of answered calls that opt out",
                    "If it rises, use another list or another wording.",
                    (
                        Line(
                            f"sum by (instance) ({rate('dialer_calls_total', _WISHES)}) "
                            "/ sum by (instance) "
                            f"({rate('dialer_trunk_answers_total')})",
                            _NODE,
                        ),
                    ),
                    unit="percentunit",
                ),
                Panel(
                    "Keys unheard",
                    "Calls in which a key might have been lost, and an opt-out with it: leave Opus "
                    "out of the trunk's codecs.",
                    (
                        Line(
                            f"sum by (trunk) ({increase('dialer_digits_unheard_total')})",
                            "{{trunk}}",
                        ),
                    ),
                ),
                Panel(
                    "Blocked or labelled",
                    "An intermediary's analytics rejected the call (RFC 8688), or the carrier will "
                    "not carry it: ask how our numbers are labelled.",
                    (
                        Line(
                            "sum by (trunk, reason) (increase(dialer_attempts_total"
                            f'{{{ON_NODE}, reason=~"blocked|forbidden"}}[$__rate_interval]))',
                            "{{trunk}} {{reason}}",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "Complaints, retention",
            (
                Panel(
                    "Complaints",
                    "`overdue`: the law's 24 hours are over without an answer.",
                    (Line(f"max by (state) (dialer_complaints{{{ON_NODE}}})", "{{state}}"),),
                    width=8,
                ),
                Panel(
                    "Until the first answer is due",
                    "Empty if every complaint is answered.",
                    (
                        Line(
                            f"min(dialer_complaint_answer_due_timestamp_seconds{{{ON_NODE}}}) "
                            "- time()",
                            "first",
                        ),
                    ),
                    unit="s",
                    limit=8 * 3600,
                    bad_above=False,
                    width=8,
                ),
                Panel(
                    "Contact data kept too long",
                    "Campaigns past their 30 days; `refused`: nothing is destroyed, because "
                    "something is in doubt.",
                    (
                        Line(f"dialer_retention_late{{{ON_NODE}}}", f"{_NODE} late"),
                        Line(f"dialer_retention_refused{{{ON_NODE}}}", f"{_NODE} refused"),
                    ),
                    limit=1,
                    width=8,
                ),
            ),
        ),
        Row(
            "Identity",
            (
                Panel(
                    "Guard: vetoes",
                    "Vetoed requests, by what they claimed or lacked. Any is a fault.",
                    (
                        Line(
                            f"sum by (cause) (dialer_guard_vetoes_total{{{ON_NODE}}})", "{{cause}}"
                        ),
                    ),
                    limit=1,
                    width=6,
                ),
                Panel(
                    "Until the first proof ends",
                    "Of a trunk's numbers, or the certificate that signs for them.",
                    (
                        Line(
                            "min by (trunk) (dialer_caller_id_proof_end_timestamp_seconds"
                            f"{{{ON_NODE}}}) - time()",
                            "{{trunk}}",
                        ),
                    ),
                    unit="s",
                    limit=30 * 86400,
                    bad_above=False,
                    width=6,
                ),
                Panel(
                    "Guard: INVITEs read",
                    "Retransmissions included; never less than attempts.",
                    (
                        Line(rate("dialer_guard_invites_total"), f"{_NODE} read"),
                        Line(_SEIZURES, f"{_NODE} attempts"),
                    ),
                    unit="reqps",
                    width=6,
                ),
                Panel(
                    "Notices over within 3 s",
                    "What the law asks for; 100 % always.",
                    (Line(share_within("dialer_identity_notice_seconds", "3.0"), _NODE),),
                    unit="percentunit",
                    limit=1,
                    bad_above=False,
                    most=1,
                    width=6,
                ),
                Panel(
                    "Calls ended for a late notice",
                    "The identity notice was not over in time. Any is a fault.",
                    (
                        Line(
                            f"sum by (instance) (increase(dialer_calls_total{{{ON_NODE}, "
                            'reason="notice_late"}[$__rate_interval]))',
                            _NODE,
                        ),
                    ),
                    limit=1,
                    width=12,
                ),
                Panel(
                    "Recordings",
                    "By state; `erased`: the callee declined.",
                    (Line(f"sum by (state) ({increase('dialer_recordings_total')})", "{{state}}"),),
                    width=6,
                ),
                Panel(
                    "Recordings: audio lost",
                    "Seconds lost because the disk or the processor was too slow.",
                    (Line(increase("dialer_recording_lost_seconds_total"), _NODE),),
                    unit="s",
                    limit=1,
                    width=6,
                ),
            ),
        ),
        Row(
            "Inbound calls, transfers",
            (
                Panel(
                    "Inbound calls, live",
                    "People who call one of our numbers reach the operator, as the law requires.",
                    (Line(f"dialer_inbound_live{{{ON_NODE}}}", _NODE),),
                    width=6,
                ),
                Panel(
                    "Inbound calls, answered",
                    "`known`: we had called that number before.",
                    (
                        Line(
                            f"sum by (caller) ({increase('dialer_inbound_answered_total')})",
                            "{{caller}}",
                        ),
                    ),
                    width=6,
                ),
                Panel(
                    "Inbound calls, by how they ended",
                    "docs/calling-back-and-bridging.md explains the words.",
                    (
                        Line(
                            f"sum by (ending) ({increase('dialer_inbound_calls_total')})",
                            "{{ending}}",
                        ),
                    ),
                    width=6,
                    stacked=True,
                ),
                Panel(
                    "Inbound calls, rejected",
                    "`full` and `flood` may be people who have a right to an answer.",
                    (
                        Line(
                            f"sum by (why) ({increase('dialer_inbound_turned_away_total')})",
                            "{{why}}",
                        ),
                    ),
                    width=6,
                    stacked=True,
                ),
                Panel(
                    "Callers' signatures",
                    "`unknown_certificate`: a provider that `stir_trust` does not list.",
                    (
                        Line(
                            f"sum by (verdict) ({increase('dialer_inbound_passports_total')})",
                            "{{verdict}}",
                        ),
                    ),
                    width=6,
                    stacked=True,
                ),
                Panel(
                    "Transfers to people",
                    "`failed`: nobody took the call; the callee heard what the script says then.",
                    (
                        Line(
                            f"sum by (way, result) ({increase('dialer_transfers_total')})",
                            "{{way}} {{result}}",
                        ),
                    ),
                    width=18,
                ),
            ),
        ),
    ),
)
