"""`dialer trunks --probe --call`: one call over each trunk that is within reach of a lab.

OPTIONS tell that something is there; an INVITE is answered by whatever the far side's routes lead
it to. The call goes as any other does, through the gate, into a store that is committed before the
INVITE leaves, and by a trunk that is held to loopback and the labs' networks. The store is made for
it and gone afterwards, and so no number of a person is called: it leaves as a reserved one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml
from rich.console import Console

from dialer.app.store import reading
from dialer.cli.run import Show, dial
from dialer.config import Config
from dialer.config.callback import Callback
from dialer.config.document import Metrics
from dialer.config.recording import Recording
from dialer.config.trunk import Trunk
from dialer.core.values.number import E164
from dialer.core.values.records import CallRow
from dialer.demo.files import LAB_CLOCK
from dialer.files import LoadedCampaign, load_campaign
from dialer.reading.fields import HostPort

_NAME: Final = "probe"
_OFF: Final = Metrics.model_validate({"listen": "off"})
_NOBODY: Final = Callback.model_validate({"channels": 0})

_LAB: Final = {"lab": True, "role": "carrier", "options": None}
"""The INVITE asks, whatever OPTIONS would say."""


@dataclass(frozen=True, slots=True)
class ProbeCall:
    """How one trunk's call went."""

    trunk: str
    call: CallRow | None
    why_not: str = ""
    """Why none was placed."""

    @property
    def answered(self) -> bool:
        return self.call is not None and self.call.answered_at is not None

    def shown(self) -> dict[str, Any]:
        """For programs."""
        row = self.call
        return {
            "call_answered": self.answered,
            "call_outcome": str(row.outcome) if row and row.outcome else None,
            "call_sip_code": row.outcome.sip_code if row and row.outcome else None,
            "call_post_dial_delay_s": row.post_dial_delay if row else None,
            "call_notice_s": row.notice_spoken if row else None,
            "call_digits_unheard": row.digits_unheard if row else None,
            "call_why_not": self.why_not or None,
        }

    def words(self) -> str:
        """For people."""
        row = self.call
        if row is None or row.outcome is None:
            return f"{self.trunk}: no call was placed: {self.why_not}"
        code = f" (SIP {row.outcome.sip_code})" if row.outcome.sip_code else ""
        if row.answered_at is None:
            return f"{self.trunk}: the call was not answered: {row.outcome}{code}"
        notice = (
            "the notice was not heard whole"
            if row.notice_spoken is None
            else f"the notice was over after {row.notice_spoken:.1f} s"
        )
        keys = "; keys cannot be heard" if row.digits_unheard else ""
        return f"{self.trunk}: the call was answered; {notice}{keys}; {row.outcome}"


def probe_calls(config: Config, number: E164) -> list[ProbeCall]:
    """Call `number` over each trunk in turn. Raises DialerError where no node can be brought up."""
    return [_probe(config, trunk, number) for trunk in config.trunks]


def _probe(config: Config, trunk: Trunk, number: E164) -> ProbeCall:
    if not (trunk.proxy or trunk.uri).lies_in(config.compliance.lab_networks):
        far = (
            "it is neither on loopback nor in compliance.lab_networks, which a lab's call does not "
            "leave; calls to people go by `dialer run`"
        )
        return ProbeCall(trunk.name, None, far)
    if not trunk.numbers:
        return ProbeCall(trunk.name, None, "it has no number to show")
    with TemporaryDirectory(prefix="dialer-probe-") as made:
        folder = Path(made)
        lab = config.model_copy(
            update={
                "node": _NAME,
                "data_dir": folder / "var",
                "store": None,
                "store_password_file": None,
                "store_password_env": None,
                "trunks": (trunk.model_copy(update=_LAB),),
                # A node may run beside it.
                "sip": config.sip.model_copy(
                    update={
                        "bind": HostPort(config.sip.bind.host, 0),
                        "tls": config.sip.tls.model_copy(update={"port": 0}),
                    }
                ),
                "vault": type(config.vault).model_construct(),
                "audit": type(config.audit).model_construct(),
                "callback": _NOBODY,
                "recording": Recording.model_construct(),
                "metrics": _OFF,
                "mqtt": None,
                "routing": config.routing.model_copy(update={"fault_calls": 1, "talk": 15.0}),
            }
        )
        for name, content in _files(config, trunk, number):
            (folder / name).write_text(content, "utf-8")
        loaded = load_campaign(folder / "campaign.yaml", lab, now=datetime.now(UTC))
        quiet = Show(Console(file=StringIO()), lambda _words: None)
        return asyncio.run(_dialled(lab, trunk.name, loaded, quiet))


async def _dialled(lab: Config, trunk: str, loaded: LoadedCampaign, quiet: Show) -> ProbeCall:
    summary = await dial(lab, loaded, lab_clock=LAB_CLOCK, show=quiet)
    async with reading(lab) as store:
        rows = await store.calls()
    if rows:
        return ProbeCall(trunk, rows[0])
    held = ", ".join(summary.progress.waiting_later) or "no trunk carries it"
    return ProbeCall(trunk, None, f"it waits ({held}); `dialer explain NUMBER` tells more")


def _files(config: Config, trunk: Trunk, number: E164) -> Iterator[tuple[str, str]]:
    """A campaign of one contact, and what it says."""
    name = config.operator.name.replace("{", "{{").replace("}", "}}")
    script = {
        "name": _NAME,
        "language": "en",
        "disclosure": {
            "identity": {"say": f"This is the robot of {name}."},
            "purpose": {"say": "It is a test of this line."},
            "opt_out": {"say": "Press 1 to stop."},
        },
        "start": "end",
        "nodes": {
            "end": {"say": "The test is over.", "hang_up": True},
            "goodbye": {"say": "Goodbye.", "hang_up": True},
        },
    }
    campaign = {
        "name": _NAME,
        "purpose": _NAME,
        "script": "script.yaml",
        "caller_id": trunk.numbers[0].number.clear,
        "contacts": "contacts.csv",
        "concurrency": 1,
    }
    yield "script.yaml", yaml.safe_dump(script, allow_unicode=True)
    yield "campaign.yaml", yaml.safe_dump(campaign)
    yield "contacts.csv", f"number\n{number.clear}\n"
