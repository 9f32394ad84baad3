"""`grades.yaml`: how calls are graded, from A to F."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from dialer.core.calls.grading import Grade, GradeRule
from dialer.errors import Fault, InputError
from dialer.reading.fields import Seconds, Word
from dialer.reading.tree import read_yaml
from dialer.reading.validate import Section, check

SHIPPED: Final = Path(__file__).resolve().parents[1] / "grades" / "shipped.yaml"
"""The rules of campaigns that name none."""

Names = Annotated[tuple[Word, ...], Field(min_length=1, max_length=200)]


class GradeRulePart(Section):
    """One rule: all that it names must hold. A rule that names nothing fits every call."""

    grade: Literal["A", "B", "C", "D", "E", "F"]
    """The grade. Calls that nobody answered have none; a refusal is always `F`."""
    refused: bool | None = None
    """Whether the callee asked for no more calls."""
    joined: bool | None = None
    """Whether the callee talked with a person."""
    answered: bool | None = None
    """Whether any answer of the script was understood."""
    intents: Names | None = None
    """Names of answers (`intent`) of the script, any of which was understood."""
    nodes: Names | None = None
    """Nodes of the script, any of which was visited."""
    turns: int | None = Field(default=None, ge=1, le=1_000)
    """How often the callee was heard at least: turns of speech, and keys."""
    talk: Seconds | None = None
    """How long the call lasted at least, from its answer."""


class GradesFile(Section):
    """The whole of `grades.yaml`."""

    rules: Annotated[tuple[GradeRulePart, ...], Field(min_length=1, max_length=100)]
    """The first that fits decides. A call that none fits is graded `E`."""


def read_grades(path: Path) -> tuple[tuple[GradeRule, ...], list[Fault]]:
    """The rules of a file, none where anything is wrong with it, and every fault."""
    try:
        document = read_yaml(path)
    except InputError as error:
        return (), list(error.faults)
    file, faults = check(GradesFile, document, path.parent)
    if file is None or faults:
        return (), faults
    for at, rule in enumerate(file.rules[:-1]):
        if not rule.model_dump(exclude={"grade"}, exclude_none=True):
            what = "fits every call, so that no rule after it is looked at"
            return (), [document.fault(("rules", at), what)]
    return tuple(_rule(part) for part in file.rules), []


def _rule(part: GradeRulePart) -> GradeRule:
    return GradeRule(
        grade=Grade(part.grade),
        refused=part.refused,
        joined=part.joined,
        answered=part.answered,
        intents=None if part.intents is None else frozenset(part.intents),
        nodes=None if part.nodes is None else frozenset(part.nodes),
        turns=part.turns,
        talk=part.talk,
    )
