"""What a truthful demo leaves behind, made up: for tests that then make it lie.

Prompts are noise, each its own; the wire is clean; every callee does what the demo's plan says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.format import FRAME_SECONDS, Samples
from audio.g711 import PAYLOAD_TYPES, decode, encode
from dialer.core.dialog.script import Say, utterances
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome
from dialer.core.values.records import AttemptRow, CallRow
from dialer.demo.files import CALLER_ID
from dialer.demo.people import Contact, Person, invite
from dialer.demo.sipp import SeenInvite
from dialer.demo.verify import FRAME, Evidence, Heard
from tests.support.approvals import approved, kept
from tests.support.scripts import renewal

SECONDS: Final = {
    "identity": 1.5,
    "purpose": 0.6,
    "recording": 0.5,
    "opt_out": 0.5,
    "offer": 3.0,
    "done": 0.5,
    "goodbye": 0.6,
}
DISCLOSURE: Final = ("identity", "purpose", "recording", "opt_out")
OFFER_AT: Final = sum(SECONDS[name] for name in DISCLOSURE)
BEGAN: Final = 5000.0
"""The monotonic time of every callee's first packet."""

WORDING: Final = approved()
"""What every call says."""
KEPT: Final = kept(WORDING)
WORDS: Final = [said.text for said in utterances(renewal()).values() if isinstance(said, Say)]

Stream = NDArray[np.int16]
Part = Samples | float
"""A sound, or seconds of silence."""


def noise(seed: int, seconds: float) -> Samples:
    """Sound that is like no other."""
    lot = np.random.default_rng(seed)
    samples: Samples = lot.integers(-8000, 8000, round(seconds * 8000)).astype(np.int16)
    return samples


PROMPTS: Final = {
    name: noise(seed, seconds) for seed, (name, seconds) in enumerate(SECONDS.items())
}


def heard_as(*parts: Part) -> Heard:
    """Sounds and silences as A-law brings them over; the callee does nothing."""
    sounds = [
        part if isinstance(part, np.ndarray) else np.zeros(round(part * 8000), np.int16)
        for part in parts
    ]
    line = np.concatenate(sounds)
    frames = line[: len(line) // FRAME * FRAME]
    frames = decode(encode(frames, PAYLOAD_TYPES["PCMA"]), PAYLOAD_TYPES["PCMA"])
    shaped: Stream = frames.reshape(-1, FRAME)
    at = BEGAN + FRAME_SECONDS * np.arange(len(shaped))
    return Heard(at, shaped, np.zeros(0), np.zeros(0))


def acting(heard: Heard, *, spoke: Sequence[float] = (), pressed: Sequence[float] = ()) -> Heard:
    """The same, the callee having acted so many seconds after its first packet."""
    return replace(heard, spoke_at=BEGAN + np.array(spoke), pressed_at=BEGAN + np.array(pressed))


def disclosure(seconds: float = OFFER_AT) -> Samples:
    """The first so many seconds of what is said first."""
    return np.concatenate([PROMPTS[name] for name in DISCLOSURE])[: round(seconds * 8000)]


def cut(name: str, seconds: float) -> Samples:
    """The beginning of a prompt."""
    return PROMPTS[name][: round(seconds * 8000)]


def ear(person: Person, number: int) -> Heard | None:
    """What a callee of this kind hears of a dialer that does as it says."""
    if person is Person.OBJECTOR and number % 2:
        return acting(heard_as(disclosure(0.9), PROMPTS["goodbye"], 0.1), pressed=(0.8,))
    answer = OFFER_AT + 0.8
    ducked = PROMPTS["offer"].copy()
    ducked[6800:8000] //= 5
    said: dict[Person, tuple[tuple[Part, ...], dict[str, tuple[float, ...]]]] = {
        Person.TALKER: ((cut("offer", 0.86), 1.0, PROMPTS["goodbye"]), {"spoke": (0.4, answer)}),
        Person.RENEWER: ((cut("offer", 0.9), PROMPTS["done"]), {"pressed": (answer,)}),
        Person.OBJECTOR: ((cut("offer", 0.9), PROMPTS["goodbye"]), {"pressed": (answer,)}),
        Person.COUGHER: ((ducked, 1.5, PROMPTS["goodbye"]), {"spoke": (answer,)}),
        Person.LISTENER: ((PROMPTS["offer"], 1.5, PROMPTS["goodbye"]), {}),
    }
    if person in said:
        after, acts = said[person]
        return acting(heard_as(disclosure(), *after), **acts)
    lasted = {Person.VANISHER: 1.0, Person.DROPPER: 1.5}
    return heard_as(disclosure(lasted[person])) if person in lasted else None


def truthful(count: int = 24) -> Evidence:
    """Evidence of `count` calls that no check finds fault with."""
    contacts = invite(count, list(range(10_000, 10_000 + 2 * count, 2)))
    began = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    calls, attempts, invites = [], [], {"carrier-a": [], "carrier-b": []}
    ears = {}
    for number, contact in enumerate(contacts):
        trunk = ("carrier-a", "carrier-b")[number % 2]
        calls.append(call_of(contact, trunk, began + timedelta(seconds=number)))
        attempts.append(attempt_of(calls[-1]))
        invites[trunk].append(invite_of(contact, attempts[-1]))
        heard = ear(contact.person, number)
        if heard is not None:
            ears[contact.port] = heard
    return Evidence(
        contacts=contacts,
        caller_id=CALLER_ID,
        invites=invites,
        heard=ears,
        calls=calls,
        attempts=attempts,
        prompts=PROMPTS,
        metrics=counted(calls),
        wording=KEPT,
        words=WORDS,
    )


def call_of(contact: Contact, trunk: str, began: datetime, name: str = "") -> CallRow:
    answered = began + timedelta(seconds=1) if contact.person.answers else None
    return CallRow(
        call=f"call-{contact.port}{name}",
        campaign="demo",
        number=E164(contact.number),
        node="demo",
        started_at=began,
        attempts=1,
        trunk=trunk,
        caller_id=E164(CALLER_ID),
        answered_at=answered,
        ended_at=began + timedelta(seconds=9),
        outcome=Outcome.of(contact.person.reason),
        post_dial_delay=0.1,
        first_packet=0.02 if answered else None,
        barge_ins=int(contact.person is Person.TALKER),
        keys="",
        path=(),
        script_version=WORDING.hash,
    )


def attempt_of(call: CallRow) -> AttemptRow:
    return AttemptRow(
        attempt=call.call.replace("call", "attempt"),
        call=call.call,
        trunk=call.trunk,
        caller_id=call.caller_id,
        why_trunk="priority 1",
        committed_at=call.started_at,
        sip_call_id=f"{call.call}@dialer",
        outcome=call.outcome,
    )


def invite_of(contact: Contact, attempt: AttemptRow) -> SeenInvite:
    assert attempt.sip_call_id is not None
    return SeenInvite(attempt.sip_call_id, contact.number, CALLER_ID, CALLER_ID)


def counted(calls: Sequence[CallRow]) -> dict[str, float]:
    """The metrics that tell of these calls."""
    return {
        name: float(count) for name, count in Counter(str(each.outcome) for each in calls).items()
    }
