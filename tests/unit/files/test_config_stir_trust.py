"""`stir_trust` of a trunk: whose signatures are believed of callers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dialer.app.settings import passports, trunk_settings, verifier
from dialer.config import load_config
from dialer.config.effective import effective_of
from dialer.config.proofs import endings
from dialer.core.gate.configuration import compare
from dialer.credentials.verifier import Attested, Seen
from dialer.errors import InputError
from tests.support import issuer
from tests.support.inputs import CONFIG, Inputs, short
from tests.support.issuer import CALLER, NOW, OURS, THEIRS, Issuer, signed
from tests.support.passports import URL

TRUST = f"""\
    stir_trust:
      authorities_file: sti-ca.pem
      certificates:
        - {{url: {URL}, file: theirs.pem}}
"""
OTHER = "        - {url: https://other.example/b.pem, file: theirs.pem}\n"


@pytest.fixture
def issued(inputs: Inputs) -> Issuer:
    made = Issuer(inputs.folder)
    made.certify(THEIRS)
    return made


def written(inputs: Inputs, trust: str = TRUST) -> Path:
    text = CONFIG.replace("    cps: 20\n", f"    cps: 20\n{trust}")
    inputs.config.write_text(text.replace("2026-", "2028-").replace("2027-", "2029-"), "utf-8")
    return inputs.config


def test_what_is_believed_of_callers(inputs: Inputs, issued: Issuer) -> None:
    assert issued.file.name == "sti-ca.pem"
    config = load_config(written(inputs), now=NOW)
    (trunk,) = config.trunks
    seen = Seen()
    judge = verifier(trunk, seen)
    assert judge is not None
    assert judge.judge([signed()], CALLER, OURS, NOW) is Attested.A
    settings = replace(trunk_settings(trunk, config.compliance), verifier=judge)
    counted = passports([settings, replace(settings, verifier=None)])
    assert counted == dict.fromkeys((each.value for each in Attested), 0) | {"a": 1}
    plain = load_config(written(inputs, ""), now=NOW)
    assert verifier(plain.trunks[0], seen) is None


def test_to_believe_more_needs_approval_and_a_renewed_certificate_does_not(
    inputs: Inputs, issued: Issuer
) -> None:
    none, one, two = (
        effective_of(load_config(written(inputs, trust), now=NOW))
        for trust in ("", TRUST, TRUST + OTHER)
    )

    def tightens(before: object, after: object) -> list[bool]:
        return [change.tightens for change in compare(before, after)]  # type: ignore[arg-type]

    assert [tightens(*each) for each in ((none, one), (one, two), (two, one), (one, none))] == [
        [False],
        [False],
        [True],
        [True],
    ]
    issued.certify(THEIRS, ends=NOW + 60 * issuer.DAY)
    assert tightens(one, effective_of(load_config(written(inputs), now=NOW))) == []


def test_a_certificate_that_ends_soon_is_told_of(inputs: Inputs, issued: Issuer) -> None:
    issued.certify(THEIRS, ends=NOW + timedelta(days=3))
    config = load_config(written(inputs), now=NOW)
    (told,) = [each for each in endings(config, NOW) if "stir_trust" in each.what]
    assert (told.trunk, told.days_left) == (config.trunks[0].name, 3)


@pytest.mark.parametrize(
    "trust, told",
    [
        (TRUST.replace("sti-ca", "gone"), "stir_trust.authorities_file: the file it names"),
        (TRUST.replace("theirs", "gone"), "stir_trust.certificates[0].file: the file it names"),
        (
            TRUST + OTHER.replace("https://other.example/b.pem", URL),
            "certificates[1].url: is there",
        ),
        (TRUST.replace("https:", "http:"), "stir_trust.certificates[0].url: write https"),
        (
            TRUST.partition("        -")[0] + "        []\n",
            "stir_trust.certificates: needs at least",
        ),
    ],
)
def test_one_fault(inputs: Inputs, issued: Issuer, trust: str, told: str) -> None:
    assert issued.key is not None
    with pytest.raises(InputError) as refused:
        load_config(written(inputs, trust), now=NOW)
    assert any(told in short(fault) for fault in refused.value.faults), refused.value.faults


def test_what_cannot_be_believed_is_a_fault_at_its_line(inputs: Inputs, issued: Issuer) -> None:
    issued.certify(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(InputError) as refused:
        load_config(written(inputs), now=NOW)
    (told,) = map(short, refused.value.faults)
    assert "trunks[0].stir_trust.certificates[0].file: ES256 needs a key on the curve" in told
