"""The demo from its first process to its last check."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from audio.format import Samples
from audio.prompts import write_wav
from audio.synthesis import Synthesiser
from dialer.core.dialog.kept_version import KeptVersion
from dialer.core.values.records import AttemptRow, CallRow
from dialer.demo.files import CALLER_ID, WORDS
from dialer.demo.sipp import Carrier, SippError
from dialer.demo.stage import Stage, build, write_plan
from dialer.demo.verify import Check, Evidence, read_heard, verify

SCENARIO = "carrier-people-at-rtp-ports.xml"


class Dialler(Protocol):
    """What the demo needs of a dialer on its stage; `dialer.cli` hands in the real one."""

    async def approve(self) -> KeptVersion:
        """Make the prompts, submit what the script says, and have someone else approve it.

        What is returned is read anew from where it is kept.
        """
        ...

    async def dial(self, at_the_end: Callable[[], Awaitable[None]]) -> None:
        """Run the campaign to its end; then, before the node goes, await `at_the_end`."""
        ...

    async def records(self) -> tuple[Sequence[CallRow], Sequence[AttemptRow]]:
        """Calls and attempts as the store holds them."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """How the demo came out."""

    checks: Sequence[Check]
    calls: int

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


async def play(folder: Path, count: int, dialler: Callable[[Stage], Dialler]) -> Report:
    """Build the stage in `folder`, dial `count` contacts, and verify what was seen."""
    stage = build(folder, count)
    dialer = dialler(stage)
    wording = await dialer.approve()
    prompts = spoken(folder / "words")
    disclosure = ("identity", "purpose", "recording", "opt_out")
    offer_at = sum(len(prompts[name]) for name in disclosure) / 8000
    plan = folder / "callees.json"
    write_plan(plan, stage.contacts, offer_at)
    speech = folder / "callees.wav"
    write_wav(speech, prompts["goodbye"], 8000)
    report = folder / "callees.npz"
    with ExitStack() as stack:
        carriers = {
            name: stack.enter_context(Carrier(name, SCENARIO, port, folder))
            for name, port in stage.carriers.items()
        }
        with Callees(plan, speech, report):
            scraped: dict[str, float] = {}

            async def scrape() -> None:
                scraped.update(await asyncio.to_thread(_calls_by_outcome, stage.metrics_port))

            await dialer.dial(scrape)
    if not report.exists():
        raise SippError("the callees left no report of what they heard")
    heard = np.load(report)
    calls, attempts = await dialer.records()
    by_port = {contact.port: read_heard(heard, contact.port) for contact in stage.contacts}
    checks = verify(
        Evidence(
            contacts=stage.contacts,
            caller_id=CALLER_ID,
            invites={name: carrier.invites() for name, carrier in carriers.items()},
            heard={port: ear for port, ear in by_port.items() if ear is not None},
            calls=calls,
            attempts=attempts,
            prompts=prompts,
            metrics=scraped,
            wording=wording,
            words=list(WORDS.values()),
        )
    )
    return Report(checks, len(calls))


def spoken(cache: Path) -> dict[str, Samples]:
    """The words of the demo's script by name, int16 at 8 kHz, spoken here.

    The dialer's own prompts are what is verified: had it the words of one for another, or another
    script's, they would be like themselves all the same.
    """
    voice = Synthesiser(8000, cache)
    return {name: voice.say(words).samples for name, words in WORDS.items()}


class Callees:
    """The callees' process, as a context manager; its report is written when it is left."""

    def __init__(self, plan: Path, speech: Path, report: Path) -> None:
        self._command = [
            *(sys.executable, "-m", "dialer.demo.callees"),
            *(str(plan), str(speech), str(report)),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        assert self._process.stdout is not None  # noqa: S101 -- a pipe was asked for
        if self._process.stdout.readline() != b"ready\n":
            self._process.kill()
            self._process.wait()
            raise SippError("the callees could not open their RTP ports on 127.0.0.1")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None  # noqa: S101 -- entered before
        try:
            self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _calls_by_outcome(port: int) -> dict[str, float]:
    """`dialer_calls_total` by `who.reason`, as /metrics says it."""
    url = f"http://127.0.0.1:{port}/metrics"
    with urllib.request.urlopen(url, timeout=5) as reply:
        text = reply.read().decode()
    return {
        f"{sample.labels['who']}.{sample.labels['reason']}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "dialer_calls_total"
    }
