"""Who is called in the demo, what each of them does, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from dialer.core.values.outcome import Reason


class Person(Enum):
    """One way of taking a call. `line` is the digit by which the carrier's signalling tells."""

    TALKER = ("talks over notice and prompt", "0", Reason.COMPLETED)
    RENEWER = ("presses 2", "0", Reason.COMPLETED)
    OBJECTOR = ("presses 1", "0", Reason.OPTED_OUT)
    COUGHER = ("coughs", "0", Reason.COMPLETED)
    LISTENER = ("says nothing", "0", Reason.COMPLETED)
    VANISHER = ("loses the network", "0", Reason.PEER_LOST)
    BUSY = ("is busy", "5", Reason.BUSY)
    ABSENT = ("does not answer", "6", Reason.NO_ANSWER)
    DROPPER = ("hangs up at once", "7", Reason.HUNG_UP)
    UNREACHED = ("carrier says 503", "8", Reason.CONGESTION)
    DECLINER = ("declines", "9", Reason.DECLINED)

    def __init__(self, label: str, line: str, reason: Reason) -> None:
        self.label = label
        self.line = line
        self.reason = reason

    @property
    def answers(self) -> bool:
        """Whether there is a phone with RTP at the other end."""
        return self.line in {"0", "7"}


SHARES: Final = {
    Person.TALKER: 14,
    Person.RENEWER: 9,
    Person.OBJECTOR: 8,
    Person.COUGHER: 5,
    Person.LISTENER: 3,
    Person.VANISHER: 1,
    Person.BUSY: 6,
    Person.ABSENT: 5,
    Person.DROPPER: 4,
    Person.UNREACHED: 3,
    Person.DECLINER: 2,
}
"""How many of each in 60 contacts: more of those whose calls prove most."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One row of the demo's contacts file, and the port at which that person's phone is."""

    person: Person
    port: int

    @property
    def number(self) -> str:
        """E.164; its last four digits and a leading 1 are the port (see the SIPp scenario)."""
        return f"+8610655{self.person.line}{self.port % 10_000:04d}"


def invite(count: int, ports: list[int]) -> list[Contact]:
    """`count` people, at least 1 of each, in a mixed order, each at one of `ports`."""
    left = {person: max(1, share * count // 60) for person, share in SHARES.items()}
    left[Person.TALKER] += max(0, count - sum(left.values()))
    order: list[Person] = []
    while any(left.values()):
        for person in Person:
            if left[person]:
                left[person] -= 1
                order.append(person)
    return [Contact(person, port) for person, port in zip(order[:count], ports, strict=True)]
