"""A CSV file as rows with their line numbers, whatever bytes it holds, in bounded memory."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from dialer.errors import Fault
from dialer.reading.text import both_ways, not_utf8, size_of, unreadable, wrong_opening
from dialer.reading.unseen import trimmed

_LINE_LIMIT: Final = 65536
_ROW_LINES: Final = 100
"""Lines of one row at most: more are a quote left open, not line feeds within a field."""
_FILE_LIMIT: Final = 4_000_000_000
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BOMS: Final = {"utf-8": b"\xef\xbb\xbf", "gb18030": b"\x84\x31\x95\x33"}
_OPEN_QUOTE: Final = 'a quote (") is opened here and never closed'
_SEPARATOR: Final = re.compile(rb'"?[sS][eE][pP]=([^"\r\n]?)"?[,;\t]*\r?\n?')
"""By this first line, and no other program's, Excel says what parts the columns."""
_NAME_UTF8: Final = "write encoding: utf-8, or save the file as GB18030"
_SAVE_AS: Final = "in a spreadsheet, save it as CSV UTF-8 (comma delimited)"

Wrong = Callable[[int, str, str], None]
"""Told of one fault: line, key, what."""


class BrokenFileError(Exception):
    """The file cannot be read past `line`."""

    def __init__(self, line: int, what: str, key: str = "file") -> None:
        super().__init__(what)
        self.line = line
        self.key = key
        self.what = what


class CsvLines:
    """The rows of a file. Every byte read goes through SHA-256; `digest()` is complete at its end.

    Raises InputError on entry where the file cannot be opened, BrokenFileError while reading
    where it cannot be read on.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self._hash = hashlib.sha256()
        self._stream: BinaryIO
        self._line = 0
        self._row_start = 1
        self._wrong: Wrong | None = None
        self._reader = csv.reader(self._texts(), strict=True)
        self._doubt: tuple[int, str] | None = None
        self._national = False
        self._width = 0
        self._unnamed = 0
        self._blank = 0
        self._first_blank = 0
        self.header_line = 1

    def __enter__(self) -> Self:
        if size_of(self._path, str(self._path)) > _FILE_LIMIT:
            raise BrokenFileError(0, "is over 4 GB; divide it")
        try:
            self._stream = self._path.open("rb", buffering=1 << 18)
        except OSError as error:
            raise unreadable(str(self._path), error) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()

    def digest(self) -> str:
        return self._hash.hexdigest()

    def header(self) -> list[str]:
        """The first row that holds anything, without the empty cells at its end.

        An empty list where the file has none.
        """
        while True:
            self.header_line = self._row_start = self._line + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                self.header_line = 1
                return []
            except csv.Error as error:
                raise self._broken(self.header_line, error) from None
            cells = [trimmed(cell) for cell in cells]
            if any(cells):
                break
            self._skip(self.header_line)
        while not cells[-1]:
            self._unnamed += 1
            cells.pop()
        self._width = len(cells)
        return cells

    def rows(self, wrong: Wrong) -> Iterator[tuple[int, list[str]]]:
        """(line of its start, cells without the spaces around them) of each row but the blank.

        Empty cells beyond the header's are left out.
        """
        self._wrong = wrong
        reader, width = self._reader, self._width
        while True:
            start = self._row_start = self._line + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if self._line - start >= 1 or "limit" in str(error) or "end of data" in str(error):
                    # A quote left open has eaten rows: where the next one starts is a guess.
                    raise self._broken(start, error) from None
                wrong(start, "file", _in_words(error))
                continue
            cells = [cell.strip() for cell in cells]
            whole = "".join(cells)
            if not whole.isascii():
                cells = [trimmed(cell) for cell in cells]
                whole = "".join(cells)
            if not whole:
                self._skip(start)
                continue
            if len(cells) > width and not any(cells[width:]):
                del cells[width:]
            yield start, cells

    def skipped(self) -> tuple[Fault, ...]:
        """What was passed over up to here, as notices."""
        file, found = str(self._path), []
        if self._blank:
            rows = "1 blank row was" if self._blank == 1 else f"{self._blank} blank rows were"
            found.append(Fault(file, self._first_blank, "file", f"{rows} skipped"))
        if self._unnamed:
            many = self._unnamed > 1
            columns = f"{self._unnamed} empty columns were" if many else "1 empty column was"
            what = f"{columns} skipped at the end of each row"
            found.append(Fault(file, self.header_line, "file", what))
        return tuple(sorted(found))

    def _skip(self, line: int) -> None:
        self._blank += 1
        self._first_blank = self._first_blank or line

    def _broken(self, line: int, error: csv.Error) -> BrokenFileError:
        return BrokenFileError(line, f"{_in_words(error)}; the rest was not read")

    def _texts(self) -> Iterator[str]:
        readline = self._stream.readline
        update = self._hash.update
        while True:
            try:
                raw = readline(_LINE_LIMIT)
            except OSError as error:
                raise BrokenFileError(self._line, f"cannot be read: {error.strerror}") from None
            if not raw:
                self._tell_doubt()
                return
            self._line += 1
            update(raw)
            if self._line == 1:
                raw = self._opening(raw)
                if _separator(raw):
                    self.header_line = self._row_start = 2
                    continue
            if self._line - self._row_start >= _ROW_LINES:
                raise BrokenFileError(self._row_start, f"{_OPEN_QUOTE}; the rest was not read")
            if len(raw) == _LINE_LIMIT and not raw.endswith(b"\n"):
                what = f"is longer than {_LINE_LIMIT} bytes; the rest was not read"
                raise BrokenFileError(self._line, what)
            yield self._text(raw)

    def _text(self, raw: bytes) -> str:
        if _CONTROL.search(raw):
            raw = self._without_control(raw)
        if self._encoding != "utf-8" and not raw.isascii():
            self._doubt_encoding(raw)
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            return self._undecodable(raw, error)

    def _opening(self, raw: bytes) -> bytes:
        wrong = wrong_opening(raw[:64])
        if wrong is not None:
            raise BrokenFileError(1, wrong)
        if self._encoding != "utf-8" and raw.startswith(_BOMS["utf-8"]):
            what = f"starts with the mark of UTF-8, and is to be read as {self._encoding}"
            raise BrokenFileError(1, f"{what}: {_NAME_UTF8}")
        return raw.removeprefix(_BOMS[self._encoding])

    def _doubt_encoding(self, raw: bytes) -> None:
        """National text is hardly ever good UTF-8 by chance, and a whole file of it never is."""
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            self._national = True
            return
        if self._doubt is None:
            first = next(at for at, byte in enumerate(raw) if byte >= 0x80)
            what = f"is good UTF-8, and is to be read as {self._encoding}: {both_ways(raw, first)}"
            self._doubt = self._line, f"{what}; {_NAME_UTF8}"
        if self._wrong is None:
            # What the columns are called would be a guess.
            self._tell_doubt()

    def _tell_doubt(self) -> None:
        if self._doubt is not None and not self._national:
            raise BrokenFileError(*self._doubt)

    def _without_control(self, raw: bytes) -> bytes:
        found = _CONTROL.search(raw)
        byte = 0 if found is None else found[0][0]
        self._say(f"control character {byte:02x} does not belong in a text file")
        return _CONTROL.sub(b"", raw)

    def _undecodable(self, raw: bytes, error: UnicodeDecodeError) -> str:
        if self._encoding == "utf-8":
            what = not_utf8(raw, error)
            if "GB18030" in what:
                what += (
                    ", or write encoding: gb18030 in the campaign file, --encoding gb18030 for a "
                    f"list of numbers ({both_ways(raw, error.start)})"
                )
        else:
            bad = raw[error.start : error.start + 4].hex(" ")
            what = f"bytes {bad} at column {error.start + 1} are not {self._encoding}"
            what += f" ({both_ways(raw, error.start)})"
        self._say(what)
        return raw.decode(self._encoding, errors="replace")

    def _say(self, what: str) -> None:
        if self._wrong is None:
            # In the header: what the columns are would be a guess.
            raise BrokenFileError(self._line, what)
        self._wrong(self._line, "file", what)


def width_fault(cells: Sequence[str], width: int, first: str = "the header") -> str:
    """What is wrong with a row of another width than the first; no cell is repeated."""
    what = f"has {len(cells)} fields; {first} has {width}"
    if len(cells) > width:
        at = next(at for at in range(width, len(cells)) if cells[at])
        what += f": field {at + 1} has no name there, and is not empty"
    return what


def _separator(raw: bytes) -> bool:
    """Whether the first line only says that commas part the columns."""
    found = _SEPARATOR.fullmatch(raw)
    if found is None:
        return False
    mark = found[1].decode("utf-8", "replace")
    if mark != ",":
        what = f"says by sep= that columns are separated by {mark!r}; commas are read here"
        raise BrokenFileError(1, f"{what}: {_SAVE_AS}")
    return True


def _in_words(error: csv.Error) -> str:
    text = str(error)
    if "new-line character" in text:
        return "has line ends of old Macs (CR alone); save it with LF or CRLF"
    if "end of data" in text or "field limit" in text:
        return _OPEN_QUOTE
    return f"not CSV: {text}"
