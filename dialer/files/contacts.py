"""`contacts.csv`, read in a stream: checked once whole, then read again for the import.

Two passes, because a fault on the last line must not cost a transaction of a million rows, and
because `dialer check` needs the same answer without a database. The first pass checks every row
and hashes the file; the second only parses, and fails if the file is not the one that was checked.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

import numpy as np

from dialer.core.dialog.filled import FilledWords
from dialer.core.gate.consent import LAB
from dialer.core.values.number import E164, BadNumberError
from dialer.core.values.records import CONSENT_VARIABLES, ContactRow
from dialer.errors import Fault, InputError
from dialer.files.columns import ListForm
from dialer.files.csv_lines import BrokenFileError, CsvLines, width_fault
from dialer.files.faults import FileFaults
from dialer.files.header import CONSENT, Header, read_header
from dialer.files.instants import ISO, instant_text, why_no_instant
from dialer.files.numbers import NumberReader
from dialer.files.zones import ZonesOfCountry
from dialer.reading.text import refuse

_LONGEST: Final = 200
_LONGEST_VARIABLE: Final = 2000
_EARLIEST_YEAR: Final = 1980
_TELL_EVERY: Final = 5000

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a lab's contact, which is nobody, agreed."""
_Consent = tuple[str, str, datetime, str]

_AS_OURS: Final = ListForm()

AtRow = Callable[[int], None]
"""Hears how many rows of contacts have been checked."""


@dataclass(frozen=True, slots=True)
class ContactsSummary:
    """What the first pass found. `digest` is the hex SHA-256 of the file's bytes."""

    rows: int
    variables: tuple[str, ...]
    """Columns beside the fixed ones: the script's variables."""
    digest: str
    skipped: tuple[Fault, ...] = ()
    """Notices of blank rows and empty columns that were passed over."""


def survey_contacts(
    path: Path,
    *,
    now: datetime,
    purpose: str | None = None,
    form: ListForm = _AS_OURS,
    at_row: AtRow | None = None,
    lab: bool = False,
    said: FilledWords | None = None,
) -> tuple[ContactsSummary | None, list[Fault]]:
    """Check every row without keeping any.

    `now` is aware; consent given after it is a fault. Each contact's consent must be for
    `purpose`, where that is given. The summary is None where the file cannot be read to its end.
    At most `MAX_FAULTS` are told, with a last one that counts the rest. `at_row` hears how far it
    is, about every tenth of a second. In a `lab` the columns of consent may be left out together.
    What is `said` to each contact is inspected.
    """
    survey = _Survey(FileFaults(str(path)), now, purpose, form.country, at_row)
    survey.said = said
    try:
        with CsvLines(path, form.encoding) as lines:
            header = read_header(str(path), lines, columns=form.columns, lab=lab)
            survey.read(lines, header)
            digest, skipped = lines.digest(), lines.skipped()
    except BrokenFileError as broken:
        survey.faults.add(broken.line, broken.key, broken.what)
        return None, survey.faults.all()
    except InputError as error:
        return None, list(error.faults)
    survey.find_repeats()
    if survey.rows == 0:
        survey.faults.add(1, "file", "holds no contact")
    summary = ContactsSummary(survey.rows, header.variables, digest, skipped)
    return summary, survey.faults.all()


class _Survey:
    """The first pass: every check that a row must stand."""

    def __init__(
        self,
        faults: FileFaults,
        now: datetime,
        purpose: str | None,
        country: str | None,
        at_row: AtRow | None,
    ) -> None:
        self.faults = faults
        self.at_row = at_row
        self.now = now
        self.purpose = purpose
        self.said: FilledWords | None = None
        self.rows = 0
        self.numbers = NumberReader(country)
        self.zones = ZonesOfCountry()
        # Two machine words a row find every repeat in a file of millions.
        self.seen_numbers = array("Q")
        self.seen_lines = array("Q")

    def read(self, lines: CsvLines, header: Header) -> None:
        wrong = self.faults.add
        width = len(header.columns)
        number_at = header.place["number"]
        zone_at = header.place.get("timezone")
        words = self._words(header)
        zones = available_timezones() if zone_at is not None else set()
        for line, cells in lines.rows(wrong):
            self.rows += 1
            if self.rows % _TELL_EVERY == 0 and self.at_row is not None:
                self.at_row(self.rows)
            if len(cells) != width:
                wrong(line, "file", width_fault(cells, width))
                continue
            if max(map(len, cells)) > _LONGEST:
                self._overlong(line, cells, header)
            number = self._number(line, cells[number_at])
            if header.has_consent:
                self._consent(line, cells, header)
            zone = cells[zone_at] if zone_at is not None else ""
            if zone and zone not in zones:
                wrong(line, "timezone", "is no IANA time zone such as Asia/Shanghai")
            elif zone and number is not None and not self.zones.has(E164(number), zone):
                wrong(line, "timezone", "is no time zone of the number's country")
            if words and self.said is not None:
                for name, what in self.said.faults({name: said(cells) for name, said in words}):
                    wrong(line, name, what)

    def _words(self, header: Header) -> list[tuple[str, Callable[[Sequence[str]], str]]]:
        """The variables that are said, with what reads them; none where one has no column."""
        names = () if self.said is None else self.said.names
        known = {name: _cell(name, at) for name, at in header.place.items()}
        if not header.has_consent:  # a lab's
            known |= dict.fromkeys(CONSENT_VARIABLES, _nobodys)
        return [(name, known[name]) for name in names] if known.keys() >= set(names) else []

    def _number(self, line: int, text: str) -> str | None:
        try:
            clear = self.numbers.read(text)
        except BadNumberError as error:
            self.faults.add(line, "number", error.told if text else "is empty")
            return None
        self.seen_numbers.append(int(clear))
        self.seen_lines.append(line)
        return clear

    def _consent(self, line: int, cells: Sequence[str], header: Header) -> None:
        place = header.place
        self._purpose(line, cells[place["consent_purpose"]])
        for name in ("consent_source", "consent_ref"):
            if not cells[place[name]]:
                what = "is empty: without evidence of consent nobody is called"
                self.faults.add(line, name, what)
        if cells[place["consent_source"]] == LAB:
            self.faults.add(line, "consent_source", "a lab is nobody who could have agreed")
        self._consent_at(line, cells[place["consent_at"]])

    def _purpose(self, line: int, text: str) -> None:
        if not text:
            what = "is empty: without evidence of consent nobody is called"
            self.faults.add(line, "consent_purpose", what)
        elif self.purpose is not None and text != self.purpose:
            what = f"does not cover the campaign's purpose, {self.purpose}"
            self.faults.add(line, "consent_purpose", what)

    def _consent_at(self, line: int, text: str) -> None:
        text = instant_text(text)
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            self.faults.add(line, "consent_at", why_no_instant(text))
            return
        if at.tzinfo is None:
            self.faults.add(line, "consent_at", f"has no time zone: {ISO}")
        elif at.year < _EARLIEST_YEAR:
            self.faults.add(line, "consent_at", "lies too far back to be true")
        elif at > self.now:
            self.faults.add(line, "consent_at", "lies in the future")

    def _overlong(self, line: int, cells: Sequence[str], header: Header) -> None:
        for name, cell in zip(header.columns, cells, strict=True):
            longest = _LONGEST_VARIABLE if name in header.variables else _LONGEST
            if len(cell) > longest:
                self.faults.add(line, name, f"is longer than {longest} characters")

    def find_repeats(self) -> None:
        """A number that stands in the file before is a fault of the later line."""
        numbers = np.frombuffer(self.seen_numbers, dtype=np.uint64)
        order = np.argsort(numbers, kind="stable")
        ordered = numbers[order]
        repeats = np.flatnonzero(ordered[1:] == ordered[:-1])
        for place in repeats.tolist():
            first = self.seen_lines[int(order[place])]
            again = self.seen_lines[int(order[place + 1])]
            self.faults.add(again, "number", f"is on line {first} already")


def read_contacts(
    path: Path,
    *,
    digest: str,
    keep: frozenset[str] | None = None,
    form: ListForm = _AS_OURS,
    lab: str | None = None,
) -> Iterator[ContactRow]:
    """The rows of a file that `survey_contacts` found without fault, in its order.

    Variables that are not in `keep` are left out: only needed data is kept. `lab` is the purpose of
    a lab's campaign, whose contacts need not have agreed to it; None for any other. Raises
    InputError where the file is not, to its last byte, the one whose `digest` that was.
    """
    changed = refuse(str(path), "changed after it was checked; nothing was imported, run again")
    try:
        with CsvLines(path, form.encoding) as lines:
            header = read_header(str(path), lines, columns=form.columns, lab=lab is not None)
            numbers = NumberReader(form.country)
            yield from _rows(lines, header, numbers, keep, lab, _raiser(changed))
            if lines.digest() != digest:
                raise changed
    except (InputError, BrokenFileError, csv.Error, ValueError, IndexError):
        # What was checked had none of these.
        raise changed from None


def _raiser(error: InputError) -> Callable[[int, str, str], None]:
    def wrong(_line: int, _key: str, _what: str) -> None:
        raise error

    return wrong


def _rows(
    lines: CsvLines,
    header: Header,
    numbers: NumberReader,
    keep: frozenset[str] | None,
    lab: str | None,
    wrong: Callable[[int, str, str], None],
) -> Iterator[ContactRow]:
    place = header.place
    kept = [(name, place[name]) for name in header.variables if keep is None or name in keep]
    zone_at = place.get("timezone")
    consent = _consent_of(header, lab)
    for line, cells in lines.rows(wrong):
        yield ContactRow(
            line,
            E164(numbers.read(cells[place["number"]])),
            *consent(cells),
            timezone=(cells[zone_at] or None) if zone_at is not None else None,
            variables={name: cells[at] for name, at in kept},
        )


def _cell(name: str, at: int) -> Callable[[Sequence[str]], str]:
    if name == "consent_at":
        return lambda cells: instant_text(cells[at])[:10]
    return lambda cells: cells[at]


def _nobodys(_cells: Sequence[str]) -> str:
    return _NEVER.date().isoformat()


def _consent_of(header: Header, lab: str | None) -> Callable[[Sequence[str]], _Consent]:
    """What reads a row's consent: purpose, source, instant and evidence."""
    if lab is not None and not header.has_consent:
        nobodys = (lab, LAB, _NEVER, LAB)
        return lambda _cells: nobodys
    purpose, source, at, ref = (header.place[name] for name in CONSENT)

    def read(cells: Sequence[str]) -> _Consent:
        given = datetime.fromisoformat(instant_text(cells[at])).astimezone(UTC)
        return cells[purpose], cells[source], given, cells[ref]

    return read
