"""An input file's bytes as text; what cannot be text is refused with the line that says so."""

from __future__ import annotations

import codecs
import re
import stat
from pathlib import Path
from typing import Final

from dialer.errors import Fault, InputError
from dialer.reading.unseen import shown

_UTF8_BOM: Final = codecs.BOM_UTF8
_WIDE: Final = (
    # UTF-32's little-endian mark begins with UTF-16's: it is asked first.
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_KNOWN_BINARIES: Final = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook; save it as text"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save it as text"),
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
    (b"%PDF", "a PDF"),
    (b"RIFF", "a RIFF file such as WAV"),
)
# Control characters that no text file of ours needs; tab, line feed and carriage return are not
# among them, nor is U+0085, which YAML reads as a line end.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_DIGITS: Final = re.compile(r"\+?\d[\d ().-]{4,}\d")


def refuse(file: str, what: str, line: int = 0, key: str = "file") -> InputError:
    """The error of one fault."""
    return InputError([Fault(file, line, key, what)])


def size_of(path: Path, file: str) -> int:
    """Bytes in a regular file. Raises InputError where there is none to be read."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise unreadable(file, error) from None
    if stat.S_ISDIR(status.st_mode):
        raise refuse(file, "is a folder; name a file")
    if not stat.S_ISREG(status.st_mode):
        raise refuse(file, "is not a regular file")
    return status.st_size


def unreadable(file: str, error: Exception) -> InputError:
    """What the system said when the file was asked for, as a fault."""
    if isinstance(error, FileNotFoundError):
        return refuse(file, "no such file")
    why = getattr(error, "strerror", None) or str(error)
    return refuse(file, f"cannot be read: {why}")


def read_bytes(path: Path, file: str, limit: int) -> bytes:
    """All of a small file. One of more than `limit` bytes is refused before it is read."""
    size = size_of(path, file)
    if size > limit:
        raise refuse(file, f"is {size / 1e6:.1f} MB; at most {limit / 1e6:g} MB can be right here")
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise unreadable(file, error) from None
    if len(data) > limit:
        raise refuse(file, f"grew past {limit / 1e6:g} MB while it was read")
    return data


def wrong_opening(head: bytes) -> str | None:
    """Why a file that starts with these bytes is not UTF-8 text, where its first bytes tell."""
    for mark, name in _WIDE:
        if head.startswith(mark):
            return f"is {name} (it starts with bytes {mark.hex(' ')}); save it as UTF-8"
    for magic, what in _KNOWN_BINARIES:
        if head.startswith(magic):
            return f"is not text: it looks like {what}"
    if len(head) >= 4 and (not any(head[0:4:2]) or not any(head[1:4:2])):
        return "looks like UTF-16 without a mark (every other byte is 00); save it as UTF-8"
    return None


def not_utf8(line: bytes, error: UnicodeDecodeError) -> str:
    """What to say of a line that is not UTF-8: which bytes, and what they are likely to be."""
    bad = line[error.start : error.start + 4].hex(" ")
    guess = ""
    try:
        line.decode("gb18030")
    except UnicodeDecodeError:
        guess = "; save the file as UTF-8"
    else:
        guess = "; it may be GB18030 or another national encoding: save the file as UTF-8"
    return f"bytes {bad} at column {error.start + 1} are not UTF-8{guess}"


def both_ways(line: bytes, at: int) -> str:
    """The field around byte `at` as either encoding reads it: who wrote it knows which is right.

    What looks like a telephone number is left out.
    """
    start = max(line.rfind(mark, 0, at) for mark in (b",", b";", b"\t", b'"')) + 1
    ends = [
        end for mark in (b",", b";", b"\t", b'"', b"\r", b"\n") if (end := line.find(mark, at)) >= 0
    ]
    field = line[start : min(ends, default=len(line))]
    read = (_DIGITS.sub("...", field.decode(name, "replace")) for name in ("utf-8", "gb18030"))
    return "as UTF-8 it reads \u201c{}\u201d, as GB18030 \u201c{}\u201d".format(*map(shown, read))


def decode(data: bytes, file: str) -> str:
    """UTF-8, with or without its mark. Raises InputError naming the line that is not."""
    data = data.removeprefix(_UTF8_BOM)
    wrong = wrong_opening(data[:64])
    if wrong is not None:
        raise refuse(file, wrong, line=1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        start = data.rfind(b"\n", 0, error.start) + 1
        end = data.find(b"\n", error.start)
        line = data[start : len(data) if end < 0 else end]
        number = data.count(b"\n", 0, error.start) + 1
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as in_line:
            raise refuse(file, not_utf8(line, in_line), line=number) from None
        raise refuse(file, "ends in the middle of a UTF-8 character", line=number) from None
    found = _CONTROL.search(text)
    if found is not None:
        number = text.count("\n", 0, found.start()) + 1
        what = f"control character U+{ord(found[0]):04X} does not belong in a text file"
        raise refuse(file, what, line=number)
    return text
