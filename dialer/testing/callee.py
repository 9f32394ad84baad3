"""What the callee of a `ScriptedLine` does, told beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from dialer.core.values.events import LocalFault
from dialer.core.values.targets import Target


@dataclass(frozen=True, slots=True)
class Answer:
    """200, `after` seconds from the INVITE."""

    after: float = 0.05


@dataclass(frozen=True, slots=True)
class Reject:
    """A final reply of 300-699, `after` seconds from the INVITE; see events.Rejected."""

    code: int
    after: float = 0.05
    q850: int | None = None
    retry_after: int | None = None
    heard: bool = True
    reached: bool = False


@dataclass(frozen=True, slots=True)
class Fail:
    """The INVITE never leaves, or dies without a word."""

    fault: LocalFault
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Garble:
    """A reply of this code that cannot be read, `after` seconds from the INVITE; nothing else."""

    code: int
    after: float = 0.05


@dataclass(frozen=True, slots=True)
class Press:
    """A key, `at` seconds from the answer."""

    digit: str
    at: float


@dataclass(frozen=True, slots=True)
class Talk:
    """A sound of so many seconds, beginning `at` seconds from the answer.

    Shorter than `line.CONFIRM` it is a cough. `words` are what a recogniser tells of it; None where
    there is none.
    """

    at: float
    seconds: float
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """The callee holds us, or with `held` False takes us back, `at` seconds from the answer."""

    at: float
    held: bool = True


@dataclass(frozen=True, slots=True)
class RemoteBye:
    """BYE from the far side, `at` seconds from the answer."""

    at: float
    q850: int | None = None


@dataclass(frozen=True, slots=True)
class Vanish:
    """The far side ceases, and the line notices `at` seconds from the answer."""

    at: float
    why: str = "rtp_silence"


@dataclass(frozen=True, slots=True)
class AskTransfer:
    """The callee asks by REFER for whoever is joined to be handed on, `at` seconds from the answer.

    Heard only while the two are joined, and where the Dial allows the target.
    """

    at: float
    target: Target


Act = AskTransfer | Press | Talk | Hold | RemoteBye | Vanish


class OnCancel(Enum):
    """What becomes of a CANCEL."""

    OBEYS = "obeys"
    """487: the line lets go."""
    CROSSES = "crosses"
    """The callee's 200 was on its way; the line tells it, and hangs up by itself."""
    IGNORES = "ignores"
    """Nothing more is ever heard."""


@dataclass(frozen=True, slots=True)
class Callee:
    """One callee. By default the phone rings at once, is answered, and the callee listens."""

    rings_after: float | None = 0.01
    """Seconds from the INVITE to the 18x; None: none is sent."""
    early_media: bool = False
    """Whether the 18x is a 183 with media."""
    final: Answer | Reject | Garble | Fail | None = field(default_factory=Answer)
    """None: nobody ever answers."""
    acts: tuple[Act, ...] = ()
    """What the callee does after the answer."""
    on_cancel: OnCancel = OnCancel.OBEYS
    on_refer: tuple[int, ...] = (100, 200)
    """What the far side tells of our REFER: codes of sipfrags, the last of them final."""
    trying: bool = True
    """Whether 100 comes at once; without any reply there can be no CANCEL (RFC 3261 9.1)."""
