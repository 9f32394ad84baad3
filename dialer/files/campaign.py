"""`campaign.yaml`: what to say to whom, under which number, and how many at once."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dialer.reading.fields import ColumnName, Country, FilePath, Line, Number, Word
from dialer.reading.validate import Section


class CampaignFile(Section):
    """The whole of `campaign.yaml`."""

    name: Word
    """The campaign's name. A campaign that is run again under the same name continues where it
    stopped."""
    purpose: Line
    """Why people are called. Each contact's `consent_purpose` must be exactly the same text."""
    industry: Word | None = None
    """Which lists of banned phrases apply besides the general ones: `finance`, `education`, one of
    your own lists, or `general` for no other. Default: all lists apply (docs/wording.md)."""
    script: FilePath
    """The script of the calls."""
    caller_id: Number
    """The caller ID, verified for at least one trunk."""
    contacts: FilePath
    """The CSV file of the contacts."""
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    """The encoding of the contacts file. `gb18030` also reads GBK and GB2312. It must be named
    here, because it cannot be detected reliably."""
    country: Country | None = None
    """Whose national numbers the contacts file may hold, beside international ones. Default: only
    numbers with + and country code are read."""
    columns: dict[Line, ColumnName] = Field(default_factory=dict, max_length=200)
    """What the contacts file calls its columns: `{客户手机: number, 姓名: name}`. Common
    names are known, Chinese and English ones (see contacts.csv)."""
    grades: FilePath | None = None
    """How its calls are graded (docs/leads.md). Default: the rules that are shipped."""
    concurrency: int = Field(ge=1, le=10_000)
    """The most concurrent calls. Trunks may allow fewer."""
