"""A list of numbers, such as a do-not-call list: one a line, or the column `number` of a CSV file.

Read once, whole or not at all, with every fault; eight bytes a number are kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dialer.core.values.number import E164, BadNumberError
from dialer.errors import InputError
from dialer.files.csv_lines import BrokenFileError, CsvLines
from dialer.files.faults import FileFaults
from dialer.files.numbers import NumberReader

COLUMN: Final = "number"


@dataclass(frozen=True, slots=True)
class NumberList:
    """The numbers of a file, each once. `digest` is the hex SHA-256 of the file's bytes."""

    digits: NDArray[np.uint64]
    repeats: int
    """Lines that gave a number which was there before; harmless."""
    digest: str

    def __len__(self) -> int:
        return len(self.digits)

    def numbers(self) -> Iterator[E164]:
        """The numbers, in no order that means anything."""
        return (E164(f"+{digits}") for digits in self.digits.tolist())


def read_number_list(path: Path, encoding: str = "utf-8") -> NumberList:
    """The numbers of the file at `path`. Raises InputError with every fault of it."""
    faults = FileFaults(str(path))
    digits = array("Q")
    digest = ""
    try:
        with CsvLines(path, encoding) as lines:
            _read(lines, faults, digits)
            digest = lines.digest()
    except BrokenFileError as broken:
        faults.add(broken.line, broken.key, broken.what)
    if not faults.total and not digits:
        faults.add(1, "file", "holds no number")
    if faults.total:
        raise InputError(faults.all())
    once = np.unique(np.frombuffer(digits, dtype=np.uint64))
    return NumberList(once, len(digits) - len(once), digest)


def _read(lines: CsvLines, faults: FileFaults, digits: array[int]) -> None:
    first = [cell.strip() for cell in lines.header()]
    if not any(first):
        raise BrokenFileError(1, "is empty: write one number a line, or a CSV file with a header")
    names = [cell.lower() for cell in first]
    at = names.index(COLUMN) if COLUMN in names else 0
    reader = NumberReader()

    def take(line: int, text: str) -> None:
        try:
            digits.append(int(reader.read(text)))
        except BadNumberError as error:
            faults.add(line, COLUMN, error.told if text else "is empty")

    if COLUMN not in names:
        if len(first) > 1:
            # What stands there is not repeated: without a header it is somebody's.
            raise BrokenFileError(1, "none of the columns has this name", COLUMN)
        take(1, first[0])
    width = len(first)
    for line, cells in lines.rows(faults.add):
        if len(cells) != width:
            faults.add(line, "file", f"has {len(cells)} fields; the first line has {width}")
        else:
            take(line, cells[at])
