"""What is said in calls, and for what: read from a campaign or a script, to be approved.

Whom it is said to makes no difference to an approval, so that no contacts are read, nor need be
there yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dialer.config import Config
from dialer.errors import Fault, InputError
from dialer.files.campaign import CampaignFile
from dialer.files.script_source import ReadScript, read_script
from dialer.files.wording import gather_wording
from dialer.reading.tree import Document, capped, read_yaml
from dialer.reading.validate import check


@dataclass(frozen=True, slots=True)
class Said:
    """A script without fault, the purpose that it serves, and the industry that it is of."""

    source: ReadScript
    purpose: str
    industry: str | None


def said_by_campaign(path: Path, config: Config) -> Said:
    """What the campaign at `path` says. Raises InputError with every fault."""
    document = read_yaml(path)
    campaign, faults = check(CampaignFile, document, path.parent)
    if campaign is None:
        raise InputError(capped(faults))
    faults += industry_faults(document, campaign.industry, config)
    source, found = read_script(campaign.script, columns=None)
    faults += found
    if source is None or faults:
        raise InputError(capped(faults))
    return Said(source, campaign.purpose, campaign.industry)


def said_by_script(path: Path, config: Config, purpose: str, industry: str | None) -> Said:
    """What the script at `path` says, for `purpose`. Raises InputError with every fault."""
    source, faults = read_script(path, columns=None)
    if source is not None:
        faults = industry_faults(source.document, industry, config)
    if source is None or faults:
        raise InputError(capped(faults))
    return Said(source, purpose, industry)


def industry_faults(document: Document, industry: str | None, config: Config) -> list[Fault]:
    """What is wrong with the lists of wording, and with an industry that none of them is for."""
    own = config.compliance.wording_lists
    if industry is None and not own:
        return []
    book, faults = gather_wording(own)
    if book is None or industry is None or industry in book.bans:
        return faults
    what = f"no list of wording is for it; there are {', '.join(sorted(book.bans))}"
    return [document.fault(("industry",), what)]
