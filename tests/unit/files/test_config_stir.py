"""`stir` of a trunk: what signs for its calls, and what may not."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dialer.app.gate import gate_rules
from dialer.config import load_config
from dialer.errors import InputError
from tests.support.inputs import CONFIG, NOW, Inputs, short
from tests.support.passports import STIR, URL, make_pair, write_key


def written(inputs: Inputs, stir: str = STIR) -> Path:
    """A configuration whose trunk signs; make_pair(inputs.folder) makes its files."""
    inputs.config.write_text(CONFIG.replace("    cps: 20\n", f"    cps: 20\n{stir}"), "utf-8")
    return inputs.config


def faults(inputs: Inputs, stir: str = STIR) -> list[str]:
    with pytest.raises(InputError) as refused:
        load_config(written(inputs, stir), now=NOW)
    return [short(fault) for fault in refused.value.faults]


def test_a_trunk_that_signs(inputs: Inputs) -> None:
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    make_pair(inputs.folder, begins=NOW - timedelta(days=1), ends=ends)
    (trunk,) = load_config(written(inputs), now=NOW).trunks
    assert trunk.stir is not None
    assert trunk.stir.credentials.valid.ends == ends
    assert trunk.stir.certificate_url == URL
    assert trunk.stir.origid is None
    origid = "123e4567-e89b-42d3-a456-426614174000"
    (trunk,) = load_config(written(inputs, f"{STIR}      origid: {origid}\n"), now=NOW).trunks
    assert trunk.stir is not None
    assert trunk.stir.origid == uuid.UUID(origid)


def test_only_a_trunk_that_signs_needs_a_valid_certificate(inputs: Inputs) -> None:
    assert "caller_id_signed" not in [
        rule.name for rule in gate_rules(load_config(inputs.config, now=NOW))
    ]
    make_pair(inputs.folder)
    rules = gate_rules(load_config(written(inputs), now=NOW))
    assert rules[-1].name == "caller_id_signed"


def test_the_key_does_not_show(inputs: Inputs) -> None:
    pair = make_pair(inputs.folder)
    config = load_config(written(inputs), now=NOW)
    secret = pair.key.read_text("ascii").splitlines()[1]
    for shown in (repr(config), str(config), config.model_dump_json(include={"node"})):
        assert secret not in shown
    assert "EllipticCurve" not in repr(config)
    make_pair(inputs.folder, mode=0o644)
    with pytest.raises(InputError) as refused:
        load_config(inputs.config, now=NOW)
    assert pair.key.read_text("ascii").splitlines()[1] not in str(refused.value)


def test_a_key_that_cannot_sign_is_a_fault_at_its_line(inputs: Inputs) -> None:
    make_pair(inputs.folder, mode=0o644)
    (told,) = faults(inputs)
    assert told == (
        "dialer.yaml:13: trunks[0].stir.key_file: others may read or change the key; "
        "run chmod 600 on it"
    )
    write_key(inputs.folder / "key.pem", ec.generate_private_key(ec.SECP384R1()))
    (told,) = faults(inputs)
    assert told.startswith(
        "dialer.yaml:13: trunks[0].stir.key_file: ES256 needs a key on the curve"
    )
    write_key(inputs.folder / "key.pem", ec.generate_private_key(ec.SECP256R1()))
    (told,) = faults(inputs)
    assert told == (
        "dialer.yaml:14: trunks[0].stir.certificate_file: the certificate belongs to another key"
    )
    (inputs.folder / "key.pem").unlink()
    (told,) = faults(inputs)
    assert told.startswith("dialer.yaml:13: trunks[0].stir.key_file: the file it names")


@pytest.mark.parametrize(
    "url",
    [
        "http://certificates.example/a.pem",
        "https://certificates.example",
        "https://certificates.example/",
        "https:///a.pem",
        "https://certificates.example:444/a.pem",
        "https://certificates.example:x/a.pem",
        "https://who@certificates.example/a.pem",
        "https://certificates.example/a.pem?x=1",
        "https://certificates.example/a.pem#x",
        "https://certificates.example/a>.pem",
        'https://certificates.example/a".pem',
        "https://certificates.example/a b.pem",
    ],
)
def test_a_certificate_is_where_every_verifier_will_look(inputs: Inputs, url: str) -> None:
    make_pair(inputs.folder)
    (told,) = faults(inputs, STIR.replace(URL, f"'{url}'"))
    assert told.startswith("dialer.yaml:15: trunks[0].stir.certificate_url: ")


def test_an_origid_is_a_uuid(inputs: Inputs) -> None:
    make_pair(inputs.folder)
    (told,) = faults(inputs, f"{STIR}      origid: bank\n")
    assert told.startswith("dialer.yaml:16: trunks[0].stir.origid: write a UUID")


def test_a_certificate_names_whose_numbers_it_is_for(inputs: Inputs) -> None:
    make_pair(inputs.folder, numbers=None)
    (fault,) = faults(inputs)
    assert "stir.certificate_file: names no numbers and no provider (TNAuthList" in fault
    other = b"\x30\x0f\xa2\x0d\x16\x0b12025550100"
    make_pair(inputs.folder, numbers=other)
    (fault,) = faults(inputs)
    assert "numbers[0].number: is not among the numbers of the certificate" in fault
    own = b"\x30\x10\xa2\x0e\x16\x0c442079460000"
    make_pair(inputs.folder, numbers=own)
    assert load_config(written(inputs), now=NOW).trunks[0].stir is not None
    make_pair(inputs.folder, numbers=b"\x30\x00")
    (fault,) = faults(inputs)
    assert "TNAuthList cannot be read" in fault


def test_a_lab_s_certificate_may_name_nobody(inputs: Inputs) -> None:
    make_pair(inputs.folder, numbers=None)
    text = CONFIG.replace("sip:sbc.carrier-a.example", "sip:127.0.0.1:5099")
    text = text.replace("    cps: 20\n", f"    cps: 20\n    lab: true\n{STIR}")
    inputs.config.write_text(text, "utf-8")
    assert load_config(inputs.config, now=NOW).trunks[0].stir is not None
