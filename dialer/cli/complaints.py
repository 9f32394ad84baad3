"""`dialer complaints`: taken down, answered within 24 hours, closed."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dialer.cli.asking import TokenFile, asked
from dialer.cli.groups import Listing
from dialer.cli.numbers import Number
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile, Csv, Json, Utc
from dialer.cli.said import echo, echo_json
from dialer.cli.signing import SignedFile, SignKey, StatementFile, signed_by
from dialer.cli.tables import heading, plain, told
from dialer.cli.tables import show as show_rows
from dialer.cli.values import moment
from dialer.core.office.complaints import Complaint, ComplaintState, Move
from dialer.office import complaints as office
from dialer.ports.desks import ComplaintFile
from dialer.reading.text import decode, read_bytes

complaints = typer.Typer(
    help="Complaints: open, answer and close them. An answer is due within 24 hours.",
    cls=Listing,
    no_args_is_help=True,
)

Id = Annotated[str, typer.Argument(metavar="ID", help="Of the complaint: 8 letters and digits.")]
Text = Annotated[
    str | None,
    typer.Option("--text", help="The words; - reads them from standard input. Kept sealed."),
]
TextFile = Annotated[
    Path | None,
    typer.Option(
        "--text-file",
        help="The file of the words. Other users of this machine can read a command line.",
    ),
]
_MOST_WORDS: Final = 64 * 1024
"""Bytes of a file of words."""
_FIELDS: Final = ("id", "state", "opened", "by", "answer_due", "overdue", "answered", "calls")


@complaints.command("open")
def open_(
    number: Number,
    text: Text = None,
    config: ConfigFile = DEFAULT_CONFIG,
    text_file: TextFile = None,
    *,
    about: Annotated[
        str | None, typer.Option(metavar="CALL", help="The call that is complained of, by its id.")
    ] = None,
    json_output: Json = False,
    token_file: TokenFile = None,
) -> None:
    """Open a complaint: NUMBER is never called again, and an answer is due within 24 hours.

    The evidence of every call with NUMBER is held back from destruction until it is closed.
    """
    words = _words(text, text_file)
    made = asyncio.run(office.open_(asked(config, token_file), number, words, about))
    if json_output:
        shown = _shown(made, made.opened_at) | {"evidence": list(made.evidence)}
        echo(json.dumps(shown, indent=1))
        return
    echo(
        f"complaint {made.id} is open; {number} is not called any more, {len(made.evidence)} calls "
        f"are held as evidence{_due(made)}"
    )


@complaints.command()
def answer(
    id_: Id,
    text: Text = None,
    config: ConfigFile = DEFAULT_CONFIG,
    token_file: TokenFile = None,
    text_file: TextFile = None,
) -> None:
    """Record the answer that was given."""
    _move(config, id_, Move.ANSWER, _words(text, text_file), token_file)


@complaints.command()
def close(  # noqa: PLR0913 - the options of a command
    id_: Id,
    text: Text = None,
    config: ConfigFile = DEFAULT_CONFIG,
    token_file: TokenFile = None,
    text_file: TextFile = None,
    *,
    sign_key: SignKey = None,
    signed: SignedFile = None,
    statement: StatementFile = None,
) -> None:
    """Close an answered complaint, by your own signature.

    Its evidence is released; its number is never called again.
    """
    request, words = asked(config, token_file), _words(text, text_file)
    wanted = asyncio.run(office.to_close(request, id_, words))
    by_hand = signed_by(request, wanted, sign_key, signed, statement, token_file)
    _moved(asyncio.run(office.move(request, id_, Move.CLOSE, words, by_hand)))


@complaints.command()
def reopen(
    id_: Id,
    text: Text = None,
    config: ConfigFile = DEFAULT_CONFIG,
    token_file: TokenFile = None,
    text_file: TextFile = None,
) -> None:
    """Open it again: the answer did not settle it, and another is due within 24 hours."""
    _move(config, id_, Move.REOPEN, _words(text, text_file), token_file)


@complaints.command("list")
def list_complaints(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones as well.")] = False,
    json_output: Json = False,
    csv_output: Csv = False,
    utc: Utc = False,
) -> None:
    """Show the complaints that are not closed, the latest first. No number and no text is shown."""
    now = datetime.now(UTC)
    found = asyncio.run(office.complaints(asked(config), closed=everything))
    show_rows(
        _FIELDS,
        (_shown(each, now) for each in found),
        nothing="no complaints",
        as_json=json_output,
        as_csv=csv_output,
        utc=utc,
    )


@complaints.command()
def show(
    id_: Id,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    json_output: Json = False,
    utc: Utc = False,
    token_file: TokenFile = None,
) -> None:
    """Show one complaint with what was said, and the calls it is about (`dialer calls`)."""
    file = asyncio.run(office.file(asked(config, token_file), id_))
    told = _file_shown(file, datetime.now(UTC))
    if json_output:
        echo_json(json.dumps(told, indent=1, ensure_ascii=False))
        return
    steps = told.pop("steps")
    for name, value in told.items():
        echo(f"{heading(name):<12}{plain(name, value, utc=utc)}")
    for step in steps:
        echo(f"\n{plain('at', step['at'], utc=utc)} {step['by']}: {step['move']}")
        # Set in, so that no line of a text passes for a step.
        for line in step["text"].splitlines():
            echo(f"  {line}")


def _move(config: Path, id_: str, move: Move, words: str, token_file: Path | None) -> None:
    _moved(asyncio.run(office.move(asked(config, token_file), id_, move, words)))


def _moved(done: Complaint) -> None:
    state = done.state or ComplaintState.OPEN
    echo(f"complaint {done.id} is {state.value}{_due(done)}")


def _due(of: Complaint) -> str:
    return f"; an answer is due by {moment(of.answer_due)}" if of.answer_due else ""


def _words(text: str | None, file: Path | None) -> str:
    """The words, from wherever they were given. Raises InputError for a file that is no text."""
    if (text is None) is (file is None):
        raise typer.BadParameter("give the words by --text or by --text-file", param_hint="--text")
    if file is not None:
        return decode(read_bytes(file, str(file), _MOST_WORDS), str(file)).strip()
    return sys.stdin.read() if text == "-" else text or ""


def _shown(each: Complaint, now: datetime) -> dict[str, Any]:
    return {
        "id": each.id,
        "state": each.state.value if each.state else "broken record",
        "opened": told(each.opened_at),
        "by": each.opened_by,
        "answer_due": told(each.answer_due),
        "overdue": each.is_overdue(now),
        "answered": told(each.answered_at),
        "calls": len(each.evidence),
    }


def _file_shown(file: ComplaintFile, now: datetime) -> dict[str, Any]:
    each = file.complaint
    said = [("open", each.opened_by, each.opened_at)]
    said += [(step.move.value, step.who, step.when) for step in each.steps]
    return _shown(each, now) | {
        "about": file.about,
        "evidence": list(each.evidence),
        "number_hash": file.number,
        "steps": [
            {"move": move, "by": by, "at": told(at), "text": text}
            for (move, by, at), text in zip(said, file.texts, strict=True)
        ],
    }
