"""`dialer run` with a real Asterisk 22 as its carrier."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from dialer.core.values.records import CallRow
from dialer.demo.files import Carrier, Job, write
from tests.support.asterisk import Asterisk
from tests.support.capture import Capture, SipPacket
from tests.support.dialing import Run, records

SCRIPT: Final[Mapping[str, Any]] = {
    "name": "short",
    "language": "en",
    "disclosure": {
        "identity": {"say": "Robot of Example Bank."},
        "purpose": {"say": "Your card."},
        "recording": {"say": "We record."},
        "opt_out": {"say": "Press 1 to stop."},
    },
    "start": "offer",
    "nodes": {
        "offer": {
            "say": "Press 2 for a new card.",
            "listen": "1s",
            "on": [{"intent": "yes", "words": ["yes"], "dtmf": "2", "go": "done"}],
            "silence": {"go": "goodbye", "at_most": 1},
            "otherwise": {"go": "goodbye"},
        },
        "done": {"say": "It comes.", "hang_up": True},
        "goodbye": {"say": "Goodbye.", "hang_up": True},
    },
}

OUTCOMES: Final = {
    "+8613900000102": "dialer.completed",  # hears itself
    "+8613900000103": "callee.busy",
    "+8613900000104": "carrier.congestion",
    "+8613900000105": "callee.unallocated",
    "+8613900000107": "callee.hung_up",
    "+8613900000108": "callee.no_answer",  # rings for ever
    "+8613900000110": "dialer.completed",  # presses 2
}


def test_every_callee_of_the_pbx_ends_in_its_own_outcome(tmp_path: Path) -> None:
    with Asterisk() as pbx, Capture({pbx.port}) as wire:
        job = Job(
            carriers=[Carrier("pbx", pbx.port)],
            numbers=list(OUTCOMES),
            script=SCRIPT,
            routing={"ring": "5s"},
        )
        with Run(*write(tmp_path, job)) as run:
            code, _, err = run.finish()
        assert code == 0, err
        assert pbx.channels() == 0
    calls, attempts = records(tmp_path / "var")
    assert outcomes(calls) == OUTCOMES
    (keyed,) = (call for call in calls if call.number.clear.endswith("10"))
    assert keyed.keys == "2"
    assert invited(wire.sip()) == dict.fromkeys(OUTCOMES, 1)
    assert len(attempts) == len(OUTCOMES)


def test_a_pbx_restarted_in_mid_campaign(tmp_path: Path) -> None:
    # Six hear themselves, for longer than the silence is that tells of their loss; then six who
    # answer and hang up.
    talking = [f"+86139000{row:03d}02" for row in range(6)]
    numbers = talking + [f"+86139000{row:03d}07" for row in range(6)]
    offer = {"say": "Press 2 for a new card. " * 10, "barge_in": "protected", "hang_up": True}
    with Asterisk() as pbx, Capture({pbx.port}) as wire:
        job = Job(
            carriers=[Carrier("pbx", pbx.port, channels=6, cps=6)],
            numbers=numbers,
            script={**SCRIPT, "nodes": {"offer": offer, "goodbye": SCRIPT["nodes"]["goodbye"]}},
            # Lost calls keep their channels until OPTIONS have told that nobody is there: however
            # long the PBX takes to start, no INVITE goes to its closed port.
            sip={"rtp_silence": "8s"},
            routing={"no_progress": "20s", "ring": "30s"},
        )
        config, campaign = write(tmp_path, job)
        text = yaml.safe_load(config.read_text(encoding="utf-8"))
        text["trunks"][0]["options"] = "1s"
        config.write_text(yaml.safe_dump(text), encoding="utf-8")
        with Run(config, campaign) as run:
            until = time.monotonic() + 60
            while len(answered(wire.sip())) < 6:
                assert run.process is not None
                assert run.process.poll() is None, run.process.communicate()
                assert time.monotonic() < until, "six calls were never up"
                time.sleep(0.02)
            pbx.kill()
            lived = answered(wire.sip())
            pbx.start()
            code, _, err = run.finish()
        assert code == 0, err
    calls, attempts = records(tmp_path / "var")
    ends = outcomes(calls)
    assert set(ends) == set(numbers)
    lost = {number for number, end in ends.items() if end == "carrier.peer_lost"}
    assert lost == set(talking)
    assert Counter(ends.values()) == {"carrier.peer_lost": 6, "callee.hung_up": 6}
    assert len(lived) == len(answered(wire.sip()) - lived) == 6
    assert set(invited(wire.sip()).values()) == {1}, "somebody was called twice"
    assert len(attempts) == len(numbers)


def outcomes(calls: Sequence[CallRow]) -> dict[str, str]:
    return {call.number.clear: str(call.outcome) for call in calls}


def invited(packets: list[SipPacket]) -> dict[str, int]:
    """How many INVITEs each callee had, copies of one not counted."""
    calls: defaultdict[str, set[str | None]] = defaultdict(set)
    for packet in packets:
        if packet.what == "INVITE":
            callee = packet.text.split("@", 1)[0].rpartition("sip:")[2]
            calls[callee].add(packet.header("Call-ID"))
    return {callee: len(ids) for callee, ids in calls.items()}


def answered(packets: list[SipPacket]) -> set[str | None]:
    """Call-IDs of answered calls."""
    return {
        packet.header("Call-ID")
        for packet in packets
        if packet.what == "200" and "INVITE" in (packet.header("CSeq") or "")
    }
