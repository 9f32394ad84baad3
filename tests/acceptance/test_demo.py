"""The demo, as a stranger runs it: exit code 0 means that every check held, 1 that one did not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from unittest.mock import patch

import pytest

from audio import voice
from audio.doubt import Doubt
from audio.vad import VadSettings
from dialer.core.calls import call
from dialer.core.calls.signalling import from_sip
from dialer.core.values.number import E164
from dialer.core.values.number_form import NumberForm
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import CallEnd
from dialer.demo.files import CALLER_ID
from dialer.ports.line import Playlist
from dialer.sip.line import SipLine
from dialer.store import SqlStore
from tests.support.commands import Done, run
from tests.support.dialing import dialer


def test_the_demo_verifies_itself() -> None:
    done = dialer("demo", "--contacts", "24", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["ok"] is True
    assert report["calls"] == 24
    assert len(report["checks"]) == 11
    assert all(check["ok"] for check in report["checks"])
    assert "24/24 done" in done.stderr


# A dialer with five faults.

_PLAY, _CALLER, _END_CALL = SipLine.play, NumberForm.caller, SqlStore.end_call


def plays_late(line: SipLine, attempt: str, playlist: Playlist) -> None:
    """Goodbye, the one prompt so short, comes a second after it was asked for."""
    late = playlist.items[0].prompt.seconds < 1
    asyncio.get_running_loop().call_later(float(late), _PLAY, line, attempt, playlist)


def shows_another_number(form: NumberForm, number: E164) -> str:
    """The guard has its table by it as well, and lets the INVITEs through."""
    return "+861065550199" if number.clear == CALLER_ID else _CALLER(form, number)


async def leaves_out_a_record(store: SqlStore, end: CallEnd) -> None:
    if end.last.outcome.reason is not Reason.NO_ANSWER:
        await _END_CALL(store, end)


def takes_busy_for_declined(
    code: int, q850: int | None = None, *, heard: bool = True, meant: int | None = None
) -> Outcome:
    return from_sip(603 if code == 486 else code, q850, heard=heard, meant=meant)


@pytest.fixture(scope="module")
def broken() -> Iterator[Done]:
    with (
        patch.object(SipLine, "play", plays_late),
        patch.object(NumberForm, "caller", shows_another_number),
        patch.object(SqlStore, "end_call", leaves_out_a_record),
        patch.object(voice, "VadSettings", partial(VadSettings, confirm_frames=1)),
        patch.object(Doubt, "shown", lambda _self, heard: heard),
        patch.object(call, "from_sip", takes_busy_for_declined),
    ):
        yield run("demo", "--contacts", "11", "--json")


@pytest.mark.parametrize(
    "check, found",
    [
        ("after 1 is pressed nothing but goodbye is said", "1 of 1 heard goodbye, the rest within"),
        ("every INVITE shows the one verified caller ID", "0 of 12"),
        ("every contact was called once, every call has one outcome", "1 without outcome"),
        ("each outcome is what the callee or carrier did", "is busy: callee.declined"),
        ("attempts on the wire equal attempts in the store", "2 in one place only"),
        ("a cough does not stop the prompt", "0 of 1"),
        ("barge-in stops the prompt on the wire", "2 stored"),
        ("/metrics counts what the store holds", "11 calls"),
    ],
)
def test_the_demo_notices_what_a_broken_dialer_does(broken: Done, check: str, found: str) -> None:
    (seen,) = (each for each in json.loads(broken.stdout)["checks"] if each["check"] == check)
    assert not seen["ok"]
    assert found in seen["found"]


def test_a_demo_that_found_a_fault_ends_with_1_and_blames_nothing_else(broken: Done) -> None:
    report = json.loads(broken.stdout)
    assert (broken.returncode, report["ok"]) == (1, False)
    assert [each["check"] for each in report["checks"] if each["ok"]] == [
        "every call said what someone else than its author approved",
        "the identity notice is the first thing heard",
        "speech does not cut the notice, and it is over within 3 s",
    ]
