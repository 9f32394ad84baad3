"""Versions of scripts and what was found in them, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from dialer.core.dialog.approval import Version
from dialer.core.dialog.script_version import FieldChange, RecordedPrompt, ScriptContent, ScriptDiff
from dialer.core.dialog.wording import WordingFinding

SHORT: Final = 12
"""Digits of a version that people are shown; all commands take them."""


def short(version: str) -> str:
    return version[:SHORT]


def titled(version: Version) -> str:
    """What it is a version of."""
    subject = version.subject
    industry = f", {subject.industry}" if subject.industry else ""
    return f"{subject.script} for {subject.purpose}{industry}"


def state_of(version: Version) -> str:
    return "broken record" if version.state is None else version.state.value


def version_as_json(
    version: Version, findings: Sequence[WordingFinding] | None = None
) -> dict[str, Any]:
    """A version with all that was done to it; with `findings` where it was inspected.

    version   its name: hex SHA-256 of all that it says
    script, purpose, industry   what it is a version of; industry may be null
    state     draft, submitted, approved, rejected, superseded; null for a broken record
    since     instant of its last step
    authors   who had a hand in it, and cannot approve it
    steps     in order: action, who, when, why
    findings  where, rule, found, why, instead; `where` as in `nodes.offer`
    """
    state = version.state
    told: dict[str, Any] = {
        "version": version.hash,
        "script": version.subject.script,
        "purpose": version.subject.purpose,
        "industry": version.subject.industry,
        "state": None if state is None else state.value,
        "since": version.standing.since.isoformat(),
        "authors": list(version.authors),
        "steps": [
            {
                "action": step.action.value,
                "who": step.who,
                "when": step.when.isoformat(),
                "why": step.why,
            }
            for step in version.steps
        ],
    }
    if findings is not None:
        told["findings"] = findings_as_json(findings)
    return told


def findings_as_json(findings: Iterable[WordingFinding]) -> list[dict[str, str]]:
    return [
        {
            "where": finding.node,
            "rule": finding.rule,
            "found": finding.excerpt,
            "why": finding.why,
            "instead": finding.instead,
        }
        for finding in findings
    ]


def finding_in_words(finding: WordingFinding) -> str:
    """What was found, but for where."""
    found = f'"{finding.excerpt}": ' if finding.excerpt else ""
    return f"{found}{finding.why}. Instead: {finding.instead} ({finding.rule})"


LISTED: Final = ("version", "script", "purpose", "industry", "state", "since", "authors")


def listed(version: Version) -> dict[str, Any]:
    """A version as a list shows it: its short name, and no steps."""
    told = version_as_json(version)
    state = {"version": short(version.hash), "state": state_of(version)}
    return told | state | {"industry": version.subject.industry or "any"}


def steps_rows(version: Version) -> list[dict[str, str]]:
    return [
        {
            "step": step.action.value,
            "who": step.who,
            "when": step.when.isoformat(timespec="seconds"),
            "why": step.why,
        }
        for step in version.steps
    ]


def words_rows(content: ScriptContent) -> Iterator[dict[str, str]]:
    """All that can be said, by where it is said."""
    for key, prompt in content.prompts.items():
        if isinstance(prompt, RecordedPrompt):
            origin, words = f"recording {prompt.sha256[:SHORT]}", prompt.words or "not written"
        else:
            origin, words = f"{prompt.language}, voice {prompt.voice}", prompt.text
        yield {"where": key, "as": origin, "words": words}


def diff_lines(found: ScriptDiff) -> Iterator[str]:
    """What differs, a line for each thing; none where nothing does."""
    yield from _changes("", found.frame)
    yield from (f"+ node {name}" for name in found.nodes_added)
    yield from (f"- node {name}" for name in found.nodes_removed)
    for node in found.nodes_changed:
        yield from _changes(f"nodes.{node.node}.", node.fields)
    yield from _changes("prompt ", found.prompts)


def _changes(before: str, changes: Iterable[FieldChange]) -> Iterator[str]:
    for change in changes:
        if change.before is not None:
            yield f"- {before}{change.key}: {change.before}"
        if change.after is not None:
            yield f"+ {before}{change.key}: {change.after}"
