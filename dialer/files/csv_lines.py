"""A CSV file as rows with their line numbers, whatever bytes it holds, in bounded memory."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from dialer.reading.text import not_utf8, size_of, unreadable, wrong_opening

_LINE_LIMIT: Final = 65536
_ROW_LINES: Final = 100
"""Lines of one row at most: more are a quote left open, not line feeds within a field."""
_FILE_LIMIT: Final = 4_000_000_000
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BOMS: Final = {"utf-8": b"\xef\xbb\xbf", "gb18030": b"\x84\x31\x95\x33"}
_OPEN_QUOTE: Final = 'a quote (") is opened here and never closed'

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
        """The first row; an empty list where the file has none."""
        try:
            return next(self._reader, [])
        except csv.Error as error:
            raise self._broken(1, error) from None

    def rows(self, wrong: Wrong) -> Iterator[tuple[int, list[str]]]:
        """(line of its start, cells without the spaces around them) of each row but the empty."""
        self._wrong = wrong
        reader = self._reader
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
            if cells:
                yield start, [cell.strip() for cell in cells]

    def _broken(self, line: int, error: csv.Error) -> BrokenFileError:
        return BrokenFileError(line, f"{_in_words(error)}; the rest was not read")

    def _texts(self) -> Iterator[str]:
        readline = self._stream.readline
        update = self._hash.update
        encoding = self._encoding
        while True:
            try:
                raw = readline(_LINE_LIMIT)
            except OSError as error:
                raise BrokenFileError(self._line, f"cannot be read: {error.strerror}") from None
            if not raw:
                return
            self._line += 1
            update(raw)
            if self._line == 1:
                raw = self._opening(raw)
            if self._line - self._row_start >= _ROW_LINES:
                raise BrokenFileError(self._row_start, f"{_OPEN_QUOTE}; the rest was not read")
            if len(raw) == _LINE_LIMIT and not raw.endswith(b"\n"):
                what = f"is longer than {_LINE_LIMIT} bytes; the rest was not read"
                raise BrokenFileError(self._line, what)
            if _CONTROL.search(raw):
                raw = self._without_control(raw)
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                text = self._undecodable(raw, error)
            yield text

    def _opening(self, raw: bytes) -> bytes:
        wrong = wrong_opening(raw[:64])
        if wrong is not None:
            raise BrokenFileError(1, wrong)
        return raw.removeprefix(_BOMS[self._encoding])

    def _without_control(self, raw: bytes) -> bytes:
        found = _CONTROL.search(raw)
        byte = 0 if found is None else found[0][0]
        self._say(f"control character {byte:02x} does not belong in a text file")
        return _CONTROL.sub(b"", raw)

    def _undecodable(self, raw: bytes, error: UnicodeDecodeError) -> str:
        if self._encoding == "utf-8":
            what = not_utf8(raw, error)
            if "GB18030" in what:
                what += ", or write encoding: gb18030 in the campaign file"
        else:
            bad = raw[error.start : error.start + 4].hex(" ")
            what = f"bytes {bad} at column {error.start + 1} are not {self._encoding}"
        self._say(what)
        return raw.decode(self._encoding, errors="replace")

    def _say(self, what: str) -> None:
        if self._wrong is None:
            # In the header: what the columns are would be a guess.
            raise BrokenFileError(self._line, what)
        self._wrong(self._line, "file", what)


def _in_words(error: csv.Error) -> str:
    text = str(error)
    if "new-line character" in text:
        return "has line ends of old Macs (CR alone); save it with LF or CRLF"
    if "end of data" in text or "field limit" in text:
        return _OPEN_QUOTE
    return f"not CSV: {text}"
