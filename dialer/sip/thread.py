"""The SIP thread: one Python thread that polls pjsua2 and runs what others post to it."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

_log = logging.getLogger(__name__)

NAME: Final = "sip"
_POLL_MS: Final = 5
"""How long a poll may wait for the network: half of it is what a command waits on average."""
_COMMANDS_A_TURN: Final = 20
"""Each may place a call, which takes some 0.5 ms; the network must not wait for them all."""


class Stack(Protocol):
    """What lives on the thread; every method is called there, and nowhere else."""

    def open(self) -> None:
        """Bring the stack up; what it raises is raised by `SipThread.start`."""
        ...

    def poll(self, milliseconds: int) -> None:
        """Handle what comes from the network, waiting for it at most so long."""
        ...

    def tend(self, now: float) -> None:
        """Look after what no event brings; called about once a poll."""
        ...

    def begin_close(self) -> None:
        """End every call."""
        ...

    @property
    def is_quiet(self) -> bool:
        """Whether no call is left."""
        ...

    def close(self) -> None:
        """Take the stack down, whatever is left of it."""
        ...


class SipThread:
    """Runs a `Stack`. `post` may be called on any thread, the rest on the event loop's."""

    def __init__(self, stack: Stack, close_within: float) -> None:
        self._stack = stack
        self._close_within = close_within
        self._commands: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._over: asyncio.Future[None] | None = None
        self.commands_run = 0

    @property
    def commands_queued(self) -> int:
        return len(self._commands)

    async def start(self) -> None:
        """Start the thread; raises what the stack raised while it was brought up."""
        loop = asyncio.get_running_loop()
        up: asyncio.Future[None] = loop.create_future()
        self._over = loop.create_future()
        self._thread = threading.Thread(
            target=self._run, args=(loop, up, self._over), name=NAME, daemon=True
        )
        self._thread.start()
        # A thread that is cut off in the middle of PJSIP as the interpreter ends takes the whole
        # process down with an abort.
        atexit.register(self._stop_at_exit)
        await up

    async def stop(self) -> None:
        """End every call and the stack; returns when the thread is over."""
        if self._over is None:
            return
        self._stopping.set()
        await asyncio.shield(self._over)
        atexit.unregister(self._stop_at_exit)

    def post(self, command: Callable[..., None], *arguments: Any) -> None:
        """Run `command(*arguments)` on the thread, after what was posted before."""
        self._commands.append((command, arguments))

    def _stop_at_exit(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(
        self,
        loop: asyncio.AbstractEventLoop,
        up: asyncio.Future[None],
        over: asyncio.Future[None],
    ) -> None:
        try:
            self._stack.open()
        except BaseException as error:  # noqa: BLE001  whoever awaits `up` gets it, whatever it is
            self._guarded(self._stack.close)
            _settle(loop, up, error)
            _settle(loop, over)
            return
        _settle(loop, up)
        while not self._stopping.is_set():
            self._turn()
        self._guarded(self._stack.begin_close)
        deadline = time.monotonic() + self._close_within
        # A dial that waits in the queue is owed its end as well.
        while (self._commands or not self._stack.is_quiet) and time.monotonic() < deadline:
            self._turn()
        self._guarded(self._stack.close)
        _settle(loop, over)

    def _turn(self) -> None:
        commands = self._commands
        for _ in range(min(len(commands), _COMMANDS_A_TURN)):
            command, arguments = commands.popleft()
            self._guarded(command, *arguments)
            self.commands_run += 1
        self._guarded(self._stack.poll, 0 if commands else _POLL_MS)
        self._guarded(self._stack.tend, time.monotonic())

    @staticmethod
    def _guarded(function: Callable[..., None], *arguments: Any) -> None:
        """One failing command must not take the calls of all others down with it."""
        try:
            function(*arguments)
        except Exception:  # noqa: BLE001  it is logged with its traceback
            _log.exception("a task of the SIP thread failed")


def _settle(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[None],
    error: BaseException | None = None,
) -> None:
    """Give a future of the loop its result, unless nobody waits for it any more."""

    def settle() -> None:
        if future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    with contextlib.suppress(RuntimeError):  # the loop has closed
        loop.call_soon_threadsafe(settle)
