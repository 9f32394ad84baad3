"""What the law asks of an answered call, on captured packets and in the records."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from audio.g711 import decode
from audio.rtp import EVENT_TYPE
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.recordings import RecordingRow, RecordingState
from dialer.core.values.records import CallRow
from dialer.demo.files import Carrier
from dialer.recordings import recording_of
from dialer.store import SqlStore
from dialer.store.sqlite import FILE
from tests.support.capture import Capture, RtpOnWire
from tests.support.loopback import SCRIPT, Loopback, campaign
from tests.support.rtp import RtpPeer, tone
from tests.support.sipp import Sipp
from tests.support.taping import read_wav
from tests.support.waiting import until

PHONE = "callee-answers-at-rtp-port"
NUMBER = "+861065500001"
NOTICE = tone(440, 1.5, "notice")
GOODBYE = tone(1500, 0.5, "goodbye")


@dataclass
class OneCall:
    """A run of one call: what went over the wire, and its record."""

    row: CallRow
    capture: Capture
    rtp_port: int

    def sip(self, what: str) -> list[float]:
        return [packet.at for packet in self.capture.sip() if packet.what == what]

    def said(self) -> list[RtpOnWire]:
        """Our packets in which something is to be heard."""
        packets = self.capture.rtp(self.rtp_port)
        return [each for each in packets if _loud(each)]

    def keys(self) -> list[RtpOnWire]:
        packets = self.capture.rtp()
        return [
            each
            for each in packets
            if each.source == self.rtp_port and each.packet.payload_type == EVENT_TYPE
        ]


def _loud(each: RtpOnWire) -> bool:
    # A-law's silence is 0xD5 or 0x55, the quietest steps around zero.
    return each.packet.payload_type == 8 and any(
        byte not in {0xD5, 0x55, 0xD4, 0x54} for byte in each.packet.payload
    )


async def one_call(
    folder: Path,
    scenario: str = PHONE,
    *,
    act: Callable[[RtpPeer, Loopback], Awaitable[None]] | None = None,
    then: Callable[[Loopback], Awaitable[None]] | None = None,
    **how: Mapping[str, object],
) -> OneCall:
    with Sipp(scenario, folder) as carrier, Capture([carrier.port, carrier.rtp_port]) as capture:
        async with (
            RtpPeer(carrier.rtp_port) as phone,
            campaign(folder, [Carrier("carrier", carrier.port)], [NUMBER], **how) as up,
        ):
            acting = asyncio.create_task(act(phone, up)) if act else None
            await up.running.run()
            if acting:
                await acting
            if then:
                await then(up)
            (row,) = await up.node.service.parts.store.calls()
        await asyncio.sleep(0.1)  # what is on the wire comes in
    return OneCall(row, capture, carrier.rtp_port)


# The identity notice.


async def test_the_end_of_the_notice_is_measured_as_it_is_on_the_wire(tmp_path: Path) -> None:
    call = await one_call(tmp_path, said={"disclosure.identity": NOTICE})
    assert call.row.outcome == Outcome.of(Reason.COMPLETED)
    assert call.row.notice_spoken is not None
    answered = call.sip("200")[0]
    # The notice's tone fills 75 packets without a gap, from the first that is to be heard.
    last = call.said()[74].at
    assert call.row.notice_spoken == pytest.approx(last - answered, abs=0.06)
    assert 1.48 <= call.row.notice_spoken < 1.7


async def test_a_notice_that_takes_too_long_is_ended_at_three_seconds(tmp_path: Path) -> None:
    call = await one_call(tmp_path, said={"disclosure.identity": tone(440, 6.0, "notice")})
    assert call.row.outcome == Outcome.of(Reason.NOTICE_LATE)
    assert call.row.notice_spoken is None
    (bye,) = call.sip("BYE")
    assert 3.0 < bye - call.sip("200")[0] < 3.8
    assert max(each.at for each in call.said()) < bye + 0.1, "nothing is said after it"


async def test_a_notice_that_is_held_up_ends_the_call_without_a_word(tmp_path: Path) -> None:
    call = await one_call(tmp_path, "callee-answers-on-hold")
    assert call.row.outcome == Outcome.of(Reason.NOTICE_LATE)
    assert call.row.notice_spoken is None
    assert call.said() == []
    assert len(call.sip("BYE")) == 1


async def test_the_operator_may_ask_for_more_than_the_law(tmp_path: Path) -> None:
    call = await one_call(
        tmp_path,
        said={"disclosure.identity": tone(440, 2.6, "notice")},
        more={"compliance": {"notice_within": "2500ms"}},
    )
    assert call.row.outcome == Outcome.of(Reason.NOTICE_LATE)
    assert call.row.notice_spoken == pytest.approx(2.62, abs=0.06)
    (bye,) = call.sip("BYE")
    assert bye - call.sip("200")[0] < 2.9


# A refusal.


def refusing(second: float) -> Callable[[RtpPeer, Loopback], Awaitable[None]]:
    async def press(phone: RtpPeer, _up: Loopback) -> None:
        await phone.first_packet()
        await until(lambda: bool(phone.audible()))
        await asyncio.sleep(second)
        phone.press("1")

    return press


def first_of(call: OneCall, hertz: float) -> float:
    """When the first packet with this tone left: notice and goodbye are told apart by theirs."""
    for each in call.said():
        spectrum = np.abs(np.fft.rfft(decode(each.packet.payload, 8).astype(float)))
        if abs(int(spectrum.argmax()) * 50 - hertz) <= 50 and spectrum.max() > 100_000:
            return each.at
    raise AssertionError(f"{hertz} Hz was never heard")


@pytest.mark.parametrize("second", [0.1, 0.9])
async def test_goodbye_starts_within_300_ms_of_the_key(tmp_path: Path, second: float) -> None:
    said = {"disclosure.identity": NOTICE, "nodes.goodbye": GOODBYE}
    call = await one_call(tmp_path, said=said, act=refusing(second))
    assert call.row.outcome == Outcome.of(Reason.OPTED_OUT)
    assert call.row.path == ("goodbye",)
    pressed = call.keys()[0].at
    goodbye = first_of(call, 1500)
    assert 0 < goodbye - pressed < 0.3
    # Nothing else is said: 25 packets of goodbye, and one at most in which the notice fades out.
    after = [each for each in call.said() if each.at > goodbye]
    assert len(after) <= 26


class SlowStore:
    """The store's `opt_out`, held up; tells when it was committed."""

    def __init__(self, store: SqlStore, seconds: float) -> None:
        self._keep = store.opt_out
        self._seconds = seconds
        self.kept_at: float | None = None
        store.opt_out = self  # type: ignore[method-assign, assignment]

    async def __call__(self, call: str, at: datetime) -> None:
        await asyncio.sleep(self._seconds)
        await self._keep(call, at)
        self.kept_at = time.monotonic()


async def refused(folder: Path, seconds: float) -> tuple[OneCall, SlowStore]:
    slow: list[SlowStore] = []

    async def press(phone: RtpPeer, up: Loopback) -> None:
        store = up.node.service.parts.store
        assert isinstance(store, SqlStore)
        slow.append(SlowStore(store, seconds))
        await refusing(0.2)(phone, up)

    said = {"disclosure.identity": NOTICE, "nodes.goodbye": GOODBYE}
    call = await one_call(folder, said=said, act=press)
    return call, slow[0]


@pytest.mark.parametrize("seconds", [0.0, 3.0])
async def test_the_refusal_is_committed_before_the_bye(tmp_path: Path, seconds: float) -> None:
    call, slow = await refused(tmp_path, seconds)
    (bye,) = call.sip("BYE")
    assert slow.kept_at is not None
    assert slow.kept_at < bye
    assert call.row.outcome == Outcome.of(Reason.OPTED_OUT)
    if seconds:
        quiet = [each for each in call.said() if slow.kept_at - 1.5 < each.at < bye]
        assert quiet == [], "the callee waits in silence"


# Recording.

RECORDED: Mapping[str, object] = {
    **SCRIPT,
    "disclosure": {
        **SCRIPT["disclosure"],
        "recording": {"say": "We may record this.", "stop_key": "9"},
    },
    "start": "offer",
    "nodes": {
        "offer": {
            "say": "Shall we go on?",
            "listen": "1s",
            "on": [{"intent": "yes", "dtmf": "2", "go": "goodbye"}],
            "otherwise": {"go": "goodbye"},
        },
        "goodbye": {"say": "Goodbye.", "hang_up": True},
    },
}
SAID = {
    "disclosure.identity": tone(440, 0.4),
    "disclosure.purpose": tone(550, 0.4),
    "disclosure.recording": tone(660, 0.4),
    "disclosure.opt_out": tone(770, 0.4),
    "nodes.offer": tone(880, 0.6),
    "nodes.goodbye": GOODBYE,
}
CALLEES_TONE = 1200


@dataclass
class Recorded:
    """A recorded call: its record, its sound where there is one, and what the log tells of it."""

    call: OneCall
    row: RecordingRow | None
    sound: bytes | None
    log: list[str]


async def recorded(folder: Path, act: Callable[[RtpPeer], Awaitable[None]]) -> Recorded:
    found: list[tuple[RecordingRow | None, bytes | None]] = []

    async def acting(phone: RtpPeer, _up: Loopback) -> None:
        await phone.first_packet()
        await until(lambda: bool(phone.audible()))
        await act(phone)

    async def look(up: Loopback) -> None:
        service = up.node.service
        await until(lambda: not service._records)
        recordings = service.recordings
        assert recordings is not None
        (call,) = await service.parts.store.calls()
        sound = await recording_of(recordings.desk, recordings.folder, call.call)
        found.append((await recordings.desk.of_call(call.call), sound))

    call = await one_call(
        folder,
        act=acting,
        then=look,
        script=RECORDED,
        said=SAID,
        more={"recording": {"enabled": True}},
    )
    with closing(sqlite3.connect(folder / "var" / FILE)) as database:
        log = database.execute(
            "SELECT kind FROM audit_log WHERE kind LIKE 'recording%' ORDER BY sequence"
        ).fetchall()
    (row, sound), *_ = found
    return Recorded(call, row, sound, [kind for (kind,) in log])


def heard_in(samples: np.ndarray, hertz: float) -> bool:
    """Whether a tone stands out in some tenth of a second of it."""
    for at in range(0, len(samples) - 800, 800):
        spectrum = np.abs(np.fft.rfft(samples[at : at + 800].astype(float)))
        if abs(int(spectrum.argmax()) * 10 - hertz) <= 20 and spectrum.max() > 500_000:
            return True
    return False


async def test_both_sides_are_recorded_from_the_end_of_the_notice_on(tmp_path: Path) -> None:
    at = np.arange(8000) / 8000
    voice = (9000 * np.sin(2 * np.pi * CALLEES_TONE * at)).astype(np.int16)

    async def talk(phone: RtpPeer) -> None:
        await asyncio.sleep(1.8)
        phone.talk(voice)

    kept = await recorded(tmp_path, talk)
    row, sound = kept.row, kept.sound
    assert kept.call.row.outcome == Outcome.of(Reason.COMPLETED)
    assert row is not None
    assert row.state is RecordingState.WHOLE
    assert sound is not None
    heard = read_wav(sound)
    callee, ours = heard.samples[:, 0], heard.samples[:, 1]
    assert heard_in(callee, CALLEES_TONE)
    assert heard_in(ours, 770)
    assert heard_in(ours, 1500)
    # What was said before the callee was told of it is not there.
    for hertz in (440, 550, 660):
        assert not heard_in(ours, hertz)
    assert row.seconds == pytest.approx(len(ours) / 8000, abs=0.01)
    assert kept.log == ["recording_begun", "recording_ended"]
    sealed = (tmp_path / "var" / "recordings").rglob("*.vrds")
    assert [file.stat().st_size for file in sealed] == [row.sealed_bytes]


@pytest.mark.parametrize("second", [0.2, 2.0])
async def test_who_does_not_want_it_is_erased_and_the_call_goes_on(
    tmp_path: Path, second: float
) -> None:
    async def decline(phone: RtpPeer) -> None:
        await asyncio.sleep(second)
        phone.press("9")

    kept = await recorded(tmp_path, decline)
    assert kept.call.row.outcome == Outcome.of(Reason.COMPLETED)
    assert kept.call.row.path == ("offer", "goodbye")
    assert kept.sound is None
    assert not list((tmp_path / "var").rglob("*.vrds"))
    began = second > 1.2
    assert (kept.row is not None) is began
    ended = ["recording_ended"] if began else []
    assert kept.log == [*(["recording_begun"] if began else []), "recording_declined", *ended]
