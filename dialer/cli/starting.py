"""The files that an operator starts from: what was answered to `dialer init`, written out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from dialer.core.values.number import E164

LAB_CALLEE: Final = "+999100000001"
LAB_NUMBER: Final = "+999100000000"
"""No network leads them anywhere."""
PURPOSE: Final = "first-campaign"


@dataclass(frozen=True, slots=True)
class Answers:
    """What `dialer init` was told."""

    name: str
    licence: str
    licence_expires: date
    trunk: str
    channels: int
    cps: float
    number: E164
    proof: str
    proof_expires: date
    jurisdiction: str


def files_of(answers: Answers) -> dict[str, str]:
    """The files by their names, those of the lab in a folder of its own."""
    return {
        "dialer.yaml": _configuration(answers),
        "campaign.yaml": _campaign(answers.number.clear, "script.yaml"),
        "script.yaml": _script(answers.name),
        "contacts.csv": _contacts(),
        "lab/campaign.yaml": _campaign(LAB_NUMBER, "../script.yaml"),
        "lab/contacts.csv": _contacts(),
    }


def lab_configuration(answers: Answers, port: int) -> str:
    """A node whose one trunk is at `port` of loopback, where a callee of ours answers."""
    return f"""\
# A lab: its trunk leads to loopback, and its numbers to nobody.
node: lab
data_dir: var
operator:
  name: {_text(answers.name)}
  licence: {{number: {_text(answers.licence)}, expires: {answers.licence_expires}}}
  callback: "{LAB_NUMBER}"
sip: {{bind: "127.0.0.1:0", codecs: [PCMA], rtp_silence: 60s}}
trunks:
  - name: lab
    lab: true
    uri: sip:127.0.0.1:{port}
    channels: 1
    cps: 1
    numbers:
      - {{number: "{LAB_NUMBER}", holder: lab, proof: reserved, expires: 2099-12-31}}
callback: {{channels: 0}}
compliance: {{jurisdiction: {answers.jurisdiction}}}
metrics: {{listen: off}}
"""


LAB_CLOCK: Final = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A workday, at ten in the morning where the callee of the lab lives."""


def _configuration(answers: Answers) -> str:
    return f"""\
# Every key: docs/configuration.md. Check it: dialer check dialer.yaml
node: dialer-1
data_dir: var                     # database, keys, recordings and prompts live here
operator:                         # who is calling, in law
  name: {_text(answers.name)}
  licence: {{number: {_text(answers.licence)}, expires: {answers.licence_expires}}}
  callback: "{answers.number.clear}"      # answered by the dialer: who called, why, press 1
sip: {{bind: "0.0.0.0:5060"}}
trunks:
  - name: carrier
    uri: {answers.trunk}
    channels: {answers.channels}                  # calls at once that the carrier allows
    cps: {answers.cps:g}                        # new calls a second that it allows
    numbers:                      # what may be shown to a callee, and why
      - number: "{answers.number.clear}"
        holder: {_text(answers.name)}
        proof: {_text(answers.proof)}
        expires: {answers.proof_expires}
callback: {{language: en}}          # what people hear who call back
compliance: {{jurisdiction: {answers.jurisdiction}}}    # whose law holds
"""


def _campaign(number: str, script: str) -> str:
    return f"""\
name: {PURPOSE}
purpose: {PURPOSE}           # must be what each contact has consented to
script: {script}
caller_id: "{number}"
contacts: contacts.csv
concurrency: 1
"""


def _script(name: str) -> str:
    # In a script, what stands in braces is a column.
    identity = f"This is the robot of {name}.".replace("{", "{{").replace("}", "}}")
    return f"""\
name: first
language: en
disclosure:                       # played first, in this order; identity must be over within 3 s
  identity: {{say: {_text(identity)}}}
  purpose: {{say: "It is about your request."}}
  opt_out: {{say: "Press 1 to end this call."}}
start: offer
nodes:
  offer:
    say: "Shall we call you again tomorrow? Press 2 for yes."
    listen: 2s
    on:
      - {{intent: "yes", words: ["yes"], dtmf: "2", go: done}}
    silence: {{go: goodbye, at_most: 1}}
    otherwise: {{go: goodbye}}
  done: {{say: "Thank you.", hang_up: true}}
  goodbye: {{say: "Goodbye.", hang_up: true}}
"""


def _contacts() -> str:
    """A number that a real trunk calls never: nobody is called before a list is put there."""
    return (
        "number,consent_purpose,consent_source,consent_at,consent_ref\n"
        f"{LAB_CALLEE},{PURPOSE},example,2026-01-05T10:00:00+00:00,example-1\n"
    )


def _text(value: str) -> str:
    """As YAML reads it back, whatever is in it."""
    return json.dumps(value, ensure_ascii=False)


def write_all(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
