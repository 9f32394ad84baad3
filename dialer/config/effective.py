"""A configuration as it is approved: all that decides who is called, over what, and what they see.

Numbers of people who take calls over are there by their last digits and a digest; secrets are not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from pydantic import BaseModel

from dialer.config.document import Config
from dialer.config.trunk import Trunk
from dialer.core.gate.calling_hours import Hours
from dialer.core.gate.configuration import Value
from dialer.core.values.number import E164
from dialer.core.values.targets import Target

_DIGITS = 16


def effective_of(config: Config) -> Mapping[str, Value]:
    """By key; the same configuration gives the same values, in whatever order it was written."""
    operator, compliance = config.operator, config.compliance
    licence = operator.licence
    found: dict[str, Value] = {
        "operator.name": operator.name,
        "operator.licence": [licence.number, str(licence.expires)],
        "operator.callback": _shown(operator.callback),
        "operator.forward": None if operator.forward is None else _target(operator.forward),
        "operator.transfer_to": sorted(map(_target, operator.transfer_to)),
        "law": config.jurisdiction.name,
        "compliance.notice_within": compliance.notice_within,
        "compliance.list_shrink": compliance.list_shrink,
        "compliance.lab_networks": sorted(map(str, compliance.lab_networks)),
        "compliance.lab_numbers": sorted(compliance.lab_numbers),
        "compliance.wording_lists": sorted(map(_file, compliance.wording_lists)),
        "routing.fault_calls": config.routing.fault_calls,
        "recording.enabled": config.recording.enabled,
        "speech.url": None if config.speech is None else config.speech.url,
        "unsafe": sorted(config.unsafe.switched_off()),
    }
    for field in fields(config.terms):
        found[f"law.{field.name}"] = _figure(getattr(config.terms, field.name))
    for year in config.compliance.decreed:
        # The days themselves, so that who approves reads them; only more days off tighten.
        found[f"law.days[{year.country} {year.year}]"] = [
            year.source,
            sorted(map(str, year.days_off)),
            sorted(map(str, year.workdays)),
        ]
    for key, value in config.callback:
        found[f"callback.{key}"] = _plain(value)
    for person in operator.people:
        found[f"operator.people[{_shown(person.number)}]"] = [person.proof, str(person.expires)]
    for trunk in config.trunks:
        found |= _of_trunk(trunk)
    return found


def _of_trunk(trunk: Trunk) -> dict[str, Value]:
    name = f"trunks[{trunk.name}]"
    found: dict[str, Value] = {
        f"{name}.uri": str(trunk.uri),
        f"{name}.proxy": None if trunk.proxy is None else str(trunk.proxy),
        f"{name}.transport": trunk.transport,
        f"{name}.srtp": trunk.srtp,
        f"{name}.identity": trunk.identity,
        f"{name}.user": None if trunk.registration is None else trunk.registration.username,
        f"{name}.signs": trunk.stir is not None,
        f"{name}.number_format": _plain(trunk.number_format),
        f"{name}.role": trunk.role,
        f"{name}.transfers": trunk.transfers,
        f"{name}.lab": trunk.lab,
        f"{name}.channels": trunk.channels,
        f"{name}.cps": trunk.cps,
        f"{name}.calls_from": sorted(map(str, trunk.calls_from)),
        f"{name}.media_from": sorted(map(str, trunk.media_from)),
    }
    if trunk.verstat:
        found[f"{name}.verstat"] = True
    if trunk.stir_trust is not None:
        # Which certificate is at a URL is bounded by the authorities: a renewed one needs nobody.
        urls = [each.url for each in trunk.stir_trust.certificates]
        found[f"{name}.stir_trust"] = sorted([_file(trunk.stir_trust.authorities_file), *urls])
    asked = trunk.inbound_auth
    if asked is not None and asked.digest is not None:
        algorithms = sorted(asked.digest.algorithms)
        found[f"{name}.inbound_auth.digest"] = [asked.digest.username, algorithms]
    if asked is not None and asked.client_certificates:
        found[f"{name}.inbound_auth.client_certificates"] = sorted(asked.client_certificates)
    for owned in trunk.numbers:
        key = f"{name}.numbers[{_shown(owned.number)}]"
        found[key] = [owned.holder, owned.proof, str(owned.expires)]
    return found


def _figure(value: object) -> Value:
    if isinstance(value, tuple):
        return [[_minutes(hours, "start"), _minutes(hours, "end")] for hours in value]
    return value if isinstance(value, int | float | str | None) else str(value)


def _minutes(hours: Hours, which: str) -> int:
    at = getattr(hours, which)
    return int(at.hour * 3600 + at.minute * 60 + at.second)


def _plain(value: object) -> Value:
    """A section, or a part of one, as JSON holds it."""
    if isinstance(value, BaseModel):
        return [[key, _plain(each)] for key, each in value]
    if isinstance(value, Path):
        # What is played, and not where it lies.
        return _file(value) if value.is_file() else "no such file"
    if isinstance(value, Mapping):
        return [[str(key), _plain(each)] for key, each in sorted(value.items())]
    return value if isinstance(value, int | float | str | None) else str(value)


def _target(target: Target) -> str:
    return _shown(target) if isinstance(target, E164) else str(target)


def _shown(number: E164) -> str:
    return f"{number.masked} ({hashlib.sha256(number.clear.encode()).hexdigest()[:_DIGITS]})"


def _file(path: object) -> str:
    with open(str(path), "rb") as file:  # noqa: PTH123 - a path of pydantic's
        return hashlib.file_digest(file, "sha256").hexdigest()
