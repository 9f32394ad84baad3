"""A sign of life for whatever may take over a second: on standard error, only on a terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_AFTER: Final = 0.5
"""Seconds of silence: what is done by then is shown no spinner."""
_EVERY: Final = 0.1
_SIGNS: Final = "|/-\\"


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """`words` with a spinner and the seconds so far, until the block ends; then no trace of it."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    spinner = threading.Thread(target=_spin, args=(words, done), daemon=True)
    spinner.start()
    try:
        yield
    finally:
        done.set()
        spinner.join()


def _spin(words: str, done: threading.Event) -> None:
    began = time.monotonic()
    if done.wait(_AFTER):
        return
    turn = 0
    while not done.wait(_EVERY):
        turn += 1
        seconds = time.monotonic() - began
        sys.stderr.write(f"\r{_SIGNS[turn % len(_SIGNS)]} {words}, {seconds:.0f} s")
        sys.stderr.flush()
    sys.stderr.write("\r\x1b[2K")
    sys.stderr.flush()
