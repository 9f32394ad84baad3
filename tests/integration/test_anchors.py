"""Nothing is dialled from a log that was set back or emptied while an anchor remembers it."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

from dialer.app.anchors import anchors_of
from dialer.app.store import reading, storage
from dialer.audit import SignedCheckpoint
from dialer.clock import SystemClock, WatchedClock
from dialer.config import Config, load_config
from dialer.config.digests import settings_of
from dialer.core.office.audit_kinds.nodes import ANCHOR_OVERRULED, START
from dialer.errors import AnchorError, InputError
from dialer.store.audit import SqlAudit
from dialer.store.sqlite import FILE
from dialer.upkeep.anchoring import Anchored
from dialer.upkeep.checkpoints import Audited
from tests.support.commands import run
from tests.support.inputs import NOW, write
from tests.support.people import given


class Kept(BaseHTTPRequestHandler):
    """A witness: what was put last, by its path."""

    held: dict[str, bytes]

    def do_GET(self) -> None:
        body = self.held.get(unquote(self.path))
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.held[unquote(self.path)] = body
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def witness(held: dict[str, bytes]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Its", (Kept,), {"held": held}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/log"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(params=["file", "witness"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    made = write(tmp_path).config
    with witness({}) as url:
        keys = {"file": f"anchor_file: {tmp_path}/other-disk/anchor", "witness": f"witness: {url}"}
        (tmp_path / "other-disk").mkdir()
        plain = made.read_text(encoding="utf-8")
        made.write_text(f"{plain}\naudit:\n  {keys[request.param]}\n", encoding="utf-8")
        yield made


def config_of(file: Path) -> Config:
    return load_config(file, now=NOW)


async def runs(config: Config) -> None:
    """A node that starts, and stops. Raises AnchorError."""
    store = storage(config).store
    await store.open()

    def tell(_at: datetime, _signed: SignedCheckpoint) -> None:
        """Nobody listens."""

    anchored = Anchored(anchors_of(config))
    node = Audited(store, config.node, WatchedClock(SystemClock()).read, tell, anchored)
    key = config.vault.signing_key(config.data_dir)
    try:
        await node.begin(key, settings_of(config), config.effective_figures())
        await node.end()
    finally:
        await store.close()


async def written(config: Config, kind: str) -> int:
    async with reading(config) as store:
        return len(await SqlAudit(store.channel).records(kind=kind))


async def test_a_log_that_goes_on_agrees_and_a_database_set_back_does_not(file: Path) -> None:
    config = config_of(file)
    await runs(config)
    before = shutil.copytree(config.data_dir, file.parent / "backup")
    for _ in range(2):
        await runs(config)
    shutil.rmtree(config.data_dir)
    shutil.copytree(before, config.data_dir)
    with pytest.raises(AnchorError, match="this log does not have") as refused:
        await runs(config)
    assert "dialer audit verify" in str(refused.value)
    assert "dialer audit overrule --why" in str(refused.value)
    assert await written(config, START) == 1, "nothing was begun"


async def test_a_database_that_is_made_anew_does_not_agree(file: Path) -> None:
    config = config_of(file)
    await runs(config)
    (config.data_dir / FILE).unlink()
    for beside in config.data_dir.glob(f"{FILE}-*"):
        beside.unlink()
    with pytest.raises(AnchorError, match="remembers record 2 of"):
        await runs(config)


def test_an_anchor_that_forgot_or_is_configured_no_more_is_told(file: Path, tmp_path: Path) -> None:
    config = config_of(file)
    asyncio.run(runs(config))
    plain = file.read_text(encoding="utf-8")
    file.write_text(plain[: plain.index("\naudit:")], encoding="utf-8")
    with pytest.raises(AnchorError, match="is not configured"):
        asyncio.run(runs(config_of(file)))
    file.write_text(plain, encoding="utf-8")
    (tmp_path / "other-disk" / "anchor").unlink(missing_ok=True)
    if config.audit.witness is None:
        with pytest.raises(AnchorError, match="has lost what it remembered"):
            asyncio.run(runs(config))
        (tmp_path / "other-disk").rmdir()
        with pytest.raises(AnchorError, match="mount its disk"):
            asyncio.run(runs(config))


def test_compliance_alone_overrules_for_one_start_and_is_on_record(file: Path) -> None:
    config = config_of(file)
    asyncio.run(runs(config))
    root = given(file, "root", "admin")
    operator = given(file, "ops", "operator", token=root)
    compliance = given(file, "ann", "compliance", token=root)
    before = shutil.copytree(config.data_dir, file.parent / "backup")
    asyncio.run(runs(config))
    shutil.rmtree(config.data_dir)
    shutil.copytree(before, config.data_dir)
    asked = ("audit", "overrule", "-c", str(file), "--why", "restored after the fire")
    assert run(*asked, token=operator).returncode == 1
    done = run(*asked, token=compliance)
    assert done.returncode == 0, done.stderr
    assert asyncio.run(written(config, ANCHOR_OVERRULED)) == 1
    asyncio.run(runs(config))
    asyncio.run(runs(config))
    again = run(*asked, token=compliance)
    assert again.returncode == 1
    assert "nothing to overrule" in again.stderr


@pytest.mark.parametrize(
    "section, told",
    [
        ("witness: http://witness.example/log", "this machine only"),
        ("witness: ftp://witness.example", "write https://"),
        ("witness: https://a:b@witness.example", "leave out user"),
        ("anchor_mqtt: true", "needs the broker"),
    ],
)
def test_what_is_no_anchor_is_a_fault(section: str, told: str, tmp_path: Path) -> None:
    made = write(tmp_path).config
    text = made.read_text(encoding="utf-8")
    made.write_text(f"{text}\naudit:\n  {section}\n", encoding="utf-8")
    with pytest.raises(InputError, match=told):
        config_of(made)
