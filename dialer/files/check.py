"""`dialer check`: what each file is, by what is in it, and every fault of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from dialer.config import Config, gather_config
from dialer.config.days import Notice, gather_days
from dialer.config.proofs import endings
from dialer.core.gate.jurisdiction import Effective
from dialer.errors import Fault, InputError
from dialer.files.campaign import CampaignFile
from dialer.files.columns import ListForm, meant
from dialer.files.contacts import AtRow, survey_contacts
from dialer.files.header import NEEDED
from dialer.files.load import gather_campaign
from dialer.files.script import ScriptFile
from dialer.files.script_source import read_script
from dialer.reading.text import refuse, size_of, unreadable
from dialer.reading.tree import YAML_LIMIT, Document, capped, read_yaml

Kind = Literal["config", "campaign", "script", "contacts", "days"]

_AS_OURS: Final = ListForm()
_HEAD: Final = 4096
_YAML_KINDS: Final[dict[Kind, frozenset[str]]] = {
    "config": frozenset(Config.model_fields),
    "campaign": frozenset(CampaignFile.model_fields),
    "script": frozenset(ScriptFile.model_fields),
    "days": frozenset(Notice.model_fields),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A file without fault, and what it was found to be."""

    path: Path
    kind: Kind
    notices: tuple[Fault, ...] = ()
    """What is no fault: what ends soon (`endings`), rows that were skipped."""
    figures: tuple[Effective, ...] = field(default=(), compare=False)
    """Of a configuration: what its calls are held to in law, and who says so."""


def check_files(
    paths: Sequence[Path],
    *,
    now: datetime,
    at_row: AtRow | None = None,
    form: ListForm = _AS_OURS,
) -> tuple[Checked, ...]:
    """Check files of any kind. Raises InputError with every fault of every file.

    A campaign is checked with the script and contacts that it names; where exactly one
    configuration is among `paths`, campaigns are checked against it. `at_row` hears how many
    contacts of a file have been checked. `form` is how contacts are written that no campaign names;
    national numbers are of its country in every file.
    """
    faults: list[Fault] = []
    kinds: dict[Path, Kind] = {}
    for path in dict.fromkeys(paths):
        try:
            kinds[path] = kind_of(path)
        except InputError as error:
            faults += error.faults
    configs: dict[Path, Config | None] = {}
    for path in _of(kinds, "config"):
        configs[path], found = gather_config(path, now)
        faults += found
    (config,) = configs.values() if len(configs) == 1 else (None,)
    seen: set[Path] = set()
    skipped: dict[Path, tuple[Fault, ...]] = {}
    for path in _of(kinds, "campaign"):
        gathered = gather_campaign(path, config, now, at_row, form.country)
        faults += gathered.faults
        seen |= {read.resolve() for read in gathered.read}
        skipped[path] = gathered.skipped
    for path in _unseen(kinds, "script", seen):
        faults += read_script(path, columns=None)[1]
    for path in _of(kinds, "days"):
        faults += gather_days(path)[1]
    for path in _unseen(kinds, "contacts", seen):
        summary, found = survey_contacts(path, now=now, form=form, at_row=at_row)
        faults += found
        skipped[path] = () if summary is None else summary.skipped
    if faults:
        raise InputError(capped(faults))
    return tuple(
        Checked(
            path,
            kind,
            (*_notices(path, configs.get(path), now), *skipped.get(path, ())),
            _figures(configs.get(path)),
        )
        for path, kind in kinds.items()
    )


def _figures(config: Config | None) -> tuple[Effective, ...]:
    return () if config is None else config.effective_figures()


def _notices(path: Path, config: Config | None, now: datetime) -> tuple[Fault, ...]:
    if config is None:
        return ()
    document = read_yaml(path)
    return tuple(document.fault(ending.place, str(ending)) for ending in endings(config, now))


def _of(kinds: dict[Path, Kind], wanted: Kind) -> list[Path]:
    return [path for path, kind in kinds.items() if kind == wanted]


def _unseen(kinds: dict[Path, Kind], wanted: Kind, seen: set[Path]) -> list[Path]:
    return [path for path in _of(kinds, wanted) if path.resolve() not in seen]


def kind_of(path: Path) -> Kind:
    """What a file is. Raises InputError where it cannot be told, or the file cannot be read."""
    file = str(path)
    size = size_of(path, file)
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise unreadable(file, error) from None
    if path.suffix.lower() == ".csv" or _is_header(head):
        return "contacts"
    if size > YAML_LIMIT:
        what = f"is {size / 1e6:.1f} MB and has no header of a contacts file"
        raise refuse(file, f"{what}; a YAML file has at most {YAML_LIMIT / 1e6:g} MB")
    kind = _yaml_kind(read_yaml(path))
    if kind is None:
        what = "is neither a configuration, a campaign, a script, contacts nor days off"
        raise refuse(file, what, line=1)
    return kind


def _is_header(head: bytes) -> bool:
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 2)[:2]
    # Excel's `sep=,` may stand before it.
    first = lines[0] if not lines[0].lower().startswith(b"sep=") else lines[-1]
    names = {name.strip(' \r"') for name in first.decode("utf-8", "replace").split(",")}
    return len(names) > 1 and any(meant(name) in NEEDED for name in names)


def _yaml_kind(document: Document) -> Kind | None:
    """The kind most of whose keys the file has; None where no key is known, or two kinds tie."""
    if not isinstance(document.value, dict):
        return None
    keys = set(document.value)
    counts = {kind: len(keys & known) for kind, known in _YAML_KINDS.items()}
    best = max(counts.values())
    kinds = [kind for kind, count in counts.items() if count == best]
    return kinds[0] if best and len(kinds) == 1 else None
