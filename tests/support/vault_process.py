"""A process with an open vault, whose memory a test looks through. Told what to do on stdin.

It prints the wrapped keys, and answers each line when that is done. It never sees a plain data key
other than through the vault.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from dialer.core.values.number import E164
from dialer.testing import MemoryKeys
from dialer.vault import Masters, Vault, from_file
from tests.support.vault import CARDS


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    kept = MemoryKeys()
    with kept.transaction() as shelf:
        vault = Vault.create(Masters(from_file(Path(sys.argv[1]))), shelf)
        changes = vault.changes(shelf)
        changes.obtain(CARDS)
        keys = changes.rotate(CARDS)
    changes.committed()
    column = keys.column("contact", "number")
    for row in range(100):
        column.open(row, column.seal(row, b"some text"))
    vault.lookup.number(E164("+8613812345678"))
    with keys.stream_writer("recording", 1, io.BytesIO()) as stream:
        stream.write(b"sound")
    with kept.transaction() as shelf:
        for key in shelf.everything():
            assert key.wrapped is not None
            say(f"{key.name} {key.generation} {key.master} {key.wrapped.hex()}")
    say("open")
    sys.stdin.readline()
    with kept.transaction() as shelf:
        changes = vault.changes(shelf)
        changes.destroy(CARDS)
    changes.committed()
    say("destroyed")
    sys.stdin.readline()


if __name__ == "__main__":
    main()
