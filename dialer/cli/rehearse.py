"""`dialer scripts try`, `test` and `draw`: a script before anybody is called."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from xml.etree import ElementTree as ET

import typer

from audio.programs import ProgramError, program
from dialer.cli.options import Json
from dialer.cli.said import echo
from dialer.core.values.visible import visible
from dialer.errors import InputError

if TYPE_CHECKING:
    from dialer.core.calls.rehearsal import Rehearsal
    from dialer.core.dialog.script import Script
    from dialer.errors import Fault

_KEYS: Final = frozenset("0123456789*#")
_DRAW_AT_MOST: Final = 60.0

ScriptPath = Annotated[Path, typer.Argument(metavar="SCRIPT", help="A script.")]


def try_(
    file: ScriptPath,
    *,
    nobody: Annotated[
        bool, typer.Option("--nobody", help="A person who is fetched does not come.")
    ] = False,
    no_later: Annotated[
        bool, typer.Option("--no-later", help="A call at another time cannot be booked.")
    ] = False,
) -> None:
    """Talk with a script on the terminal. Nobody is called, nothing is recorded.

    Each line is what the callee says; one key (2, #) is pressed; an empty line is silence. What
    begins with > is said over the prompt, in the first line over the identity notice; an empty
    first line hears on. The end of the input hangs up.
    """
    from dialer.core.calls.rehearsal import Rehearsal  # noqa: PLC0415 - a listing does without it

    talk = Rehearsal(_script(file), may_call_later=not no_later, person=not nobody)
    recorded = 0
    while True:
        _show(talk)
        recorded = _show_records(talk, recorded)
        if talk.is_over:
            break
        line = _next_line()
        if line is None:
            echo("ended: the callee hangs up")
            return
        if talk.is_opening and not line.startswith(">"):
            talk.settle()
            _show(talk)
            if not line:
                continue  # heard on
        _repeat(line)
        _move(talk, line)
    echo(f"ended: {'with a person' if talk.ended is None else talk.ended.value}")


def _next_line() -> str | None:
    if sys.stdin.isatty():
        sys.stdout.write("you    ")
        sys.stdout.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None


def _repeat(line: str) -> None:
    """Where nobody types it, what was said is shown."""
    if not sys.stdin.isatty():
        echo(f"you    {line}")


def _move(talk: Rehearsal, line: str) -> None:
    over = line.startswith(">")
    words = line.lstrip("> ")
    if len(words) == 1 and words in _KEYS:
        talk.press(words, over=over)
    elif words:
        echo(f"       means: {talk.meaning_of(words).name}")
        talk.speak(words, over=over)
        talk.settle(play_out=False)
    else:
        talk.stay_silent()


def _show(talk: Rehearsal) -> None:
    for each in talk.said():
        echo(f"robot  [{each.key.removeprefix('nodes.')}] {each.words}")


def _show_records(talk: Rehearsal, before: int) -> int:
    for what in talk.recorded[before:]:
        echo(f"       recorded: {what}")
    return len(talk.recorded)


def hold(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of conversations.")],
    junit: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write the results there as JUnit XML.")
    ] = None,
    *,
    json_output: Json = False,
) -> None:
    """Hold conversations with a script, and show where it answers otherwise than is written.

    Nobody is called. Exit code 1 where anything differs.
    """
    results = [(file, *each) for file in files for each in _held(file)]
    if junit is not None:
        _write(junit, _junit(results), "--junit")
    failed = [fault for _file, _name, faults in results for fault in faults]
    if json_output:
        rows = [
            {
                "file": str(file),
                "conversation": name,
                "differences": [{"line": fault.line, "what": fault.what} for fault in faults],
            }
            for file, name, faults in results
        ]
        echo(json.dumps({"ok": not failed, "conversations": rows}))
    else:
        for file, name, faults in results:
            echo(f"{'differs' if faults else 'ok':8}{file}: {name}")
            for fault in faults:
                echo(f"        {fault}")
        differ = sum(1 for _file, _name, faults in results if faults)
        echo(f"{len(results)} conversations, {differ} of them differ")
    if failed:
        raise typer.Exit(1)


def _held(file: Path) -> list[tuple[str, list[Fault]]]:
    from dialer.core.calls.conversation import differences  # noqa: PLC0415 - as above
    from dialer.files.conversations import fault_of, read_conversations  # noqa: PLC0415 - as above

    read = read_conversations(file)
    return [
        (
            each.name,
            [
                fault_of(read, number, found.step, found.key, found.what)
                for found in differences(read.script, each, read.rules)
            ],
        )
        for number, each in enumerate(read.conversations)
    ]


def _junit(results: Sequence[tuple[Path, str, list[Fault]]]) -> bytes:
    failures = sum(1 for _file, _name, faults in results if faults)
    suite = ET.Element(
        "testsuite", name="dialer scripts test", tests=str(len(results)), failures=str(failures)
    )
    for file, name, faults in results:
        case = ET.SubElement(suite, "testcase", classname=str(file), name=visible(name))
        if faults:
            told = "\n".join(visible(str(fault)) for fault in faults)
            ET.SubElement(case, "failure", message=visible(faults[0].what)).text = told
    written: bytes = ET.tostring(suite, encoding="utf-8", xml_declaration=True)
    return written


def draw(
    file: ScriptPath,
    svg: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write a picture there (needs Graphviz).")
    ] = None,
    *,
    dot: Annotated[bool, typer.Option("--dot", help="Show it in Graphviz's language.")] = False,
) -> None:
    """Draw a script: its nodes, and every way on from them."""
    from dialer.core.dialog.drawing import as_dot, as_text  # noqa: PLC0415 - as above

    script = _script(file)
    if svg is None:
        for line in as_dot(script) if dot else as_text(script):
            echo(line)
        return
    try:
        drawer = program("dot", "graphviz")
    except ProgramError as error:
        raise typer.BadParameter(f"{error}; or use --dot", param_hint="--svg") from None
    graph = visible("\n".join(as_dot(script)), keep="\n").encode()
    try:
        done = subprocess.run(  # noqa: S603 - the program that set-up found
            [drawer, "-Tsvg"], input=graph, capture_output=True, check=True, timeout=_DRAW_AT_MOST
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise typer.BadParameter(f"dot failed: {error}; try --dot", param_hint="--svg") from None
    _write(svg, done.stdout, "--svg")
    echo(f"{svg}: {len(script.nodes)} nodes")


def _write(path: Path, content: bytes, option: str) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        raise typer.BadParameter(f"{path} {what}", param_hint=option) from None


def _script(file: Path) -> Script:
    from dialer.files.script_source import read_script  # noqa: PLC0415 - as above

    source, faults = read_script(file, columns=None)
    if source is None:
        raise InputError(faults)
    return source.script
