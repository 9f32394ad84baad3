"""Whom the simulated year would call: lists as hostile as lists are, made up from a seed.

Mobiles that may be anywhere, area codes with a border through them, satellites, zones that are no
zones, days of forty-five minutes' difference; consent that is missing, for something else, given
tomorrow, run out; people listed twice in a file, in two files, in all three.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from .legal_facts import AMERICA, CHINA, Law, Listed
from .wall_clocks import DAY, HOUR, MINUTE, midnight

START: Final = midnight(date(2026, 1, 1))
END: Final = midnight(date(2027, 1, 9))
"""A week into a year whose days off nobody knows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One campaign. `share` is its part of its operator's contacts.

    One without a share is a pilot: a short list in which two people stand again and again, dialled
    on one day and ended on the next but one, while its node dials.
    """

    name: str
    purpose: str
    caller_id: str
    trunks: tuple[str, ...]
    begins: int
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Operator:
    """Who calls. `home` are its callees' numbers: how many of a thousand, prefix, digits after.

    `bounded`: no more calls may live than may be abandoned at worst, so it calls a few at a time;
    and on its bad days most of those who answer are left alone.
    `hours_ahead` are the hours from UTC of most of them, in winter.
    `share` is its part of all contacts, `abroad` the part of its lists that lives elsewhere.
    """

    name: str
    law: Law
    share: float
    abroad: float
    home: tuple[tuple[int, str, int], ...]
    hours_ahead: tuple[int, ...]
    bounded: bool
    main: str
    other: str
    spare: str

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Three campaigns, two of which show the same number, and a pilot."""
        return (
            Plan("renewal", "card-renewal", self.main, ("a", "b"), midnight(date(2026, 1, 5)), 0.4),
            Plan("survey", "survey", self.main, ("a", "b"), midnight(date(2026, 2, 2)), 0.35),
            Plan("offer", "loan-offer", self.other, ("c", "b"), midnight(date(2026, 5, 11)), 0.25),
            Plan("pilot", "pilot", self.main, ("a", "b"), midnight(date(2026, 3, 10))),
        )

    def at(self, month: int, day: int, hour: int, minute: int = 0) -> int:
        """An instant of the year by the clocks of most callees, in winter."""
        ahead = self.hours_ahead[0] * HOUR
        return midnight(date(2026, month, day)) + hour * HOUR + minute * MINUTE - ahead


OPERATORS: Final = (
    Operator(
        "CN",
        CHINA,
        share=0.98,
        abroad=0.02,
        home=((800, "+861", 10), (140, "+8610", 8), (60, "+86991", 7)),
        hours_ahead=(8,),
        bounded=False,
        main="+861065550100",
        other="+861065550199",
        spare="+861065550177",
    ),
    Operator(
        "US",
        AMERICA,
        share=0.02,
        abroad=0.03,
        home=(
            *((60, f"+1{area}", 7) for area in (212, 312, 303, 310, 602, 808, 787)),
            *((35, f"+1{area}", 7) for area in (208, 219, 270, 308, 423, 541, 605, 701)),
            (60, "+1671647", 4),
            *((40, f"+1{area}", 7) for area in (812, 850, 906, 907, 928)),
        ),
        hours_ahead=(-5, -6, -7, -8),
        bounded=True,
        main="+12125550100",
        other="+12125550199",
        spare="+12125550177",
    ),
)

_ABROAD: Final = (
    *((1, f"+1{area}", 7) for area in (800, 306, 709, 807, 876)),
    *((1, prefix, 9) for prefix in ("+212", "+213", "+218", "+95", "+93", "+94")),
    *((1, prefix, 10) for prefix in ("+44", "+49", "+81", "+91", "+977", "+98")),
    *((1, "+852", 8), (1, "+853", 8), (1, "+886", 9), (1, "+614", 8), (1, "+79", 9)),
    *((1, "+870", 9), (1, "+8816", 8), (1, "+800", 8)),
)
_NAMED: Final = (
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Kabul",
    "Africa/Casablanca",
    "America/Los_Angeles",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Australia/Adelaide",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/London",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Kiritimati",
    "Pacific/Marquesas",
    "Pacific/Pago_Pago",
)
_NO_ZONES: Final = ("", " ", "Mars/Olympus", "Asia/Shangai", "CST8", "+08:00", "../../etc/passwd")


def people(operator: Operator, contacts: int, pilot: int, random: Random) -> Iterator[list[Listed]]:
    """The lists of an operator's campaigns, one after another; `contacts` together.

    `pilot` more are the pilot's.
    """
    everybody: list[str] = []
    for campaign, plan in enumerate(operator.plans, start=1):
        mine: list[str] = []
        listed = []
        for row in range(round(contacts * plan.share) or pilot):
            number = _number(random, operator, everybody, mine)
            if not plan.share and row > 1 and row % 3 == 0:
                number = mine[row % 2]
            mine.append(number)
            listed.append(_listed(random, campaign, row, number, plan))
        everybody += mine
        yield listed


def _number(random: Random, operator: Operator, others: Sequence[str], mine: Sequence[str]) -> str:
    """A number of somebody new, of this list's, or of one before."""
    lot = random.random()
    if others and lot < 0.15:
        return random.choice(others)
    if mine and lot > 0.98:
        return random.choice(mine)
    if mine and lot > 0.975:
        return mine[0]  # one who is listed again and again
    kinds = _ABROAD if random.random() < operator.abroad else operator.home
    ((_, prefix, digits),) = random.choices(kinds, [often for often, _, _ in kinds])
    first = 30 if prefix == "+861" else 20  # no area and no exchange begins with 0 or 1
    rest = random.randrange(10 ** (digits - 2))
    return f"{prefix}{first + random.randrange(60)}{rest:0{digits - 2}}"


def _listed(random: Random, campaign: int, row: int, number: str, plan: Plan) -> Listed:
    lot = random.random()
    zone = None
    if lot < 0.20:
        # A list's zone is one of the number's country: any other is a fault of its row.
        zone = "Asia/Shanghai" if number.startswith("+86") else random.choice(_NAMED)
        if number.startswith("+1"):
            zone = random.choice([each for each in _NAMED if each.startswith("America/")])
    elif lot < 0.215:
        zone = random.choice(_NO_ZONES)
    purpose, source, reference = plan.purpose, "branch", f"form/{row}"
    given = plan.begins - random.randrange(10 * DAY, 60 * DAY)
    lot = random.random()
    if lot < 0.03:
        purpose = random.choice(("", "card", f"{plan.purpose} ", "anything else"))
    elif lot < 0.05:
        nobody = ("", reference), (source, " "), ("", ""), ("lab", reference)
        source, reference = random.choice(nobody)
    elif lot < 0.08:  # tomorrow, or any day of the year
        given = plan.begins + random.randrange(300 * DAY)
    elif lot < 0.12:  # runs out in the first month or two
        given = plan.begins - 365 * DAY + random.randrange(60 * DAY)
    elif lot < 0.13:  # long run out
        given = plan.begins - random.randrange(366 * DAY, 2000 * DAY)
    elif lot < 0.135:  # on the day to which summer time came, at the hour that was not
        given = midnight(date(2026, 3, 8)) + 10 * HOUR + random.randrange(HOUR)
    contact = campaign * 10_000_000 + row
    return Listed(contact, campaign, number, zone, purpose, source, reference, given)
