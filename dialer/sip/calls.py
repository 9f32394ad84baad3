"""Every call of the node: commands in, events out, and the watch over calls that say nothing.

All of it runs on the SIP thread. Each call tells exactly one end; after that it may linger in the
stack, as long as its BYE or CANCEL is unanswered, and is kept alive here for so long.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import pjsua2 as pj

from audio.events import DtmfReceived
from dialer.core.trunks.door import Door
from dialer.core.values.events import (
    Answered,
    Arrived,
    CancelWaits,
    DialFailed,
    HoldChanged,
    Joined,
    KeysUnheard,
    LocalEnded,
    LocalFault,
    Parted,
    PeerLost,
    ReferAnswered,
    Unread,
)
from dialer.core.values.targets import Extension, Target
from dialer.credentials.passport import SigningError
from dialer.ports.line import AnyLineEvent
from dialer.sip import _guard, guard, pjlib, refusal
from dialer.sip.account import TrunkAccount
from dialer.sip.call import KeyWay, LineCall
from dialer.sip.ending import Ending
from dialer.sip.joints import Joints
from dialer.sip.mailbox import Mailbox
from dialer.sip.media import Media, NativeItems
from dialer.sip.orders import Placement

_log = logging.getLogger(__name__)

UseCodecs = Callable[[tuple[str, ...]], None]
"""Has the next offer hold these codecs, best first; the node's own where there are none."""

_WATCH_SECONDS: Final = 1.0
_LONGEST_UNANSWERED: Final = 300.0
"""Far beyond any ring timeout, and what RFC 3261 16.6 (timer C) gives a proxy: three minutes."""
_LONGEST_CALL: Final = 4 * 3600.0
"""Far beyond any limit of the core's."""
_LONGEST_ENDING: Final = 70.0
"""CANCEL and BYE each give up after 64*T1 = 32 s (RFC 3261 9.1, 17.1.2.2); both, and some more."""
_SILENCE_CHECKS: Final = 4
"""How often within `rtp_silence` a call's packet count is read."""
_FIRST_SYSTEM_ERROR: Final = 120000
"""PJ_ERRNO_START_SYS: from here on a status is an errno, so the network's refusal."""


class Calls:
    """All calls between their INVITE and the moment the stack has let go of them."""

    def __init__(
        self, mailbox: Mailbox, media: Media, slots: int, rtp_silence: float, door: Door
    ) -> None:
        self._mailbox = mailbox
        self._media = media
        self._slots = pjlib.CallSlots(slots)
        self._rtp_silence = rtp_silence
        self._accounts: Mapping[str, TrunkAccount] = {}
        self._parameters: Any = None
        self._use_codecs: UseCodecs | None = None
        self._telling: dict[str, LineCall] = {}
        self._held_alive: set[LineCall] = set()
        self._openings: dict[LineCall, tuple[int, NativeItems]] = {}
        self._connected: dict[LineCall, tuple[int, int]] = {}
        self._joints = Joints()
        self.door = door
        self._to_end: list[LineCall] = []
        self._gone: list[LineCall] = []
        self._next_watch = 0.0
        self._closing = False
        self.watchdog_hits = 0
        self.events_told = 0

    @property
    def live(self) -> int:
        """Calls in the stack, those included whose end has been told."""
        return len(self._held_alive)

    def open(self, accounts: Mapping[str, TrunkAccount], use_codecs: UseCodecs) -> None:
        self._accounts = accounts
        self._use_codecs = use_codecs
        self._parameters = pj.CallOpParam(True)
        setting = self._parameters.opt
        setting.audioCount = 1
        setting.videoCount = 0
        setting.textCount = 0

    def dial(self, placement: Placement) -> None:
        # A slot is free again as soon as its call is over, and dropping that call's object
        # afterwards would hang up whoever has the slot then.
        self._drop_gone()
        if self._closing or self._use_codecs is None:
            self._post(placement.attempt, DialFailed(LocalFault.INTERNAL))
            return
        account = self._accounts[placement.trunk]
        call = LineCall(account, placement.attempt, self)
        call.may_refer_to = placement.may_refer_to
        self._telling[placement.attempt] = call
        self._held_alive.add(call)
        self._openings[call] = (placement.play_id, placement.opening)
        call.listens = placement.listens
        parameters = self._parameters
        account.identify(parameters.txOption, placement.caller_id)
        try:
            account.vouch(parameters.txOption, placement.caller_id, placement.callee)
            self._use_codecs(account.settings.codecs)
            call.place(account.callee_uri(placement.callee), parameters)
        except pj.Error as error:
            fault = _fault(error.status)
            if fault is LocalFault.VETOED:
                guard.tell(placement.attempt)
            else:
                # `reason` may quote the URI, and so the number; the status never does.
                _log.warning(
                    "attempt %s: no INVITE (PJSIP status %d)", placement.attempt, error.status
                )
            self.over(call, DialFailed(fault))
        except SigningError as error:
            _log.error("attempt %s: no INVITE, for nothing is signed: %s", placement.attempt, error)
            self.over(call, DialFailed(LocalFault.VETOED))

    def end(self, attempt: str) -> None:
        call = self._telling.get(attempt)
        if call is not None and call.ending_since is None:
            self._end(call)

    def send_keys(self, attempt: str, keys: str) -> None:
        call = self._telling.get(attempt)
        if call is None or call.answered_at is None:
            return
        try:
            call.send_keys(keys)
        except pj.Error as error:
            _log.warning("attempt %s: keys not sent (PJSIP status %d)", attempt, error.status)

    def let_in(self, account: TrunkAccount, name: str, call_id: int, arrived: Arrived) -> None:
        """A call that came in rings at its caller's end, and the event loop is told.

        `account` is PJSIP's for it; codecs, keys and media go by the trunk that it came by.
        """
        self._drop_gone()
        call = LineCall(account, name, self, call_id)
        call.account = self._accounts[arrived.trunk]
        self._telling[name] = call
        self._held_alive.add(call)
        self._post(name, arrived)
        try:
            call.ring()
        except pj.Error as error:
            _log.warning("call %s: no 180 (PJSIP status %d)", name, error.status)
            self._tell_end(call, PeerLost("no reply could be sent"))
            self._to_end.append(call)

    def answer(self, name: str, play_id: int, opening: NativeItems) -> None:
        call = self._telling.get(name)
        if call is None or call.ending_since is not None or self._use_codecs is None:
            return
        self._openings[call] = (play_id, opening)
        try:
            self._use_codecs(call.account.settings.codecs)
            call.accept(self._parameters)
        except pj.Error as error:
            _log.warning("call %s: no 200 (PJSIP status %d)", name, error.status)
            self._tell_end(call, PeerLost("no reply could be sent"))
            self._end(call)

    def turn_away(self, name: str, code: int, retry_after: int | None) -> None:
        call = self._telling.get(name)
        if call is not None and call.ending_since is None and call.answered_at is None:
            call.ending_since = time.monotonic()
            refusal.refuse(call, code, retry_after)

    def join(self, attempt: str, other: str) -> None:
        calls = [self._telling.get(name) for name in (attempt, other)]
        if attempt == other or not all(
            call
            and call.answered_at is not None
            and call.ending_since is None
            and self._joints.partner(call) is None
            for call in calls
        ):
            return
        one, two = (call for call in calls if call is not None)
        for call, partner in ((one, two), (two, one)):
            if call.handle:
                self._media.silence(call.handle)
                if self._connected.pop(call, None):
                    self._media.disconnect(call.handle)
            self._put(call.attempt, Joined(partner.attempt))
        self._joints.join(one, two)
        self._mailbox.wake()

    def part(self, attempt: str) -> None:
        call = self._telling.get(attempt)
        if call is not None:
            self._part(call)

    def refer(self, attempt: str, target: Target) -> None:
        call = self._telling.get(attempt)
        if call is None or call.answered_at is None or not call.refer_over:
            return
        try:
            # An extension is called at its own exchange, whoever is asked to call it.
            at = self._accounts.get(target.at) if isinstance(target, Extension) else None
            call.refer((at or call.account).callee_uri(target))
        except pj.Error as error:
            call.refer_over = True
            _log.warning("attempt %s: no REFER (PJSIP status %d)", attempt, error.status)
            self.tell(call, ReferAnswered(503, over=True))

    def tell_referrer(self, attempt: str, code: int) -> None:
        call = self._telling.get(attempt)
        if call is None or call.ending_since is not None:
            return
        try:
            call.notify(code)
        except pj.Error as error:
            _log.warning("attempt %s: no NOTIFY (PJSIP status %d)", attempt, error.status)

    def end_all(self) -> None:
        """End every call; no new one is placed from now on."""
        self._closing = True
        for call in list(self._held_alive):
            if call.ending_since is None:
                self._end(call)

    def abandon(self) -> None:
        """Let go of what is left, before the stack is destroyed."""
        for call in list(self._held_alive):
            self.over(call, LocalEnded())
        self._drop_gone()
        self._accounts = {}
        self._parameters = None

    def tend(self, now: float) -> None:
        """Do what may not be done inside callbacks, and once a second look after every call."""
        while self._to_end:
            call = self._to_end.pop()
            if call in self._held_alive:  # else somebody else may have its slot
                self._end(call)
        self._drop_gone()
        if now >= self._next_watch:
            self._next_watch = now + _WATCH_SECONDS
            self._watch(now)

    def unread(self, sip_call_id: str, reply: Unread) -> None:
        """A reply to the INVITE with this Call-ID could not be read."""
        for call in list(self._telling.values()):
            if call.sip_call_id == sip_call_id != "" and call.answered_at is None:
                self.tell(call, reply)

    # What calls report.

    def tell(self, call: LineCall, event: AnyLineEvent) -> None:
        if not call.told:
            self._post(call.attempt, event)

    def may_be_moved(self, call: LineCall) -> bool:
        return self._joints.partner(call) is not None and not call.told

    def key(self, call: LineCall, key: str) -> None:
        now = time.monotonic()
        # Who sends keys as events or by INFO may send the tones as well: one press is one key.
        is_new = bool(call.handle) and self._media.key_came(call.handle, key, now)
        partner = self._joints.partner(call)
        if partner is None:
            if is_new:
                self.tell(call, DtmfReceived(call.handle, now, key))
        elif not partner.told:
            # Whoever two people on the line press keys for, it is not us.
            self.send_keys(partner.attempt, key)

    def answered(self, call: LineCall) -> None:
        play_id, opening = self._openings.pop(call, (0, ()))
        # First in order, for PlaybackStarted comes on another thread; but nobody is woken while
        # the callee waits for the first word.
        self._put(call.attempt, Answered())
        if call.held:
            self._put(call.attempt, HoldChanged(held=True))
        if call.ending_since is None and opening:
            call.handle = self._media.open(call.attempt, call.listens)
            self._media.play(call.attempt, play_id, opening)
            self._connect(call)
        elif call.ending_since is not None:
            # The 200 has crossed our CANCEL: ACKed by now, it gets its BYE (RFC 3261 9.1, 15).
            self._to_end.append(call)
        self._mailbox.wake()

    def media_changed(self, call: LineCall, *, held: bool) -> None:
        changed = held is not call.held
        call.held = held
        if call.answered_at is None or call.ending_since is not None:
            return
        call.heard_at = time.monotonic()
        self._connect(call)
        if changed:
            self.tell(call, HoldChanged(held))

    def over(self, call: LineCall, ending: Ending) -> None:
        self._openings.pop(call, None)
        if call in self._held_alive:
            self._held_alive.discard(call)
            self._gone.append(call)
        self._tell_end(call, ending)

    def broken(self, call: LineCall) -> None:
        _log.exception("attempt %s: a callback failed; ending the call", call.attempt)
        self._tell_end(call, _lost(call, "internal error"))
        self._to_end.append(call)

    def _post(self, attempt: str, event: AnyLineEvent) -> None:
        self._put(attempt, event)
        self._mailbox.wake()

    def _put(self, attempt: str, event: AnyLineEvent) -> None:
        self.events_told += 1
        self._mailbox.put(attempt, time.monotonic(), event)

    def _tell_end(self, call: LineCall, ending: Ending) -> None:
        if call.told:
            return
        call.told = True
        del self._telling[call.attempt]
        self.door.left(call.attempt)
        self._silence(call)
        self._post(call.attempt, ending)

    def _end(self, call: LineCall) -> None:
        self._silence(call)
        ending = call.end()
        if ending is pjlib.Ending.FAILED:
            self.over(call, LocalEnded())
        elif ending is pjlib.Ending.WAITS:
            self.tell(call, CancelWaits())

    def _part(self, call: LineCall) -> None:
        """Let what was joined be listened to again, whatever of it still lives."""
        other = self._joints.part(call)
        for each in (call, other):
            if each is not None and other is not None and not each.told:
                if each.ending_since is None:
                    self._connect(each)
                self._put(each.attempt, Parted())
        self._mailbox.wake()

    def _silence(self, call: LineCall) -> None:
        self._connected.pop(call, None)
        if call.handle:
            handle, call.handle = call.handle, 0
            self._media.close(handle)
        self._part(call)

    def _connect(self, call: LineCall) -> None:
        """Bring the bridge's connection in line with where the call's media is now."""
        wanted = (call.slot, call.streams)
        if self._joints.partner(call) is not None:
            self._joints.refresh(call)
            return
        if not call.handle:
            return
        if call.held or call.slot < 0:
            if self._connected.pop(call, None):
                self._media.disconnect(call.handle)
        elif self._connected.get(call) != wanted:
            self._media.connect(call.handle, call.slot)
            self._connected[call] = wanted
            self._find_keys(call)

    def _find_keys(self, call: LineCall) -> None:
        """Have a new stream's keys heard as they come, or say that they cannot be."""
        way = call.key_way()
        self._media.hear_keys(call.handle, in_band=way is not KeyWay.EVENTS)
        if way is KeyWay.MAYBE and not call.keys_unheard:
            call.keys_unheard = True
            self.tell(call, KeysUnheard(call.getStreamInfo(0).codecName))

    def _drop_gone(self) -> None:
        self._gone.clear()

    # The watch.

    def _watch(self, now: float) -> None:
        used = self._slots.used()
        holder = {call.getId(): call for call in sorted(self._held_alive, key=_placed_at)}
        for call in list(self._held_alive):
            slot = call.getId()
            if slot not in used or holder[slot] is not call:
                # The stack let go of it without a word (pjproject issue 4992).
                self._give_up(call)
            elif call.ending_since is not None:
                if now - call.ending_since > _LONGEST_ENDING:
                    self._give_up(call)
            elif now - call.placed_at > (
                _LONGEST_CALL if call.answered_at else _LONGEST_UNANSWERED
            ):
                self.watchdog_hits += 1
                self._lose(call, "watchdog")
            elif self._rtp_silence and call.answered_at is not None and not call.held:
                self._listen(call, now)

    def _listen(self, call: LineCall, now: float) -> None:
        """See whether the far side has sent anything since the last look."""
        if now < call.next_listen:
            return
        call.next_listen = now + max(_WATCH_SECONDS, self._rtp_silence / _SILENCE_CHECKS)
        try:
            heard = call.packets_heard()
        except pj.Error:
            return  # between two streams; the next look will tell
        if heard != call.heard:
            call.heard = heard
            call.heard_at = now
        elif now - call.heard_at > self._rtp_silence and not (
            # A person who holds the other one may send no sound, and no word of it either.
            self._joints.partner(call) is not None and call.may_be_there(now)
        ):
            self._lose(call, "rtp silence")

    def _lose(self, call: LineCall, why: str) -> None:
        """End a call that has lost its far side, or its way."""
        self._tell_end(call, _lost(call, why))
        self._end(call)

    def _give_up(self, call: LineCall) -> None:
        """Let go of a call of which the stack knows nothing any more."""
        self.watchdog_hits += 1
        _log.error("attempt %s: lost by the SIP stack", call.attempt)
        self._openings.pop(call, None)
        self._held_alive.discard(call)
        ours = call.ending_since is not None
        self._tell_end(call, LocalEnded() if ours else _lost(call, "watchdog"))
        # Its destructor would hang up whoever has its slot now: it must never run.
        call.__disown__()


def _placed_at(call: LineCall) -> float:
    return call.placed_at


def _lost(call: LineCall, why: str) -> Ending:
    if call.came_in or call.answered_at is not None:
        return PeerLost(why)
    return DialFailed(LocalFault.INTERNAL)


def _fault(status: int) -> LocalFault:
    if status == _guard.VETOED:
        return LocalFault.VETOED
    return LocalFault.TRANSPORT if status >= _FIRST_SYSTEM_ERROR else LocalFault.INTERNAL
