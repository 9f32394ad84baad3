"""The header of contacts.csv: which columns there are, and what is missing."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dialer.errors import Fault, InputError
from dialer.files.columns import named, suggestion
from dialer.files.csv_lines import BrokenFileError, CsvLines
from dialer.reading.tree import printable
from dialer.reading.unseen import shown

NEEDED: Final[dict[str, str]] = {
    "number": "The number to call: E.164, with + and country code. A number may occur only once.",
    "consent_purpose": "The purpose that the contact has agreed to: the campaign's `purpose`.",
    "consent_source": "Who collected the consent, and where. Never `lab`.",
    "consent_at": "When: ISO 8601 with time zone, `2026-05-01T09:30:00+08:00`; not in the future.",
    "consent_ref": "Where the evidence is kept.",
}
CONSENT: Final = tuple(name for name in NEEDED if name.startswith("consent_"))
OPTIONAL: Final[dict[str, str]] = {
    "timezone": "The contact's own time zone, `Asia/Shanghai`; may be empty.",
}
_MOST_COLUMNS: Final = 200
_LONGEST_NAME: Final = 64
_OTHER_MARKS: Final = (";", "\t", "|", "\uff1b", "\uff0c")


@dataclass(frozen=True, slots=True)
class Header:
    """`columns` in file order; `place` maps each to its position."""

    columns: tuple[str, ...]
    place: Mapping[str, int]
    variables: tuple[str, ...]

    @property
    def has_consent(self) -> bool:
        """Whether the file says who has agreed; only that of a lab may not."""
        return all(name in self.place for name in CONSENT)


def read_header(
    file: str, lines: CsvLines, *, columns: Mapping[str, str] | None = None, lab: bool = False
) -> Header:
    """The file's first row, checked. Raises InputError with every fault of it.

    `columns` maps what the file calls its columns to what they are. In a `lab` it may name no
    column of consent at all.
    """
    first = lines.header()
    line = lines.header_line
    if not first:
        raise BrokenFileError(line, f"the first line must name the columns: {','.join(NEEDED)}")
    names, faults = named(first, columns or {})
    needed = [name for name in NEEDED if not (lab and name in CONSENT)]
    if lab and any(name in names for name in CONSENT):
        needed = list(NEEDED)
    faults += _faults(names, needed)
    if faults:
        raise InputError([Fault(file, line, key, what) for key, what in faults])
    fixed = {*NEEDED, *OPTIONAL}
    return Header(
        tuple(names),
        {name: position for position, name in enumerate(names)},
        tuple(name for name in names if name not in fixed),
    )


def _faults(columns: Sequence[str], needed: Sequence[str]) -> list[tuple[str, str]]:
    marks = [mark for mark in _OTHER_MARKS if mark in columns[0]]
    if len(columns) == 1 and marks:
        return [("file", _separated(columns[0], marks[0]))]
    if len(columns) > _MOST_COLUMNS:
        return [("file", f"has {len(columns)} columns; at most {_MOST_COLUMNS} can be right")]
    faults = []
    extra = [name for name in columns if name not in NEEDED and name not in OPTIONAL]
    for name in needed:
        if name not in columns:
            near = difflib.get_close_matches(name, extra, 1, 0.7)
            meant = f"; is {printable(near[0])} meant?" if near else ""
            faults.append((name, f"column is missing{meant}"))
    for position, name in enumerate(columns):
        if name and name in columns[:position]:
            faults.append((shown(name), "column is given twice"))
        elif not name:
            what = "has no name, and is not at the end: name it in the first line, or delete it"
            faults.append((f"column {position + 1}", what))
        elif not name.isidentifier() or len(name) > _LONGEST_NAME:
            what = "column name must be letters, digits and _, so that a script can name it"
            near_by = suggestion(name, columns)
            faults.append((shown(name), what + (f": {near_by}" if near_by else "")))
    return faults


def _separated(line: str, mark: str) -> str:
    right = shown(",".join(line.split(mark)), 200)
    what = f"columns are separated by commas, not by {mark!r}"
    return f"{what}: save it as CSV UTF-8 (comma delimited); the first line would be {right}"
