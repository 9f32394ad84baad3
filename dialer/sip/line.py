"""The real `Line`: SIP over pjsua2, media over the native bridge."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from audio.recording import Tape
from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.trunks.trunk_state import TrunkState
from dialer.core.values.events import LocalEnded
from dialer.core.values.targets import Target
from dialer.ports.line import Dial, LineSink, Playlist, TrunkSink
from dialer.sip import _media_source
from dialer.sip.address import TrunkAddress, local_ip, locate
from dialer.sip.calls import Calls
from dialer.sip.keeper import Keeper
from dialer.sip.mailbox import Mailbox
from dialer.sip.media import Media
from dialer.sip.names import Directory, Hop, Wanted
from dialer.sip.orders import Placement
from dialer.sip.reach import Reach
from dialer.sip.settings import SipSettings, Transport, TrunkSettings
from dialer.sip.stack import SipStack
from dialer.sip.thread import SipThread

_CLOSE_WITHIN = 3.0
"""Seconds for BYE and CANCEL to be answered; `close` must return within 5."""
_KEYS = frozenset("0123456789*#ABCD")


class SipLine:
    """Implements `dialer.ports.line.Line`. Made and used on the event loop's thread.

    `trunks` are the ones that `Dial.trunk` may name; at least one. `media` is the media path, a
    plain one where none is given. `door` says which calls may come in; none may without it.
    Commands raise RuntimeError before `start` and after `close`.
    """

    def __init__(
        self,
        settings: SipSettings,
        trunks: Sequence[TrunkSettings],
        media: Media | None = None,
        door: Door | None = None,
    ) -> None:
        self._settings = settings
        self._trunks = {trunk.name: trunk for trunk in trunks}
        if not trunks or len(self._trunks) != len(trunks):
            raise ValueError("the line needs trunks, each with a name of its own")
        self.media = media or Media(settings.clock_rate)
        self._door = door or Door(DoorLimits(channels=0))
        self._states: dict[str, TrunkState] = {}
        self._trunk_sinks: list[TrunkSink] = []
        self._mailbox: Mailbox | None = None
        self._calls: Calls | None = None
        self._stack: SipStack | None = None
        self._thread: SipThread | None = None
        self._reach: Reach | None = None

    async def start(self, sink: LineSink) -> None:
        """Bring the stack up. Raises LineError saying what to do where it can't."""
        settings = self._settings
        trunks = self._trunks.values()
        reach, located = await self._locate()
        loop = asyncio.get_running_loop()
        mailbox = Mailbox(loop, sink)
        media = self.media
        media.tell(lambda attempt, event: mailbox.post(attempt, event.at, event))
        calls = Calls(mailbox, media, settings.most_calls, settings.rtp_silence, self._door)

        def on_state(state: TrunkState) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody listens
                loop.call_soon_threadsafe(self._on_state, state)

        keeper = Keeper(trunks, time.monotonic(), on_state)
        for trunk, address in located:
            if not address.hops:
                keeper.found(trunk.name, found=False)
        self._states = keeper.states()

        def ask_name(name: str, port: int, transport: str) -> None:
            def tell(hops: tuple[Hop, ...]) -> None:
                thread.post(stack.named, name, port, transport, hops)

            by = Transport(transport) if transport else Transport.UDP
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(reach.ask, Wanted(name, port or None, by), tell)

        stack = SipStack(settings, located, media, calls, keeper, ask_name)
        thread = SipThread(stack, _CLOSE_WITHIN)
        await thread.start()
        media.recorder.start()
        self._mailbox, self._calls, self._reach = mailbox, calls, reach
        self._stack, self._thread = stack, thread
        reach.start(lambda trunk, hops: thread.post(stack.reached, trunk, hops))

    async def close(self) -> None:
        """End every call, then the stack. Every attempt has had its end told when it returns."""
        thread, self._thread = self._thread, None
        if thread is None or self._mailbox is None:
            return
        if self._reach is not None:
            self._reach.stop()
        await thread.stop()
        # After the calls, so that each recording has had its call's end.
        await asyncio.to_thread(self.media.recorder.stop)
        for attempt in self._mailbox.open_attempts:
            # What the thread told comes first; whatever it did not get to tell ends here.
            self._mailbox.post(attempt, time.monotonic(), LocalEnded())
        await self._mailbox.wait_idle()

    def trunk_states(self) -> tuple[TrunkState, ...]:
        """What is known of each trunk; none before `start`."""
        return tuple(self._states.values())

    def watch_trunks(self, sink: TrunkSink) -> None:
        self._trunk_sinks.append(sink)

    def dial(self, order: Dial) -> None:
        """Post the INVITE to the SIP thread.

        Raises ValueError for an unknown trunk, an attempt that is under way, or an opening that
        the bridge cannot play.
        """
        thread, mailbox, media, calls = self._running()
        if order.trunk not in self._trunks:
            raise ValueError(f"there is no trunk {order.trunk}")
        opening = order.opening
        items = media.native(opening) if opening else ()
        mailbox.open(order.attempt)
        placement = Placement(
            order.attempt,
            order.trunk,
            order.callee,
            order.caller_id,
            opening.play_id if opening else 0,
            items,
            order.may_refer_to,
            order.listens,
        )
        thread.post(calls.dial, placement)

    def end(self, attempt: str) -> None:
        thread, mailbox, _, calls = self._running()
        if mailbox.is_open(attempt):
            thread.post(calls.end, attempt)

    def play(self, attempt: str, playlist: Playlist) -> None:
        """Raises ValueError where the bridge cannot play it."""
        _, mailbox, media, _ = self._running()
        if mailbox.is_open(attempt):
            media.play(attempt, playlist.play_id, media.native(playlist))

    def stop(self, attempt: str) -> None:
        _, mailbox, media, _ = self._running()
        if mailbox.is_open(attempt):
            media.stop(attempt)

    def record(self, attempt: str, tape: Tape) -> None:
        _, _, media, _ = self._running()
        media.record(attempt, tape)

    def stop_recording(self, attempt: str) -> None:
        _, _, media, _ = self._running()
        media.stop_recording(attempt)

    def send_dtmf(self, attempt: str, digits: str) -> None:
        """Raises ValueError for anything but 0-9 * # A-D."""
        if not digits or not _KEYS.issuperset(digits):
            raise ValueError("keys are 0-9, *, # and A-D")
        thread, mailbox, _, calls = self._running()
        if mailbox.is_open(attempt):
            thread.post(calls.send_keys, attempt, digits)

    def answer(self, call: str, opening: Playlist) -> None:
        """Raises ValueError where the bridge cannot play it."""
        thread, mailbox, media, calls = self._running()
        if mailbox.is_open(call):
            thread.post(calls.answer, call, opening.play_id, media.native(opening))

    def turn_away(self, call: str, code: int, retry_after: int | None = None) -> None:
        thread, mailbox, _, calls = self._running()
        if mailbox.is_open(call):
            thread.post(calls.turn_away, call, code, retry_after)

    def join(self, attempt: str, other: str) -> None:
        thread, mailbox, _, calls = self._running()
        if mailbox.is_open(attempt) and mailbox.is_open(other):
            thread.post(calls.join, attempt, other)

    def part(self, attempt: str) -> None:
        thread, mailbox, _, calls = self._running()
        if mailbox.is_open(attempt):
            thread.post(calls.part, attempt)

    def refer(self, attempt: str, target: Target) -> None:
        thread, mailbox, _, calls = self._running()
        if mailbox.is_open(attempt):
            thread.post(calls.refer, attempt, target)

    def tell_referrer(self, attempt: str, code: int) -> None:
        thread, mailbox, _, calls = self._running()
        if mailbox.is_open(attempt):
            thread.post(calls.tell_referrer, attempt, code)

    # What metrics read, on the event loop.

    @property
    def port(self) -> int:
        """The UDP port that SIP listens on; 0 before `start`."""
        return self._stack.port if self._stack else 0

    @property
    def live_calls(self) -> int:
        """Calls in the SIP stack, those that are still ending included."""
        return self._calls.live if self._calls else 0

    @property
    def commands_queued(self) -> int:
        """Commands that the SIP thread has not come to yet."""
        return self._thread.commands_queued if self._thread else 0

    @property
    def commands_run(self) -> int:
        """Commands that the SIP thread has run, since `start`; 0 after `close`."""
        return self._thread.commands_run if self._thread else 0

    @property
    def events_told(self) -> int:
        """Line events told by the SIP thread, since `start`; those of the tick not included."""
        return self._calls.events_told if self._calls else 0

    @property
    def watchdog_hits(self) -> int:
        """Calls that the watchdog had to end, since `start`."""
        return self._calls.watchdog_hits if self._calls else 0

    @property
    def rtp_strays(self) -> int:
        """Packets that strangers sent to calls' ports, since the process began."""
        return _media_source.strays()

    def unread_messages(self) -> Mapping[str, int]:
        """Messages of each trunk that could not be read, or not in full, since `start`."""
        return self._stack.unread.counts() if self._stack else {}

    async def _locate(self) -> tuple[Reach, list[tuple[TrunkSettings, TrunkAddress]]]:
        """Where every trunk is now, as far as DNS knows, and what goes on looking."""
        settings = self._settings
        addresses = {
            trunk.name: locate(trunk, settings.bind_host) for trunk in self._trunks.values()
        }
        reach = Reach(
            Directory(settings.nameservers, settings.transports),
            {name: each.wanted for name, each in addresses.items() if each.is_named},
        )
        for name, hops in (await reach.first()).items():
            if hops:
                here = local_ip(settings.bind_host, hops)
                addresses[name] = replace(addresses[name], hops=hops, local_ip=here)
        return reach, [(trunk, addresses[trunk.name]) for trunk in self._trunks.values()]

    def _on_state(self, state: TrunkState) -> None:
        if self._states[state.name] == state:
            return
        self._states[state.name] = state
        for sink in self._trunk_sinks:
            sink(state)

    def _running(self) -> tuple[SipThread, Mailbox, Media, Calls]:
        if not (self._thread and self._mailbox and self._calls):
            raise RuntimeError("the line is not up")
        return self._thread, self._mailbox, self.media, self._calls
