"""Input files without a fault, in a folder of their own, for tests to spoil."""

from __future__ import annotations

import struct
import wave
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dialer.errors import Fault, InputError
from dialer.files import check_files

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

CONFIG = """\
node: dialer-1
operator:
  name: Example Bank
  licence: {number: B2-20260001, expires: 2027-12-31}
  callback: "+442079460000"
sip: {bind: 127.0.0.1:5060, rtp_ports: 20000-39999, codecs: [PCMA, PCMU]}
trunks:
  - name: carrier-a
    uri: sip:sbc.carrier-a.example
    channels: 120
    cps: 20
    numbers:
      - {number: "+442079460000", holder: Example Bank, proof: a-17.pdf, expires: 2027-06-30}
"""

CAMPAIGN = """\
name: card-renewal
purpose: card-renewal
script: script.yaml
caller_id: "+442079460000"
contacts: contacts.csv
concurrency: 60
"""

SCRIPT = """\
name: renewal
language: en
disclosure:
  identity: {say: "This is the robot of Example Bank."}
  purpose: {say: "We call about renewing your card."}
  opt_out: {say: "Press 1 to end this call."}
start: offer
nodes:
  offer:
    say: "Your card ending in {card} expires. Shall we renew it?"
    listen: 5s
    on:
      - {intent: yes, words: [yes, sure], dtmf: 2, go: done}
      - {intent: agent, dtmf: "0", go: goodbye}
    silence: {go: offer, at_most: 1}
    otherwise: {go: goodbye}
  done: {say: "Thank you.", hang_up: true}
  goodbye: {say: "Goodbye.", hang_up: true}
"""

HEADER = "number,consent_purpose,consent_source,consent_at,consent_ref,timezone,card\n"
ROWS = """\
+447700900001,card-renewal,web form,2026-03-02T10:15:00+00:00,form-1,Europe/London,4417
+447700900002,card-renewal,"branch, Leeds",2026-03-05T16:40:00Z,form-2,,9020
"""


@dataclass(frozen=True)
class Inputs:
    """The four files of a campaign."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "dialer.yaml"

    @property
    def campaign(self) -> Path:
        return self.folder / "campaign.yaml"

    @property
    def script(self) -> Path:
        return self.folder / "script.yaml"

    @property
    def contacts(self) -> Path:
        return self.folder / "contacts.csv"

    @property
    def all(self) -> list[Path]:
        return [self.config, self.campaign, self.script, self.contacts]

    def spoil(self, path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def faults(self, *paths: Path) -> list[str]:
        """What `dialer check` says of all four, or of some: file names without their folder."""
        return told(list(paths) or self.all)


def told(paths: list[Path]) -> list[str]:
    try:
        check_files(paths, now=NOW)
    except InputError as error:
        return [short(fault) for fault in error.faults]
    return []


def short(fault: Fault) -> str:
    return f"{Path(fault.file).name}:{fault.line}: {fault.key}: {fault.what}"


def write(folder: Path) -> Inputs:
    inputs = Inputs(folder)
    inputs.config.write_text(CONFIG, encoding="utf-8")
    inputs.campaign.write_text(CAMPAIGN, encoding="utf-8")
    inputs.script.write_text(SCRIPT, encoding="utf-8")
    inputs.contacts.write_text(HEADER + ROWS, encoding="utf-8")
    return inputs


def wav(
    path: Path, *, rate: int = 8000, channels: int = 1, width: int = 2, frames: int = 80
) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(struct.pack("<b", 0) * frames * channels * width)
    return path
