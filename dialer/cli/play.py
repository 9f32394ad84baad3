"""`dialer scripts play`: a version as callees will hear it, for whoever may approve it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer

from dialer.cli.asking import TokenFile, asked
from dialer.cli.options import DEFAULT_CONFIG, ConfigFile
from dialer.cli.said import echo
from dialer.cli.wording_view import short, titled
from dialer.core.dialog.script_version import PromptContent, SpokenPrompt
from dialer.core.values.standing import ApprovalState
from dialer.office import scripts as office

_PLAYERS: Final = ("pw-play", "paplay", "aplay", "afplay")
_LONGEST: Final = 3600.0
"""Seconds that one prompt may play."""

To = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Write the WAV files there instead, to hear elsewhere."),
]


def play(
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="A version, by its first digits.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    to: To = None,
    token_file: TokenFile = None,
) -> None:
    """Play all that a version says, prompt by prompt. That you had it played goes on record.

    A version with recordings is approved by who has had it played.
    """
    # Looked for first: nothing is on record that nobody could hear.
    program = None if to is not None else _player()
    how = "played" if to is None else "written to files"

    def hear(found: office.Sounds) -> None:
        echo(f"{titled(found.version)}: version {short(found.version.hash)}")
        if to is not None:
            to.mkdir(mode=0o700, parents=True, exist_ok=True)
            _play(found, to, None)
            return
        with tempfile.TemporaryDirectory(prefix="veridial-play-") as folder:
            _play(found, Path(folder), program)

    try:
        done = asyncio.run(office.play(asked(config, token_file), version, hear, how))
    except office.VersionUnclearError as error:
        raise typer.BadParameter(str(error), param_hint="VERSION") from None
    if done.state is ApprovalState.SUBMITTED:
        echo(
            f"on record: {how} for you. Then: dialer scripts approve {short(done.hash)}, or "
            "dialer scripts reject"
        )
    else:
        echo("it does not wait for approval: nothing is put on record")


def _player() -> str:
    found = next((path for name in _PLAYERS if (path := shutil.which(name)) is not None), None)
    if found is None:
        raise typer.BadParameter(
            f"there is no player here ({', '.join(_PLAYERS)}); give --to FOLDER, and hear the "
            "files where there is one",
            param_hint="--to",
        )
    return found


def _play(found: office.Sounds, folder: Path, program: str | None) -> None:
    """Each prompt in its turn, after its words. Raises BadParameter where it cannot be heard."""
    for number, (key, (prompt, sound)) in enumerate(found.prompts.items(), start=1):
        echo(f"{key}: {_words(prompt)}")
        if sound is None:
            echo("  (spoken for each contact, with their own words)")
            continue
        file = folder / f"{number:03d}-{key}.wav"
        file.write_bytes(sound)
        if program is None:
            continue
        try:
            done = subprocess.run(  # noqa: S603 - a player, and a file of our own
                [program, str(file)], timeout=_LONGEST, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise typer.BadParameter(f"{program}: {error}", param_hint="--to") from None
        if done.returncode != 0:
            raise typer.BadParameter(
                f"{program} could not play it; give --to FOLDER, and hear the files elsewhere",
                param_hint="--to",
            )


def _words(prompt: PromptContent) -> str:
    words = prompt.text if isinstance(prompt, SpokenPrompt) else prompt.words
    return words or "not written down"
