"""docs/gate.md: every rule of the gate, and every figure of every jurisdiction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dialer.core.gate.jurisdiction import FIGURES, Effective, effective
from dialer.core.gate.jurisdictions import JURISDICTIONS
from dialer.core.gate.leg_gate import AS_ANY_CALL, OWN_PEOPLE, WITHIN
from dialer.core.gate.rule_book import BOOK, Entry

_INTRODUCTION: Final = """\
# The gate

The gate decides on every INVITE immediately before it leaves, in the transaction that commits the
attempt. Without an Allow on disk there is no call. Each rule below allows or denies on its own,
from the order and the records, and reads no clock. All rules must allow. A rule that cannot decide,
or fails, denies. Its name is in records, audit log and metrics (`dialer_refusals_total`), so it
does not change.

`dialer explain NUMBER --at TIME` shows the verdict of each rule. `dialer campaigns` shows how many
contacts wait for which rule. Where several rules deny, the contact waits for the earliest instant
that all of them together can allow. A final denial takes precedence over a wait, and a denial that
pauses dialing on the node takes precedence over both.
"""

_LOOSENING: Final = """\
## Whose law

`compliance.jurisdiction` names it. A configuration may tighten every figure. A figure looser than
*the loosest* is a fault at start; the message has the line, the limit and its source. Wider figures
need another jurisdiction, which then denies calls to every number outside its countries.
`dialer check dialer.yaml` shows the figures in force and their source, and the audit log has them
in each record of a node's start. This page is how we read the law. It is no legal advice. Add the
rules of your state or trade to the configuration yourself.
"""

_ABANDONED: Final = """\
## Abandoned calls

A call is abandoned if a person answered and nobody spoke to them within 2 s. That is the case when
the first packet of the notice came later or never. It is also the case when a script promised a
person (`transfer`) and no person was joined within 2 s. A callee who hangs up sooner was not
abandoned. The share is of live answers: answered calls in which somebody was heard. Speaking
machines count too, because people and machines are not told apart yet. Calls that were live when
the process was killed count as abandoned, because their end is unknown.

The rule is a hard limit, not an average. A call is launched only if the share stays within the
limit even if this call and every live call of the campaign, on all nodes, are abandoned. So a
campaign starts with few concurrent calls, and gets more as calls end well. With 3 % it may have as
many live calls as 3 % of its answers of 30 days. Fewer than 34 answers cannot show a share of 3 %,
so up to 100 answers are judged as 100. The counts are by day and survive restarts. While a campaign
waits for room, progress line and MQTT say `abandon rate`. Where room comes only after days, the log
says so and *LaunchesHeld* fires.
"""


def page(notice: str) -> str:
    """The whole page."""
    return "\n".join(
        (
            notice,
            "",
            _INTRODUCTION,
            "## The rules",
            "",
            "| rule | what it asks | configured by | the contact, if denied | source |",
            "|---|---|---|---|---|",
            *(_row(entry) for entry in BOOK),
            "",
            _second_legs(),
            _LOOSENING,
            *_laws(),
            _ABANDONED,
        )
    )


def _second_legs() -> str:
    """The rules for handing a callee over."""
    asked = ", ".join(f"`{entry.rule}`" for entry in BOOK if entry.rule in AS_ANY_CALL)
    within = ", ".join(f"`{entry.rule}`" for entry in BOOK if entry.rule in WITHIN)
    return f"""\
## Second legs

A callee is handed over to an extension of an exchange of the operator's own, or to a telephone
number. A number must be one of `operator.people`, whose proof has not expired: rule `{OWN_PEOPLE}`.
Beside that it is asked {asked}.

An extension must lie behind a trunk of `role: pbx` or of a lab, and may be no telephone number:
`{OWN_PEOPLE}` again. It is asked {within}.
"""


def _row(entry: Entry) -> str:
    keys = ", ".join(f"`{key}`" for key in entry.keys) or "-"
    source = entry.source or "see below, by jurisdiction"
    return f"| `{entry.rule}` | {entry.asks} | {keys} | {entry.denied} | {source} |"


def _laws() -> Iterator[str]:
    for law in JURISDICTIONS.values():
        first, *figures = effective(law, {}, named=True)
        yield f"### {law.name}, {first.source}"
        yield ""
        yield "| key | built in | the loosest | source |"
        yield "|---|---|---|---|"
        assert len(figures) == len(FIGURES)  # noqa: S101 -- else a figure has no row
        yield from map(_figure, figures)
        yield ""


def _figure(figure: Effective) -> str:
    return f"| `{figure.key}` | {figure.value} | {figure.loosest} | {figure.source} |"
