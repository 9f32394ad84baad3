from __future__ import annotations

import io
from datetime import timedelta

import pytest

from dialer.core.office.access import Actor, Role
from dialer.core.values.recordings import RecordingEnd, RecordingRow, RecordingState
from dialer.errors import StoreError
from tests.conformance.recordings.conftest import CAMPAIGN, NODE, Taping
from tests.support.orders import NOON

LATER = NOON + timedelta(seconds=30)


def ended(call: str, state: RecordingState = RecordingState.WHOLE) -> RecordingEnd:
    return RecordingEnd(call, state, LATER, 29.5, 0.0, 480_000, "ab" * 32)


async def test_a_recording_from_its_beginning_to_its_end(taping: Taping) -> None:
    desk, call = taping.desk, taping.calls[0]
    assert await desk.of_call(call) is None
    campaign, keys = await desk.begin(call, NODE, NOON)
    assert campaign == CAMPAIGN
    begun = RecordingRow(call, CAMPAIGN, NODE, RecordingState.RECORDING, NOON)
    assert await desk.of_call(call) == begun
    assert await desk.left(NODE) == [begun]
    assert await desk.left("another") == []
    await desk.end(ended(call))
    row = await desk.of_call(call)
    assert row == RecordingRow(
        call, CAMPAIGN, NODE, RecordingState.WHOLE, NOON, LATER, 29.5, 0.0, 480_000, "ab" * 32
    )
    assert await desk.left(NODE) == []
    sink = io.BytesIO()
    with keys.stream_writer("recording", call, sink) as stream:
        stream.write(b"sound")
    again = await desk.keys(CAMPAIGN)
    sink.seek(0)
    assert b"".join(again.stream_reader("recording", call, sink)) == b"sound"


async def test_the_calls_of_a_campaign_share_its_keys(taping: Taping) -> None:
    for call in taping.calls:
        await taping.desk.begin(call, NODE, NOON)
    newest = [row.call for row in await taping.desk.rows()]
    assert newest == [taping.calls[1], taping.calls[0]]
    assert [row.call for row in await taping.desk.rows(CAMPAIGN, 1)] == [taping.calls[1]]
    assert await taping.desk.rows("another") == []


async def test_an_end_is_written_once(taping: Taping) -> None:
    desk, call = taping.desk, taping.calls[0]
    await desk.end(ended(call))
    assert await desk.of_call(call) is None
    await desk.begin(call, NODE, NOON)
    await desk.end(ended(call))
    await desk.end(ended(call, RecordingState.FAILED))
    await desk.cut(call, LATER)
    row = await desk.of_call(call)
    assert row is not None
    assert row.state is RecordingState.WHOLE


async def test_who_declines_is_erased(taping: Taping) -> None:
    desk, call = taping.desk, taping.calls[0]
    await desk.begin(call, NODE, NOON)
    await desk.decline(call, NOON)
    row = await desk.of_call(call)
    assert row is not None
    assert (row.state, row.ended_at) == (RecordingState.ERASING, None)
    assert await desk.left(NODE) == [row]
    await desk.end(RecordingEnd(call, RecordingState.ERASED, LATER))
    assert await desk.left(NODE) == []


async def test_who_declines_before_it_began_leaves_no_row(taping: Taping) -> None:
    await taping.desk.decline(taping.calls[0], NOON)
    assert await taping.desk.rows() == []


async def test_what_a_killed_process_left_is_cut(taping: Taping) -> None:
    desk, call = taping.desk, taping.calls[0]
    await desk.begin(call, NODE, NOON)
    await desk.cut(call, LATER)
    row = await desk.of_call(call)
    assert row is not None
    assert (row.state, row.ended_at) == (RecordingState.CUT, LATER)


async def test_one_that_was_declined_is_not_cut_afterwards_nor_begun_anew(taping: Taping) -> None:
    desk, call = taping.desk, taping.calls[0]
    await desk.begin(call, NODE, NOON)
    await desk.end(ended(call))
    await desk.decline(call, LATER)
    row = await desk.of_call(call)
    assert row is not None
    assert row.state is RecordingState.WHOLE
    with pytest.raises(StoreError):
        await desk.begin(call, NODE, NOON)


async def test_a_call_that_is_not_there_cannot_be_recorded(taping: Taping) -> None:
    with pytest.raises(StoreError, match="no call"):
        await taping.desk.begin("nobody", NODE, NOON)
    assert await taping.desk.rows() == []


async def test_who_takes_one_out_is_put_on_record(taping: Taping) -> None:
    actor = Actor("li.na", frozenset({Role.COMPLIANCE}))
    await taping.desk.export(taping.calls[0], actor, NOON, "complaint 7")
    await taping.desk.export(taping.calls[1], actor, NOON)
    assert await taping.exports() == [
        {"call": taping.calls[0], "by": "li.na", "why": "complaint 7"},
        {"call": taping.calls[1], "by": "li.na", "why": None},
    ]


async def test_each_step_is_put_on_record_once(taping: Taping) -> None:
    desk, (call, other) = taping.desk, taping.calls
    await desk.begin(call, NODE, NOON)
    await desk.end(ended(call))
    await desk.end(ended(call))
    await desk.decline(other, NOON)
    assert await taping.noted() == [
        ("recording_begun", call),
        ("recording_ended", call),
        ("recording_declined", other),
    ]


def test_a_recording_does_not_end_half_way() -> None:
    with pytest.raises(ValueError, match="does not end erasing"):
        RecordingEnd("c", RecordingState.ERASING, NOON)
