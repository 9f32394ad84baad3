"""The operator's papers in the simulated year, as configurations and as facts for the checker.

A proof runs out in June and is renewed two weeks late; the licence runs out in September and is
renewed four weeks late; another proof runs out in July and is not renewed; in November a number is
given up for good. Each renewal is a new configuration. In June the words of one campaign are
changed, and approved only a week later. In July a certificate ends two days before the next begins.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from dialer.app.gate import gate_rules
from dialer.config import Config, load_config
from dialer.core.dialog.approval import Action, ApprovalStep
from dialer.core.dialog.inspection import Inspection
from dialer.core.dialog.script_version import canonical, content_hash
from dialer.core.gate.compliance import Gate, Rule
from dialer.core.values.statements import UNSIGNED_BEFORE
from dialer.ports.desks import ScriptDesk
from tests.support.approvals import content
from tests.support.passports import URL, make_pair

from .legal_facts import Approval, Certificate, Paper
from .wall_clocks import HOUR, SECOND, midnight
from .year_node import instant
from .year_people import START, Operator, Plan

_LATE: Final = date(2027, 6, 30)

_RENEWED: Final = midnight(date(2026, 7, 15)) + 3 * HOUR
_LICENSED: Final = midnight(date(2026, 9, 29)) + 2 * HOUR
_CHANGED: Final = midnight(date(2026, 6, 3)) + 2 * HOUR
_WITHDRAWN: Final = midnight(date(2026, 6, 5)) + 2 * HOUR
_APPROVED: Final = midnight(date(2026, 6, 10)) + 7 * HOUR
_GIVEN_UP: Final = midnight(date(2026, 11, 2)) + 6 * HOUR

LICENCES: Final = (
    Paper(START, date(2026, 9, 2)),
    Paper(_LICENSED, date(2027, 12, 31)),
)
CERTIFICATES: Final = (
    Certificate("c", START, midnight(date(2026, 7, 13)) + 5 * HOUR),
    Certificate("c", _RENEWED, midnight(_LATE)),
)
RulesOf = Callable[[Config], Sequence[Rule]]


def numbers(operator: Operator) -> tuple[Paper, ...]:
    """The operator's proofs of its numbers."""
    main, other = operator.main, operator.other
    return (
        Paper(START, _LATE, trunk="a", caller_id=main),
        Paper(START, date(2026, 6, 30), trunk="b", caller_id=main),
        Paper(_RENEWED, _LATE, trunk="b", caller_id=main),
        Paper(START, date(2026, 7, 31), ends=_GIVEN_UP, trunk="b", caller_id=other),
        Paper(START, _LATE, ends=_GIVEN_UP, trunk="c", caller_id=other),
    )


def watched(operator: Operator) -> list[int]:
    """Instants of calling hours on days when something is amiss; its node looks at them all."""
    return [
        operator.at(month, day, hour, minute)
        for month, day, hour, minute in (
            *((2, day, hour, 40) for day in (3, 4, 5) for hour in (14, 15, 16)),  # left alone
            # One day of one pilot, and that on which it is ended, in the midst of a look.
            *((3, 10, hour, 20) for hour in (9, 11, 15, 16, 17)),
            (3, 10, 10, 19),
            (3, 12, 15, 0),
            *((5, day, 15, 0) for day in (1, 4)),  # days off
            *((6, day, 15, 0) for day in (4, 8, 9)),  # words not approved
            *((7, day, 15, 0) for day in (7, 13, 14)),  # a proof and a certificate run out
            *((9, day, 15, 0) for day in (8, 15)),  # the licence run out
            *((11, day, 15, 0) for day in (9, 10)),  # a number given up
        )
    ]


def pilot_ends(operator: Operator) -> int:
    """When somebody ends the pilot: while its node dials those it has found last."""
    return operator.at(3, 12, 15) + SECOND


def alone(operator: Operator, at: int) -> float:
    """How likely who answers at `at` is left alone."""
    if not operator.bounded:
        return 0.0
    return 0.8 if operator.at(2, 3, 0) <= at < operator.at(2, 6, 0) else 0.01


def gates(
    operator: Operator, folder: Path, rules_of: RulesOf = gate_rules
) -> list[tuple[int, Gate]]:
    """The gates of the year, each with the instant from which on it is in force."""
    folder.mkdir(exist_ok=True)
    for begins, ends in ((each.begins, each.ends) for each in CERTIFICATES):
        make_pair(folder / str(begins), begins=instant(begins), ends=instant(ends))
    return [
        (begins, Gate(rules_of(_config(operator, folder, begins))))
        for begins in (START, _RENEWED, _LICENSED, _GIVEN_UP)
    ]


class Words:
    """The versions of the scripts: the survey's are changed in June, approved a week later."""

    def __init__(self, operator: Operator, random: Random) -> None:
        self._contents = {
            (plan.name, again): canonical(
                replace(content(purpose=plan.purpose), industry="finance" if again else None)
            )
            for plan in operator.plans
            for again in (False, True)
        }
        self._random = random

    def _hash(self, name: str, *, again: bool) -> str:
        return content_hash(self._contents[name, again])

    def dialled_with(self, plan: Plan, at: int) -> str:
        """What a node says then; now and then it is one that still has the old files."""
        again = plan.name == "survey" and at >= _CHANGED
        return self._hash(plan.name, again=again and self._random.random() > 0.02)

    def approvals(self, plan: Plan) -> tuple[Approval, ...]:
        old = self._hash(plan.name, again=False)
        if plan.name != "survey":
            return (Approval(old, START),)
        new = self._hash(plan.name, again=True)
        return Approval(old, START, _WITHDRAWN), Approval(new, _APPROVED)

    async def first(self, desk: ScriptDesk) -> None:
        """The old words are submitted and approved."""
        for name, again in self._contents:
            if not again:
                await self._submit(desk, name, START - HOUR, again=False)
                await self._approve(desk, name, START - HOUR // 2, again=False)

    def later(self, desk: ScriptDesk) -> list[tuple[int, Callable[[], Awaitable[None]]]]:
        """What is done with the survey's words in June, and when."""
        return [
            (_CHANGED, lambda: self._submit(desk, "survey", _CHANGED, again=True)),
            (_WITHDRAWN, lambda: self._withdraw(desk)),
            (_APPROVED, lambda: self._approve(desk, "survey", _APPROVED, again=True)),
        ]

    async def _submit(self, desk: ScriptDesk, name: str, at: int, *, again: bool) -> None:
        step = ApprovalStep(Action.SUBMIT, "ann", instant(at), "")
        await desk.submit(self._contents[name, again], {}, step)

    async def _approve(self, desk: ScriptDesk, name: str, at: int, *, again: bool) -> None:
        version = self._hash(name, again=again)
        step = ApprovalStep(Action.APPROVE, "bob", instant(at), "", UNSIGNED_BEFORE)
        await desk.decide(version, step, Inspection(version, ()))

    async def _withdraw(self, desk: ScriptDesk) -> None:
        step = ApprovalStep(Action.WITHDRAW, "bob", instant(_WITHDRAWN), "a changed product")
        await desk.decide(self._hash("survey", again=False), step)


def _config(operator: Operator, folder: Path, at: int) -> Config:
    """What the operator has written by then."""
    licence = max((paper for paper in LICENCES if paper.begins <= at), key=lambda each: each.begins)
    signs = max(each.begins for each in CERTIFICATES if each.begins <= at)
    trunks: list[dict[str, Any]] = []
    for place, name in enumerate("abc", start=1):
        newest = {
            paper.caller_id: paper
            for paper in numbers(operator)
            if paper.trunk == name and paper.is_listed(at)
        }
        shown = {operator.spare: _LATE} | {
            number: paper.last_day for number, paper in newest.items()
        }
        trunks.append(
            {
                "name": name,
                "uri": f"sip:127.0.0.1:{5070 + place}",
                "channels": 100,
                "cps": 50,
                "numbers": [
                    {"number": number, "holder": "Example Bank", "proof": "x", "expires": last}
                    for number, last in shown.items()
                ],
            }
        )
        if name in {each.trunk for each in CERTIFICATES}:
            trunks[-1]["stir"] = {
                "key_file": f"{signs}/key.pem",
                "certificate_file": f"{signs}/certificate.pem",
                "certificate_url": URL,
            }
    document = {
        "node": "year",
        "data_dir": str(folder),
        "operator": {
            "name": "Example Bank",
            "licence": {"number": "B2-20260001", "expires": licence.last_day},
            "callback": operator.spare,
        },
        "trunks": trunks,
        "compliance": {"jurisdiction": operator.name, "consent_valid": "12 months"},
        "metrics": {"listen": "off"},
    }
    path = folder / "dialer.yaml"
    path.write_text(json.dumps(document, default=str), encoding="utf-8")
    return load_config(path, now=datetime.fromtimestamp(at / 1e6, UTC))
