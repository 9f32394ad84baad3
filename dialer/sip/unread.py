"""What could not be read of what the trunks sent: counted by trunk, and told once a minute."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from dialer.core.trunks.trunk_state import Question
from dialer.core.values.events import Unread
from dialer.sip import _unread
from dialer.sip.account import TrunkAccount
from dialer.sip.calls import Calls

_log = logging.getLogger(__name__)

TELL_AGAIN: Final = 60.0
_ASKED: Final = {b"REGISTER": Question.REGISTER, b"OPTIONS": Question.OPTIONS}
_METHODS: Final = frozenset(
    {
        *("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER"),
        *("UPDATE", "PRACK", "INFO", "REFER", "NOTIFY", "MESSAGE"),
    }
)

TellQuestion = Callable[[str, Question, int], None]
"""Told of a trunk's reply to a question that could not be read, with its code."""


class UnreadMessages:
    """All of it on the SIP thread but `counts`, which any thread may read."""

    def __init__(self, calls: Calls, asked: TellQuestion) -> None:
        self._calls = calls
        self._asked = asked
        self._accounts: Mapping[str, TrunkAccount] = {}
        self._told: dict[str, tuple[float, int]] = {}
        self._counts: dict[str, int] = {}

    def open(self, accounts: Mapping[str, TrunkAccount]) -> None:
        self._accounts = accounts
        self._counts = dict.fromkeys(accounts, 0)

    def abandon(self) -> None:
        """Let go of the accounts, before the stack is destroyed."""
        self._accounts = {}

    def counts(self) -> Mapping[str, int]:
        """Messages of each trunk that could not be read, or not in full."""
        return dict(self._counts)

    def tend(self, now: float) -> None:
        for note in _unread.notes():
            trunks = [
                name
                for name, account in self._accounts.items()
                if account.may_come_from(note.source)
            ]
            for name in trunks[:1]:
                self._counts[name] += 1
                self._log(name, note, now)
            if trunks and note.dropped and note.code:
                self._reply_lost(trunks, note)

    def _reply_lost(self, trunks: list[str], note: _unread.Note) -> None:
        question = _ASKED.get(note.method)
        if question is not None:
            for name in trunks:
                self._asked(name, question, note.code)
        elif note.method in {b"INVITE", b""} and note.code > 100:
            self._calls.unread(note.call_id.decode("latin-1"), Unread(note.code))

    def _log(self, trunk: str, note: _unread.Note, now: float) -> None:
        at, untold = self._told.get(trunk, (-TELL_AGAIN, 0))
        if now - at < TELL_AGAIN:
            self._told[trunk] = (at, untold + 1)
            return
        self._told[trunk] = (now, 0)
        method = note.method.decode("latin-1")
        method = method if method in _METHODS else "another method"
        what = f"its {note.code} to {method}" if note.code else f"its {method}"
        _log.warning(
            "trunk %s: %s %s (header: %s)%s",
            trunk,
            what,
            "could not be read" if note.dropped else "could not be read in full",
            note.header or "not one that we know",
            f"; and {untold} messages since it was told before" if untold else "",
        )
