"""Lines to be held to one suite, each with callees of every kind that the suite asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.events import Arrived
from dialer.core.values.number import E164
from dialer.ports.line import Dial, Line, Playlist
from dialer.sip.line import SipLine
from dialer.sip.settings import TrunkSettings
from dialer.testing import (
    Answer,
    Callee,
    OnCancel,
    Press,
    Reject,
    RemoteBye,
    ScriptedLine,
    Talk,
)
from sipp_scenarios.media import write_media
from tests.support.line import CALLER, NOTICE, SETTINGS, Listener
from tests.support.sipp import Sipp


class Kind(Enum):
    """What a callee does. The value ends the number that reaches it (sipp_scenarios/README.md)."""

    LISTENS = "00"
    TALKS = "10"
    """Talks for some seconds from 2.5 s after the answer."""
    PRESSES_2 = "20"
    BUSY = "40"
    DECLINES = "45"
    RINGS = "50"
    """Until it is cancelled."""
    DROPS = "60"
    """Hangs up 1.5 s after the answer, with Q.850 cause 16."""
    CONGESTED = "70"
    UNALLOCATED = "75"
    EARLY_MEDIA = "80"
    """183 with media, answered 0.8 s after."""
    UNAVAILABLE = "90"
    COUGHS = "95"
    """For 0.12 s, 5 s after the answer."""
    ANSWERS_THE_CANCEL = "99"
    """Rings; its 200 crosses our CANCEL."""
    RINGS_LATE = "97"
    """Says nothing at all for 1.5 s, then rings until it is cancelled."""
    ANSWERS_LATE = "98"
    """Says nothing at all for 1.5 s, then answers."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A line that is up, what it told, and the trunk by which each kind of callee is reached."""

    line: Line
    told: Listener
    trunk_of: Callable[[Kind], str]
    over_by: Callable[[Kind], float]
    """Seconds after the answer by which this kind has made its sound."""
    caller: Callable[[Path], AbstractContextManager[object]]
    """Somebody who calls CALLER, and hangs up only when we do; files go into the folder."""

    async def arrived(self) -> str:
        """The name of the first call that came in."""
        names = [name for name in self.told.events if name not in {"a", "b"}]
        while not names:
            await asyncio.sleep(0.005)
            names = [name for name in self.told.events if name not in {"a", "b"}]
        return names[0]

    def order(self, kind: Kind, attempt: str = "a", opening: Playlist = NOTICE) -> Dial:
        callee = E164(f"+86139123456{kind.value}")
        return Dial(attempt, self.trunk_of(kind), callee, CALLER, opening)


Carriers = dict[str, str]
"""SIP URIs of the far sides, by the trunk that leads there."""

MakeLab = Callable[[Carriers], AbstractAsyncContextManager[Lab]]

_CALLEES: Final[dict[Kind, Callee]] = {
    Kind.LISTENS: Callee(),
    Kind.TALKS: Callee(acts=(Talk(0.3, 0.8),)),
    Kind.PRESSES_2: Callee(acts=(Press("2", 0.3),)),
    Kind.BUSY: Callee(final=Reject(486, q850=17)),
    Kind.DECLINES: Callee(final=Reject(603, q850=21)),
    Kind.RINGS: Callee(final=None),
    Kind.DROPS: Callee(acts=(RemoteBye(0.5, q850=16),)),
    Kind.CONGESTED: Callee(None, final=Reject(503, q850=34, retry_after=30)),
    Kind.UNALLOCATED: Callee(None, final=Reject(404, q850=1)),
    Kind.EARLY_MEDIA: Callee(early_media=True, final=Answer(0.3)),
    Kind.UNAVAILABLE: Callee(None, final=Reject(480, q850=20)),
    Kind.COUGHS: Callee(acts=(Talk(0.3, 0.12),)),
    Kind.ANSWERS_THE_CANCEL: Callee(final=None, on_cancel=OnCancel.CROSSES),
    Kind.RINGS_LATE: Callee(1.5, final=None, trying=False),
    Kind.ANSWERS_LATE: Callee(None, final=Answer(1.5), trying=False),
}


_TRUNKS: Final = {
    Kind.ANSWERS_THE_CANCEL: "crossing",
    Kind.RINGS_LATE: "rings late",
    Kind.ANSWERS_LATE: "answers late",
}


@contextmanager
def sipp_carriers(folder: Path) -> Iterator[Carriers]:
    """SIPp's callees; one set of processes serves all tests."""
    write_media(folder)
    with (
        Sipp("carrier-mixed-callees", folder) as mixed,
        Sipp("callee-answers-as-cancel-arrives", folder) as crossing,
        Sipp("carrier-silent-then-rings", folder, options=("-d", "1500")) as rings,
        Sipp("carrier-silent-then-answers", folder, options=("-d", "1500")) as answers,
    ):
        yield {
            "mixed": mixed.uri,
            "crossing": crossing.uri,
            "rings late": rings.uri,
            "answers late": answers.uri,
        }


@asynccontextmanager
async def scripted(_carriers: Carriers) -> AsyncIterator[Lab]:
    """The shipped fake, on the event loop's time."""
    line = ScriptedLine(lambda dial: _CALLEES[Kind(dial.callee.clear[-2:])])
    async with _up(line) as told:

        @contextmanager
        def caller(_folder: Path) -> Iterator[None]:
            line.arrive("in-1", Arrived("any", CALLER, E164("+8613912345678"), "1@x"))
            yield

        yield Lab(line, told, lambda _kind: "any", lambda _kind: 1.5, caller)


@asynccontextmanager
async def over_sip(carriers: Carriers) -> AsyncIterator[Lab]:
    """The real line, on loopback, with SIPp's callees."""
    shown = frozenset({CALLER})
    trunks = [TrunkSettings(name, uri, shown) for name, uri in carriers.items()]
    line = SipLine(SETTINGS, trunks, door=Door(DoorLimits()))
    async with _up(line) as told:
        yield Lab(
            line,
            told,
            trunk_of=lambda kind: _TRUNKS.get(kind, "mixed"),
            over_by=lambda kind: 6.0 if kind is Kind.COUGHS else 4.0,
            caller=lambda folder: _caller(folder, line.port),
        )


@contextmanager
def _caller(folder: Path, port: int) -> Iterator[None]:
    numbers = {"called": CALLER.clear, "caller": "+8613912345678"}
    with Sipp("caller-at-rtp-port", folder, numbers, ("-m", "1", f"127.0.0.1:{port}")) as sipp:
        yield
        # Turned away, it would wait for an answer yet.
        sipp.kill()


@asynccontextmanager
async def _up(line: Line) -> AsyncIterator[Listener]:
    listener = Listener()
    await line.start(listener)
    try:
        yield listener
    finally:
        await line.close()


LABS: Final[dict[str, MakeLab]] = {"scripted": scripted, "sip": over_sip}
