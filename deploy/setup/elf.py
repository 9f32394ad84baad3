"""What a program or library asks the dynamic loader for, read from the file itself.

It is not asked by starting the loader, for that also looks into this machine's own folders.
"""

from __future__ import annotations

import itertools
import mmap
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# An ELF file of 64 bits, least significant byte first: all that Debian has on amd64 and arm64.
_MAGIC = b"\x7fELF\x02\x01"
_LOAD, _DYNAMIC = 1, 2
_END, _NEEDED, _STRINGS, _RUNPATH = 0, 1, 5, 29
_SEGMENT = struct.Struct("<I4xQQ8xQ")
_ENTRY = struct.Struct("<qQ")


def missing(file: Path, there: set[str]) -> list[str]:
    """Of the libraries that it needs, those neither `there` nor where it looks beside itself.

    None where it is no such file, or static. What it looks for elsewhere in the machine's own
    folders is missing all the same.
    """
    with file.open("rb") as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            return []
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            needed, run_path = _asked(data)
    beside = [
        file.parent / part.removeprefix("$ORIGIN").lstrip("/")
        for part in ":".join(run_path).split(":")
        if part.startswith("$ORIGIN")
    ]
    return [
        name
        for name in needed
        if name not in there and not any((folder / name).exists() for folder in beside)
    ]


def _asked(data: mmap.mmap) -> tuple[list[str], list[str]]:
    """The libraries needed, and the run path."""
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    segments = [_SEGMENT.unpack_from(data, table + size * number) for number in range(count)]
    entries: list[tuple[int, int]] = []
    for kind, offset, _, length in segments:
        if kind == _DYNAMIC:
            entries += _ENTRY.iter_unpack(data[offset : offset + length])
    entries = list(itertools.takewhile(lambda entry: entry[0] != _END, entries))
    # Where the strings stand is told as an address in memory; the segments say where in the file.
    strings = dict(entries).get(_STRINGS, 0)
    base = next(
        (
            strings - address + offset
            for kind, offset, address, length in segments
            if kind == _LOAD and address <= strings < address + length
        ),
        0,
    )

    def told(wanted: int) -> list[str]:
        starts = [base + value for tag, value in entries if tag == wanted]
        return [data[start : data.find(b"\0", start)].decode() for start in starts]

    return told(_NEEDED), told(_RUNPATH)
