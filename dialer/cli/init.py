"""`dialer init`: from nothing to a folder that a campaign can be run in, by two people."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from rich.console import Console

from dialer.app.office import OpenedForEach
from dialer.cli.run import Show, dial
from dialer.cli.said import echo
from dialer.cli.starting import LAB_CLOCK, Answers, files_of, lab_configuration, write_all
from dialer.cli.view import print_summary
from dialer.config import Config, load_config
from dialer.core.gate.jurisdictions import JURISDICTIONS
from dialer.core.gate.regions import regions_of
from dialer.core.office.access import Role
from dialer.core.values.number import E164, parse
from dialer.core.values.statements import Signed
from dialer.credentials.ssh_signing import make_key, sign
from dialer.credentials.tokens import Token
from dialer.demo.files import free_ports, free_rtp_ports
from dialer.demo.sipp import Carrier
from dialer.errors import DialerError, InputError, SignatureError
from dialer.files import load_run
from dialer.office import access as office
from dialer.office import configuration
from dialer.office.request import Request

_CALLEE: Final = "callee-answers-at-rtp-port.xml"


@dataclass(frozen=True, slots=True)
class Person:
    """One of the two: their name, where their token is, and what they sign with."""

    name: str
    token: Path
    key: Path


def init(  # noqa: PLR0913 - the questions
    folder: Annotated[Path, typer.Argument(help="A folder that is to be made.")] = Path("mine"),
    *,
    name: Annotated[
        str | None, typer.Option(help="The operator's name, as callees know it.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="The operator's licence, its number.")] = None,
    licence_expires: Annotated[str | None, typer.Option(help="Its last day: 2027-12-31.")] = None,
    trunk: Annotated[str | None, typer.Option(help="The carrier: sip:sbc.example.")] = None,
    channels: Annotated[int, typer.Option(help="Calls at once that it allows.", min=1)] = 10,
    cps: Annotated[float, typer.Option(help="New calls a second that it allows.")] = 1.0,
    number: Annotated[str | None, typer.Option(help="The number that callees see: +86...")] = None,
    proof: Annotated[
        str | None, typer.Option(help="The contract that assigns it: a path or reference.")
    ] = None,
    proof_expires: Annotated[str | None, typer.Option(help="Its last day: 2027-06-30.")] = None,
    operator: Annotated[
        str | None, typer.Option(help="Who runs campaigns: a user's name, li.na.")
    ] = None,
    compliance: Annotated[
        str | None, typer.Option(help="Who approves: another person's, wang.wei.")
    ] = None,
    operator_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The SSH or FIDO key of who runs campaigns.")
    ] = None,
    compliance_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The SSH or FIDO key of who approves.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: every answer is given.")] = False,
    lab: Annotated[bool, typer.Option(help="End with a call to a callee on this machine.")] = True,
) -> None:
    """Write the files to start from, give two people access, and call a lab.

    Asks for what no option says. The answers become dialer.yaml; a script, a campaign and a list to
    start from lie beside it. Both people get a token and a key to sign with; a key that is not
    named is made. The second approves the configuration. The last step is a call on loopback, to a
    number of nobody's.
    """
    ask = _Asking(nothing=yes)
    named = ask.text(name, "--name", "The operator's name, as callees know it")
    shown = ask.number(number)
    answers = Answers(
        name=named,
        licence=ask.text(licence, "--licence", "The licence's number"),
        licence_expires=ask.day(licence_expires, "--licence-expires", "The licence's last day"),
        trunk=ask.text(trunk, "--trunk", "The carrier's address (sip:sbc.example)"),
        channels=channels,
        cps=cps,
        number=shown,
        proof=ask.text(proof, "--proof", "The contract that assigns the number"),
        proof_expires=ask.day(proof_expires, "--proof-expires", "The contract's last day"),
        jurisdiction=_jurisdiction(shown),
    )
    who = ask.text(operator, "--operator", "Who runs campaigns (a user's name: li.na)")
    other = ask.text(compliance, "--compliance", "Who approves (another person: wang.wei)")
    if who == other:
        raise typer.BadParameter("name two people: one approves what the other writes")
    files = files_of(answers)
    _check(files)
    _make(folder)
    write_all(folder, files)
    config = load_config(folder / "dialer.yaml", now=datetime.now(UTC))
    first = _person(folder, who, operator_key)
    second = _person(folder, other, compliance_key)
    _give_access(config, first, second)
    echo(f"{folder}/dialer.yaml, campaign.yaml, script.yaml and contacts.csv are written")
    echo(f"{who} runs campaigns, {other} approves; their tokens and keys: {folder}/people")
    echo(f"{other} has approved the configuration")
    if lab:
        _call_the_lab(folder / "lab", answers)
    _say_what_is_next(folder, first, second)


Answer = TypeVar("Answer")


class _Asking:
    """Answers that were given by options, and questions for the others; a wrong one is repeated."""

    def __init__(self, *, nothing: bool) -> None:
        self._nothing = nothing

    def text(self, given: str | None, option: str, question: str) -> str:
        return self._ask(given, option, question, _some)

    def day(self, given: str | None, option: str, question: str) -> date:
        return self._ask(given, option, f"{question} (2027-12-31)", _day)

    def number(self, given: str | None) -> E164:
        return self._ask(given, "--number", "The number that callees see (+86...)", parse)

    def _ask(
        self, given: str | None, option: str, question: str, read: Callable[[str], Answer]
    ) -> Answer:
        if given is None and self._nothing:
            raise typer.BadParameter("is needed with --yes", param_hint=option)
        while True:
            try:
                return read(str(typer.prompt(question) if given is None else given).strip())
            except ValueError as error:
                if given is not None:
                    raise typer.BadParameter(str(error), param_hint=option) from None
                echo(f"{error}; once more:", err=True)


def _some(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("write a day as 2027-12-31") from None


def _jurisdiction(number: E164) -> str:
    """Whose law it is likely to be: that of the number's own country."""
    regions = regions_of(number)
    for name, law in JURISDICTIONS.items():
        if regions and regions <= law.callees:
            return name
    raise typer.BadParameter(
        f"is of no country whose law is known here ({', '.join(JURISDICTIONS)}); write the files "
        "by hand, from deploy/examples",
        param_hint="--number",
    )


def _check(files: dict[str, str]) -> None:
    """Raises InputError with every fault of the configuration, before anything is written."""
    with tempfile.TemporaryDirectory() as folder:
        write_all(Path(folder), {"dialer.yaml": files["dialer.yaml"]})
        try:
            load_config(Path(folder) / "dialer.yaml", now=datetime.now(UTC))
        except InputError as error:
            raise InputError([replace(f, file="dialer.yaml") for f in error.faults]) from None


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        if any(folder.iterdir()):
            raise typer.BadParameter(f"{folder} is not empty: name a new one", param_hint="FOLDER")
    except OSError as error:
        raise typer.BadParameter(f"{folder}: {error.strerror}", param_hint="FOLDER") from None


def _person(folder: Path, name: str, given: Path | None) -> Person:
    own = folder / "people" / name
    own.mkdir(parents=True, mode=0o700)
    if given is None:
        given = own / "id_ed25519"
        make_key(given, name)
    return Person(name, own / "token", given.with_suffix("") if given.suffix == ".pub" else given)


def _give_access(config: Config, first: Person, second: Person) -> None:
    _give(config, None, first, [Role.ADMIN, Role.OPERATOR])
    _give(config, first, second, [Role.COMPLIANCE])
    for person in (first, second):
        _register(config, person)
    request = _as(config, second)
    text = asyncio.run(configuration.to_approve(request)).text
    asyncio.run(configuration.approve(request, Signed(text, sign(text, second.key))))


def _give(config: Config, by: Person | None, person: Person, roles: list[Role]) -> None:
    given = asyncio.run(office.give(_as(config, by), person.name, roles))
    descriptor = os.open(person.token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor
        file.write(given.token.text + "\n")


def _register(config: Config, person: Person) -> None:
    request = _as(config, person)
    public = person.key.with_name(f"{person.key.name}.pub")
    try:
        line = public.read_text("utf-8").strip()
    except (OSError, ValueError):
        raise SignatureError(
            f"{public} cannot be read: name a key with its .pub beside it"
        ) from None
    text = asyncio.run(office.to_register(request, line)).text
    asyncio.run(office.register_key(request, line, Signed(text, sign(text, person.key))))


def _as(config: Config, who: Person | None) -> Request:
    token = None if who is None else Token(who.token.read_text("ascii").strip())
    return Request(config, OpenedForEach(config), lambda: token, lambda: datetime.now(UTC))


def _call_the_lab(folder: Path, answers: Answers) -> None:
    """One call to a callee that SIPp plays on loopback. What is missing for it is only told."""
    port, (rtp,) = free_ports(1)[0], free_rtp_ports(1)
    write_all(folder, {"dialer.yaml": lab_configuration(answers, port)})
    config, loaded = load_run(
        folder / "campaign.yaml", folder / "dialer.yaml", now=datetime.now(UTC)
    )
    options = ("-mi", "127.0.0.1", "-key", "rtp_port", str(rtp))
    try:
        with Carrier("callee", _CALLEE, port, folder.resolve(), options):
            done = asyncio.run(dial(config, loaded, lab_clock=LAB_CLOCK, show=Show()))
    except DialerError as error:
        echo(f"no lab call was placed: {error}", err=True)
        return
    echo("the lab call, to a callee on this machine:")
    print_summary(Console(), done)


def _say_what_is_next(folder: Path, first: Person, second: Person) -> None:
    own, other = (f"--token-file people/{each.name}/token" for each in (first, second))
    if second.key.parent != second.token.parent:
        other += f" --sign-key {os.path.relpath(second.key.absolute(), folder.absolute())}"
    for line in (
        "Next:",
        f"  cd {folder}",
        "  $EDITOR script.yaml contacts.csv",
        "  dialer check *.yaml contacts.csv",
        "  dialer trunks --probe",
        f"  dialer scripts submit campaign.yaml {own}",
        f"  dialer scripts approve VERSION VERSION {other}    # the callback's too",
        f"  dialer run campaign.yaml {own}",
    ):
        echo(line)
