"""A real line in a test, and what it told of each attempt."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, TypeVar

from dialer.core.values.events import DialFailed, LocalEnded, PeerLost, Rejected, RemoteHungUp
from dialer.core.values.number import E164
from dialer.ports.line import AnyLineEvent, Dial, Playlist
from dialer.sip.line import SipLine
from dialer.sip.settings import SipSettings, TrunkSettings
from tests.support.rtp import playlist, tone

CALLEE: Final = E164("+8613912345678")
CALLER: Final = E164("+861065550100")
NOTICE: Final = playlist(tone(440, 0.4, "notice"))
ENDS: Final = (Rejected, DialFailed, RemoteHungUp, LocalEnded, PeerLost)

Kind = TypeVar("Kind", bound=AnyLineEvent)


class Listener:
    """The sink of a line: keeps every event, and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: defaultdict[str, list[tuple[float, AnyLineEvent]]] = defaultdict(list)
        self._came = asyncio.Event()

    def __call__(self, attempt: str, at: float, event: AnyLineEvent) -> None:
        self.events[attempt].append((at, event))
        self._came.set()

    def told(self, attempt: str) -> list[AnyLineEvent]:
        return [event for _, event in self.events[attempt]]

    def ends(self, attempt: str) -> list[AnyLineEvent]:
        return [event for event in self.told(attempt) if isinstance(event, ENDS)]

    def when(self, attempt: str, kind: type[AnyLineEvent]) -> float:
        """The time that the first event of this kind carries."""
        return next(at for at, event in self.events[attempt] if isinstance(event, kind))

    async def hears(self, attempt: str, kind: type[Kind], limit: float = 30.0) -> Kind:
        """The first event of this kind, told already or to come; TimeoutError after `limit`."""
        async with asyncio.timeout(limit):
            while True:
                for event in self.told(attempt):
                    if isinstance(event, kind):
                        return event
                self._came.clear()
                await self._came.wait()

    async def end_of(self, attempt: str, limit: float = 30.0) -> AnyLineEvent:
        """The event that ended the attempt."""
        async with asyncio.timeout(limit):
            while not self.ends(attempt):
                self._came.clear()
                await self._came.wait()
        return self.ends(attempt)[0]


SETTINGS: Final = SipSettings(bind_host="127.0.0.1", bind_port=0, rtp_ports=(24000, 27999))


@asynccontextmanager
async def running(
    *uris: str, settings: SipSettings = SETTINGS, trunk: TrunkSettings | None = None
) -> AsyncIterator[tuple[SipLine, Listener]]:
    """A line with trunks `t0`, `t1`... at `uris`, each like `trunk`; closed at the end."""
    like = trunk or TrunkSettings("", "")
    trunks: Sequence[TrunkSettings] = [
        replace(like, name=f"t{number}", uri=uri, caller_ids=like.caller_ids or frozenset({CALLER}))
        for number, uri in enumerate(uris)
    ]
    line = SipLine(settings, trunks)
    listener = Listener()
    await line.start(listener)
    try:
        yield line, listener
    finally:
        await line.close()


def order(
    attempt: str = "a", trunk: str = "t0", opening: Playlist = NOTICE, callee: E164 = CALLEE
) -> Dial:
    return Dial(attempt, trunk, callee, CALLER, opening)
