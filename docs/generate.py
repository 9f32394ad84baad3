"""Makes the pages of docs/ that are drawn from the core's tables and the files' models.

python -m docs.generate           write them
python -m docs.generate --check   exit 1 where one is stale
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Final

from dialer.core.calls import call_table, signalling
from dialer.core.calls.call_table import TRANSITIONS, State
from dialer.core.values import outcome
from dialer.core.values.outcome import NOT_ELSEWHERE, REFUSALS, WHO_OF, Reason, Who
from docs import failover_page, gate_page, input_files, json_page, rooms_picture, state_diagram

HERE: Final = Path(__file__).parent
NOTICE: Final = "<!-- Made by `python -m docs.generate` from {source}; change it there. -->"

_READING: Final = """\
## How signalling is read

- A code that is not listed means the same as the x00 of its class (RFC 3261 8.1.3.2). A cause that
  is not listed means the same as the last of its class (Q.850: 31, 47, 63, 79, 95, 111, 127).
- A Q.850 cause in a `Reason` header (RFC 3326) overrides these codes, and unknown 4xx and 5xx:
  {general}. With every other code, the code decides.
- Causes {silent} carry no information: the code decides.
- A 408 of our own stack (timer B, RFC 3261 17.1.1.2) is `carrier.no_reply`. A 408 received from the
  far side is `callee.no_answer`.
- A 487 after our own CANCEL only confirms the CANCEL. The rules of the call
  ([call-states.md](call-states.md)) then decide the outcome.
- A BYE with cause {lost} is `carrier.peer_lost`; any other BYE is `callee.hung_up`.
- After a 6xx no other trunk is tried, whatever the outcome (RFC 3261 21.6).
- After {refusals} the number is in its cooling-off, in every campaign.
"""


def pages() -> dict[str, str]:
    """Every generated file: name in docs/ -> text."""
    return {
        "call-states.md": call_states(),
        "call-states.svg": state_diagram.svg(),
        "rooms.svg": rooms_picture.svg(),
        "outcomes.md": outcomes(),
        "configuration.md": input_files.reference(),
        "failover.md": failover_page.page(NOTICE.format(source="docs/failover_page.py")),
        "failover.svg": failover_page.svg(),
        "json.md": json_page.page(NOTICE.format(source="dialer/cli/json_keys.py")),
        "gate.md": gate_page.page(
            NOTICE.format(
                source="dialer/core/gate/rule_book.py and dialer/core/gate/jurisdictions/"
            )
        ),
    }


def call_states() -> str:
    """The page of the call's states."""
    meaning = member_docs(call_table, "State")
    rules = inspect.getdoc(call_table) or ""
    staying = state_diagram.staying()
    return "\n".join(
        (
            NOTICE.format(source="dialer/core/calls/call_table.py"),
            "",
            "# States of a call",
            "",
            "![States of a call](call-states.svg)",
            "",
            "Timers are in italics. The table lists what happens in a state without leaving it.",
            "",
            _table(
                ("state", "meaning", "happens without leaving"),
                (
                    (
                        f"`{state.name}`",
                        meaning[state.name],
                        ", ".join(trigger.value for trigger in staying[state]) or "-",
                    )
                    for state in State
                ),
            ),
            "",
            "## Rules",
            "",
            rules.partition("\n\n")[2],
            "",
            "## Every transition",
            "",
            _table(("state", "what happens", "next state", "command"), _transitions()),
            "",
            "## The same as Mermaid",
            "",
            "```mermaid",
            state_diagram.mermaid(),
            "```",
            "",
        )
    )


def outcomes() -> str:
    """The page of outcomes."""
    meaning = member_docs(outcome, "Reason")
    general = ", ".join(str(code) for code in sorted(signalling.GENERAL_CODES))
    lost = ", ".join(str(cause) for cause in sorted(signalling.BYE_CAUSES_OF_A_LOST_PEER))
    silent = ", ".join(str(at) for at, reason in signalling.BY_CAUSE.items() if reason is None)
    return "\n".join(
        (
            NOTICE.format(
                source="dialer/core/values/outcome.py and dialer/core/calls/signalling.py"
            ),
            "",
            "# Outcomes",
            "",
            "Every call ends in one outcome (disposition), *who.reason*. CDRs, metrics and MQTT",
            "use these words.",
            "",
            _table(
                ("outcome", "meaning", "SIP codes", "Q.850 causes", "our own faults", "next trunk"),
                (_outcome_row(reason, meaning[reason.name]) for reason in Reason),
            ),
            "",
            _READING.format(general=general, lost=lost, silent=silent, refusals=_names(REFUSALS)),
        )
    )


def member_docs(module: object, name: str) -> dict[str, str]:
    """The docstring under each member of an Enum, on one line."""
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    body = next(
        node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name
    )
    found: dict[str, str] = {}
    for node, after in pairwise(body):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[node.targets[0].id] = " ".join(str(after.value.value).split())
    return found


def stale() -> list[str]:
    """Names of generated files that are not what the tables say."""
    return [
        name
        for name, text in pages().items()
        if not (HERE / name).is_file() or (HERE / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the pages, or only look at them; returns the exit code."""
    if arguments == ["--check"]:
        for name in stale():
            print(f"docs/{name} is stale: run python -m docs.generate")
        return 1 if stale() else 0
    if arguments:
        print(__doc__)
        return 2
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
    return 0


def _transitions() -> Iterable[tuple[str, ...]]:
    for state, row in TRANSITIONS.items():
        if state is State.ENDED:
            continue
        for trigger, step in row.items():
            command = "" if step.command is None else f"`{type(step.command).__name__}`"
            if step.to is State.ENDED:
                command = "`Finish`"
            yield f"`{state.name}`", trigger.value, f"`{step.to.name}`", command


def _outcome_row(reason: Reason, meaning: str) -> tuple[str, ...]:
    codes = [str(code) for code, said in signalling.BY_CODE.items() if said is reason]
    causes = [str(cause) for cause, said in signalling.BY_CAUSE.items() if said is reason]
    faults = [fault.value for fault, said in signalling.BY_FAULT.items() if said is reason]
    if reason is Reason.NO_REPLY:
        codes.append("408 (our own timer)")
    elsewhere = WHO_OF[reason] is Who.CARRIER and reason not in NOT_ELSEWHERE
    return (
        f"`{WHO_OF[reason].value}.{reason.value}`",
        meaning,
        ", ".join(codes),
        ", ".join(causes),
        ", ".join(faults),
        "may try" if elsewhere else "no",
    )


def _names(reasons: Iterable[Reason]) -> str:
    return " and ".join(sorted(f"`{WHO_OF[reason].value}.{reason.value}`" for reason in reasons))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
