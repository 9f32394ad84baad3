"""A store whose master key others may read, or that another process works on: it says what to do.

The other keys' own tests are in tests/unit: of the audit log, of signatures, of trunks, of tokens.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.demo.files import Carrier, Job
from dialer.demo.files import write as write_job
from dialer.errors import MasterKeyError
from dialer.store import SqlStore
from tests.support.commands import run
from tests.support.dialing import dialer
from tests.support.inputs import write
from tests.support.sipp import free_port
from tests.support.store import begin

HOLD = """
import asyncio, sys
from pathlib import Path
from dialer.store import SqlStore

async def hold():
    store = SqlStore(Path(sys.argv[1]), sys.argv[2])
    await store.open()
    print("open", flush=True)
    await asyncio.sleep(600)

asyncio.run(hold())
"""


def dialled(data_dir: Path) -> None:
    """A store with a campaign in it."""

    async def work() -> None:
        store = SqlStore(data_dir, "dialer-1")
        await store.open()
        await begin(store, 2)
        await store.close()

    asyncio.run(work())


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, that works as node `demo` on the data folder of `tmp_path`."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "var"), "demo"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


@pytest.mark.parametrize("mode", [0o644, 0o660])
async def test_a_store_with_a_key_for_others_is_not_opened(tmp_path: Path, mode: int) -> None:
    await asyncio.to_thread(dialled, tmp_path)
    key = tmp_path / "keys" / "master.key"
    key.chmod(mode)
    for kind in ({}, {"reader": True}, {"clerk": True}):
        with pytest.raises(MasterKeyError, match=f"run: chmod 600 {key}"):
            await SqlStore(tmp_path, "dialer-1", **kind).open()
    key.chmod(0o600)
    store = SqlStore(tmp_path, "dialer-1")
    await store.open()
    assert (await store.progress(1)).total == 2
    await store.close()


def test_a_command_says_how_the_key_is_put_right(tmp_path: Path) -> None:
    config = write(tmp_path).config
    dialled(tmp_path / "var")
    key = tmp_path / "var" / "keys" / "master.key"
    key.chmod(0o604)
    refused = run("campaigns", "-c", config)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith(f"run: chmod 600 {key}\n")
    key.chmod(0o600)
    assert run("campaigns", "-c", config).returncode == 0


def test_two_nodes_of_one_name_on_one_folder(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    job = Job(carriers=[Carrier("carrier", free_port())], numbers=["+861065550002"])
    config, campaign = write_job(tmp_path, job)
    refused = dialer("run", str(campaign), "-c", str(config))
    assert refused.returncode == 1
    assert f"process {holder.pid} works on" in refused.stderr
    assert "let it finish, or name another data_dir" in refused.stderr
    # What reads, and what writes as a clerk does, goes on beside it.
    assert json.loads(run("campaigns", "--json", "-c", config).stdout) == []
    assert run("access", "grant", "root", "--role", "admin", "-c", config).returncode == 0
    # The kernel lets go of what a killed process held.
    holder.kill()
    holder.wait()
    dialled(tmp_path / "var")
