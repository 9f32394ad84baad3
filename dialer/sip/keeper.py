"""Carries out on the SIP thread what `dialer.core.trunks.trunk_state` decides for each trunk."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping

import pjsua2 as pj

from dialer.core.trunks.trunk_state import Question, StateReason, TrunkReply, TrunkState, TrunkWatch
from dialer.sip.account import TrunkAccount
from dialer.sip.names import Hop
from dialer.sip.settings import TrunkSettings

_log = logging.getLogger(__name__)

TellState = Callable[[TrunkState], None]
"""Hears of a trunk's state when it changes; called on the SIP thread."""


class Keeper:
    """The trunks' registrations and probes."""

    def __init__(self, trunks: Iterable[TrunkSettings], now: float, tell: TellState) -> None:
        self._tell = tell
        self._watches = {trunk.name: _watch(trunk, now) for trunk in trunks}
        self._told = self.states()
        self._accounts: Mapping[str, TrunkAccount] = {}
        self._next = 0.0
        self._leaving: set[str] = set()
        self._busy: set[str] = set()
        self._to_leave: list[str] = []
        self._hops: dict[tuple[str, Question], Hop | None] = {}

    def open(self, accounts: Mapping[str, TrunkAccount]) -> None:
        self._accounts = accounts

    def states(self) -> dict[str, TrunkState]:
        """What is known of each trunk, by name."""
        return {name: watch.state for name, watch in self._watches.items()}

    def tend(self, now: float) -> None:
        """Ask what is due."""
        while self._to_leave:
            self._leave(self._to_leave.pop())
        if now < self._next:
            return
        for name, watch in self._watches.items():
            for question in watch.due(now):
                self._ask(name, question)
            if watch.state.why is StateReason.NO_REPLY is not self._told[name].why:
                self._silent(name, watch.state.question)
            self._look(name)
        self._set_next()

    def answered(self, name: str, question: Question, answer: TrunkReply) -> None:
        """What came of a question; called by the trunk's account."""
        if name in self._busy and question is Question.REGISTER:
            # What was under way as we closed is over.
            self._busy.discard(name)
            self._to_leave.append(name)
        elif question is Question.REGISTER:
            self._leaving.discard(name)
        self._judge_hop(name, question, heard=answer.heard)
        now = time.monotonic()
        lot = random.random()  # noqa: S311  spreads load, guards nothing
        self._watches[name].answered(question, answer, now, lot)
        self._look(name)
        self._set_next()

    def unread(self, name: str, question: Question, code: int) -> None:
        """A reply to a question came that could not be read at all."""
        if self._watches[name].is_asking(question):
            self.answered(name, question, TrunkReply(code, read=False))
            if question is Question.REGISTER:
                self._accounts[name].end_register()

    def found(self, name: str, *, found: bool) -> None:
        """Whether it is known where the trunk is."""
        self._watches[name].found(time.monotonic(), found=found)
        self._look(name)
        self._set_next()

    def connection_lost(self, name: str) -> None:
        """The trunk's connection has ended: who registered over it can be reached no more."""
        self._watches[name].refresh(time.monotonic())
        self._set_next()

    def begin_close(self) -> None:
        """Take back every registration (RFC 3261 10.2.2); nothing is asked any more."""
        for name, watch in self._watches.items():
            registered, refreshing = watch.state.registered, watch.is_asking(Question.REGISTER)
            watch.close(time.monotonic())
            self._look(name)
            if registered and refreshing:
                # One REGISTER at a time (RFC 3261 10.2).
                self._leaving.add(name)
                self._busy.add(name)
            elif registered:
                self._leave(name)
        self._set_next()

    @property
    def is_quiet(self) -> bool:
        """Whether every registration that is being taken back has been answered for."""
        return not self._leaving

    def abandon(self) -> None:
        """Let go of the accounts, before the stack is destroyed."""
        self._accounts = {}

    def _leave(self, name: str) -> None:
        self._leaving.add(name)
        try:
            self._accounts[name].unregister()
        except pj.Error:
            self._leaving.discard(name)  # the binding runs out by itself

    def _ask(self, name: str, question: Question) -> None:
        account = self._accounts[name]
        self._hops[name, question] = account.aim()
        try:
            account.register() if question is Question.REGISTER else account.probe()
        except pj.Error as error:
            _log.warning(
                "trunk %s: %s not sent (PJSIP status %d)", name, question.value, error.status
            )
            # Unless a callback has told it already.
            self.answered(name, question, TrunkReply(None, heard=False, why=account.why_unsent()))

    def _silent(self, name: str, question: Question | None) -> None:
        """Nobody has answered in time: try another of the trunk's hops, if there is one."""
        account = self._accounts[name]
        if question is Question.OPTIONS:
            silent = self._hops.get((name, question))
            self._judge_hop(name, question, heard=False)
            if account.aim() != silent:
                self._ask(name, question)
        elif question is Question.REGISTER:
            # One at a time (RFC 3261 10.2): what was asked is over before the next one is.
            account.give_up_registering()

    def _judge_hop(self, name: str, question: Question, *, heard: bool) -> None:
        account, hop = self._accounts.get(name), self._hops.pop((name, question), None)
        if account is not None and hop is not None:
            account.well(hop) if heard else account.failed(hop)

    def _look(self, name: str) -> None:
        state = self._watches[name].state
        if self._told.get(name) != state:
            self._told[name] = state
            self._tell(state)

    def _set_next(self) -> None:
        self._next = min(
            (watch.next_deadline() for watch in self._watches.values()), default=float("inf")
        )


def _watch(trunk: TrunkSettings, now: float) -> TrunkWatch:
    registers = trunk.registration is not None
    return TrunkWatch(trunk.name, now, registers=registers, probe_every=trunk.options_every)
