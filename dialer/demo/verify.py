"""What the demo claims, held against what the carriers and the callees saw.

Each check names what it proved in figures, or what contradicts it. The evidence is the carriers'
message files, the RTP the callees received, the store, and the scraped metrics.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.format import FRAME_SECONDS, Samples, frame_samples
from audio.g711 import PAYLOAD_TYPES, decode, encode
from dialer.core.dialog.approval import writers
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.values.records import AttemptRow, CallRow
from dialer.core.values.standing import ApprovalState
from dialer.demo.people import Contact, Person
from dialer.demo.sipp import SeenInvite

FRAME: Final = frame_samples(8000)
AUDIBLE: Final = 64
"""Samples beyond this are heard; pjmedia's silence and A-law's idle codes are below."""
SPOKEN_BY: Final = 3.0
"""Seconds from the first packet by which the identity notice is over."""
OBEYED_BY: Final = 0.5
"""Seconds from a key to the last frame of what was being said before."""
_VOICE: Final = PAYLOAD_TYPES["PCMA"]
_STOP_GAP: Final = 0.3


@dataclass(frozen=True, slots=True)
class Check:
    """One claim and how it came out."""

    name: str
    ok: bool
    found: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What one callee heard, and when it began to speak or pressed a key itself.

    `at` is the arrival [n] (monotonic s) of `frames` [n, 160]; `spoke_at` [talks] and
    `pressed_at` [keys] as `at`. `missing` packets did not arrive, or not in their turn.
    """

    at: NDArray[np.float64]
    frames: NDArray[np.int16]
    spoke_at: NDArray[np.float64]
    pressed_at: NDArray[np.float64]
    missing: int = 0

    @property
    def loud(self) -> NDArray[np.bool_]:
        """[n]: whether each frame can be heard."""
        peaks: NDArray[np.int32] = np.abs(self.frames.astype(np.int32)).max(axis=1, initial=0)
        return peaks > AUDIBLE


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was seen. `prompts` are by name: identity, purpose, ..., offer, goodbye.

    `wording` is what was approved to be said, with the record of who did what; `words` are those
    of the script's file.
    """

    contacts: Sequence[Contact]
    caller_id: str
    invites: Mapping[str, Sequence[SeenInvite]]
    heard: Mapping[int, Heard]
    calls: Sequence[CallRow]
    attempts: Sequence[AttemptRow]
    prompts: Mapping[str, Samples]
    metrics: Mapping[str, float]
    """`dialer_calls_total` by `who.reason`."""
    wording: KeptVersion | None
    words: Sequence[str]


def read_heard(report: Mapping[str, NDArray[np.generic]], port: int) -> Heard | None:
    """The callee at `port`, from the callees' report; None if nothing reached it."""
    codes = report.get(f"{port}.heard")
    if codes is None or len(codes) == 0:
        return None
    frames = decode(codes.tobytes(), _VOICE).reshape(-1, FRAME)
    at, spoke_at, pressed_at = (
        np.asarray(report[f"{port}.{what}"], np.float64)
        for what in ("heard_at", "spoke_at", "pressed_at")
    )
    steps = np.diff(np.asarray(report[f"{port}.sequence"], np.uint16))
    missing = int(np.count_nonzero(steps != 1))
    return Heard(at[: len(frames)], frames, spoke_at, pressed_at, missing)


def verify(seen: Evidence) -> list[Check]:
    """Every check, in the order in which a call lives."""
    return [
        _words_approved(seen),
        _one_outcome_each(seen),
        _wire_equals_store(seen),
        _caller_id_honest(seen),
        _outcomes_true(seen),
        _notice_first(seen),
        _notice_whole(seen),
        _barge_ins(seen),
        _coughs(seen),
        _opt_outs(seen),
        _metrics_equal_store(seen),
    ]


def _words_approved(seen: Evidence) -> Check:
    version = None if seen.wording is None else seen.wording.version
    content = b"" if seen.wording is None else seen.wording.content
    found = sum(json.dumps(words).encode() in content for words in seen.words)
    said = {call.script_version for call in seen.calls}
    approver = version.steps[-1].who if version is not None and version.steps else "nobody"
    ok = (
        version is not None
        and version.state is ApprovalState.APPROVED
        and approver not in writers(version)
        and said == {version.hash} == {hashlib.sha256(content).hexdigest()}
        and found == len(seen.words) > 0
    )
    wrote = "nobody" if version is None else ", ".join(writers(version))
    return Check(
        "every call said what someone else than its author approved",
        ok,
        f"written by {wrote}, approved by {approver}; {len(said)} versions said, with {found} of "
        f"{len(seen.words)} sentences of the script",
    )


def _one_outcome_each(seen: Evidence) -> Check:
    numbers = Counter(call.number.clear if call.number else None for call in seen.calls)
    expected = {contact.number for contact in seen.contacts}
    open_calls = sum(call.outcome is None for call in seen.calls)
    ok = set(numbers) == expected and max(numbers.values(), default=0) == 1 and not open_calls
    return Check(
        "every contact was called once, every call has one outcome",
        ok,
        f"{len(seen.contacts)} contacts, {len(seen.calls)} calls, {open_calls} without outcome",
    )


def _wire_equals_store(seen: Evidence) -> Check:
    on_wire = {
        (trunk, invite.call_id) for trunk, invites in seen.invites.items() for invite in invites
    }
    stored = {(attempt.trunk, attempt.sip_call_id) for attempt in seen.attempts}
    differing = len(on_wire ^ stored)
    return Check(
        "attempts on the wire equal attempts in the store",
        bool(on_wire) and not differing and len(seen.attempts) == len(stored),
        f"{len(on_wire)} INVITEs, {len(seen.attempts)} attempts, {differing} in one place only",
    )


def _caller_id_honest(seen: Evidence) -> Check:
    invites = [invite for invites in seen.invites.values() for invite in invites]
    wrong = sum(
        {invite.caller_id.lstrip("+"), (invite.asserted or invite.caller_id).lstrip("+")}
        != {seen.caller_id.lstrip("+")}
        for invite in invites
    )
    return Check(
        "every INVITE shows the one verified caller ID",
        bool(invites) and not wrong,
        f"{len(invites) - wrong} of {len(invites)}",
    )


def _outcomes_true(seen: Evidence) -> Check:
    person_of = {contact.number: contact.person for contact in seen.contacts}
    told = [
        (person_of.get(call.number.clear) if call.number else None, call.outcome)
        for call in seen.calls
    ]
    wrong = Counter(
        f"{person.label if person else 'nobody we know'}: {outcome}"
        for person, outcome in told
        if person is None or outcome is None or outcome.reason is not person.reason
    )
    found = f"{len(seen.calls) - wrong.total()} of {len(seen.calls)}"
    return Check(
        "each outcome is what the callee or carrier did",
        bool(seen.calls) and not wrong,
        found + "".join(f"; {count} x {what}" for what, count in wrong.items()),
    )


def _answered(seen: Evidence, *people: Person) -> list[Heard]:
    chosen = [
        seen.heard.get(contact.port)
        for contact in seen.contacts
        if contact.person.answers and (not people or contact.person in people)
    ]
    nothing = Heard(np.zeros(0), np.zeros((0, FRAME), np.int16), np.zeros(0), np.zeros(0))
    return [heard or nothing for heard in chosen]


def _notice_first(seen: Evidence) -> Check:
    notice = _as_heard(seen.prompts["identity"])
    phones = _answered(seen)
    first = [_starts_with(heard, notice[: 20 * FRAME]) for heard in phones]
    late = [FRAME_SECONDS * float(np.argmax(heard.loud)) for heard in phones if heard.loud.any()]
    return Check(
        "the identity notice is the first thing heard",
        bool(first) and all(first),
        f"{sum(first)} of {len(first)} phones; silence before it at most "
        f"{1000 * max(late, default=0):.0f} ms",
    )


def _notice_whole(seen: Evidence) -> Check:
    notice = _as_heard(seen.prompts["identity"])
    whole = [_starts_with(heard, notice) for heard in _answered(seen, Person.TALKER)]
    ends = [
        FRAME_SECONDS * (float(np.argmax(heard.loud)) + len(notice) / FRAME)
        for heard in _answered(seen)
        if heard.loud.any()
    ]
    return Check(
        "speech does not cut the notice, and it is over within 3 s",
        bool(whole) and all(whole) and max(ends, default=SPOKEN_BY + 1) <= SPOKEN_BY,
        f"{sum(whole)} of {len(whole)} who talked over it; over after "
        f"{max(ends, default=0):.2f} s at most",
    )


def _barge_ins(seen: Evidence) -> Check:
    delays = [delay for heard in _answered(seen, Person.TALKER) for delay in _stop_delay(heard)]
    expected = sum(contact.person is Person.TALKER for contact in seen.contacts)
    recorded = sum(call.barge_ins for call in seen.calls)
    figures = ""
    if delays:
        middle, worst = np.percentile(delays, [50, 100]) * 1000
        figures = (
            f"; first speech packet to last prompt packet p50 {middle:.0f} ms, max {worst:.0f} ms"
        )
    return Check(
        "barge-in stops the prompt on the wire",
        len(delays) == expected == recorded and expected > 0,
        f"{len(delays)} of {expected} measured at the callee's ear, {recorded} stored{figures}",
    )


def _stop_delay(heard: Heard) -> list[float]:
    """Seconds from the last talk's first packet to the last audible packet before a pause."""
    if len(heard.spoke_at) < 2:
        return []
    onset = float(heard.spoke_at[-1])
    loud_at = heard.at[heard.loud & (heard.at >= onset)]
    if len(loud_at) == 0 or loud_at[0] > onset + _STOP_GAP:
        return []
    gaps = np.flatnonzero(np.diff(loud_at) > _STOP_GAP)
    last = loud_at[gaps[0]] if len(gaps) else loud_at[-1]
    delay = float(last - onset)
    return [delay] if delay < 1.0 else []


def _coughs(seen: Evidence) -> Check:
    ending = _as_heard(seen.prompts["offer"])[-25 * FRAME :]
    phones = _answered(seen, Person.COUGHER)
    back = [_holds(heard, ending) for heard in phones]
    return Check(
        "a cough does not stop the prompt",
        bool(back) and all(back),
        f"{sum(back)} of {len(back)} heard it to its end",
    )


def _opt_outs(seen: Evidence) -> Check:
    goodbye = _as_heard(seen.prompts["goodbye"])
    phones = _answered(seen, Person.OBJECTOR)
    delays = [delay for heard in phones if (delay := _obeyed_after(heard, goodbye)) is not None]
    slowest = f", the rest within {1000 * max(delays):.0f} ms of the key" if delays else ""
    others = "".join(
        f"; one pressed {len(heard.pressed_at)} keys and heard {len(heard.frames)} frames, at best "
        f"{_likeness(heard, goodbye):.0%} goodbye, with {heard.missing} gaps"
        for heard in phones
        if _obeyed_after(heard, goodbye) is None
    )
    return Check(
        "after 1 is pressed nothing but goodbye is said",
        bool(phones) and len(delays) == len(phones) and max(delays) <= OBEYED_BY,
        f"{len(delays)} of {len(phones)} heard goodbye{slowest}{others}",
    )


def _obeyed_after(heard: Heard, goodbye: Samples) -> float | None:
    """Seconds from the key to the last audible frame that is not goodbye's; None without one."""
    begins = _find(heard, goodbye)
    if begins is None or len(heard.pressed_at) == 0:
        return None
    frame_begins = np.arange(len(heard.frames)) * FRAME
    others = heard.loud & (
        (frame_begins <= begins - FRAME) | (frame_begins >= begins + len(goodbye) + FRAME)
    )
    after = heard.at[others] - heard.pressed_at[0]
    return float(after.max(initial=0.0))


def _metrics_equal_store(seen: Evidence) -> Check:
    stored = Counter(str(call.outcome) for call in seen.calls)
    shown = {name: int(value) for name, value in seen.metrics.items() if value}
    return Check(
        "/metrics counts what the store holds",
        bool(shown) and shown == dict(stored),
        f"{sum(shown.values())} calls in {len(shown)} outcomes",
    )


def _as_heard(samples: Samples) -> Samples:
    """A prompt as A-law brings it over, in whole frames."""
    whole = samples[: len(samples) // FRAME * FRAME]
    return decode(encode(whole, _VOICE), _VOICE)


def _audible(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > AUDIBLE)
    return samples[loud[0] :] if len(loud) else samples[:0]


def _starts_with(heard: Heard, prompt: Samples) -> bool:
    begun = _audible(heard.frames.reshape(-1))
    wanted = _audible(prompt)
    return len(begun) >= len(wanted) > 0 and _alike(begun[: len(wanted)], wanted)


def _holds(heard: Heard, prompt: Samples) -> bool:
    """Whether `prompt` was heard somewhere, at full level."""
    return _find(heard, prompt) is not None


def _find(heard: Heard, prompt: Samples) -> int | None:
    """The sample at which `prompt` begins, heard whole and at full level; None where it was not."""
    at = _nearest(heard, prompt)
    if at is None:
        return None
    samples = heard.frames.reshape(-1)
    return at if _alike(samples[at : at + len(prompt)], prompt) else None


def _nearest(heard: Heard, prompt: Samples) -> int | None:
    """The sample from which on most of `prompt` was heard; None where less than its length was."""
    stream = heard.frames.reshape(-1).astype(np.float64)
    wanted = prompt.astype(np.float64)
    if len(stream) < len(wanted):
        return None
    size = 1 << int(np.ceil(np.log2(len(stream) + len(wanted))))
    product = np.fft.rfft(stream, size) * np.conj(np.fft.rfft(wanted, size))
    return int(np.argmax(np.fft.irfft(product, size)[: len(stream) - len(wanted) + 1]))


def _likeness(heard: Heard, prompt: Samples) -> float:
    """How much of the energy of `prompt` was heard in one piece, 0 to 1."""
    at = _nearest(heard, prompt)
    if at is None:
        return 0.0
    return max(0.0, 1.0 - _difference(heard.frames.reshape(-1)[at : at + len(prompt)], prompt))


def _alike(one: Samples, other: Samples) -> bool:
    """The same sound at the same level: what differs has under 2 % of the energy."""
    return _difference(one, other) < 0.02


def _difference(one: Samples, other: Samples) -> float:
    """The energy of what differs, in that of `other`; infinite where there is none."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    energy = float(second @ second)
    return float((first - second) @ (first - second)) / energy if energy else math.inf
