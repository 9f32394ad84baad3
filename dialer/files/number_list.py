"""A list of numbers, such as a do-not-call list: one a line, or the column `number` of a CSV file.

Read once, whole or not at all, with every fault; eight bytes a number are kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dialer.core.values.number import E164, BadNumberError
from dialer.errors import Fault, InputError
from dialer.files.columns import ListForm, folded, meant
from dialer.files.csv_lines import BrokenFileError, CsvLines, width_fault
from dialer.files.faults import FileFaults
from dialer.files.numbers import NumberReader
from dialer.reading.unseen import shown

COLUMN: Final = "number"
_AS_OURS: Final = ListForm()


@dataclass(frozen=True, slots=True)
class NumberList:
    """The numbers of a file, each once. `digest` is the hex SHA-256 of the file's bytes."""

    digits: NDArray[np.uint64]
    repeats: int
    """Lines that gave a number which was there before; harmless."""
    digest: str
    skipped: tuple[Fault, ...] = ()
    """Notices of blank rows and empty columns that were passed over."""

    def __len__(self) -> int:
        return len(self.digits)

    def numbers(self) -> Iterator[E164]:
        """The numbers, in no order that means anything."""
        return (E164(f"+{digits}") for digits in self.digits.tolist())


def read_number_list(path: Path, form: ListForm = _AS_OURS) -> NumberList:
    """The numbers of the file at `path`. Raises InputError with every fault of it."""
    faults = FileFaults(str(path))
    digits = array("Q")
    digest = ""
    skipped: tuple[Fault, ...] = ()
    try:
        with CsvLines(path, form.encoding) as lines:
            _read(lines, form, faults, digits)
            digest, skipped = lines.digest(), lines.skipped()
    except BrokenFileError as broken:
        faults.add(broken.line, broken.key, broken.what)
    if not faults.total and not digits:
        faults.add(1, "file", "holds no number")
    if faults.total:
        raise InputError(faults.all())
    once = np.unique(np.frombuffer(digits, dtype=np.uint64))
    return NumberList(once, len(digits) - len(once), digest, skipped)


def _read(lines: CsvLines, form: ListForm, faults: FileFaults, digits: array[int]) -> None:
    first = lines.header()
    if not first:
        raise BrokenFileError(1, "is empty: write one number a line, or a CSV file with a header")
    at = _column_of(first, form)
    reader = NumberReader(form.country)

    def take(line: int, text: str) -> None:
        try:
            digits.append(int(reader.read(text)))
        except BadNumberError as error:
            faults.add(line, COLUMN, error.told if text else "is empty")

    if at is None:
        if len(first) > 1:
            # What stands there is not repeated: without a header it is somebody's.
            raise BrokenFileError(lines.header_line, "none of the columns has this name", COLUMN)
        take(lines.header_line, first[0])
    width = len(first)
    for line, cells in lines.rows(faults.add):
        if len(cells) != width:
            faults.add(line, "file", width_fault(cells, width, "the first line"))
        else:
            take(line, cells[at or 0])


def _column_of(first: Sequence[str], form: ListForm) -> int | None:
    """Which column holds the numbers; None where the first line names none that does.

    Raises BrokenFileError where several may.
    """
    own = {folded(name) for name, column in form.columns.items() if column == COLUMN}
    for is_it in (
        lambda name: folded(name) in own,
        lambda name: name.lower() == COLUMN,
        lambda name: meant(name) == COLUMN,
    ):
        found = [at for at, name in enumerate(first) if is_it(name)]
        if len(found) > 1:
            both = " and ".join(shown(first[at]) for at in found)
            raise BrokenFileError(0, f"{both} may all be it; delete the others", COLUMN)
        if found:
            return found[0]
    return None
