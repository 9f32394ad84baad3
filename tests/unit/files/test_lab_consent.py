"""A lab's campaign may call numbers that nobody answers for; no other trunk may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialer.core.gate.consent import CONSENT, LAB, ConsentTerms, consent
from dialer.core.values.records import History
from dialer.core.values.verdict import Allow, Deny
from dialer.errors import InputError
from dialer.files import LoadedCampaign, load_run
from tests.support.inputs import CONFIG, NOW, Inputs
from tests.support.orders import contact, order

NUMBERS = "number,card\n+447700900001,4417\n+447700900002,9020\n"
LAB_TRUNK = CONFIG.replace("sip:sbc.carrier-a.example", "sip:127.0.0.1:5070\n    lab: true")


def load(inputs: Inputs, config: str, contacts: str = NUMBERS) -> LoadedCampaign:
    inputs.config.write_text(config, encoding="utf-8")
    inputs.contacts.write_text(contacts, encoding="utf-8")
    return load_run(inputs.campaign, inputs.config, now=NOW)[1]


def test_a_labs_contacts_need_no_consent(inputs: Inputs) -> None:
    loaded = load(inputs, LAB_TRUNK)
    rows = list(loaded.rows())
    assert [row.number.clear for row in rows] == ["+447700900001", "+447700900002"]
    assert {row.consent_source for row in rows} == {LAB}
    assert {row.consent_purpose for row in rows} == {loaded.record.purpose}


def test_consent_that_is_written_is_read_in_a_lab_too(inputs: Inputs) -> None:
    loaded = load(inputs, LAB_TRUNK, inputs.contacts.read_text(encoding="utf-8"))
    assert LAB not in {row.consent_source for row in loaded.rows()}


def test_some_columns_of_consent_are_not_enough(inputs: Inputs) -> None:
    with pytest.raises(InputError, match="consent_at: column is missing"):
        load(inputs, LAB_TRUNK, "number,consent_source,card\n+447700900001,branch,4417\n")


def test_a_real_trunk_that_could_carry_it_asks_for_consent(inputs: Inputs) -> None:
    with pytest.raises(InputError, match="consent_source: column is missing"):
        load(inputs, CONFIG)
    trunks = LAB_TRUNK[LAB_TRUNK.index("  - name: carrier-a") :]
    real = trunks.replace("carrier-a", "carrier-b").replace("\n    lab: true", "")
    with pytest.raises(InputError, match="consent_source: column is missing"):
        load(inputs, LAB_TRUNK + real)


def test_nobody_writes_a_labs_consent_into_a_file(inputs: Inputs) -> None:
    text = inputs.contacts.read_text(encoding="utf-8").replace("web form", LAB)
    with pytest.raises(InputError, match="a lab is nobody who could have agreed"):
        load(inputs, CONFIG, text)


def test_only_a_labs_trunk_calls_a_labs_contact() -> None:
    rule = consent(ConsentTerms(months=6))
    row = replace(contact().row, consent_source=LAB, consent_ref=LAB)
    asked = order(to=replace(contact(), row=row))
    assert rule.judge(replace(asked, lab=True), History()) == Allow()
    verdict = rule.judge(asked, History())
    assert isinstance(verdict, Deny)
    assert (verdict.rule, verdict.until) == (CONSENT, None)
    # A lab's trunk asks everybody else for their consent.
    other = order(to=replace(contact(), row=replace(contact().row, consent_ref="")))
    assert isinstance(rule.judge(replace(other, lab=True), History()), Deny)
