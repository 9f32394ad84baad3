"""A campaign's wording, as `dialer check` tells of it: which version, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dialer.cli.asking import asked
from dialer.cli.wording_view import finding_in_words, findings_as_json, short
from dialer.core.dialog.wording import WordingFinding
from dialer.errors import PromptError, StoreError
from dialer.files import Checked
from dialer.files.said import said_by_campaign
from dialer.office.request import Request
from dialer.office.scripts import said_now, standing
from dialer.prompts.inspection import inspect_said


@dataclass(frozen=True, slots=True)
class Wording:
    """What a campaign would say; `state` is None where nothing is known of it, `told` says why."""

    version: str
    state: str | None
    told: str
    findings: Sequence[WordingFinding]

    def lines(self) -> Iterator[str]:
        yield f"version {short(self.version)} {self.told}"
        for finding in self.findings:
            yield f"{finding.node or 'script'}: {finding_in_words(finding)}"

    def as_json(self) -> dict[str, object]:
        return {
            "version": self.version,
            "state": self.state,
            "findings": findings_as_json(self.findings),
        }


async def wording_of(found: Sequence[Checked]) -> dict[Path, Wording]:
    """What each campaign says and whether it may, where the configuration is given as well."""
    configs = [checked.path for checked in found if checked.kind == "config"]
    campaigns = [checked.path for checked in found if checked.kind == "campaign"]
    if len(configs) != 1 or not campaigns:
        return {}
    request = asked(configs[0])
    return {path: await _of(request, path) for path in campaigns}


async def _of(request: Request, campaign: Path) -> Wording:
    config = request.config
    try:
        found = await inspect_said(config, said_by_campaign(campaign, config))
    except PromptError as error:
        return Wording("", None, f"is not known: {error}", ())
    version = found.inspection.version
    state, told = None, "was never submitted for approval"
    try:
        version = await said_now(request, found.content)
        stands = await standing(request, version)
    except StoreError as error:
        told = f"may be approved or not: {error}"
    else:
        if stands is not None:
            state = None if stands.state is None else stands.state.value
            told = f"is {state or 'a broken record'} since {stands.since:%Y-%m-%d %H:%M} UTC"
    return Wording(version, state, told, found.inspection.findings)
