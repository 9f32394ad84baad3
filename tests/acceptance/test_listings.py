"""Listings: which modules they load, which keys they show, and how they look on a terminal.

What a listing loads is what it costs: its CPU is mostly imports. `benchmarks/command_line.py`
measures it.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from dialer.cli.json_keys import KEYS, OLD_NAMES
from dialer.cli.values import width
from dialer.core.office.access import Role
from dialer.demo.files import Carrier, Job, write
from tests.support.commands import run

LISTINGS = {
    "calls": "dialer calls",
    "calls --inbound": "dialer calls --inbound",
    "leads": "dialer leads",
    "campaigns": "dialer campaigns",
    "trunks": "dialer trunks",
    "scripts list": None,
    "suppress list": "dialer suppress list",
    "suppress lists": "dialer suppress lists",
    "complaints list": "dialer complaints",
    "access list": "dialer access list",
    "audit list": "dialer audit list",
    "keys status": "dialer keys status",
    "recordings list": "dialer recordings list",
    "retention certificates": None,
}
"""Each with its part of docs/json.md, where its rows are flat."""

NEEDLESS = {
    *("pjsua2", "numpy", "webrtcvad", "alembic", "holidays", "prometheus_client", "aiomqtt"),
    *("psycopg", "sqlalchemy.dialects.postgresql", "cryptography.x509", "rich"),
    *(
        "dialer.core.calls.call",
        "dialer.core.dialog.script_run",
        "dialer.sip",
        "dialer.mqtt.events",
    ),
    *("dialer.prompts", "dialer.upkeep", "dialer.files.campaign"),
}
"""What no listing may load."""
"""But for these, by the first word of the command."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The configuration of a small store, and a token that may see all of it."""
    folder = tmp_path_factory.mktemp("listings")
    config, _ = write(folder, Job(carriers=[Carrier("carrier", 5070)], numbers=["+861065550002"]))
    made = run("access", "grant", "li.na", "--role", Role.ADMIN.value, "-c", config, "--json")
    token = json.loads(made.stdout)["token"]
    given = folder / "given.txt"
    given.write_text("+861065550111\n+861065550112\n")
    listed = ("import", given, "--list", "national", "--source", "the regulator")
    asked = ("access", "grant", "wu.po", "--role", "compliance", "-c", config, "--json")
    other = json.loads(run(*asked, token=token).stdout)["token"]
    assert run("suppress", *listed, "-c", config, token=other).returncode == 0
    number = "+861065550113"
    assert run("suppress", "add", number, "--why", "x", "-c", config, token=other).returncode == 0
    opened = run("complaints", "open", number, "--text", "x", "-c", config, token=other)
    assert opened.returncode == 0, opened.stderr
    return config, other


def modules(*arguments: str | Path, token: str = "") -> set[str]:
    """What `dialer ARGUMENTS` loads, in a process of its own."""
    code = (
        "import sys\nfrom dialer.cli import main\nsys.argv = ['dialer', *sys.argv[1:]]\n"
        "try:\n main()\nexcept SystemExit as end:\n assert not end.code, end.code\n"
        "sys.stderr.write('\\n'.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "DIALER_TOKEN": token},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.splitlines())


def test_the_help_of_the_root_imports_no_command() -> None:
    loaded = modules("--help")
    ours = {name for name in loaded if name.startswith("dialer")}
    assert ours == {"dialer", "dialer.cli", "dialer.cli.groups", "dialer.errors"}
    assert not loaded & {"rich", "sqlalchemy", "asyncio", "cryptography"}


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_listing_loads_nothing_that_it_does_not_use(
    store: tuple[Path, str], listing: str
) -> None:
    config, token = store
    first = listing.split(maxsplit=1)[0]
    loaded = modules(*listing.split(), "-c", config, token=token)
    needless = loaded & NEEDLESS
    assert not needless
    if first != "scripts":
        assert "dialer.core.dialog.script" not in loaded


@pytest.mark.parametrize("listing", LISTINGS)
def test_the_keys_of_a_listing_are_documented(store: tuple[Path, str], listing: str) -> None:
    config, token = store
    done = run(*listing.split(), "--json", "-c", config, token=token)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    documented = LISTINGS[listing]
    for row in rows if documented else ():
        assert [key for key in row if key not in OLD_NAMES.values()] == list(KEYS[documented])


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("listing", LISTINGS)
def test_a_listing_fits_the_terminal(store: tuple[Path, str], listing: str, columns: int) -> None:
    config, token = store
    shown = on_a_terminal(columns, *listing.split(), "-c", str(config), token=token)
    assert shown
    assert max(map(width, shown)) <= columns, shown


def test_times_are_local_with_their_zone(store: tuple[Path, str]) -> None:
    config, _ = store
    arguments = ("access", "list", "-c", str(config))
    local = on_a_terminal(80, *arguments, zone="Asia/Shanghai")
    assert all("CST" in line for line in local[1:])
    utc = on_a_terminal(80, *arguments, "--utc", zone="Asia/Shanghai")
    assert all("UTC" in line for line in utc[1:])


def on_a_terminal(
    columns: int, *arguments: str, token: str = "", zone: str = "UTC", **variables: str
) -> list[str]:
    """What `dialer ARGUMENTS` shows on a terminal that is so wide, line by line."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "DIALER_TOKEN": token, "TZ": zone}
    for name in ("COLUMNS", "NO_COLOR"):
        environment.pop(name, None)
    environment |= variables
    with subprocess.Popen(
        [sys.executable, "-m", "dialer", *arguments],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment,
    ):
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:
            # The other end was closed: how Linux tells the end of a terminal.
            pass
    os.close(ours)
    return shown.decode().splitlines()


@pytest.mark.parametrize("verdict", ["ALLOWED", "DENIED"])
def test_explain_takes_one_screen(store: tuple[Path, str], tmp_path: Path, verdict: str) -> None:
    config, _ = store
    if verdict == "ALLOWED":
        # Where somebody has access, its configuration would have to be approved.
        job = Job(carriers=[Carrier("carrier", 5070)], numbers=["+861065550002"])
        config, _ = write(tmp_path, job)
    number = "+861065550114" if verdict == "ALLOWED" else "+861065550113"
    at = ("--at", "2026-11-23T10:00:00+08:00")
    shown = on_a_terminal(80, "explain", number, "-c", str(config), *at)
    plain = [re.sub(r"\x1b\[\d+m", "", line) for line in shown]
    assert plain[0].startswith(verdict)
    assert len(plain) <= 24
    assert max(map(width, plain)) <= 80
    assert any(line.startswith("no  suppressed") for line in plain) == (verdict == "DENIED")
    assert "\x1b[" in shown[0]
    colourless = on_a_terminal(80, "explain", number, "-c", str(config), *at, NO_COLOR="1")
    assert colourless == plain


@pytest.mark.parametrize(
    "words, completed",
    [
        ("dialer ca", ["calls", "campaigns"]),
        ("dialer calls --inb", ["--inbound"]),
        ("dialer suppress im", ["import"]),
        ("dialer contacts fo", ["forget"]),
        ("dialer contacts x --cl", ["--clear"]),
    ],
)
def test_a_shell_completes_commands_and_options(words: str, completed: list[str]) -> None:
    asked = {"_DIALER_COMPLETE": "complete_bash", "COMP_WORDS": words}
    asked["COMP_CWORD"] = str(len(words.split()) - 1)
    code = "import sys\nfrom dialer.cli import main\nsys.argv = ['dialer']\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == completed
