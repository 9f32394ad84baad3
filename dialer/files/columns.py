"""What columns of a list are called: our names, what others call them, and what a campaign says."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dialer.reading.unseen import shown, without_unseen

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "number": (
        *("phone", "phone number", "telephone", "telephone number", "tel", "tel number", "msisdn"),
        *("mobile", "mobile number", "mobile phone", "cell", "cell phone", "cell number"),
        *("手机", "手机号", "手机号码", "移动电话", "电话", "电话号码", "联系电话", "联系方式"),
        *(
            "号码",
            "被叫",
            "被叫号码",
            "客户电话",
            "客户手机号",
            "手機",
            "手機號碼",
            "電話",
            "電話號碼",
        ),
    ),
    "consent_purpose": (
        *("purpose of consent", "agreed purpose"),
        *("同意用途", "同意目的", "授权用途", "授权目的", "同意事项", "授权事项"),
    ),
    "consent_source": ("source of consent", "同意来源", "授权来源", "同意渠道", "授权渠道"),
    "consent_at": (
        *("consent time", "consent date", "time of consent", "date of consent", "consented at"),
        *("同意时间", "同意日期", "授权时间", "授权日期"),
    ),
    "consent_ref": (
        *("consent reference", "reference of consent", "consent evidence"),
        *("同意凭证", "同意凭据", "同意编号", "授权凭证", "授权凭据", "授权编号"),
    ),
    "timezone": ("tz", "时区"),
}
"""What others call our columns. Case, spaces, `_` and `-` make no difference."""


@dataclass(frozen=True, slots=True)
class ListForm:
    """How a list is written.

    `country` is the ISO 3166 code of whose national numbers are read, None where only international
    ones are. `columns` maps what the file calls its columns to what they are.
    """

    encoding: str = "utf-8"
    country: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def folded(name: str) -> str:
    """A column's name as it is compared."""
    plain = unicodedata.normalize("NFKC", without_unseen(name)).casefold()
    return "".join(sign for sign in plain if not (sign.isspace() or sign in "_-"))


_KNOWN: Final = {
    folded(alias): column for column, aliases in ALIASES.items() for alias in (column, *aliases)
}


def meant(name: str) -> str | None:
    """Which of our columns is called so; None for any other name."""
    return _KNOWN.get(folded(name))


def named(header: Sequence[str], own: Mapping[str, str]) -> tuple[list[str], list[tuple[str, str]]]:
    """The columns of a file whose first line is `header`, by our names, and what is wrong.

    First counts what the campaign says (`own`), then our own names, then what others call them. A
    name of others' beside our own is any column.
    """
    saying = {folded(name): column for name, column in own.items()}
    faults = [
        (shown(name), "is named in `columns`, and the file has no such column")
        for name in own
        if folded(name) not in set(map(folded, header))
    ]
    columns = [saying.get(folded(name)) for name in header]
    taken = {*filter(None, columns), *(name for name in header if name in ALIASES)}
    found: dict[str, str] = {}
    for at, name in enumerate(header):
        if columns[at] is not None:
            continue
        alias = meant(name)
        columns[at] = name
        if alias is None or alias in taken:
            continue
        if alias in found:
            which = f"{shown(found[alias])} and {shown(name)} may both be it"
            faults.append((alias, f"{which}: say which one is, in `columns` of the campaign"))
        else:
            columns[at] = alias
            found[alias] = name
    return [column or "" for column in columns], faults


def suggestion(name: str, taken: Iterable[str]) -> str | None:
    """A name that a script can say, made of `name`; None where none can be made."""
    plain = unicodedata.normalize("NFKC", without_unseen(name)).strip()
    made = "_".join("".join(s if s.isalnum() or s == "_" else " " for s in plain).split())
    made = f"_{made}" if made[:1].isdigit() else made
    return made if made.isidentifier() and made not in set(taken) and len(made) <= 64 else None
