"""How a contact's variable is read aloud: `{card:digits}`, `{due:date}`, `{sum:money}` in a script.

What a value means, its writer knows: 4417 is a number or the end of a card. A voice guesses. So the
script says how a variable is read, and the words are written out here, in English and in Chinese.
A value that cannot be read so is refused before any call (`dialer check`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

_DIGITS_EN: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS_EN: Final = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS_EN: Final = ("twenty", "thirty", "forty", "fifty")
_MONTHS_EN: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_DIGITS_ZH: Final = "零一二三四五六七八九"
_SAID_ZH: Final = "零幺二三四五六七八九"
"""Digit by digit, one is said yao: yi is misheard as seven."""
_MYRIADS_ZH: Final = ("", "万", "亿", "万亿")
_MOST: Final = 10**16

_SIGN: Final = re.compile(r"[0-9A-Za-z]")
_SEPARATOR: Final = re.compile(r"[\s().\-/_]+")
_LONG: Final = 6
_NUMBER: Final = re.compile(r"([+-]?)((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+))(?:\.([0-9]{1,12}))?(%?)")
_MONEY: Final = re.compile(
    r"(-?)\s*([^\d\s.,-]{1,4})?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]{1,2}))?"
    r"\s*([^\d\s.,-]{1,4})?"
)
_SPEC: Final = re.compile(r"([a-z]+)(?: ([A-Z]{3}))?")


@dataclass(frozen=True, slots=True)
class _Currency:
    """Its unit, and its hundredth if it has one: English singular and plural, Chinese."""

    one: str
    many: str
    zh: str
    part: tuple[str, str, str] | None


_CURRENCIES: Final[Mapping[str, _Currency]] = {
    "CNY": _Currency("yuan", "yuan", "元", ("fen", "fen", "分")),
    "USD": _Currency("dollar", "dollars", "美元", ("cent", "cents", "美分")),
    "EUR": _Currency("euro", "euros", "欧元", ("cent", "cents", "欧分")),
    "GBP": _Currency("pound", "pounds", "英镑", ("penny", "pence", "便士")),
    "HKD": _Currency("Hong Kong dollar", "Hong Kong dollars", "港元", ("cent", "cents", "港分")),
    "JPY": _Currency("yen", "yen", "日元", None),
}
_SYMBOLS: Final = {
    **{code: code for code in _CURRENCIES},
    "RMB": "CNY",
    "元": "CNY",
    "人民币": "CNY",
    "US$": "USD",
    "美元": "USD",
    "\u20ac": "EUR",
    "欧元": "EUR",
    "\u00a3": "GBP",
    "英镑": "GBP",
    "HK$": "HKD",
    "港元": "HKD",
    "日元": "JPY",
}
"""`$` and `¥` stand for several, and are asked about."""


def aloud(value: str, spec: str, language: str) -> str:
    """The words for `value`, read as `spec` says. Raises ValueError, without the value."""
    kind, of = _parsed(spec)
    text = unicodedata.normalize("NFKC", value).strip()
    if not text:
        raise ValueError(f"is empty, and is to be read as {kind}")
    if kind == "money":
        return _money(text, of, _family(language))
    return " ".join(_KINDS[kind](text, language).split())


def why_not(spec: str, language: str) -> str | None:
    """What is wrong with a way of reading in a script of `language`; None where it will do."""
    try:
        kind, of = _parsed(spec)
    except ValueError as error:
        return str(error)
    if kind != "digits" and _family(language) not in {"en", "zh"}:
        return f"{kind} is read in English and Chinese only"
    if of is not None and of not in _CURRENCIES:
        return f"the currency {of} has no words here: there are {', '.join(_CURRENCIES)}"
    return None


def why_not_said(value: str, spec: str, language: str) -> str | None:
    """Why `value` cannot be read as `spec` says; None where it can."""
    try:
        aloud(value, spec, language)
    except ValueError as error:
        return str(error)
    return None


def _parsed(spec: str) -> tuple[str, str | None]:
    found = _SPEC.fullmatch(spec)
    if found is None or (found[1] not in _KINDS and found[1] != "money"):
        ways = ", ".join(sorted([*_KINDS, "money"]))
        raise ValueError(f"{spec!r} is no way to read a variable: there are {ways}")
    if found[2] is not None and found[1] != "money":
        raise ValueError(f"{found[1]} has no currency")
    return found[1], found[2]


def _family(language: str) -> str:
    primary = language.lower().replace("_", "-").partition("-")[0]
    return "zh" if primary in {"zh", "cmn", "yue"} else primary


def _digits(text: str, language: str) -> str:
    """Sign by sign; a pause where the value has one, else in groups of four from the end."""
    text = text.removeprefix("+")
    groups = [group for group in _SEPARATOR.split(text) if group]
    if not all(_SIGN.fullmatch(sign) for group in groups for sign in group) or not groups:
        raise ValueError("is not made of digits and Latin letters")
    if len(groups) == 1 and len(groups[0]) > _LONG:
        whole = groups[0]
        first = len(whole) % 4 or 4
        groups = [whole[:first], *(whole[at : at + 4] for at in range(first, len(whole), 4))]
    match _family(language):
        case "zh":
            return "\uff0c".join(
                "".join(_sign(sign, _SAID_ZH) for sign in group) for group in groups
            )
        case "en":
            return ", ".join(" ".join(_sign(sign, _DIGITS_EN) for sign in g) for g in groups)
        case _:
            return ", ".join(" ".join(group.upper()) for group in groups)


def _sign(sign: str, digits: str | tuple[str, ...]) -> str:
    return digits[int(sign)] if sign.isdigit() else f" {sign.upper()} "


def _number(text: str, language: str) -> str:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError("is no number such as 1234, 1,234.5 or 8.5%")
    sign, whole, fraction, percent = found.groups()
    count = _counted(whole)
    if _family(language) == "en":
        words = f"{count}" + (f".{fraction}" if fraction else "") + (" percent" if percent else "")
        return f"minus {words}" if sign == "-" else words
    words = chinese(count)
    if fraction:
        words += "点" + "".join(_DIGITS_ZH[int(digit)] for digit in fraction)
    words = f"百分之{words}" if percent else words
    return f"负{words}" if sign == "-" else words


def _money(text: str, of: str | None, family: str) -> str:
    found = _MONEY.fullmatch(text)
    if found is None:
        raise ValueError("is no sum such as CNY 1234.50")
    sign, before, whole, cents, after = found.groups()
    if before and after:
        raise ValueError("has two currencies")
    symbol = before or after
    code = of if symbol is None else _SYMBOLS.get(symbol.upper())
    if symbol in {"¥", "\uffe5"} and of in {"CNY", "JPY"}:
        code = of
    if code is None:
        raise ValueError("does not say its currency for certain: write CNY 1234.50")
    if of is not None and code != of:
        raise ValueError(f"is of another currency than {of}")
    units, parts = _counted(whole), int((cents or "0").ljust(2, "0"))
    currency = _CURRENCIES[code]
    if parts and currency.part is None:
        raise ValueError("has a fraction that its currency has not")
    words = _money_zh if family == "zh" else _money_en
    said = words(currency, units, parts)
    return said if not sign else ("负" if family == "zh" else "minus ") + said


def _money_en(currency: _Currency, units: int, parts: int) -> str:
    said = []
    if units or not parts:
        said.append(f"{units} {currency.one if units == 1 else currency.many}")
    if parts and currency.part is not None:
        said.append(f"{parts} {currency.part[0] if parts == 1 else currency.part[1]}")
    return " and ".join(said)


def _money_zh(currency: _Currency, units: int, parts: int) -> str:
    said = f"{_count_zh(units)}{currency.zh}" if units or not parts else ""
    if not parts or currency.part is None:
        return said
    if currency.zh not in {"元", "港元"}:
        return f"{said}{_count_zh(parts)}{currency.part[2]}"
    tenths, rest = divmod(parts, 10)
    between = "零" if units and not tenths else ""
    dimes = f"{_DIGITS_ZH[tenths]}角" if tenths else ""
    return f"{said}{between}{dimes}" + (f"{_DIGITS_ZH[rest]}分" if rest else "")


def _date(text: str, language: str) -> str:
    try:
        day = datetime.fromisoformat(text).date() if len(text) > 10 else date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no date such as 2026-05-01") from None
    if _family(language) == "zh":
        year = "".join(_DIGITS_ZH[int(digit)] for digit in str(day.year))
        return f"{year}年{chinese(day.month)}月{chinese(day.day)}日"
    month, ordinal = _MONTHS_EN[day.month - 1], _ordinal(day.day)
    if language.lower().replace("_", "-") == "en-us":
        return f"{month} {ordinal}, {day.year}"
    return f"the {ordinal} of {month}, {day.year}"


def _time(text: str, language: str) -> str:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise ValueError("is no time of day such as 14:30") from None
    if _family(language) == "zh":
        part = next(name for until, name in _PARTS_ZH if at.hour < until)
        hour = at.hour - 12 if at.hour > 12 else at.hour
        minute = f"{'零' if at.minute < 10 else ''}{chinese(at.minute)}分" if at.minute else "整"
        return f"{part}{_count_zh(hour)}点{minute}"
    words = [_below_sixty(at.hour % 12 or 12)]
    if at.minute:
        words += ["oh"] if at.minute < 10 else []
        words.append(_below_sixty(at.minute))
    return " ".join([*words, "P M" if at.hour >= 12 else "A M"])


_PARTS_ZH: Final = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
_KINDS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "digits": _digits,
    "number": _number,
    "date": _date,
    "time": _time,
}


def chinese(count: int) -> str:
    """A whole number from 0 below 10^16 in Chinese words."""
    if not count:
        return _DIGITS_ZH[0]
    words = ""
    for place in range(3, -1, -1):
        group = count // 10000**place % 10000
        if not group:
            continue
        if words and (group < 1000 or count // 10000 ** (place + 1) % 10000 == 0):
            words += _DIGITS_ZH[0]
        words += _below_myriad(group) + _MYRIADS_ZH[place]
    return words.removeprefix("一") if words.startswith("一十") else words


def _below_myriad(count: int) -> str:
    words, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = count // unit % 10
        if digit:
            words += (_DIGITS_ZH[0] if gap and words else "") + _DIGITS_ZH[digit] + name
        gap = not digit
    return words


def _count_zh(count: int) -> str:
    """Before a measure, two is liang."""
    return "两" if count == 2 else chinese(count)


def _counted(written: str) -> int:
    count = int(written.replace(",", ""))
    if count >= _MOST:
        raise ValueError("is too large a number to be understood")
    return count


def _ordinal(day: int) -> str:
    ending = "th" if day in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _below_sixty(count: int) -> str:
    if count < 10:
        return _DIGITS_EN[count]
    if count < 20:
        return _TEENS_EN[count - 10]
    tens, rest = divmod(count, 10)
    return _TENS_EN[tens - 2] + (f"-{_DIGITS_EN[rest]}" if rest else "")
