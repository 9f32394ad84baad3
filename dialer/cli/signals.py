"""What a run does at signals: nothing but SIGKILL cuts calls off."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

_log = logging.getLogger(__name__)

DRAINING: Final = (signal.SIGTERM, signal.SIGINT)
"""The first drains, a second one of them ends live calls at once."""
IGNORED: Final = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP)
"""Programs that rotate logs send them, and terminals; each would kill or stop the process."""


class Drained(Protocol):
    """What can be told to place no more calls."""

    def drain(self, *, at_once: bool) -> object:
        """Let live calls finish, or end them."""


class Signals:
    """`with Signals(running)`: signals drain the run.

    SIGHUP drains however often it comes, for a terminal that closes sends it twice; where it was
    ignored at the start (nohup), it stays so. SIGQUIT ends live calls at once.
    """

    def __init__(self, running: Drained) -> None:
        self._running = running
        self._told = False
        self._heeded: list[signal.Signals] = []

    def __enter__(self) -> None:
        for number in DRAINING:
            self._heed(number, self._drain)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            self._heed(signal.SIGHUP, self._hang_up)
        self._heed(signal.SIGQUIT, self._end)
        for number in IGNORED:
            self._heed(number, partial(self._ignore, number.name))

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in self._heeded:
            loop.remove_signal_handler(number)

    def _heed(self, number: signal.Signals, act: Callable[[], None]) -> None:
        asyncio.get_running_loop().add_signal_handler(number, act)
        self._heeded.append(number)

    def _drain(self) -> None:
        if self._told:
            self._end()
        else:
            self._hang_up()

    def _hang_up(self) -> None:
        if not self._told:
            self._told = True
            _log.info("no new calls; live ones finish")
            self._running.drain(at_once=False)

    def _end(self) -> None:
        self._told = True
        _log.info("ending live calls now")
        self._running.drain(at_once=True)

    def _ignore(self, name: str) -> None:
        _log.info("%s means nothing here and is ignored; SIGTERM drains", name)
