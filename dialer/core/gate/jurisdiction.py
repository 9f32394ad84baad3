"""What the law of one place allows a caller, and how a configuration is held to it.

A jurisdiction has terms: the figures that hold where nothing else is said. A configuration may
tighten each of them at will; further than `loosest` it cannot go, but by naming another
jurisdiction, which must be one whose law the callees live under.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from dialer.core.gate.calling_hours import Hours

_CONFIGURATION: Final = "configuration"
_DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True)
class Terms:
    """The figures of the law, all of them. Months are the calendar's."""

    workday: tuple[Hours, ...]
    """Hours of calling on workdays, in the callee's own time zone."""
    day_off: tuple[Hours, ...]
    """The same on public holidays and weekends."""
    calendar: str
    """The country whose days off count (`dialer.core.gate.calendars`)."""
    per_hour: int
    """Attempts to one number in any 60 minutes."""
    per_day: int
    """Attempts to one number in any 24 hours."""
    consent_months: int | None
    """How long a consent holds; None: until it is withdrawn."""
    refusal_months: int | None
    """How long a number rests after a refusal; None: for good."""
    one_number_months: int | None
    """How long a callee is shown no other number of ours; None: for ever."""
    abandon_rate: float | None
    """Largest share of live answers that may be abandoned; None: there is no bound."""
    ring: float
    """Seconds that a call must be let ring before it is given up as not answered."""


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """The law of one place, as this product reads it."""

    name: str
    callees: frozenset[str]
    """The regions (ISO 3166 letters) whose callees live under it; no others may be called."""
    terms: Terms
    loosest: Terms
    """How far a configuration may go."""
    sources: Mapping[str, str]
    """Where the law says so, by the field of `Terms`; every field is there."""

    def __post_init__(self) -> None:
        if set(self.sources) != {field.name for field in fields(Terms)}:
            raise ValueError(f"{self.name}: every figure names its source, and nothing else does")
        if looser(self, {field.name: getattr(self.terms, field.name) for field in fields(Terms)}):
            raise ValueError(f"{self.name}: the built-in figures are looser than the loosest")


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the terms: its key in dialer.yaml, when it is looser than a bound, how it is shown."""

    field: str
    key: tuple[str, ...]
    is_looser: Callable[[Any, Any], bool]
    show: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Looser:
    """A figure that a configuration may not have."""

    figure: Figure
    what: str


@dataclass(frozen=True, slots=True)
class Effective:
    """One figure that calls are held to: its key, its value, and who says so."""

    key: str
    value: str
    said_by: str
    """`configuration`, `default`, or the jurisdiction's name."""
    loosest: str
    source: str
    """Where the law says what the jurisdiction has."""

    def as_body(self) -> dict[str, str]:
        """As records and programs read it."""
        return {
            "key": self.key,
            "value": self.value,
            "said_by": self.said_by,
            "loosest": self.loosest,
            "source": self.source,
        }


Wished = Mapping[str, Any]
"""What a configuration says of the terms, by their field; what it does not say is not there."""


def _beyond(wished: tuple[Hours, ...], bound: tuple[Hours, ...]) -> bool:
    """Whether any minute of `wished` lies outside of `bound`, whose windows do not touch."""
    return not all(
        any(most.start <= hours.start and hours.end <= most.end for most in bound)
        for hours in wished
    )


def _longer(wished: int | None, bound: int | None) -> bool:
    return bound is not None and (wished is None or wished > bound)


def _shorter(wished: int | None, bound: int | None) -> bool:
    return wished is not None and (bound is None or wished < bound)


def _more(wished: float, bound: float) -> bool:
    return wished > bound


def _higher(wished: float | None, bound: float | None) -> bool:
    return bound is not None and (wished is None or wished > bound)


def _windows(value: tuple[Hours, ...]) -> str:
    return ", ".join(map(str, value)) or "none"


def _months(value: int | None) -> str:
    return "forever" if value is None else f"{value} month" + ("" if value == 1 else "s")


def _share(value: float | None) -> str:
    return "no bound" if value is None else f"{value:g}"


def _seconds(value: float) -> str:
    return f"{value:g}s"


FIGURES: Final = (
    Figure("workday", ("compliance", "windows", "workday"), _beyond, _windows),
    Figure("day_off", ("compliance", "windows", "holiday"), _beyond, _windows),
    Figure("calendar", ("compliance", "calendar"), lambda wished, bound: wished != bound, str),
    Figure("per_hour", ("compliance", "per_number", "hour"), _more, str),
    Figure("per_day", ("compliance", "per_number", "day"), _more, str),
    Figure("consent_months", ("compliance", "consent_valid"), _longer, _months),
    Figure("refusal_months", ("compliance", "refusal_rest"), _shorter, _months),
    Figure("one_number_months", ("compliance", "one_number"), _shorter, _months),
    Figure("abandon_rate", ("compliance", "abandon_rate"), _higher, _share),
    Figure("ring", ("routing", "ring"), lambda wished, bound: bool(wished < bound), _seconds),
)
"""Every figure of the terms. What is of no consequence in one jurisdiction is so in another."""


def looser(law: Jurisdiction, wished: Wished) -> tuple[Looser, ...]:
    """Every figure of `wished` that is looser than `law` permits, with what to tell its writer."""
    return tuple(
        Looser(figure, _too_loose(law, figure))
        for figure in FIGURES
        if figure.field in wished
        and figure.is_looser(wished[figure.field], getattr(law.loosest, figure.field))
    )


def held_to(law: Jurisdiction, wished: Wished) -> Terms:
    """The terms that hold: the jurisdiction's, with what the configuration says laid over them.

    Raises ValueError for a figure looser than the jurisdiction permits.
    """
    faults = looser(law, wished)
    if faults:
        raise ValueError("; ".join(f"{'.'.join(each.figure.key)}: {each.what}" for each in faults))
    return replace(law.terms, **wished)


def effective(law: Jurisdiction, wished: Wished, *, named: bool) -> tuple[Effective, ...]:
    """What calls are held to, figure by figure, and who says so. Raises ValueError as `held_to`.

    `named` tells whether the configuration names the jurisdiction.
    """
    terms = held_to(law, wished)
    callees = ", ".join(sorted(law.callees))
    first = Effective(
        key="compliance.jurisdiction",
        value=law.name,
        said_by=_CONFIGURATION if named else _DEFAULT,
        loosest=law.name,
        source=f"for callees of {callees}",
    )
    return first, *(
        Effective(
            key=".".join(figure.key),
            value=figure.show(getattr(terms, figure.field)),
            said_by=_CONFIGURATION if figure.field in wished else law.name,
            loosest=figure.show(getattr(law.loosest, figure.field)),
            source=law.sources[figure.field],
        )
        for figure in FIGURES
    )


def _too_loose(law: Jurisdiction, figure: Figure) -> str:
    bound = figure.show(getattr(law.loosest, figure.field))
    return (
        f"looser than jurisdiction {law.name} permits: its bound is {bound} "
        f"({law.sources[figure.field]})"
    )
