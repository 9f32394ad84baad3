"""The table of every MQTT event, the typed ways to tell one, and the page made from the table.

Nothing here names a person: no number, no variable of a contact, and no key that was pressed
(callees type numbers). `python -m dialer.mqtt.table` writes docs/mqtt.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dialer.core.calls.campaign import Wait
from dialer.core.trunks.connect_rate import RateStanding
from dialer.core.trunks.trunk_book import TrunkReport
from dialer.core.trunks.trunk_state import TrunkState
from dialer.core.values.recordings import RecordingEnd
from dialer.core.values.records import AttemptEnd, CallEnd, Progress
from dialer.mqtt.auditing import AUDITING
from dialer.mqtt.bridging import BRIDGING, BridgingTeller
from dialer.mqtt.words import (
    COMMON,
    Told,
    campaign_words,
    common,
    iso,
    span,
    topic_level,
)
from dialer.ports.events import EventSink

__all__ = ["COMMON", "TABLE", "CallRef", "Teller", "common", "reference", "topic_level"]

_CAMPAIGN: Mapping[str, str] = {"campaign": "string; name of the campaign"}
_ATTEMPT: Mapping[str, str] = {
    **_CAMPAIGN,
    "attempt": "string; id of the attempt, as in the CDR",
    "trunk": "string; trunk of the attempt",
}
_OUTCOME: Mapping[str, str] = {
    "who": "string; who ended it (docs/outcomes.md)",
    "reason": "string; why (docs/outcomes.md)",
    "sip_code": "integer or null; final SIP code",
    "q850": "integer or null; Q.850 cause",
    "post_dial_delay_seconds": "number or null; INVITE to first 180 or 183",
    "first_packet_seconds": "number or null; answer to first packet of the notice",
    "notice_spoken_seconds": "number or null; answer to last packet of the identity notice",
    "talk_seconds": "number or null; answer to end",
    "barge_ins": "integer; prompts that the callee's speech stopped",
}
_TRUNK_FIGURES: Mapping[str, str] = {
    "seizures": "integer; attempts in the window, over all destinations",
    "asr": "number or null; share of answered attempts (ASR), null below the least count",
    "ner": "number or null; share of attempts that reached the callee (NER)",
    "acd_seconds": "number or null; mean talk time of answered attempts",
    "pdd_seconds": "number or null; mean post-dial delay",
}
_PROGRESS: Mapping[str, str] = {
    **_CAMPAIGN,
    "total": "integer; contacts",
    "done": "integer; contacts that are done",
    "waiting": "integer; contacts still to be called",
    "waiting_later": "object; contacts that wait, by the rule that denied them",
    "outcomes": "object; calls ended, by `who.reason`",
}


TABLE: Mapping[str, Told] = {
    "status": Told(
        "status",
        "The node started or stopped. `offline` is also the last will: the broker sends it "
        "when the connection breaks. Its `time` is then the time at which the connection was "
        "made.",
        {
            "state": "string; `online` or `offline`",
            "why": "string; `connected`, `closed` (sent by the node) or `lost` (sent by the "
            "broker)",
        },
        retained=True,
    ),
    "trunk_state": Told(
        "trunks/{trunk}/state",
        "A trunk went up or down, or is down for another reason. At the start: its current state.",
        {
            "trunk": "string; name of the trunk",
            "up": "boolean; it may carry calls",
            "registered": "boolean or null; null where the trunk does not register",
            "healthy": "boolean or null; by OPTIONS, null where it is not probed",
            "why": "string; `ready`, `starting`, `no_reply`, `unreachable`, `refused`, "
            "`credentials`, `challenge` or `closed`",
            "question": "string or null; `REGISTER` or `OPTIONS`, the request that showed the "
            "reason",
            "sip_code": "integer or null; SIP code of the reply",
            "since": "string; when it last went up or down, UTC, ISO 8601 with milliseconds",
            "rests_until": "string or null; until when no call leaves by it, as its 503 asked",
        },
    ),
    "trunk_connect_rate": Told(
        "trunks/{trunk}/connect_rate",
        "A trunk is demoted by its connect rate, probed or restored, over all destinations or "
        "for one prefix. At the start: trunks that are demoted by the records.",
        {
            "trunk": "string; name of the trunk",
            "prefix": "string or null; country code and area of the destinations, null for all",
            "stand": "string; `good`, `giving_way` or `probing`",
            "why": "string; the counts behind it, in words",
            **_TRUNK_FIGURES,
        },
    ),
    "trunk_false_answers": Told(
        "trunks/{trunk}/false_answers",
        "A suspicion of false answers begins or ends: high ASR, short calls in which the "
        "callee says nothing.",
        {
            "trunk": "string; name of the trunk",
            "suspected": "boolean; suspected now",
            "why": "string; the counts behind it, in words",
        },
    ),
    "trunks_verdict": Told(
        "trunks/verdict",
        "The joint verdict on all trunks that may show one number has changed.",
        {
            "trunks": "array of strings; names of these trunks",
            "verdict": "string; `well`, `giving_way`, `only_trunk`, `list_at_fault` or "
            "`trunks_at_fault`",
            "words": "string; the same as a sentence",
        },
    ),
    "campaign_started": Told(
        "campaigns/{campaign}/started",
        "Dialling begins, or continues after a restart.",
        {**_PROGRESS, "resumed": "boolean; contacts were imported by an earlier run"},
    ),
    "campaign_progress": Told(
        "campaigns/{campaign}/progress",
        "Every few seconds while the campaign runs.",
        {
            **_PROGRESS,
            "live": "integer; calls live now",
            "waits": "array of strings; contacts that wait although no rule denies them, and why: "
            "`3 wait: no trunk up`, `12 wait: carrier faults, again in 40 s`",
        },
    ),
    "campaign_finished": Told(
        "campaigns/{campaign}/finished",
        "No more calls are placed in this run.",
        {**_PROGRESS, "why": "string; `done`, `drained` (stopped on request) or `failed`"},
    ),
    "call_dialing": Told(
        "calls/{call}/dialing",
        "An attempt is committed and its INVITE leaves.",
        {**_ATTEMPT, "number_in_call": "integer; 1 for the call's first attempt"},
    ),
    "call_ringing": Told(
        "calls/{call}/ringing",
        "The first 180 or 183 arrived.",
        {
            **_ATTEMPT,
            "sip_code": "integer; 180 or 183, or another above 100",
            "early_media": "boolean; it carried SDP",
            "post_dial_delay_seconds": "number; since the INVITE",
        },
    ),
    "call_answered": Told(
        "calls/{call}/answered",
        "The 200 arrived, and the notice starts.",
        {**_ATTEMPT, "setup_seconds": "number; since the INVITE"},
    ),
    "call_notice": Told(
        "calls/{call}/notice",
        "The identity notice was spoken completely, or it was late. After a late notice the "
        "call is ended.",
        {
            **_ATTEMPT,
            "notice_spoken_seconds": "number or null; answer to the last packet of the notice; "
            "null where the notice was late",
        },
    ),
    "call_barge_in": Told(
        "calls/{call}/barge_in",
        "The callee's speech stopped a prompt.",
        {**_ATTEMPT, "latency_seconds": "number; first frame of speech to the stop"},
    ),
    "call_attempt_ended": Told(
        "calls/{call}/attempt_ended",
        "An attempt ended and the call continues with another attempt.",
        {**_ATTEMPT, **_OUTCOME},
    ),
    "call_ended": Told(
        "calls/{call}/ended",
        "The call ended. There is exactly one event for each call, with the outcome of its "
        "last attempt.",
        {
            **_ATTEMPT,
            **_OUTCOME,
            "path": "array of strings; script nodes visited, in order",
            "again_at": "string or null; when the contact is called again, after the carriers' "
            "fault or a commit that took too long, UTC, ISO 8601 with milliseconds",
        },
    ),
    "call_recording": Told(
        "calls/{call}/recording",
        "The end of the call's recording. It may come after the call's end.",
        {
            **_ATTEMPT,
            "state": "string; `whole`, `incomplete`, `erased` or `failed`",
            "seconds": "number; length",
            "lost_seconds": "number; seconds of it that were lost",
        },
    ),
    **BRIDGING,
    **AUDITING,
}


@dataclass(frozen=True, slots=True)
class CallRef:
    """Whose event it is: one attempt of one call of one campaign."""

    campaign: str
    call: str
    attempt: str
    trunk: str


class Teller:
    """Says each event in the table's words. Never blocks and never raises, as the sink doesn't.

    `at` is aware UTC; spans are seconds.
    """

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self.bridging = BridgingTeller(sink)

    def trunk_changed(
        self, at: datetime, state: TrunkState, since: datetime, rests_until: datetime | None = None
    ) -> None:
        """What is known of a trunk; `since` is the state's, as wall time."""
        payload = {
            **common(at),
            "trunk": state.name,
            "up": state.up,
            "registered": state.registered,
            "healthy": state.healthy,
            "why": state.why.value,
            "question": state.question.value if state.question else None,
            "sip_code": state.sip_code,
            "since": iso(since),
            "rests_until": None if rests_until is None else iso(rests_until),
        }
        topic = TABLE["trunk_state"].topic.format(trunk=topic_level(state.name))
        self._sink.publish(topic, payload)

    def connect_rate_changed(
        self,
        at: datetime,
        trunk: str,
        *,
        prefix: str | None,
        standing: RateStanding,
        report: TrunkReport,
    ) -> None:
        """A trunk's stand has changed; `report` is the trunk's over all."""
        figures = report.figures
        payload = {
            **common(at),
            "trunk": trunk,
            "prefix": prefix,
            "stand": standing.state.value,
            "why": standing.why,
            "seizures": figures.seizures,
            "asr": span(figures.asr),
            "ner": span(figures.ner),
            "acd_seconds": span(figures.acd),
            "pdd_seconds": span(figures.pdd),
        }
        topic = TABLE["trunk_connect_rate"].topic.format(trunk=topic_level(trunk))
        self._sink.publish(topic, payload)

    def false_answers(self, at: datetime, trunk: str, *, suspected: bool, why: str) -> None:
        """The suspicion against a trunk has begun or ended."""
        payload = {**common(at), "trunk": trunk, "suspected": suspected, "why": why}
        topic = TABLE["trunk_false_answers"].topic.format(trunk=topic_level(trunk))
        self._sink.publish(topic, payload)

    def verdict_changed(
        self, at: datetime, trunks: Sequence[str], *, verdict: str, words: str
    ) -> None:
        """What the trunks of one number show together has changed."""
        payload = {**common(at), "trunks": list(trunks), "verdict": verdict, "words": words}
        self._sink.publish(TABLE["trunks_verdict"].topic, payload)

    def campaign_started(
        self, at: datetime, campaign: str, progress: Progress, *, resumed: bool
    ) -> None:
        fields = {**_progress(progress), "resumed": resumed}
        self._tell_campaign("campaign_started", at, campaign, fields)

    def campaign_progress(
        self,
        at: datetime,
        campaign: str,
        progress: Progress,
        *,
        live: int,
        waits: Sequence[Wait],
    ) -> None:
        fields = {**_progress(progress), "live": live, "waits": [str(wait) for wait in waits]}
        self._tell_campaign("campaign_progress", at, campaign, fields)

    def campaign_finished(
        self,
        at: datetime,
        campaign: str,
        progress: Progress,
        *,
        why: Literal["done", "drained", "failed"],
    ) -> None:
        fields = {**_progress(progress), "why": why}
        self._tell_campaign("campaign_finished", at, campaign, fields)

    def call_dialing(self, at: datetime, ref: CallRef, *, number_in_call: int) -> None:
        self._tell_call("call_dialing", at, ref, {"number_in_call": number_in_call})

    def call_ringing(
        self,
        at: datetime,
        ref: CallRef,
        *,
        sip_code: int,
        early_media: bool,
        post_dial_delay: float,
    ) -> None:
        fields: dict[str, object] = {
            "sip_code": sip_code,
            "early_media": early_media,
            "post_dial_delay_seconds": span(post_dial_delay),
        }
        self._tell_call("call_ringing", at, ref, fields)

    def call_answered(self, at: datetime, ref: CallRef, *, setup: float) -> None:
        self._tell_call("call_answered", at, ref, {"setup_seconds": span(setup)})

    def call_notice(self, at: datetime, ref: CallRef, *, spoken: float | None) -> None:
        """Who is calling was told, `spoken` seconds after the answer; None: not in time."""
        self._tell_call("call_notice", at, ref, {"notice_spoken_seconds": span(spoken)})

    def call_recording(self, at: datetime, ref: CallRef, end: RecordingEnd) -> None:
        fields: dict[str, object] = {
            "state": end.state.value,
            "seconds": span(end.seconds),
            "lost_seconds": span(end.lost),
        }
        self._tell_call("call_recording", at, ref, fields)

    def call_barge_in(self, at: datetime, ref: CallRef, *, latency: float) -> None:
        self._tell_call("call_barge_in", at, ref, {"latency_seconds": span(latency)})

    def attempt_ended(self, ref: CallRef, end: AttemptEnd) -> None:
        """An attempt that was not the call's last is over."""
        self._tell_call("call_attempt_ended", end.ended_at, ref, _ended(end))

    def call_ended(self, ref: CallRef, end: CallEnd) -> None:
        """The call is over. The keys that were pressed stay in the CDR."""
        again_at = None if end.again_at is None else iso(end.again_at)
        fields = {**_ended(end.last), "path": list(end.path), "again_at": again_at}
        self._tell_call("call_ended", end.last.ended_at, ref, fields)

    def _tell_campaign(
        self, kind: str, at: datetime, campaign: str, fields: dict[str, object]
    ) -> None:
        name, level = campaign_words(campaign)
        topic = TABLE[kind].topic.format(campaign=level)
        self._sink.publish(topic, {**common(at), "campaign": name, **fields})

    def _tell_call(self, kind: str, at: datetime, ref: CallRef, fields: dict[str, object]) -> None:
        topic = TABLE[kind].topic.format(call=topic_level(ref.call))
        payload = {
            **common(at),
            "campaign": campaign_words(ref.campaign)[0],
            "attempt": ref.attempt,
            "trunk": ref.trunk,
            **fields,
        }
        self._sink.publish(topic, payload)


def _progress(progress: Progress) -> dict[str, object]:
    return {
        "total": progress.total,
        "done": progress.done,
        "waiting": progress.waiting,
        "waiting_later": dict(progress.waiting_later),
        "outcomes": dict(progress.outcomes),
    }


def _ended(end: AttemptEnd) -> dict[str, object]:
    talk = (end.ended_at - end.answered_at).total_seconds() if end.answered_at else None
    return {
        "who": end.outcome.who.value,
        "reason": end.outcome.reason.value,
        "sip_code": end.outcome.sip_code,
        "q850": end.outcome.q850,
        "post_dial_delay_seconds": span(end.post_dial_delay),
        "first_packet_seconds": span(end.first_packet),
        "notice_spoken_seconds": span(end.notice_spoken),
        "talk_seconds": span(talk),
        "barge_ins": end.barge_ins,
    }


def reference() -> str:
    """The page docs/mqtt.md, from `TABLE`."""
    lines = [
        "# MQTT events",
        "",
        "<!-- Made by `python -m dialer.mqtt.table > docs/mqtt.md`; a test fails when stale. -->",
        "",
        "Off unless `mqtt.url` is set: `mqtt://host[:1883]`, or `mqtts://host[:8883]` for TLS,",
        "with verification of the broker's certificate. The password comes from a file.",
        "",
        "- Topics begin with `{prefix}/{node}/`: `mqtt.prefix` and `node` of `dialer.yaml`.",
        "- QoS 1: an event may be repeated after a lost connection, but the order is kept.",
        "- `status` is retained: the last will sets it to `offline` when the node dies. The audit",
        "  log's anchors are retained as well, and no other event is. With `mqtt.retain: false`",
        "  nothing is retained.",
        "- Dialling continues without the broker. Events wait in a bounded queue. When it is full,",
        "  the oldest events are dropped and counted (`dialer_mqtt_events_dropped_total`).",
        "- Events are sent in batches, up to twenty a second. `time` says when each happened.",
        "- No event identifies a person: no number, no variable of a contact, no digits.",
        "- In a topic `/ + # %` and control characters of a name are percent-encoded.",
        "",
        "Every payload is one JSON object (UTF-8) with:",
        "",
        *_field_lines(COMMON),
    ]
    for told in TABLE.values():
        retained = " Retained." if told.retained else ""
        lines += ["", f"## `{told.topic}`", "", f"{told.when}{retained}", ""]
        lines += _field_lines(told.fields)
    return "\n".join([*lines, ""])


def _field_lines(fields: Mapping[str, str]) -> list[str]:
    rows = []
    for name, says in fields.items():
        kind, _, means = says.partition("; ")
        rows.append(f"| `{name}` | {kind} | {means} |")
    return ["| field | type | meaning |", "|---|---|---|", *rows]


if __name__ == "__main__":
    sys.stdout.write(reference())
