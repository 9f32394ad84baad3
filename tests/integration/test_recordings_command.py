"""`dialer recordings`, as people type it, and the recording in a call's evidence."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from dialer.core.values.recordings import RecordingEnd
from dialer.recordings import RecordingFolder
from dialer.recordings.tape import Heading, SealedTape, Taped
from dialer.store import SqlRecordings, SqlStore
from dialer.store.sqlite import FILE
from tests.support.commands import Done, run
from tests.support.inputs import write
from tests.support.orders import NOON, order
from tests.support.store import allow, begin, call_end, claim_one
from tests.support.taping import frames, read_wav

CALL = "call-1"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = write(tmp_path).config
    asyncio.run(record(tmp_path / "var"))
    return path


async def record(data_dir: Path) -> None:
    """A call of a second, and its recording."""
    store = SqlStore(data_dir, "dialer-1")
    await store.open()
    asked = order("1", to=await claim_one(store, await begin(store, 1)))
    await store.authorise(asked, allow)
    desk = SqlRecordings(store.channel)
    campaign, keys = await desk.begin(CALL, "dialer-1", NOON)
    told: list[Taped] = []
    heading = Heading(CALL, NOON.isoformat(), 8000)
    tape = SealedTape(RecordingFolder(data_dir / "recordings"), heading, told.append)
    tape.open_with(campaign, keys)
    tape.write(frames(50))
    tape.end(0)
    (taped,) = told
    await desk.end(
        RecordingEnd(CALL, taped.state, NOON, taped.seconds, 0.0, taped.sealed_bytes, taped.sha256)
    )
    await store.end_call(call_end(asked))
    await store.close()


def token(config: Path, name: str, role: str, by: str | None = None) -> str:
    done = run("access", "grant", name, "--role", role, "-c", config, token=by)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def export(config: Path, out: Path, by: str | None, call: str = CALL) -> Done:
    return run(
        "recordings", "export", call, "-o", out, "--why", "complaint 7", "-c", config, token=by
    )


def exported(config: Path) -> list[dict[str, object]]:
    with closing(sqlite3.connect(config.parent / "var" / FILE)) as database:
        found = database.execute("SELECT body FROM audit_log WHERE kind = 'recording_exported'")
        return [json.loads(body) for (body,) in found.fetchall()]


def test_what_was_recorded_is_listed_for_everyone(config: Path) -> None:
    (row,) = json.loads(run("recordings", "list", "--json", "-c", config).stdout)
    assert (row["call"], row["state"], row["seconds"]) == (CALL, "whole", 1.0)
    assert CALL in run("recordings", "list", "-c", config).stdout


def test_who_may_export_evidence_hears_it_and_is_put_on_record(
    config: Path, tmp_path: Path
) -> None:
    admin = token(config, "root", "admin")
    li = token(config, "li.na", "compliance", admin)
    out = tmp_path / "call.wav"
    for refused in (None, admin):
        assert export(config, out, refused).returncode == 1
    assert not out.exists()
    assert exported(config) == []
    done = export(config, out, li)
    assert done.returncode == 0, done.stderr
    sound = read_wav(out.read_bytes())
    assert sound.samples.shape == (8000, 2)
    assert b"synthetic voice" in sound.info
    assert exported(config) == [{"call": CALL, "by": "li.na", "why": "complaint 7"}]
    again = export(config, out, li)
    assert (again.returncode, "is there already" in again.stderr) == (1, True)


def test_what_is_not_there_or_was_changed_is_refused(config: Path, tmp_path: Path) -> None:
    li = token(config, "li.na", "compliance", token(config, "root", "admin"))
    nobody = export(config, tmp_path / "a.wav", li, "call-2")
    assert (nobody.returncode, "there is no recording" in nobody.stderr) == (1, True)
    (file,) = (tmp_path / "var" / "recordings").rglob("*.vrds")
    data = bytearray(file.read_bytes())
    data[200] ^= 1
    file.write_bytes(data)
    changed = export(config, tmp_path / "b.wav", li)
    assert changed.returncode == 1
    assert "is not the file that was recorded" in changed.stderr
    assert exported(config) == []


def test_a_calls_evidence_holds_its_recording(config: Path, tmp_path: Path) -> None:
    li = token(config, "li.na", "compliance", token(config, "root", "admin"))
    bundle = tmp_path / "call.zip"
    done = run("audit", "export", "--call", CALL, "-o", bundle, "-c", config, token=li)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(bundle) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("recording.wav"))
        assert read_wav(archive.read(name)).samples.shape == (8000, 2)
    key = done.stdout.split()[-1]
    verified = run("audit", "verify", bundle, "--key", key)
    assert verified.returncode == 0, verified.stdout + verified.stderr
