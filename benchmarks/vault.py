"""What sealing costs: microseconds a field, a look-up and a recorded frame, on one core.

    python benchmarks/vault.py

100 calls a second need some 20 fields each; the limits are those of 1 % of a core for them.
Each figure is the best of several runs, which other work on the machine disturbs least.
"""

from __future__ import annotations

import io
import os
import timeit
from collections.abc import Callable

from support.report import finish

from dialer.core.values.number import E164
from dialer.testing import MemoryKeys
from dialer.vault import MasterKey, Masters, Purpose, Scope, Vault
from dialer.vault.material import Secret

FIELD = b"+8613812345678"
ROWS = 1000
FRAME = bytes(320)
"""20 ms of 16-bit sound at 8 kHz."""
RECORDING = 4_000_000
FIELD_LIMIT_US = 5.0


def main() -> None:
    scope = Scope(Purpose.CONTACTS, "bench")
    kept = MemoryKeys()
    with kept.transaction() as shelf:
        vault = Vault.create(Masters(MasterKey(Secret.random())), shelf)
        changes = vault.changes(shelf)
        changes.obtain(scope)
    changes.committed()
    keys = vault.keys(scope)
    column = keys.column("contact", "number")
    sealed = column.seal(1, FIELD)
    rows: list[tuple[int | str, bytes]] = [(row, FIELD) for row in range(ROWS)]
    number = E164(FIELD.decode())
    stream = keys.stream_writer("recording", 1, io.BytesIO())

    recording = io.BytesIO()
    with keys.stream_writer("recording", 2, recording) as whole:
        whole.write(os.urandom(RECORDING))

    def play() -> int:
        recording.seek(0)
        return sum(map(len, keys.stream_reader("recording", 2, recording)))

    seal_us = best(lambda: column.seal(1, FIELD))
    figures = {
        "seal_us": seal_us,
        "open_us": best(lambda: column.open(1, sealed)),
        "seal_in_bulk_us": best(lambda: column.seal_many(rows), 20) / ROWS,
        "lookup_us": best(lambda: vault.lookup.number(number)),
        "record_frame_us": best(lambda: stream.write(FRAME)),
        "record_begin_and_end_us": best(
            lambda: keys.stream_writer("recording", 1, io.BytesIO()).close(), 500
        ),
        "play_mb_per_s": RECORDING / best(play, 1),
        "percent_of_a_core_for_2000_fields_a_second": seal_us * 2000 / 1e4,
    }
    finish(
        "vault",
        {name: round(value, 2) for name, value in figures.items()},
        {name: {"most": FIELD_LIMIT_US} for name in ("seal_us", "open_us", "seal_in_bulk_us")},
    )


def best(call: Callable[[], object], times: int = 20_000) -> float:
    """Microseconds of one call."""
    return min(timeit.repeat(call, number=times, repeat=7)) / times * 1e6


if __name__ == "__main__":
    main()
