from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from dialer.audit import AuditKey
from dialer.core.calls.campaign import CARRIER_FAULTS, NO_TRUNK_UP, Wait
from dialer.core.office.audit_chain import Checkpoint
from dialer.core.trunks.connect_rate import RateStanding, RateState
from dialer.core.trunks.false_answers import Suspicion
from dialer.core.trunks.trunk_book import TrunkReport
from dialer.core.trunks.trunk_state import Question, StateReason, TrunkState
from dialer.core.trunks.trunk_stats import Figures
from dialer.core.values.inbound_records import InboundEnd, InboundEnding, LastCall
from dialer.core.values.legs import LegEnd, LegKind, LegOrder
from dialer.core.values.number import E164
from dialer.core.values.outcome import WHO_OF, Outcome, Reason, Who
from dialer.core.values.recordings import RecordingEnd, RecordingState
from dialer.core.values.records import AttemptEnd, CallEnd, Progress
from dialer.core.values.targets import Extension
from dialer.mqtt.auditing import anchored, checkpoint_signed
from dialer.mqtt.sink import NullSink
from dialer.mqtt.table import COMMON, TABLE, CallRef, Teller, reference, topic_level

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 3, 1, 9, 30, 0, 125_999, tzinfo=timezone(timedelta(hours=8)))
REF = CallRef(campaign="card-renewal", call="c-1", attempt="a-1", trunk="carrier-a")
PROGRESS = Progress(
    total=60, waiting=20, claimed=4, done=36, waiting_later={"per_number": 2}, outcomes={}
)


class Kept:
    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []

    def publish(self, topic: str, payload: dict[str, object]) -> None:
        self.told.append((topic, payload))


def ended(
    reason: Reason = Reason.HUNG_UP, *, answered: bool = True, keys: str = "", node: str = "offer"
) -> CallEnd:
    last = AttemptEnd(
        attempt="a-1",
        call="c-1",
        outcome=Outcome(WHO_OF[reason], reason, sip_code=200, q850=16),
        ended_at=AT,
        sip_call_id="x",
        post_dial_delay=1.23456,
        answered_at=AT - timedelta(seconds=12.5) if answered else None,
        first_packet=0.021 if answered else None,
        notice_spoken=2.4 if answered else None,
        barge_ins=1,
    )
    return CallEnd(last=last, contact=7, keys=keys, path=(node, "done"))


OURS = E164("+442079460000")


def tell_all(teller: Teller, ref: CallRef, end: CallEnd, progress: Progress = PROGRESS) -> None:
    """Every event of the table but `status`, which the sink tells."""
    down = TrunkState(ref.trunk, False, None, StateReason.REFUSED, Question.REGISTER, 503, 1.0)
    teller.trunk_changed(AT, down, AT)
    standing = RateStanding(RateState.GIVING_WAY, "3 of the last 45 attempts answered", 1.0)
    figures = Figures(45, 3, 30, 3, 0.0667, 0.667, None, 1.5, None)
    report = TrunkReport(standing, figures, Suspicion(suspected=False, why="no sign"))
    teller.connect_rate_changed(AT, ref.trunk, prefix=None, standing=standing, report=report)
    teller.false_answers(AT, ref.trunk, suspected=True, why="connect rate 80 %")
    teller.verdict_changed(AT, [ref.trunk], verdict="only_trunk", words="the only trunk")
    teller.campaign_started(AT, ref.campaign, progress, resumed=True)
    waits = (Wait(3, NO_TRUNK_UP), Wait(12, CARRIER_FAULTS, 39.2))
    teller.campaign_progress(AT, ref.campaign, progress, live=4, waits=waits)
    teller.campaign_finished(AT, ref.campaign, progress, why="drained")
    teller.call_dialing(AT, ref, number_in_call=1)
    teller.call_ringing(AT, ref, sip_code=183, early_media=True, post_dial_delay=1.5)
    teller.call_answered(AT, ref, setup=4.25)
    teller.call_notice(AT, ref, spoken=2.4)
    kept = RecordingEnd("c-1", RecordingState.WHOLE, AT, 12.0)
    teller.call_recording(AT, ref, kept)
    teller.call_barge_in(AT, ref, latency=0.24)
    teller.attempt_ended(ref, end.last)
    teller.call_ended(ref, end)
    about = LastCall("call-0", ref.campaign, "card-renewal", AT)
    teller.bridging.inbound_arrived(AT, ref.call, trunk=ref.trunk, about=None)
    teller.bridging.inbound_answered(AT, ref.call, trunk=ref.trunk, about=about)
    visit = InboundEnd(ref.call, InboundEnding.SUPPRESSED, AT, end.last.answered_at, "1")
    teller.bridging.inbound_ended(ref.call, visit, trunk=ref.trunk, about=about)
    target = Extension("8000", "pbx")
    leg = LegOrder("l-1", ref.call, "n", ref.trunk, OURS, target, LegKind.BRIDGE, AT)
    teller.bridging.transfer_began(leg)
    teller.bridging.transfer_joined(AT, leg)
    teller.bridging.transfer_ended(leg, LegEnd(end.last, AT))


def test_the_page_is_fresh() -> None:
    page = (ROOT / "docs/mqtt.md").read_text(encoding="utf-8")
    assert page == reference(), "run: python -m dialer.mqtt.table > docs/mqtt.md"


def test_every_event_is_told_with_the_topic_and_fields_of_the_table() -> None:
    sink = Kept()
    tell_all(Teller(sink), REF, ended())
    key = AuditKey(Ed25519PrivateKey.generate())
    signed = key.sign(Checkpoint("n", 1, bytes(32), 1))
    checkpoint_signed(sink, AT, signed)
    for is_desk in (False, True):
        anchored(sink, AT, signed, is_desk=is_desk)
    expected = {
        told.topic.format(campaign="card-renewal", call="c-1", trunk=REF.trunk): {
            *COMMON,
            *told.fields,
        }
        for name, told in TABLE.items()
        if name != "status"
    }
    assert {topic: set(payload) for topic, payload in sink.told} == expected


def test_values_have_the_types_of_the_table() -> None:
    types: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "integer": int,
        "integer or null": (int, type(None)),
        "number": (int, float),
        "number or null": (int, float, type(None)),
        "boolean": bool,
        "boolean or null": (bool, type(None)),
        "string or null": (str, type(None)),
        "object": dict,
        "array of strings": list,
    }
    fields = {topic: says for told in TABLE.values() for topic, says in told.fields.items()}
    fields |= COMMON
    for end in (ended(), ended(Reason.BUSY, answered=False)):
        sink = Kept()
        tell_all(Teller(sink), REF, end)
        for _, payload in sink.told:
            for name, value in payload.items():
                assert isinstance(value, types[fields[name].partition(";")[0]]), name


def test_time_is_utc_with_milliseconds() -> None:
    sink = Kept()
    Teller(sink).call_dialing(AT, REF, number_in_call=1)
    assert sink.told[0][1]["time"] == "2026-03-01T01:30:00.125Z"


def test_the_end_says_who_why_and_how_long() -> None:
    sink = Kept()
    Teller(sink).call_ended(REF, ended())
    [(topic, payload)] = sink.told
    assert topic == "calls/c-1/ended"
    assert (payload["who"], payload["reason"]) == (Who.CALLEE.value, Reason.HUNG_UP.value)
    assert payload["talk_seconds"] == 12.5
    assert payload["post_dial_delay_seconds"] == 1.2346
    assert payload["path"] == ["offer", "done"]


def test_a_call_never_answered_has_no_talk_time() -> None:
    sink = Kept()
    Teller(sink).call_ended(REF, ended(Reason.BUSY, answered=False))
    assert sink.told[0][1]["talk_seconds"] is None
    assert sink.told[0][1]["first_packet_seconds"] is None


@pytest.mark.parametrize(
    "name, level",
    [
        ("card-renewal", "card-renewal"),
        ("a/b+c#d%e", "a%2Fb%2Bc%23d%25e"),
        ("续卡 2026", "续卡 2026"),
        ("line\nbreak\x00", "line%0Abreak%00"),
    ],
)
def test_a_name_is_one_level_of_a_topic(name: str, level: str) -> None:
    assert topic_level(name) == level


@given(st.text(min_size=1), st.text(min_size=1))
def test_no_two_names_share_a_level(one: str, other: str) -> None:
    assert (topic_level(one) == topic_level(other)) == (one == other)
    assert not re.search(r"[/+#\x00]", topic_level(one))


numbers = st.from_regex(r"[1-9][0-9]{9,14}", fullmatch=True)


@given(numbers, st.sampled_from(["{}", "+{}", "list of +{}", "sip:{}@pbx", "tel:+{}"]))
def test_no_number_reaches_the_wire(number: str, form: str) -> None:
    """A callee's keys stay at home; a campaign named after a number loses its name."""
    ref = CallRef(form.format(number), "c-1", "a-1", "carrier-a")
    sink = Kept()
    tell_all(Teller(sink), ref, ended(keys=number))
    for topic, payload in sink.told:
        assert number not in topic
        assert number not in json.dumps(payload)


def test_off_means_silence() -> None:
    tell_all(Teller(NullSink()), REF, ended())
