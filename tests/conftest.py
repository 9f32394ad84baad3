"""For all tests: where CI=true nothing may be left out, and side by side none is in another's way.

`-n auto` starts two workers a core, for tests wait more than they reckon, each in a network of its
own. Where a user may make none, the tests run one after the other.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dialer.demo.files import LAB_CLOCK
from dialer.store import SqlStore
from tests.support import examples, network
from tests.support.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

NOTHING_LEFT_OUT = os.environ.get("CI") == "true"
"""Set by .ci/run: a test that is skipped, or expected to fail, fails the run."""

# Many tests start `dialer` as a process of its own. What it imports is compiled once and kept, also
# where Python is told to keep nothing in the folders of its sources: compiling takes far longer
# than all else in a start.
BYTECODE = Path(__file__).resolve().parents[1] / ".cache" / "bytecode"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = str(BYTECODE)
sys.dont_write_bytecode = False
sys.pycache_prefix = str(BYTECODE)

# Campaigns of the tests are dialled at any hour of the day, on trunks that are a lab's.
os.environ["DIALER_LAB_CLOCK"] = LAB_CLOCK.isoformat()


def pytest_xdist_auto_num_workers() -> int:
    return 2 * len(os.sched_getaffinity(0)) if network.may_be_made() else 0


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        network.make()
    if config.getoption("hypothesis_profile") == examples.SOAK:
        examples.soak()


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store in which nothing has happened."""
    folder = tmp_path_factory.mktemp("migrated")

    async def make() -> None:
        store = SqlStore(folder, "node-1")
        await store.open()
        await store.close()

    asyncio.run(make())
    return folder


@pytest.fixture
def new_store(_migrated: Path, tmp_path: Path) -> Path:
    """The test's own folder with a new store in it, which is a copy: migrating takes longer."""
    shutil.copytree(_migrated, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests that ask for one."""
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A new, empty database of that server."""
    with postgres.database() as url:
        yield url


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    if NOTHING_LEFT_OUT and report.skipped:
        reason = getattr(report, "wasxfail", None)
        what = f"expected to fail ({reason})" if reason is not None else f"{report.longrepr}"
        if reason is not None:
            # With it, pytest would not count the failure in its exit code.
            del report.wasxfail
        report.outcome = "failed"
        report.longrepr = f"left out although CI=true: {what}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse(report)
    return report
