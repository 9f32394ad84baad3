"""How far the checking of contacts is: a million rows take some fifteen seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from dialer.cli.view import PLAIN_EVERY, Say, to_stderr


@contextmanager
def counted_rows(console: Console, say: Say = to_stderr) -> Iterator[Callable[[int], None]]:
    """What to call with the rows checked so far: a line in place, or `say` every few seconds."""
    if console.is_terminal:
        with console.status("checking contacts") as status:
            yield lambda rows: status.update(_words(rows))
        return
    last = time.monotonic()

    def tell(rows: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PLAIN_EVERY:
            last = now
            say(_words(rows))

    yield tell


def _words(rows: int) -> str:
    return f"checking contacts: {rows:,} rows"
