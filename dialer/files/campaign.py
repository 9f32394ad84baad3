"""`campaign.yaml`: what to say to whom, under which number, and how many at once."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dialer.reading.fields import FilePath, Line, Number, Word
from dialer.reading.validate import Section


class CampaignFile(Section):
    """The whole of `campaign.yaml`."""

    name: Word
    """The campaign's name. Run again under the same name, it goes on where it stopped."""
    purpose: Line
    """Why people are called. Each contact's `consent_purpose` must be the same words."""
    industry: Word | None = None
    """Whose lists of banned phrases hold beside the general ones: `finance`, `education`, one of
    your own lists, or `general` for no other. Where it is absent, all lists hold
    (docs/wording.md)."""
    script: FilePath
    """The script to follow."""
    caller_id: Number
    """The number shown, verified for at least one trunk."""
    contacts: FilePath
    """The CSV file of whom to call."""
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    """How the contacts file is encoded. `gb18030` also reads GBK and GB2312; it must be asked for,
    because no file can prove that it is."""
    concurrency: int = Field(ge=1, le=10_000)
    """Calls at once, at most; trunks may allow fewer."""
