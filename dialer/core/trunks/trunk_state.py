"""What is known of a trunk from its registration and its probes, and when to ask again.

Two things are asked of a carrier's edge: REGISTER (RFC 3261 10.2), where the trunk has
credentials, and OPTIONS (RFC 3261 11), where the trunk is to be probed. Each is one question at a
time: asked, waited for, and asked again when its answer has grown old or was no good.

PJSIP's own timers are not used: its retry after a failure comes after 300 s. Here a trunk that
was away is asked again after one second, then two, then four, so that it is back within seconds.
A refusal is another thing: whoever repeats a wrong password each second is soon locked out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from dialer.core.trunks.trunk import RELAPSE

HASTE: Final = 10.0
"""Least seconds between a registration and the next that a lost connection asks for: some
registrars close it after each."""
PATIENCE: Final = 4.0
"""Seconds without a reply after which the far side counts as away. RFC 3261 17.1.2.2 has sent the
request four times by then, and goes on sending: a late reply still counts."""
FIRST_RETRY: Final = 1.0
LAST_RETRY: Final = 4.0
"""Longest wait, in seconds, before a far side that was away is asked again."""
LAST_RETRY_REFUSED: Final = 60.0
"""The same for one that has refused: a person must mend that."""
LONGEST_RETRY_AFTER: Final = 3600.0
REFRESH_AT: Final = 0.75
"""Share of a registration's life after which it is refreshed."""
JITTER: Final = 0.2
"""Share of each wait that is left to the lot: nodes that fell together must not rise together."""


class Question(Enum):
    """What is asked."""

    REGISTER = "REGISTER"
    OPTIONS = "OPTIONS"


class StateReason(Enum):
    """Why a trunk is up or down."""

    READY = "ready"
    """Nothing speaks against it."""
    STARTING = "starting"
    """Asked for the first time, or anew after the far side was away, and not answered yet."""
    NO_REPLY = "no_reply"
    """The far side does not answer."""
    UNREACHABLE = "unreachable"
    """The request could not be sent."""
    UNRESOLVED = "unresolved"
    """DNS does not say where the far side is."""
    CERTIFICATE_EXPIRED = "certificate_expired"
    """The far side's certificate has run out, or is not valid yet."""
    CERTIFICATE_NAME = "certificate_name"
    """The far side's certificate names somebody else (RFC 5922 7.2)."""
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    """No trusted authority has issued the far side's certificate."""
    UNREADABLE = "unreadable_reply"
    """The far side answers with what cannot be read; the log names the header."""
    REFUSED = "refused"
    """The far side answers, but with a code that says no."""
    CREDENTIALS = "credentials"
    """User or password are not what the registrar wants."""
    CHALLENGE = "challenge"
    """The far side wants a kind of authentication that we do not have, such as qop auth-int."""
    CLOSED = "closed"
    """The line is down."""


@dataclass(frozen=True, slots=True)
class TrunkReply:
    """What came of a question.

    `code` is the final SIP code, None where the request could not be sent. `heard` is False where
    the code is our own stack's, `read` where the reply could not be read. `lasts` is the seconds
    that a registrar has granted.
    """

    code: int | None
    heard: bool = True
    read: bool = True
    lasts: float = 0.0
    retry_after: float | None = None
    why: StateReason = StateReason.UNREACHABLE
    """Why it could not be sent, where `code` is None."""
    answerable: bool = True
    """Whether there is an answer to its challenge, where it is one."""


@dataclass(frozen=True, slots=True)
class TrunkState:
    """What is known of a trunk.

    `registered` and `healthy` are None where the trunk is not asked. `question` and `sip_code` say
    from what the reason was learnt. `since` is when `up` last changed, in monotonic seconds.
    """

    name: str
    registered: bool | None
    healthy: bool | None
    why: StateReason
    question: Question | None
    sip_code: int | None
    since: float
    well_at: float = -math.inf
    """When the OPTIONS was sent that was last answered well, in monotonic seconds."""

    @property
    def up(self) -> bool:
        """Whether the trunk may carry calls."""
        asked = self.registered is not False and self.healthy is not False
        return asked and self.why not in {StateReason.CLOSED, StateReason.UNRESOLVED}

    @property
    def reason(self) -> str:
        """The reason in words, such as `REGISTER: refused 403`; it names no number."""
        words = self.why.value.replace("_", " ")
        if self.question is None:
            return words
        code = "" if self.sip_code is None else f" {self.sip_code}"
        return f"{self.question.value}: {words}{code}"


class TrunkWatch:
    """The watch over one trunk. `now` is monotonic seconds; it must not go back.

    `lot`, from 0 to 1, shortens a wait. `probe_every` is the seconds between two OPTIONS, None
    for none. A trunk that is asked for nothing is up, always.
    """

    def __init__(
        self, name: str, now: float, *, registers: bool, probe_every: float | None
    ) -> None:
        self._register = _Asked(Question.REGISTER, now) if registers else None
        self._probe = None if probe_every is None else _Asked(Question.OPTIONS, now)
        self._probe_every = probe_every or 0.0
        why = StateReason.STARTING if self._all() else StateReason.READY
        asked = self._all()
        question = asked[0].question if asked else None
        registered = False if registers else None
        healthy = None if probe_every is None else False
        self._state = TrunkState(name, registered, healthy, why, question, None, now)
        self._closed = False
        self._lost = False

    @property
    def state(self) -> TrunkState:
        """What was known at the last `due` or `answered`."""
        return self._state

    def due(self, now: float) -> tuple[Question, ...]:
        """What is to be asked now; from here on it counts as asked."""
        if self._closed or self._lost:
            return ()
        due = tuple(asked.question for asked in self._all() if asked.step(now))
        self._learn(now)
        return due

    def answered(self, question: Question, answer: TrunkReply, now: float, lot: float) -> None:
        """What came of a question; an answer nobody waits for changes nothing."""
        asked = self._register if question is Question.REGISTER else self._probe
        if asked is None or self._closed or not asked.waits:
            return
        if question is Question.REGISTER:
            asked.registered(answer, now, lot)
        else:
            was_away = asked.why in {StateReason.NO_REPLY, StateReason.UNREACHABLE}
            asked.probed(answer, now, lot, self._probe_every)
            if was_away and asked.good and self._register is not None:
                # Whoever was away may have forgotten us, and refuse our calls.
                self._register.doubt(now)
            elif asked.good and self._register is not None:
                self._register.wake(asked.well_asked_at, now)
        self._learn(now)

    def found(self, now: float, *, found: bool) -> None:
        """Whether it is known where the far side is: while it is not, there is nobody to ask."""
        if found is self._lost:  # it changes: whoever is there next must be asked anew
            for asked in self._all():
                asked.doubt(now)
        self._lost = not found
        self._learn(now)

    def refresh(self, now: float) -> None:
        """Register anew at once; what is known counts until the answer comes."""
        if self._register is not None and self._register.good:
            self._register.hurry(now)

    def is_asking(self, question: Question) -> bool:
        """Whether an answer is waited for."""
        return any(asked.waits for asked in self._all() if asked.question is question)

    def next_deadline(self) -> float:
        """When `due` is to be called again; infinity for never."""
        if self._closed or self._lost:
            return math.inf
        return min((asked.deadline() for asked in self._all()), default=math.inf)

    def close(self, now: float) -> None:
        """The line goes down: nothing is asked any more."""
        self._closed = True
        self._learn(now)

    def _all(self) -> tuple[_Asked, ...]:
        return tuple(asked for asked in (self._register, self._probe) if asked is not None)

    def _learn(self, now: float) -> None:
        bad = next((asked for asked in self._all() if not asked.good), None)
        why, question, code = StateReason.READY, None, None
        if self._closed:
            why = StateReason.CLOSED
        elif self._lost:
            why = StateReason.UNRESOLVED
        elif bad is not None:
            why, question, code = bad.why, bad.question, bad.code
        before = self._state
        after = replace(
            before,
            registered=_good(self._register, closed=self._closed),
            healthy=_good(self._probe, closed=self._closed),
            why=why,
            question=question,
            sip_code=code,
            well_at=before.well_at if self._probe is None else self._probe.well_asked_at,
        )
        if after.up is not before.up:
            after = replace(after, since=now)
        self._state = after


class _Asked:
    """One question's standing."""

    def __init__(self, question: Question, now: float) -> None:
        self.question = question
        self.good = False
        self.why = StateReason.STARTING
        self.code: int | None = None
        self._ask_at = now
        self._asked_at: float | None = None
        self._good_until = math.inf
        self._well_at = self._woken_at = -math.inf
        self._failures = 0
        self._told_to_wait_at: float | None = None
        self.well_asked_at = -math.inf
        """When that was asked which was last answered well."""

    @property
    def waits(self) -> bool:
        return self._asked_at is not None

    def step(self, now: float) -> bool:
        """Whether to ask now; and see what has grown old."""
        if self._asked_at is None and now >= self._ask_at:
            self._asked_at = now
            return True
        if self._asked_at is not None and now >= self._silent_at(self._asked_at):
            self._bad(StateReason.NO_REPLY, None)
        return False

    def deadline(self) -> float:
        if self._asked_at is None:
            return self._ask_at
        # Once it counts as silent, only its answer brings news.
        return math.inf if self.why is StateReason.NO_REPLY else self._silent_at(self._asked_at)

    def registered(self, answer: TrunkReply, now: float, lot: float) -> None:
        code = answer.code
        granted = code is not None and 200 <= code < 300 and answer.lasts > 0
        if granted and answer.read:
            self._well(now, now + answer.lasts, now + answer.lasts * REFRESH_AT * _less(lot))
        else:
            self._failed(answer, now, lot)

    def probed(self, answer: TrunkReply, now: float, lot: float, every: float) -> None:
        # Whatever an element says to OPTIONS, it lives (RFC 3261 11); but 408 and 5xx say that it
        # cannot serve us, save 501, which says that it does not know OPTIONS.
        code = answer.code
        alive = code is not None and answer.heard and answer.read and code != 408
        if alive and (code == 501 or not 500 <= (code or 0) < 600):
            self._well(now, math.inf, now + every * _less(lot))
        else:
            # One that asks for five minutes may be well in five seconds: it is asked at its pace.
            self._failed(answer, now, lot, longest=every)

    def wake(self, well_at: float, now: float) -> None:
        """OPTIONS, sent at `well_at`, were answered well: ask now where we were told to wait.

        A far side that tells it again within RELAPSE means it.
        """
        told_at = self._told_to_wait_at
        if told_at is None or well_at < told_at or told_at < self._woken_at + RELAPSE:
            return
        self._woken_at = now
        self._ask_at = min(self._ask_at, now)

    def doubt(self, now: float) -> None:
        """Take what is known for nothing, and ask at the next step, unless it is being asked."""
        self._bad(StateReason.STARTING, None)
        self._ask_at = min(self._ask_at, now)

    def hurry(self, now: float) -> None:
        self._ask_at = min(self._ask_at, max(now, self._well_at + HASTE))

    def _silent_at(self, asked_at: float) -> float:
        return min(asked_at + PATIENCE, self._good_until)

    def _well(self, now: float, until: float, again: float) -> None:
        self.good, self.why, self.code = True, StateReason.READY, None
        self._good_until, self._well_at = until, now
        self.well_asked_at = now if self._asked_at is None else self._asked_at
        self._told_to_wait_at = None
        self._asked_at, self._ask_at, self._failures = None, again, 0

    def _bad(self, why: StateReason, code: int | None) -> None:
        self.good, self.why, self.code = False, why, code
        self._good_until = math.inf

    def _failed(
        self, answer: TrunkReply, now: float, lot: float, longest: float = LONGEST_RETRY_AFTER
    ) -> None:
        last = LAST_RETRY
        self._told_to_wait_at = None if answer.retry_after is None else now
        if not answer.read:
            self._bad(StateReason.UNREADABLE, answer.code)
            last = LAST_RETRY_REFUSED
        elif answer.code is None:
            self._bad(answer.why, None)
        elif not answer.heard:
            self._bad(StateReason.NO_REPLY, None)
            # The stack has repeated the request for 32 s: that was the waiting.
            self._failures = 0
        elif answer.code in {401, 407}:
            known = StateReason.CREDENTIALS if answer.answerable else StateReason.CHALLENGE
            self._bad(known, answer.code)
            last = LAST_RETRY_REFUSED
        else:
            self._bad(StateReason.REFUSED, answer.code)
            if not (answer.code == 408 or 500 <= answer.code < 600):
                last = LAST_RETRY_REFUSED
        wait = min(last, FIRST_RETRY * 2.0 ** min(self._failures, 16)) * _less(lot)
        if answer.retry_after is not None:
            wait = max(wait, min(answer.retry_after, longest))
        self._failures += 1
        self._asked_at, self._ask_at = None, now + wait


def _good(asked: _Asked | None, *, closed: bool) -> bool | None:
    return None if asked is None else asked.good and not closed


def _less(lot: float) -> float:
    return 1.0 - JITTER * lot
