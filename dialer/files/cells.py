"""What a spreadsheet makes of a telephone number: undone where that is certain, named where not."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from dialer.core.values.number import BadNumberError
from dialer.reading.unseen import shown, without_unseen

_PLAIN: Final = re.compile(r"\+?[0-9]+")
_AS_FORMULA: Final = re.compile(r'=\s*"(.*)"')
"""`="+86139..."`: how a number is kept from being reckoned with."""
_SCIENTIFIC: Final = re.compile(r"[+-]?([0-9]+(?:[.,][0-9]*)?) ?[eE] ?\+?([0-9]+)")
_DECIMAL: Final = re.compile(r"(\+?[0-9]{7,15})[.,]0+")
_THOUSANDS: Final = re.compile(r"\+?[0-9]{1,3}(?:([,.'\u2019 ])[0-9]{3})(?:\1[0-9]{3})+")
_ERROR: Final = re.compile(r"#[A-Z/0]+[!?]?|#{2,}", re.IGNORECASE)
_PARTED: Final = re.compile(r"[/;,、|&\n]|\bor\b|或")
_APOSTROPHES: Final = "'\u2018\u2019`\u00b4"
_MINUSES: Final = "\u2212\u2043\u30fc\u2500"
_FEWEST: Final = 7


def number_text(cell: str) -> str:
    """The telephone number as it was before a spreadsheet had it.

    Raises BadNumberError, which names what is there, where that cannot be known.
    """
    if _PLAIN.fullmatch(cell) or not cell:
        return cell
    text = unicodedata.normalize("NFKC", without_unseen(cell)).strip()
    kept = _AS_FORMULA.fullmatch(text)
    text = (kept[1] if kept else text).strip()
    text = "".join("-" if _is_dash(sign) else sign for sign in text)
    if text[:1] in _APOSTROPHES and text[1:2] != "":
        text = text[1:].strip(_APOSTROPHES).strip()
    if text[:4].lower() == "tel:":
        # RFC 3966; parameters such as ;ext= are no part of the number, and are refused below.
        text = text[4:].strip()
    decimal = _DECIMAL.fullmatch(text)
    if decimal:
        # 15 digits are kept whole by a spreadsheet.
        return decimal[1]
    if _THOUSANDS.fullmatch(text):
        return re.sub(r"[^+0-9]", "", text)
    _refuse_ruined(text)
    return text


def _refuse_ruined(text: str) -> None:
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific:
        digits = scientific[1].replace(",", ".")
        what = f"{digits[:8]}E+{scientific[2]}"
        raise BadNumberError(
            f"is {what}: the spreadsheet has destroyed the digits, and they cannot be mended by "
            "hand; format the column as text, and take the numbers anew from where they came from"
        )
    if _ERROR.fullmatch(text):
        raise BadNumberError(f"is {shown(text)}, an error of the spreadsheet, and no number")
    if text.startswith(("=", "@")):
        raise BadNumberError("is a formula of the spreadsheet; save what it results in as values")
    parts = [part for part in _PARTED.split(text) if _digits(part) >= _FEWEST]
    if len(parts) > 1:
        raise BadNumberError(f"holds {len(parts)} numbers; write one a row")


def _is_dash(sign: str) -> bool:
    """Hyphens, dashes and minus signs, of any length and width."""
    return unicodedata.category(sign) == "Pd" or sign in _MINUSES


def _digits(text: str) -> int:
    return sum(sign.isdigit() for sign in text)
