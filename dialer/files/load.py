"""A campaign with everything it names, checked together: all faults of all its files at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from dialer.config import Config, gather_config
from dialer.core.calls.grading import GradeRule
from dialer.core.dialog.filled import FilledWords
from dialer.core.dialog.script import Script, can_decline_recording, transfers
from dialer.core.dialog.wording import WordingBook
from dialer.core.values.records import CONSENT_VARIABLES, CampaignRecord, ContactRow
from dialer.errors import Fault, InputError
from dialer.files.campaign import CampaignFile
from dialer.files.columns import ListForm
from dialer.files.contacts import AtRow, ContactsSummary, read_contacts, survey_contacts
from dialer.files.grades import SHIPPED, read_grades
from dialer.files.said import Said, industry_faults
from dialer.files.script_source import ReadScript, read_script
from dialer.files.wording import gather_wording
from dialer.reading.fields import COUNTRIES
from dialer.reading.tree import Document, capped, read_yaml
from dialer.reading.validate import check

_ENCODINGS: Final = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True)
class LoadedCampaign:
    """A campaign whose files are all without fault."""

    campaign: CampaignFile
    source: ReadScript
    contacts: ContactsSummary
    form: ListForm
    lab: bool = False
    """Whether only labs' trunks can carry it, so that its contacts need not have agreed."""
    grades: tuple[GradeRule, ...] = ()

    @property
    def script(self) -> Script:
        return self.source.script

    @property
    def script_folder(self) -> Path:
        """What the script's `play:` paths are relative to."""
        return self.source.folder

    @property
    def said(self) -> Said:
        """What is said in its calls, as it is submitted for approval."""
        return Said(self.source, self.campaign.purpose, self.campaign.industry)

    @property
    def record(self) -> CampaignRecord:
        """The campaign as the store knows it."""
        return CampaignRecord(
            name=self.campaign.name,
            purpose=self.campaign.purpose,
            caller_id=self.campaign.caller_id,
            contacts_digest=self.contacts.digest,
            script_digest=self.source.digest,
        )

    def rows(self) -> Iterator[ContactRow]:
        """The contacts, read anew, with those variables only that the script names.

        Raises InputError where the file is no longer the one that was checked.
        """
        return read_contacts(
            self.campaign.contacts,
            digest=self.contacts.digest,
            keep=self.source.variables,
            form=self.form,
            lab=self.campaign.purpose if self.lab else None,
        )


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found of a campaign: the value where nothing is wrong, and the files looked at."""

    loaded: LoadedCampaign | None
    faults: list[Fault]
    read: tuple[Path, ...]
    skipped: tuple[Fault, ...] = ()
    """Notices of what was passed over in the contacts file."""


def load_campaign(path: Path, config: Config, *, now: datetime) -> LoadedCampaign:
    """The campaign at `path`, to be run under `config`. Raises InputError with every fault.

    `now` is aware: consent given after it, and proofs that expired before it, are faults.
    """
    gathered = gather_campaign(path, config, now)
    if gathered.loaded is None:
        raise InputError(capped(gathered.faults))
    return gathered.loaded


def load_run(
    campaign: Path,
    configuration: Path,
    *,
    now: datetime,
    at_row: AtRow | None = None,
    country: str | None = None,
) -> tuple[Config, LoadedCampaign]:
    """A configuration and the campaign to be run under it, with the faults of both at once.

    `at_row` hears how many contacts have been checked; `country` is as in `gather_campaign`.
    """
    config, faults = gather_config(configuration, now)
    gathered = gather_campaign(campaign, config, now, at_row, country)
    faults += gathered.faults
    if config is None or gathered.loaded is None or faults:
        raise InputError(capped(faults))
    return config, gathered.loaded


def gather_campaign(
    path: Path,
    config: Config | None,
    now: datetime,
    at_row: AtRow | None = None,
    country: str | None = None,
) -> Gathered:
    """Read a campaign and all it names. Without `config` what needs one is left unchecked.

    National numbers among the contacts are of `country`, else of the campaign's own.
    """
    try:
        document = read_yaml(path)
    except InputError as error:
        return Gathered(None, list(error.faults), (path,))
    campaign, faults = check(CampaignFile, document, path.parent)
    contacts_path = _named(document, "contacts", path.parent)
    script_path = _named(document, "script", path.parent)
    lab = config is not None and _is_a_labs(config, _text(document, "caller_id"))
    form = _form(document, country)
    summary: ContactsSummary | None = None
    source: ReadScript | None = None
    if contacts_path is not None:
        summary, found = survey_contacts(
            contacts_path,
            now=now,
            purpose=_text(document, "purpose"),
            form=form,
            at_row=at_row,
            lab=lab,
            said=_filled(script_path, campaign, config),
        )
        faults += _missing_file(document, "contacts", contacts_path) or found
    if script_path is not None:
        source, found = read_script(
            script_path,
            columns=None if summary is None else (*summary.variables, *CONSENT_VARIABLES),
        )
        faults += _missing_file(document, "script", script_path) or found
    if campaign is not None and config is not None:
        faults += industry_faults(document, campaign.industry, config)
        faults += _caller_id_faults(document, campaign, config, now)
        if source is not None:
            faults += _target_faults(source, campaign, config)
            faults += _recording_faults(source, config)
    own = _named(document, "grades", path.parent)
    grades, found = read_grades(own or SHIPPED)
    faults += (own and _missing_file(document, "grades", own)) or found
    read = tuple(file for file in (path, contacts_path, script_path, own) if file is not None)
    if campaign is None or summary is None or source is None or faults:
        return Gathered(None, faults, read)
    loaded = LoadedCampaign(campaign, source, summary, form, lab, grades)
    return Gathered(loaded, faults, read, summary.skipped)


def _filled(
    script: Path | None, campaign: CampaignFile | None, config: Config | None
) -> FilledWords | None:
    """What inspects the words of each contact; None where the script or the lists are at fault."""
    source = None if script is None else read_script(script, columns=None)[0]
    if source is None or not source.variables:
        return None
    book: WordingBook | None = None
    names: tuple[str, ...] = ()
    industry: str | None = None
    if config is not None and campaign is not None:
        book, _faults = gather_wording(config.compliance.wording_lists)
        names, industry = (config.operator.name,), campaign.industry
    if book is not None and industry not in {None, *book.bans}:
        return None
    return FilledWords(source.script, book, industry, names)


def _is_a_labs(config: Config, caller_id: str | None) -> bool:
    """Whether every trunk that could carry the campaign is a lab's."""
    carrying = [
        trunk.lab
        for trunk in config.trunks
        if trunk.role != "pbx" and any(owned.number.clear == caller_id for owned in trunk.numbers)
    ]
    return bool(carrying) and all(carrying)


def _text(document: Document, key: str) -> str | None:
    """What is written for `key`, also where other keys are at fault."""
    value = document.value.get(key) if isinstance(document.value, dict) else None
    return value.strip() or None if isinstance(value, str) else None


def _named(document: Document, key: str, folder: Path) -> Path | None:
    text = _text(document, key)
    return None if text is None else folder / text


def _form(document: Document, country: str | None) -> ListForm:
    """How the contacts are written, as far as the campaign says it without fault."""
    encoding = _text(document, "encoding")
    value = document.value if isinstance(document.value, dict) else {}
    columns = value.get("columns")
    return ListForm(
        encoding if encoding in _ENCODINGS else _ENCODINGS[0],
        country
        or (said if (said := (_text(document, "country") or "").upper()) in COUNTRIES else None),
        {name: of for name, of in columns.items() if isinstance(of, str)}
        if isinstance(columns, dict)
        else {},
    )


def _missing_file(document: Document, key: str, path: Path) -> list[Fault]:
    """A file that is not there is the fault of the line that names it."""
    try:
        there = path.exists()
    except (OSError, ValueError):
        there = False
    return [] if there else [document.fault((key,), f"no such file: {path}")]


def _target_faults(source: ReadScript, campaign: CampaignFile, config: Config) -> list[Fault]:
    """Handings over that lead nowhere, or where our number cannot be shown."""
    faults = []
    for place, transfer in transfers(source.script):
        what = config.target_fault(transfer.target, campaign.caller_id)
        if what is not None:
            key = "refer" if transfer.refer else "transfer"
            faults.append(source.document.fault((*place, key), what))
    return faults


def _recording_faults(source: ReadScript, config: Config) -> list[Fault]:
    """Where calls are recorded, their callees are told, and can decline."""
    if not config.recording.enabled:
        return []
    if source.script.disclosure.recording is None:
        what = "calls are recorded (recording.enabled), but no words of `recording` say so"
        return [source.document.fault(("disclosure",), what)]
    if not can_decline_recording(source.script):
        what = "calls are recorded, but no stop_key lets the callee decline"
        return [source.document.fault(("disclosure", "recording"), what)]
    return []


def _caller_id_faults(
    document: Document, campaign: CampaignFile, config: Config, now: datetime
) -> list[Fault]:
    caller_ids = config.caller_ids()
    trunks = [trunk.name for trunk in config.trunks]
    if any(caller_ids.is_verified(trunk, campaign.caller_id, now) for trunk in trunks):
        return []
    listed: Collection[str] = [
        trunk for trunk in trunks if caller_ids.find(trunk, campaign.caller_id) is not None
    ]
    what = (
        f"its proof has expired on {', '.join(listed)}"
        if listed
        else "is not among the numbers of any trunk in the configuration"
    )
    return [document.fault(("caller_id",), what)]
