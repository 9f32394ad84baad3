"""Searches bytes for people: their numbers and names, however a program may have written them down.

What is compressed or enciphered is not looked into.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote


def spellings(text: str) -> Iterator[bytes]:
    """Ways to write a text down: encodings, escapes, and what carries bytes as letters."""
    escaped = json.dumps(text)[1:-1]
    yield from (escaped.encode(), escaped.upper().replace("\\U", "\\u").encode())
    yield from (quote(text).encode(), quote(text).lower().encode())
    yield "".join(f"&#{ord(sign)};" for sign in text).encode()
    yield "".join(f"&#x{ord(sign):x};" for sign in text).encode()
    for plain in _encoded(text):
        yield plain
        yield plain.hex().encode()
        yield plain.hex().upper().encode()
        yield from _in_base64(plain)


def spellings_of_number(number: str) -> Iterator[bytes]:
    """The same for a number in E.164 of China's, and with it the ways to write digits down.

    Its ten or eleven national digits are part of `+86...`, `86...`, `0...` and of a `tel:` URI.
    """
    national = number.removeprefix("+86")
    area, line = national[:2], national[2:]
    yield from spellings(national)
    for between in (" ", "-", ") "):
        yield f"{area}{between}{line}".encode()
        yield f"{area}{between}{line[:4]}{between[-1]}{line[4:]}".encode()
    yield ".".join(reversed(national)).encode()  # as ENUM asks for it (RFC 6116)
    for digits in (national, number.removeprefix("+")):
        length = (int(digits).bit_length() + 7) // 8
        yield from (int(digits).to_bytes(length, "big"), int(digits).to_bytes(length, "little"))
        even = digits if len(digits) % 2 == 0 else f"{digits}f"
        yield bytes.fromhex(even)
        yield bytes.fromhex("".join(b + a for a, b in zip(even[::2], even[1::2], strict=True)))


def everything_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path in it; each begins with that path."""
    return {
        str(path.relative_to(folder)): str(path.relative_to(folder)).encode() + path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def found(
    where: Mapping[str, bytes], numbers: Iterable[str], texts: Iterable[str]
) -> dict[str, list[str]]:
    """Who is found, and in what."""
    whole = b"\0".join(where.values())
    sought: list[tuple[str, Sequence[bytes]]] = [
        *((number, list(spellings_of_number(number))) for number in numbers),
        *((text, list(spellings(text))) for text in texts),
    ]
    return {
        who: [name for name, held in where.items() if any(way in held for way in ways)]
        for who, ways in sought
        if any(way in whole for way in ways)
    }


def _encoded(text: str) -> Iterator[bytes]:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "gb18030"):
        yield text.encode(encoding)


def _in_base64(plain: bytes) -> Iterator[bytes]:
    """The letters that stand for all of `plain`, wherever in a longer text it begins."""
    for before in range(3):
        padded = bytes(before) + plain
        whole = padded[: len(padded) // 3 * 3]
        letters = base64.b64encode(whole)[4 if before else 0 :]
        yield from (letters, letters.translate(bytes.maketrans(b"+/", b"-_")))
