"""docs/gate.md: every rule of the gate, and every figure of every jurisdiction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dialer.core.gate.jurisdiction import FIGURES, Effective, effective
from dialer.core.gate.jurisdictions import JURISDICTIONS
from dialer.core.gate.rule_book import BOOK, Entry

_INTRODUCTION: Final = """\
# The gate

Every INVITE is asked about, at its instant, in the transaction that commits the attempt: no Allow
on disk, no call. Each rule below allows or denies by itself, from the order and what is on
record, and reads no clock. All must allow. A rule that cannot decide, or fails, has denied. Its
name is in records, audit log and metrics (`dialer_refusals_total`), so it stays.

`dialer explain NUMBER --at TIME` shows what each says; `dialer campaigns` how many contacts wait
for which. Where several deny, the contact waits for the earliest instant that all of them
together can allow; a denial for good goes before that, and one that holds the node before both.
"""

_LOOSENING: Final = """\
## Whose law

`compliance.jurisdiction` names it. A configuration may tighten each figure at will; one looser
than *the loosest* is a fault at start, with the line, the bound and where it comes from. Wider
ones are to be had only by naming a jurisdiction that has them, which then refuses every callee
who does not live under it. `dialer check dialer.yaml` shows the figures in force and who says so,
and the audit log has them in each record of a node's start. What follows is how we read the law;
it is no legal advice, and what a state or a trade adds is yours to write into the configuration.
"""

_ABANDONED: Final = """\
## Abandoned calls

A call is abandoned if a person answered and nobody spoke to them within 2 s: the first packet of
the notice came later or never, or a script promised a person (`transfer`) and none was joined
with them 2 s later. A callee who hangs up sooner was not abandoned. The share is of live answers,
which are those that were heard; until people and machines are told apart, a machine that
speaks is one. Calls that a killed process left count as abandoned: nobody knows better.

The rule is a bound and no average: a call is launched only if the share would still hold should
it and every live call of the campaign, on all nodes, be abandoned. So a campaign begins with a
few calls at once and widens as they end well; with 3 % it may have as many live as 3 % of its
answers of 30 days. A share of fewer than 34 answers cannot be 3 %: up to 100 they are judged as
100. The tallies are by day and survive restarts. While a campaign waits for room, progress line
and MQTT say `abandon rate`; where only days can make room the log says so and *LaunchesHeld*
fires.
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
            _LOOSENING,
            *_laws(),
            _ABANDONED,
        )
    )


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
